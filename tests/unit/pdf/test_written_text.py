"""A line that writes one piece, read at once, says what reading it step by step says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.pdf.content import Act, read_lines
from konbini.pdf.originals import ReadFont
from konbini.pdf.written_text import read_pieces
from konbini.protocol.errors import Refused

_CODES = {f"{code:04X}": (chr(0x4DFF + code), 500 + code) for code in range(1, 40)}
_FONTS = {"V": ReadFont(_CODES, 880, -120), "V2": ReadFont(_CODES, 800, -200)}


@given(
    name=st.sampled_from(sorted(_FONTS)),
    size=st.integers(5000, 20000),
    place=st.tuples(st.integers(-9999, 842000), st.integers(-9999, 842000)),
    shown=st.lists(st.sampled_from(sorted(_CODES)), min_size=1, max_size=30),
)
def test_a_piece_is_what_its_steps_say(name: str, size: int, place: tuple[int, int], shown: list[str]) -> None:
    """Text, size, pen and edges, to the last bit."""
    x, y = (f"{one / 1000:.3f}" for one in place)
    line = f"BT /{name} {size / 1000:.3f} Tf 1 0 0 1 {x} {y} Tm <{''.join(shown)}> Tj ET"
    (read,) = read_lines(line.encode(), _FONTS, "here")
    assert (read.act, read.resource, read.numbers) == (Act.TEXT, "V", ())
    assert read.pieces == read_pieces(line, _FONTS, "here")
    assert read.pieces[0].text == "".join(_CODES[code][0] for code in shown)


@pytest.mark.parametrize(
    "line",
    [
        "BT /V3 9 Tf 1 0 0 1 1 1 Tm <0001> Tj ET",
        "BT /V 9 Tf 1 0 0 1 1 1 Tm <0000> Tj ET",
        "BT /V 9 Tf 1 0 0 1 1 1 Tm <0028> Tj ET",
        "BT /V 4.9 Tf 1 0 0 1 1 1 Tm <0001> Tj ET",
        "BT /V 20.1 Tf 1 0 0 1 1 1 Tm <0001> Tj ET",
        "BT /V -9 Tf 1 0 0 1 1 1 Tm <0001> Tj ET",
        "BT /V 9 Tf 1 0 0 1 1 1 Tm <00010> Tj ET",
        "BT /V 9 Tf 1 0 0 1 1 1 Tm <0001> Tj ET ",
        "BT /V 9 Tf 1 0 0 1 1 1 Tm <0001> Tj ET f",
        "BT /V 9 Tf 1 0 0 1.5 1 1 Tm <0001> Tj ET",
        "BT /V 9 Tf 3 Tr 1 0 0 1 1 1 Tm <0001> Tj ET",
    ],
)
def test_nothing_else_is_such_a_line(line: str) -> None:
    """Another font, a code that it has not, another size, a half code, another operator."""
    with pytest.raises(Refused):
        read_lines(line.encode(), _FONTS, "here")
