"""The made-up household's certificate, text by cell, beside a file that a person has read.

`household.txt` holds one line a cell: page, the cell's lower left corner in millimetres, its text as pdfium reads it.
After a wanted change write it anew: `KONBINI_WRITE_GOLDEN=1 pytest tests/golden/pdf`, look at the difference,
commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

from konbini.pdf.forms.geometry import MM
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from tests.unit.pdf.seen import SignSeen, signs_seen

_GOLDEN = Path(__file__).with_name("household.txt")
_NEAR = 1.7  # of a type size: what stands farther from the sign before it begins another text
_SAME_LINE = 0.1  # points


def _texts(signs: list[SignSeen]) -> list[str]:
    """Join signs that follow each other on one line."""
    runs: list[list[SignSeen]] = []
    for sign in signs:
        before = runs[-1][-1] if runs else None
        size = sign.top - sign.bottom
        same_line = before is not None and abs(sign.bottom - before.bottom) < _SAME_LINE
        if before is not None and same_line and -1.5 * size < sign.left - before.right < _NEAR * size:
            runs[-1].append(sign)
        else:
            runs.append([sign])
    return [f"{run[0].left / MM:6.1f} {run[0].bottom / MM:6.1f}  {_text(run)}" for run in runs]


def _text(run: list[SignSeen]) -> str:
    return "".join(chr(sign.unit) for sign in run).encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def test_the_certificate_says_what_it_said(form: ResidentRecordForm) -> None:
    """Five people, two pages: every text, where it stands, with its variation selectors."""
    facts = specimen_facts(*PEOPLE, PEOPLE[0])
    pages = signs_seen(form.draw(facts, binding=bytes(32), seals=specimen_seals(facts)))
    said = "".join(f"{number} {line}\n" for number, signs in enumerate(pages, 1) for line in _texts(signs))
    if os.environ.get("KONBINI_WRITE_GOLDEN"):
        _GOLDEN.write_text(said, encoding="utf-8")
    assert said == _GOLDEN.read_text(encoding="utf-8")
