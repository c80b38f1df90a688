"""axe-core over a page in Chromium: WCAG 2.2 A and AA, and its best practices."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page

__all__ = ["violations", "with_axe"]

_AXE = Path(__file__).parents[1] / ".venv" / "share" / "konbini" / "tests" / "node_modules" / "axe-core" / "axe.min.js"
"""Installed by requirements/install.sh."""
# In themes of two colours text has the contrast of WCAG's AAA, 7:1.
_JUDGE = """
async (isStrong) => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const rules = { "color-contrast-enhanced": { enabled: isStrong } };
  const { violations, passes } = await axe.run(document, { runOnly: { type: "tag", values: tags }, rules });
  return { passes: passes.length, wrong: violations.map(({ id, nodes }) => [id, nodes.map(({ html, any }) =>
    [html.slice(0, 160), any.map(({ message }) => message)])]) };
}
"""
_LEAST_PASSES = 10
"""A page on which fewer rules hold was not judged."""


async def with_axe(page: Page) -> None:
    """Load axe-core into the page; a page that was left for another needs it again."""
    await page.evaluate(_AXE.read_text(encoding="utf-8"))


async def violations(page: Page, *, is_strong: bool = False) -> list[object]:
    """Give what is wrong with the page; `is_strong` asks for the contrast of AAA."""
    found = await page.evaluate(_JUDGE, is_strong)
    assert found["passes"] > _LEAST_PASSES
    return list(found["wrong"])
