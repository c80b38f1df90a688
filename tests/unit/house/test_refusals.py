"""docs/refusals.md: every row of "who is refused", with its rule, its code and the resident's sentence.

Written by `python -m tests.unit.house.test_refusals` from the table of the tests and the kiosk's catalogues; the head
is written there and nowhere else.
"""

from __future__ import annotations

from pathlib import Path

from konbini.kiosk.session.look import Language
from konbini.kiosk.ui.catalogue import catalogues
from konbini.protocol.errors import Code
from konbini.ward_server.issuing.rules import HOUSEHOLD_RULES, KIND_RULES, Reason
from tests.refusals import ROWS, Row

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "refusals.md"
TABLE = "\n## Rows\n"
HEADS = "| row | rule | code | 画面の文 | 次にすること | sentence | what the resident does next | shown by |\n"


def words(code: Code | None, part: str, language: Language) -> str:
    """Give a sentence of the catalogue; where nothing is offered there is none."""
    return "-" if code is None else catalogues()[language].texts[f"code.{code.name}.{part}"]


def line(row: Row) -> str:
    """Write one row."""
    code = "not offered" if row.code is None else f"{int(row.code)} `{row.code.name}`"
    sentences = (
        words(row.code, part, language)
        for language in (Language.JAPANESE, Language.ENGLISH)
        for part in ("what", "next")
    )
    return "| " + " | ".join((row.japanese, row.rule, code, *sentences, f"`{row.shown}`")) + " |\n"


def render(document: str) -> str:
    """Write the document anew, with the head that it has."""
    head = document.partition(TABLE)[0]
    return head + TABLE + "\n" + HEADS + "|---" * HEADS.count(" | ") + "|---|\n" + "".join(map(line, ROWS))


def test_the_document_says_what_code_and_screens_say() -> None:
    """Row by row."""
    document = DOCUMENT.read_text(encoding="utf-8")
    assert document == render(document)


def test_every_reason_has_a_row_and_every_rule_a_reason() -> None:
    """Nothing is refused that the document does not name."""
    named = {reason for reason in Reason if any(f"Reason.{reason.name}" in row.rule for row in ROWS)}
    assert named == set(Reason)
    assert {rule.reason for rule in (*HOUSEHOLD_RULES, *KIND_RULES)} == set(Reason)
    for row in ROWS:
        for reason in Reason:
            if f"Reason.{reason.name}`" in row.rule:
                assert row.code is reason.code


def test_a_measure_has_the_words_of_every_other_reason_to_go_to_the_counter() -> None:
    """The same code, so the same sentences, as at least one reason that has nothing to hide."""
    protected = next(row for row in ROWS if row.key == "protected")
    others = [row.key for row in ROWS if row.code is protected.code and "支援措置" not in row.japanese]
    assert len(others) > 5
    for language in Language:
        texts = catalogues()[language].texts
        told = texts[f"code.{Code.ASK_AT_COUNTER.name}.what"] + texts[f"code.{Code.ASK_AT_COUNTER.name}.next"]
        assert not any(word in told.lower() for word in ("支援", "保護", "措置", "protect", "measure", "victim"))


def test_what_shows_a_row_is_there() -> None:
    """Each row names a test."""
    assert len({row.key for row in ROWS}) == len(ROWS)
    assert [row.key for row in ROWS if not (ROOT / "tests" / row.shown).is_file()] == []


if __name__ == "__main__":
    DOCUMENT.write_text(render(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
