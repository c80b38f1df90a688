"""A page's body: one encoding, read back whole, and nothing else taken for one."""

from __future__ import annotations

import contextlib
import datetime as dt
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.pdf.era import from_era, in_era
from konbini.pdf.facts import Mark
from konbini.pdf.paper_seal.items import LABELS, Item
from konbini.pdf.paper_seal.page_seal import MOST_BODY_BYTES, PageSeal, SealedItem, pack, unpack
from konbini.pdf.paper_seal.values import Withheld
from konbini.pdf.specimen.household import PEOPLE
from konbini.protocol.codec import Value, decode, encode
from konbini.protocol.errors import Code, Refused
from tests.unit.pdf.paper_seal.pages import page_strategy, specimen_page


def code_of(attempt: Callable[[], object]) -> Code:
    """Give the code of a refusal."""
    with pytest.raises(Refused) as refusal:
        attempt()
    return refusal.value.code


def changed(page: PageSeal, change: Callable[[list[Value]], object]) -> bytes:
    """Write a page's body with one thing changed in its array."""
    values = decode(page.to_wire(), MOST_BODY_BYTES)
    assert isinstance(values, list)
    change(values)
    return encode(values)


@given(page_strategy())
def test_every_page_reads_back(page: PageSeal) -> None:
    """Body and packed body give the same page, to the letter."""
    body = page.to_wire()
    assert PageSeal.from_wire(body) == page
    coding, packed = pack(body)
    assert isinstance(packed, bytes)
    assert len(packed) <= len(body)
    assert unpack(coding, packed) == body


@given(st.binary(max_size=300))
def test_bytes_of_no_page_are_refused(data: bytes) -> None:
    """Whatever is not the body of a page is refused by the closed list, never otherwise."""
    for attempt in (lambda: PageSeal.from_wire(data), lambda: PageSeal.from_wire(unpack(1, data))):
        assert code_of(attempt) in (Code.MALFORMED, Code.OVERSIZE)


@given(page_strategy(), st.data())
def test_a_damaged_body_is_refused_or_another_page(page: PageSeal, data: st.DataObject) -> None:
    """No two encodings say the same: a body with a byte changed is refused, or says something else."""
    body = bytearray(page.to_wire())
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= data.draw(st.integers(1, 255))
    other = read_or_code(bytes(body))
    assert other is Code.MALFORMED or (other != page and other.to_wire() == bytes(body))


def read_or_code(body: bytes) -> PageSeal | Literal[Code.MALFORMED]:
    """Read a body, or give the one code by which it may be refused."""
    with contextlib.suppress(Refused):
        return PageSeal.from_wire(body)
    assert code_of(lambda: PageSeal.from_wire(body)) is Code.MALFORMED
    return Code.MALFORMED


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values.append(values[9]),  # a group twice
        lambda values: values.reverse(),
        lambda values: values.insert(9, [0]),
        lambda values: values.insert(9, [0, 0]),  # a group of nobody's items
        lambda values: values[9].append("x"),
        lambda values: values[9].__setitem__(1, 1 << 63 - 1),
        lambda values: values[9].__setitem__(1, 3),  # item 0 is none
        lambda values: values[9].__setitem__(2, "令和７年１１月２２日"),  # a day has one writing
        lambda values: values[9].__setitem__(2, -5),
        lambda values: values[9].__setitem__(2, -4),  # an address is not withheld
        lambda values: values[9].__setitem__(2, 10**12),
        lambda values: values[9].__setitem__(2, True),  # noqa: FBT003 - a boolean where none belongs
        lambda values: values[9].__setitem__(2, b"0123456789abcdef"),
        lambda values: values[9].__setitem__(2, "x" * 257),
        lambda values: values[9].__setitem__(2, "two\nlines"),
        lambda values: values[10].__setitem__(4, "123456789018"),  # an individual number
        lambda values: values.__setitem__(0, 1_000_000),
        lambda values: values.__setitem__(1, 36_525),
        lambda values: values.__setitem__(2, 10**9),
        lambda values: values.__setitem__(3, 1 << 24),
        lambda values: values.__setitem__(4, 2),
        lambda values: values.__setitem__(6, b"short"),
        lambda values: values.__setitem__(7, 99),
        lambda values: values.__setitem__(8, 0),
        lambda values: values.__delitem__(slice(9, None)),
        lambda values: values.__delitem__(slice(3, None)),
    ],
)
def test_what_no_page_says_is_refused(change: Callable[[list[Value]], object]) -> None:
    """Orders, bounds, marks, days and the two withheld items: each has one form."""
    assert code_of(lambda: PageSeal.from_wire(changed(specimen_page(PEOPLE[0]), change))) is Code.MALFORMED


