"""docs/failure-codes.md says what the enumeration and the screens say, and has an instruction for each code.

The document's head and the operator's instructions are written there and nowhere else. Numbers, names and the
resident's sentences are brought up to date by `python tests/unit/house/test_failure_codes.py`, which keeps the rest.
"""

from __future__ import annotations

import re
from pathlib import Path

from konbini.kiosk.session.look import Language
from konbini.kiosk.ui.catalogue import catalogues
from konbini.protocol.errors import Code

DOCUMENT = Path(__file__).parents[3] / "docs" / "failure-codes.md"
ROW = re.compile(r"\| (?P<number>\d+) \| `(?P<name>[A-Z_]+)` \| .* \| (?P<instruction>[^|]*) \|")
UNSEEN = "(as 901)"
GROUPS = {
    1: "1xx: the card, seen from the kiosk",
    2: "2xx: the asking, judged by the ward",
    3: "3xx: the rules and the order",
    4: "4xx: who is open, reachable and current",
    5: "5xx: the document, judged by the kiosk",
    6: "6xx: paper and money",
    7: "7xx: what a peer sent",
    8: "8xx: the clerk's reading and signing, inside the ward",
    9: "9xx: the rest",
    10: "10xx: the registry and its operators",
    11: "11xx: a paper, judged by whoever verifies it",
    12: "12xx: what a ward keeps, how long, and its backups",
    13: "13xx: signing in, at a kiosk's service page or at the ward's console",
    14: "14xx: the ward's console",
    16: "16xx: the logs, and whoever co-signs them",
}


def sentence(code: Code, language: Language) -> str:
    """Return both sentences for the resident, or that the code never reaches one."""
    texts = catalogues()[language].texts
    if f"code.{code.name}.what" not in texts:
        return UNSEEN
    between = "。" if language is Language.JAPANESE else ". "
    return f"{texts[f'code.{code.name}.what']}{between}{texts[f'code.{code.name}.next']}"


def instructions(document: str) -> dict[str, str]:
    """Read the operator's instructions out of the document, by name of the code."""
    return {match["name"]: match["instruction"] for match in map(ROW.fullmatch, document.splitlines()) if match}


def render(document: str) -> str:
    """Write the document anew, with the head and the instructions that it has."""
    head, known = document.partition("\n## ")[0], instructions(document)
    parts = [head]
    for group, title in sorted(GROUPS.items()):
        parts.append(f"\n## {title}\n\n| no. | name | 日本語 | English | operator |\n|---|---|---|---|---|\n")
        parts.extend(
            f"| {int(code)} | `{code.name}` | {sentence(code, Language.JAPANESE)} | {sentence(code, Language.ENGLISH)}"
            f" | {known.get(code.name, '')} |\n"
            for code in sorted(Code)
            if code // 100 == group
        )
    return "".join(parts)


def test_the_document_says_what_the_code_and_the_screens_say() -> None:
    """Every code once, with its number, its name and its sentences in both languages."""
    document = DOCUMENT.read_text(encoding="utf-8")
    assert document == render(document)


def test_every_code_has_an_instruction() -> None:
    """Nobody who sees a code is left without a next step."""
    known = instructions(DOCUMENT.read_text(encoding="utf-8"))
    assert [code.name for code in Code if len(known.get(code.name, "").strip()) < 10] == []


def test_every_code_belongs_to_a_group() -> None:
    """The hundreds say where a code comes from."""
    assert {code // 100 for code in Code} == set(GROUPS)


def test_codes_that_name_people_apart_share_one_sentence() -> None:
    """A protective measure is told as any other reason to go to a counter: no code of its own exists for it."""
    assert not [code.name for code in Code if "PROTECT" in code.name or "MEASURE" in code.name]


if __name__ == "__main__":
    DOCUMENT.write_text(render(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
