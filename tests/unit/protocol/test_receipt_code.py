"""The receipt's code: thirty digits of one visit, that find and open its file and no other's."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.protocol.receipt_code import MOST_VISIT_FILE_BYTES, ReceiptCode, VisitEntries, VisitEntry
from konbini.protocol.tickets import VisitKeys

KEYS = VisitKeys(signing=bytes(range(65)), sealing=bytes(1216))
VISIT = hashlib.sha256(b"a ticket").digest()
CODE = ReceiptCode.of(VISIT, KEYS)


def entries_of(count: int) -> VisitEntries:
    """Give some entries."""
    return VisitEntries(
        entries=tuple(
            VisitEntry(log="konbini/131997/issuing", position=position, salt=bytes(32), entry=b"said" * 20)
            for position in range(count)
        )
    )


def test_a_code_is_of_its_visit_and_its_keys() -> None:
    """Another ticket or another key is another code; it is written in six groups of five."""
    assert len(CODE.digits) == 30
    assert str(CODE).replace("-", "") == CODE.digits
    assert [len(group) for group in str(CODE).split("-")] == [5] * 6
    others = {
        ReceiptCode.of(bytes(32), KEYS).digits,
        ReceiptCode.of(VISIT, VisitKeys(signing=bytes(65), sealing=bytes(1216))).digits,
    }
    assert CODE.digits not in others
    assert len(others) == 2


@given(st.integers(0, 10**30 - 1))
def test_what_is_typed_is_read(number: int) -> None:
    """With dashes, with spaces, with neither."""
    digits = f"{number:030d}"
    code = ReceiptCode(digits)
    for typed in (str(code), str(code).replace("-", " "), digits):
        assert ReceiptCode.parse(typed) == code


@pytest.mark.parametrize("typed", ["", "1234", "1" * 29, "1" * 31, "1" * 29 + "x", "１" * 30, "-1" * 15])
def test_what_is_no_code(typed: str) -> None:
    """Another length, or something else than digits."""
    with pytest.raises(Refused) as refusal:
        ReceiptCode.parse(typed)
    assert refusal.value.code is Code.MALFORMED


@pytest.mark.parametrize("count", [0, 1, 20, 60])
def test_a_file_opens_with_its_code_alone(count: int) -> None:
    """The same content is the same file; another code, another byte, or nothing of the kind opens nothing."""
    entries = entries_of(count)
    sealed = CODE.seal(entries)
    assert sealed == CODE.seal(entries)
    assert CODE.open(sealed) == entries
    assert (len(sealed) - 16) % 4096 == 0
    assert b"said" not in sealed
    other = ReceiptCode("0" * 30)
    for code, data in (
        (other, sealed),
        (CODE, sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (CODE, b""),
        (CODE, bytes(4096)),
    ):
        with pytest.raises(Refused) as refusal:
            code.open(data)
        assert refusal.value.code is Code.SIGNATURE_INVALID
    with pytest.raises(Refused) as refusal:
        CODE.open(bytes(MOST_VISIT_FILE_BYTES + 1))
    assert refusal.value.code is Code.OVERSIZE


def test_where_a_file_lies_tells_nothing_of_the_code() -> None:
    """The name is drawn from the code one way; two visits' names have nothing in common."""
    assert len(bytes.fromhex(CODE.locator)) == 16
    assert CODE.locator != ReceiptCode("0" * 30).locator
    assert CODE.digits[:8] not in CODE.locator
