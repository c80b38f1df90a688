"""The printer's own reading and writing of IPP, held against the kiosk's codec, which was written apart from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.printing import ipp
from konbini.kiosk.printing.ipp import Attribute, Group, GroupTag, Message, ValueTag
from konbini.simulation.printer.wire import BadRequestError, Field, answer, read_request

_WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
_IDS = st.integers(1, 2**31 - 1)


@given(request_id=_IDS, number=st.integers(-(2**31), 2**31 - 1), words=st.lists(_WORDS, min_size=1), rest=st.binary())
def test_what_the_kiosk_writes_is_read(request_id: int, number: int, words: list[str], rest: bytes) -> None:
    """Operation, number, several values of one name, and the document behind them."""
    asked = (
        Attribute(name="job-id", tag=ValueTag.INTEGER, values=(number,)),
        Attribute(name="requested-attributes", tag=ValueTag.KEYWORD, values=tuple(words)),
    )
    message = Message(code=2, request_id=request_id, groups=(Group(tag=GroupTag.OPERATION, attributes=asked),))
    request = read_request(ipp.encode(message) + rest)
    assert (request.operation, request.request_id, request.document) == (2, request_id, rest)
    assert request.number("job-id") == number
    assert request.attributes["requested-attributes"] == tuple(words)
    assert (request.text("sides"), request.number("requested-attributes")) == ("", 0)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_request_or_none(data: bytes) -> None:
    """Nothing but a refusal comes out of what is no request."""
    try:
        request = read_request(data)
    except BadRequestError:
        return
    assert data.endswith(request.document)


@given(request_id=_IDS, status=st.integers(0, 0x7FFF), number=st.integers(0, 2**31 - 1), word=_WORDS, yes=st.booleans())
def test_what_the_printer_answers_is_read(request_id: int, status: int, number: int, word: str, *, yes: bool) -> None:
    """Every syntax that it uses, through the kiosk's codec."""
    fields = (
        Field(name="a-number", syntax="integer", values=(number,)),
        Field(name="a-word", syntax="keyword", values=(word, word)),
        Field(name="a-truth", syntax="boolean", values=(yes,)),
        Field(name="a-resolution", syntax="resolution", values=(300,)),
    )
    message = ipp.decode(answer(request_id, status, ((4, fields),)))
    (group,) = message.of(GroupTag.PRINTER)
    values = {attribute.name: attribute.values for attribute in group.attributes}
    assert (message.request_id, message.code) == (request_id, status)
    assert values["a-number"] == (number,)
    assert values["a-word"] == (word, word)
    assert values["a-truth"] == (yes,)
    assert values["a-resolution"] == (ipp.Resolution(across=300, along=300, unit=3),)


@pytest.mark.parametrize("cut", [1, 7, 9, 12])
def test_a_request_that_is_cut_short_is_none(cut: int) -> None:
    """Wherever it ends before its end."""
    asked = (Attribute(name="job-id", tag=ValueTag.INTEGER, values=(1,)),)
    whole = ipp.encode(Message(code=8, request_id=1, groups=(Group(tag=GroupTag.OPERATION, attributes=asked),)))
    with pytest.raises(BadRequestError):
        read_request(whole[:cut])
