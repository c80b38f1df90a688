"""The issuance number is read only as it is written, and a wrong digit is found."""

from __future__ import annotations

import datetime as dt
import hashlib

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.protocol.numbers import MOST_COUNTER, IssuanceNumber, binding

numbers = st.builds(
    IssuanceNumber.of,
    ward=st.from_regex(r"[0-9]{6}", fullmatch=True, alphabet=st.sampled_from("0123456789")),
    date=st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)),
    incarnation=st.integers(0, 1000),
    counter=st.integers(1, MOST_COUNTER),
)


@given(numbers)
def test_a_number_is_read_as_it_was_written(number: IssuanceNumber) -> None:
    """Writing and reading are inverse."""
    assert IssuanceNumber.parse(str(number)) == number


@given(numbers, st.data())
def test_one_wrong_digit_is_found(number: IssuanceNumber, data: st.DataObject) -> None:
    """Any single digit changed makes no number."""
    text = str(number)
    place = data.draw(st.sampled_from([index for index, sign in enumerate(text) if sign.isdigit()]))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != text[place]]))
    with pytest.raises(Refused) as refused:
        IssuanceNumber.parse(text[:place] + other + text[place + 1 :])
    assert refused.value.code is Code.MALFORMED


def test_the_form() -> None:
    """One number, written out."""
    number = IssuanceNumber.of("999999", dt.date(2026, 11, 22), incarnation=3, counter=17)
    assert str(number) == "999999-261122-30000017-1"


def test_the_check_digit_is_the_standards() -> None:
    """ISO/IEC 7064 MOD 11,10's own example, 0794, has the check digit 5."""
    from konbini.protocol.numbers import _check_digit  # noqa: PLC0415 - the algorithm alone, against its standard

    assert _check_digit("0794") == 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "999999-261122-30000017",
        "999999-261131-30000017-0",
        "９９９９９９-261122-30000017-0",
        "999999-261122-30000000-0",
        "999999-261122-30000017-0\n",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    """Cut short, no such day, other digits, counter nought, trailing newline."""
    with pytest.raises(Refused) as refused:
        IssuanceNumber.parse(text)
    assert refused.value.code is Code.MALFORMED


def test_a_used_up_incarnation_numbers_nothing_more() -> None:
    """The counter does not run over into the incarnation's digit."""
    with pytest.raises(ValueError, match="counter"):
        IssuanceNumber.of("999999", dt.date(2026, 11, 22), incarnation=1, counter=MOST_COUNTER + 1)


def test_another_incarnation_is_another_range() -> None:
    """The same counter on the same day after a restore is another number."""
    day = dt.date(2026, 11, 22)
    assert str(IssuanceNumber.of("999999", day, 1, 17)) != str(IssuanceNumber.of("999999", day, 2, 17))


def test_the_binding_is_the_documented_hash() -> None:
    """SHA-256 of the documented array, encoded by another hand."""
    t, number = bytes(range(32)), "999999-261122-30000017-0"
    expected = hashlib.sha256(cbor2.dumps(["konbini/1 binding", t, 2, number])).digest()
    assert binding(t, 2, number) == expected


@given(st.binary(min_size=32, max_size=32), st.integers(1, 5), numbers)
def test_another_order_has_another_binding(t: bytes, ordinal: int, number: IssuanceNumber) -> None:
    """Each of the three parts counts."""
    one = binding(t, ordinal, str(number))
    assert one != binding(hashlib.sha256(t).digest(), ordinal, str(number))
    assert one != binding(t, ordinal + 1, str(number))
    assert one != binding(t, ordinal, str(number)[:-1])
