"""A report: every word stands on its page, each page has its mark, and what is too long is refused, never cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest

from konbini.pdf.fonts import Typeface
from konbini.pdf.report import Column, Report, Table, draw_report
from konbini.protocol.errors import Code, Refused
from konbini.simulation.town.typeface import TYPEFACE

COLUMNS = (Column(title="端末", share=2), Column(title="手数料", share=1, is_figure=True))
FEW = Table(title="件数と金額", columns=COLUMNS, rows=(("K-0001", "1,250"),), nothing="ありません")
NONE = Table(title="三者照合", columns=COLUMNS, rows=(), nothing="ありません")
REPORT = Report(
    title="日報",
    lines=("東京都澄川区", "2026-11-01 – 2026-11-20"),
    tables=(FEW, NONE),
    mark="表示した人 aoki · 2026-11-20 12:00:00",
    day=date(2026, 11, 20),
)


@pytest.fixture(scope="module")
def typeface() -> Typeface:
    """Return the town's typeface."""
    return Typeface(TYPEFACE)


def _texts(pdf: bytes) -> list[str]:
    """Read each page's text with another library than the one that wrote it."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        sizes = {document.get_page_size(number) for number in range(len(document))}
        assert {(round(width), round(height)) for width, height in sizes} == {(595, 842)}
        return [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()


def test_every_word_stands_on_the_page(typeface: Typeface) -> None:
    """Title, lines, tables, an empty table's word, the mark and the number of pages; equal reports, equal bytes."""
    pdf = draw_report(REPORT, typeface)
    (text,) = _texts(pdf)
    for word in ("日報", "東京都澄川区", "端末", "K-0001", "1,250", "三者照合", "ありません", REPORT.mark, "1 / 1"):
        assert word in text
    assert draw_report(REPORT, typeface) == pdf


@pytest.mark.parametrize("count", [40, 41, 42, 43, 44, 200])
def test_a_long_table_goes_on_under_its_title(typeface: Typeface, count: int) -> None:
    """No row is lost or told twice, wherever the page ends; each page has title, heads and mark."""
    rows = tuple((f"K-{number:04}", str(number)) for number in range(count))
    texts = _texts(draw_report(replace(REPORT, tables=(replace(FEW, rows=rows), NONE)), typeface))
    whole = "\n".join(texts)
    assert [whole.count(name) for name, _number in rows] == [1] * count
    for number, text in enumerate(texts, 1):
        assert REPORT.mark in text
        assert f"{number} / {len(texts)}" in text
        assert "端末" in text


def test_a_long_text_makes_its_row_higher(typeface: Typeface) -> None:
    """What the processes may say at most stands whole: 500 characters, and a kiosk's name of 64."""
    said = "; ".join(f"fees of kind {number}: kiosk 300, ward 250" for number in range(12))[:500]
    rows = (("K-0001", "1"), ("K" * 64, "2"), (said, "3"), ("K-0002", "4"))
    (text,) = _texts(draw_report(replace(REPORT, tables=(replace(FEW, rows=rows),)), typeface))
    flowing = "".join(text.split())
    for word, _number in rows:
        assert "".join(word.split()) in flowing


def test_what_is_too_long_is_refused(typeface: Typeface) -> None:
    """Naming the column; so is a character that the typeface has not."""
    for text, code in (("K" * 2000, Code.FORM_OVERFLOW), ("\U0010fffd", Code.GLYPH_MISSING)):
        with pytest.raises(Refused) as refusal:
            draw_report(replace(REPORT, tables=(replace(FEW, rows=((text, "1"),)),)), typeface)
        assert refusal.value.code is code
