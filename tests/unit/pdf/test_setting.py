"""Setting text: the steps in their order, lines broken where Japanese and Latin text may break, or a refusal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.pdf.fonts import Subset, Typeface
from konbini.pdf.forms.geometry import MM, Box
from konbini.pdf.forms.ink import Align, Ink, Slot
from konbini.pdf.forms.setting import LEADING, PADDING, Step, Steps, set_text
from konbini.protocol.errors import Code, Refused

_BOX = Box(0, 0, 60 * MM, 9 * MM)
_STEPS = (Step(15, 1), Step(10, 1), Step(9, 2), Step(7, 3))


def test_the_largest_step_that_holds_it_is_taken(typeface: Typeface) -> None:
    """Short text large, longer text smaller, then in lines."""
    sizes = [set_text("澄" * count, _BOX, _STEPS, typeface, cell="name").size for count in (5, 12, 30, 50)]
    assert sizes == [15, 10, 9, 7]


def test_text_that_no_step_holds_refuses_and_says_where(typeface: Typeface) -> None:
    """The detail names the cell and the length, never the text."""
    with pytest.raises(Refused) as refused:
        set_text("澄" * 80, _BOX, _STEPS, typeface, cell="person 2 name")
    assert refused.value.code is Code.FORM_OVERFLOW
    assert "person 2 name" in refused.value.detail
    assert "澄" not in refused.value.detail


def test_latin_words_stay_whole(typeface: Typeface) -> None:
    """A long foreign name breaks at its spaces."""
    text = "CHRISTOPHER WOLFGANG MAXIMILIAN BARTHOLOMEW"
    lines = set_text(text, _BOX, (Step(9, 2),), typeface, cell="name").lines
    assert " ".join(lines) == text
    assert len(lines) == 2


def test_an_address_breaks_before_the_building(typeface: Typeface) -> None:
    """The full-width space beyond the first third of the line is the place, if what follows still fits."""
    lines = set_text("澄" * 14 + "　" + "棟" * 8, _BOX, (Step(9, 2),), typeface, cell="address").lines
    assert lines == ("澄" * 14, "棟" * 8)
    lines = set_text("澄" * 10 + "　" + "棟" * 20, _BOX, (Step(9, 2),), typeface, cell="address").lines
    assert len(lines[0]) > 11


def test_closing_marks_never_begin_a_line(typeface: Typeface) -> None:
    """The break goes before the character that the mark belongs to."""
    box = Box(0, 0, 10.5 * 9 + 2 * PADDING, 9 * MM)
    lines = set_text("澄" * 10 + "）あ", box, (Step(9, 2),), typeface, cell="remarks").lines
    assert lines == ("澄" * 9, "澄）あ")


@given(text=st.text("葛\U000e0102𠮷 　）ーAbc１", min_size=1, max_size=60).map(lambda text: "澄" + text.strip()))
def test_what_is_set_fits_and_nothing_is_lost(typeface: Typeface, text: str) -> None:
    """Every line within the box, all lines together the text, but for the spaces at its breaks."""
    lone_selector = "\U000e0102" in text.replace("葛\U000e0102", "")
    if lone_selector or typeface.width(text) * 7 / 1000 > 2.5 * (_BOX.width - 2 * PADDING):
        return  # no glyph, or more than the smallest step is sure to hold
    made = set_text(text, _BOX, _STEPS, typeface, cell="name")
    assert len(made.lines) * made.size * (LEADING if len(made.lines) > 1 else 1) <= _BOX.height
    assert all(typeface.width(line) * made.size / 1000 <= _BOX.width - 2 * PADDING + 1e-9 for line in made.lines)
    if len(made.lines) == 1:
        assert made.lines == (text,)
    else:
        assert "".join(made.lines).translate({32: None, 0x3000: None}) == text.translate({32: None, 0x3000: None})


@given(
    text=st.text("葛\U000e0102𠮷 　）ーAbc１", max_size=40).map(lambda text: "澄" + text.strip()),
    box=st.builds(Box, *(st.floats(0, 400),) * 2, st.floats(9, 400), st.floats(6, 40)),
    steps=st.lists(st.builds(Step, st.floats(5, 20), st.integers(1, 3)), min_size=1, max_size=4).map(tuple),
    align=st.sampled_from(Align),
    padding=st.floats(0, 4),
)
def test_a_slot_writes_what_setting_afresh_writes(  # noqa: PLR0913, PLR0917 - all that a slot is made of
    typeface: Typeface, text: str, box: Box, steps: Steps, align: Align, padding: float
) -> None:
    """The same operators to the letter, or the same refusal."""

    def afresh(ink: Ink) -> None:
        typeset = set_text(text, box, steps, typeface, cell="name", padding=padding)
        ink.text(typeset, box, align, padding)

    def ready(ink: Ink) -> None:
        ink.write(Slot(box, steps, align, padding), text, "name")

    assert _outcome(ready, typeface) == _outcome(afresh, typeface)


def _outcome(writing: Callable[[Ink], None], typeface: Typeface) -> bytes | str:
    """Return what was written, or why nothing was."""
    ink = Ink(Subset(typeface, "FACTSA"), "V")
    try:
        writing(ink)
    except Refused as refused:
        return f"{refused.code.name} {refused.detail}"
    return ink.content()
