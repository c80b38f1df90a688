"""Printed facts: one value, one encoding, one digest; what cannot be printed is no fact."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.pdf.facts import CertificateFacts, ForeignItems, JapaneseItems, Mark, PersonFacts
from konbini.pdf.printed import printed_hash
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.protocol.codec import Value, decode, encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Scope

_HEAD_AT = 6  # text or a mark
_TEXT = st.text("澄川葛𠮷\U000e0102　AZ09ー・（）", min_size=1, max_size=20).map(str.strip).filter(bool)
_CELL = st.one_of(_TEXT, st.sampled_from(Mark))


def _filled(kind: type) -> st.SearchStrategy[object]:
    return st.builds(kind, **{field.name: _CELL for field in dataclasses.fields(kind)})


_ITEMS = st.one_of(_filled(JapaneseItems), _filled(ForeignItems))
_OTHERS = {f.name: _CELL for f in dataclasses.fields(PersonFacts) if f.name not in ("name", "items")}
_PERSON = st.builds(PersonFacts, name=_TEXT, items=_ITEMS, **_OTHERS)
_FACTS = st.builds(
    CertificateFacts,
    number=st.from_regex(r"[0-9A-Z][0-9A-Z-]{0,31}", fullmatch=True),
    form=st.from_regex(r"[0-9a-z][0-9a-z.-]{0,63}", fullmatch=True),
    issued_on=st.dates(date(2020, 1, 1), date(2100, 1, 1)),
    scope=st.sampled_from(Scope),
    address=_TEXT,
    head=_CELL,
    people=st.lists(_PERSON, min_size=1, max_size=5).map(tuple),
)


@given(_FACTS)
def test_facts_survive_the_wire_unchanged(facts: CertificateFacts) -> None:
    """What is decoded equals what was encoded, and encodes to the same bytes."""
    wire = facts.to_wire()
    assert CertificateFacts.from_wire(wire) == facts
    assert CertificateFacts.from_wire(wire).to_wire() == wire


@given(_FACTS, _FACTS)
def test_other_facts_have_another_digest(one: CertificateFacts, other: CertificateFacts) -> None:
    """The digest, and with it the printed hash, tells facts apart."""
    assert (one.digest() == other.digest()) == (one == other)
    assert one.digest() == hashlib.sha256(one.to_wire()).digest()
    assert printed_hash(one.digest()) == one.digest().hex()[:16].upper()


@given(st.binary(max_size=200))
def test_noise_is_refused_and_never_crashes(noise: bytes) -> None:
    """Bytes that are no facts are malformed, nothing else."""
    with pytest.raises(Refused) as refused:
        CertificateFacts.from_wire(noise)
    assert refused.value.code is Code.MALFORMED


@given(st.integers(0, 7), st.one_of(st.none(), st.integers(-1, 9), st.text(max_size=3), st.just([]), st.just(b"")))
def test_a_field_of_another_type_is_refused(index: int, value: Value) -> None:
    """Each of the eight fields is checked for its type and bounds."""
    fields = decode(specimen_facts().to_wire(), 1 << 16)
    assert isinstance(fields, list)
    same_type = type(fields[index]) is type(value) or index == _HEAD_AT
    fields[index] = value
    codes: set[Code] = set()
    try:
        CertificateFacts.from_wire(encode(fields))
    except Refused as refused:
        codes.add(refused.code)
    assert codes == {Code.MALFORMED} or (same_type and not codes)


@pytest.mark.parametrize("bad", ["", " 澄川", "澄川　", "澄\n川", "澄\u200b川", "澄" * 257, "澄\u2028川"])
def test_a_cell_is_one_line_of_plain_characters(bad: str) -> None:
    """No empty cell, no outer space, no control or format character, no endless text."""
    with pytest.raises(ValueError, match="cell"):
        dataclasses.replace(specimen_facts(), address=bad)


@pytest.mark.parametrize(
    "bad", [{"people": ()}, {"people": PEOPLE * 4}, {"number": "１"}, {"number": "-1"}, {"form": "A"}]
)
def test_the_set_has_bounds(bad: dict[str, object]) -> None:
    """1 to 12 people, a number and a form's id of their shapes; sixteen people are too many."""
    with pytest.raises(ValueError, match=r"people|number"):
        dataclasses.replace(specimen_facts(), **bad)  # type: ignore[arg-type]  # one of several fields


def test_a_date_has_one_writing() -> None:
    """`20251122` is a date to Python and none to us: two writings would be two digests of one certificate."""
    fields = decode(specimen_facts().to_wire(), 1 << 16)
    assert isinstance(fields, list)
    fields[3] = "20251122"
    with pytest.raises(Refused):
        CertificateFacts.from_wire(encode(fields))


@pytest.mark.parametrize("name", ["澄川  文", "澄川 　文", "澄川　 文"])
def test_spaces_that_paper_cannot_tell_are_no_fact(name: str) -> None:
    """They would be read back as one space: refused when the menu is made, not when the paper is."""
    with pytest.raises(ValueError, match="space"):
        specimen_facts(dataclasses.replace(PEOPLE[0], name=name))