def test_what_inflates_too_far_is_refused() -> None:
    """A body that is small only while it is packed: refused at the bound, whatever it holds."""
    assert code_of(lambda: unpack(1, _deflated(bytes(1 << 20)))) is Code.OVERSIZE
    assert code_of(lambda: unpack(0, bytes(5000))) is Code.OVERSIZE
    assert code_of(lambda: PageSeal.from_wire(bytes(MOST_BODY_BYTES + 1))) is Code.OVERSIZE
    whole = _deflated(specimen_page().to_wire())
    for damaged in (whole[:-1], whole + b"x", b"", b"\xff"):
        assert code_of(lambda damaged=damaged: unpack(1, damaged)) is Code.MALFORMED  # type: ignore[misc]
    for coding in (2, -1, True, None):
        assert code_of(lambda coding=coding: unpack(coding, b"")) is Code.MALFORMED  # type: ignore[misc]


def _deflated(body: bytes) -> bytes:
    deflating = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflating.compress(body) + deflating.flush()


def test_a_page_is_refused_that_breaks_its_bounds() -> None:
    """Our own defect is found where the page is made."""
    page = specimen_page(PEOPLE[0])
    item = SealedItem(person=1, item=Item.NAME, value="葛西")
    for change in (
        {"page": 0},
        {"page": 2},
        {"pages": 13},
        {"status_index": -1},
        {"set_hash": b""},
        {"items": ()},
        {"items": (item, item)},
        {"items": (item._replace(person=2), item)},
        {"items": (item._replace(person=13),)},
        {"items": (item._replace(value=Withheld.PRINTED),)},
        {"items": (item._replace(value=bytes(16)),)},
        {"items": (item._replace(item=Item.SEAL_IMPRINT),)},
        {"items": (item._replace(item=Item.SEAL_IMPRINT, value=bytes(15)),)},
        {"items": (item._replace(item=Item.INDIVIDUAL_NUMBER, value="123456789018"),)},
    ):
        with pytest.raises(ValueError, match=r"."):
            replace(page, **change)


@given(st.dates(min_value=dt.date(1873, 1, 1)))
def test_a_day_in_its_era_reads_back(day: dt.date) -> None:
    """Each day has one writing, and it alone is read as a day."""
    text = in_era(day)
    assert from_era(text) == day
    assert from_era(text.replace("年", "年 ")) is None


@pytest.mark.parametrize(
    "text",
    [
        "令和０７年１月１日",
        "令和1年1月1日",
        "平成３１年５月１日",
        "明治５年１２月１日",
        "令和７年２月２９日",
        "令和０年１月１日",
    ],
)
def test_another_writing_of_a_day_stays_text(text: str) -> None:
    """A day that its era does not have, leading noughts, narrow figures: printed as they are, so sealed as they are."""
    assert from_era(text) is None


def test_the_two_withheld_items_are_not_in_the_seal() -> None:
    """An individual number that is printed leaves no trace but that it is printed; one that is omitted is omitted."""
    page = specimen_page()
    number = PEOPLE[3].individual_number
    assert isinstance(number, str)
    assert number.encode() not in page.to_wire()
    told = {one.person: one.value for one in page.items if one.item is Item.INDIVIDUAL_NUMBER}
    assert told == {1: Mark.OMITTED, 2: Mark.OMITTED, 3: Mark.OMITTED, 4: Withheld.PRINTED}


def test_every_printed_fact_but_those_is_in_the_seal() -> None:
    """Each cell of each person, and what concerns the household, once."""
    page = specimen_page()
    told = {(one.person, one.item): one.value for one in page.items}
    for ordinal, person in enumerate(PEOPLE, 1):
        assert told[ordinal, Item.NAME] == person.name
        assert told[ordinal, Item.PREVIOUS_ADDRESS] == person.previous_address
        assert told[ordinal, Item.REMARKS] == person.remarks
        assert told[ordinal, Item.BIRTH_DATE] == person.birth_date
    assert told[4, Item.CARD_NUMBER] == "AB12345678CD"
    assert told[1, Item.REGISTERED_DOMICILE] == "東京都澄川区澄川本町一丁目２番地３"
    assert told[2, Item.SETTLED_ON] is Mark.BLANK
    assert len(told) == 2 + 3 * 16 + 21


def test_every_item_has_its_labels() -> None:
    """What a verifier shows beside a value, in both languages, each its own."""
    assert set(LABELS) == set(Item)
    for words in zip(*LABELS.values(), strict=True):
        assert len(set(words)) == len(Item)
