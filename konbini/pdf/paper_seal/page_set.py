"""Whether some sealed pages are one certificate, whole: every page of one set, each place of it once."""

from __future__ import annotations

from collections.abc import Sequence

from konbini.pdf.paper_seal.page_seal import PageSeal
from konbini.protocol.errors import Code, Refused

__all__ = ["check_set", "missing_pages"]


def check_set(pages: Sequence[PageSeal]) -> None:
    """Refuse pages that are not one whole certificate; in any order, and one page may be there twice.

    Raises:
        Refused: `PAPER_PAGES_MIXED`: pages of two certificates; `PAPER_PAGES_MISSING`, naming the places, or no page
            at all.
    """
    if not pages:
        raise Refused(Code.PAPER_PAGES_MISSING, "no page")
    if len({_set_of(page) for page in pages}) != 1 or len(set(pages)) != len({page.page for page in pages}):
        raise Refused(Code.PAPER_PAGES_MIXED, "pages of two certificates")
    missing = missing_pages(pages)
    if missing:
        raise Refused(Code.PAPER_PAGES_MISSING, f"page {', '.join(map(str, missing))} of {pages[0].pages}")


def missing_pages(pages: Sequence[PageSeal]) -> tuple[int, ...]:
    """Give the places of a set that none of its pages (at least one) has, in their order."""
    return tuple(sorted(set(range(1, pages[0].pages + 1)) - {page.page for page in pages}))


def _set_of(page: PageSeal) -> tuple[object, ...]:
    return page.number, page.set_hash, page.status_index, page.pages, page.kind, page.scope
