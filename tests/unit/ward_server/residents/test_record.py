"""The signed record and the individual number that travels apart from it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from konbini.protocol.codec import decode, encode
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_bytes
from konbini.ward_server.residents.dates import day_after, to_day, to_number, today
from konbini.ward_server.residents.record import (
    MOST_RECORD_BYTES,
    ForeignCategory,
    ForeignItems,
    IndividualNumberPart,
    RecordOpener,
    SignedRecord,
    record_bytes,
    unchecked_record,
)
from tests.unit.ward_server.residents.conftest import MakeRecord

FOREIGN = ForeignItems(
    nationality="ベトナム",
    category=ForeignCategory.MEDIUM_TO_LONG_TERM,
    status_of_residence="技術・人文知識・国際業務",
    period_of_stay="3年",
    period_ends=20280401,
    residence_card="AB12345678CD",
    became_foreign_resident=20240401,
)


def test_a_signed_record_opens_as_it_was_signed(make_record: MakeRecord, record_key: SigningKey) -> None:
    """Every field, with variation selectors and foreign items."""
    record = make_record(foreign=FOREIGN, domicile=None, domicile_head=None, alias="グエン")
    signed = SignedRecord.sign(record, record_key)
    opened = SignedRecord.open(signed.data, record_key.verifying, record.municipality)
    assert opened == signed
    assert opened.record.name == "葛\U000e0102城　文"
    assert opened.digest == signed.digest


def test_a_record_of_another_town_or_key_is_not_signed(make_record: MakeRecord, record_key: SigningKey) -> None:
    """The municipality stands in the signature's context and in the record."""
    signed = SignedRecord.sign(make_record(), record_key)
    for key, municipality in ((record_key, "131008"), (SigningKey.generate(), "131997")):
        with pytest.raises(Refused) as refusal:
            SignedRecord.open(signed.data, key.verifying, municipality)
        assert refusal.value.code is Code.RECORD_NOT_SIGNED


def test_records_signed_together_verify_alone(make_record: MakeRecord, record_key: SigningKey) -> None:
    """Each by itself, and all through one opener, whatever else it opened before."""
    records = [make_record(f"{place:015d}", order=place) for place in range(1, 8)]
    signed = SignedRecord.sign_all([record_bytes(record) for record in records], record_key, "131997")
    opener = RecordOpener(record_key.verifying, "131997")
    alone = SignedRecord.sign(records[0], record_key)
    for record, data in zip(records, signed, strict=True):
        assert SignedRecord.open(data, record_key.verifying, "131997").record == record == unchecked_record(data)
        assert opener.open(data).record == record
        assert opener.open(alone.data) == alone


@given(one=st.integers(0, 6), other=st.integers(0, 6), newer=st.integers(1, 2))
def test_a_record_under_anothers_proof_is_not_signed(
    make_record: MakeRecord, record_key: SigningKey, one: int, other: int, newer: int
) -> None:
    """Another resident's place, another version's batch: also to an opener that has just verified that root."""
    assume((one, 1) != (other, newer))
    signed = {
        version: SignedRecord.sign_all(
            [record_bytes(make_record(f"{place:015d}", version=version)) for place in range(1, 8)], record_key, "131997"
        )
        for version in (1, 2)
    }
    record, proof = decode(signed[1][one], 1 << 20), decode(signed[newer][other], 1 << 20)
    assert isinstance(record, list)
    assert isinstance(proof, list)
    moved = encode([record[0], *proof[1:]])
    opener = RecordOpener(record_key.verifying, "131997")
    opener.open(signed[newer][other])
    for open_one in (opener.open, lambda data: SignedRecord.open(data, record_key.verifying, "131997")):
        with pytest.raises(Refused) as refusal:
            open_one(moved)
        assert refusal.value.code is Code.RECORD_NOT_SIGNED


def test_a_record_too_long_is_not_signed(make_record: MakeRecord, record_key: SigningKey) -> None:
    """Whatever its batch, the signed bytes keep their bound; a field too long is found before."""
    longest = make_record(remarks="𠮷" * 1000, address="𠮷" * 300, domicile="𠮷" * 300, previous_address="𠮷" * 300)
    batch = [record_bytes(longest)] * 256
    assert max(map(len, SignedRecord.sign_all(batch, record_key, "131997"))) <= MOST_RECORD_BYTES
    with pytest.raises(TypeError, match="remarks"):
        record_bytes(make_record(remarks="𠮷" * 1001))


@given(position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_changed_bit_is_not_signed(
    make_record: MakeRecord, record_key: SigningKey, position: int, bit: int
) -> None:
    """Wherever it is."""
    data = bytearray(SignedRecord.sign(make_record(), record_key).data)
    data[position % len(data)] ^= 1 << bit
    with pytest.raises(Refused) as refusal:
        SignedRecord.open(bytes(data), record_key.verifying, "131997")
    assert refusal.value.code is Code.RECORD_NOT_SIGNED


def test_the_number_is_opened_by_its_own_record_alone(make_record: MakeRecord) -> None:
    """Another resident's, another town's, another number's record refuses it, and the part shows no number."""
    part = IndividualNumberPart(
        municipality="131997", resident="000000000000001", salt=bytes(32), number="123456789018"
    )
    record = make_record(individual_number=part.commitment())
    assert IndividualNumberPart.open(part.to_bytes(), record) == part
    assert "1234" not in repr(part)
    for other in (
        replace(record, resident="000000000000002"),
        replace(record, municipality="131008"),
        replace(record, individual_number=bytes(32)),
        replace(record, individual_number=None),
    ):
        with pytest.raises(Refused) as refusal:
            IndividualNumberPart.open(part.to_bytes(), other)
        assert refusal.value.code is Code.RECORD_NOT_SIGNED
    with pytest.raises(Refused):
        IndividualNumberPart.open(b"\x80", record)


def test_the_commitment_says_nothing_without_the_salt() -> None:
    """One number of one resident has as many commitments as there are salts."""
    parts = (
        IndividualNumberPart(municipality="131997", resident="1", salt=bytes([salt] * 32), number="123456789018")
        for salt in range(3)
    )
    assert len({part.commitment() for part in parts}) == 3


@pytest.mark.parametrize("birth", [0, 19550000, 19550300, 19550331, 20000229])
def test_a_birth_date_may_be_unknown_in_part(make_record: MakeRecord, birth: int) -> None:
    """生年月日不詳: the year, the month, or nothing at all is known."""
    to_bytes(make_record(birth=birth))


@pytest.mark.parametrize("birth", [19551300, 19550431, 19000229, 300, 31, -1, 199004031])
def test_what_is_no_day_is_no_birth_date(make_record: MakeRecord, birth: int) -> None:
    """A month 13, a 31st of April, a day of an unknown month."""
    with pytest.raises(TypeError, match="birth"):
        to_bytes(make_record(birth=birth))


@pytest.mark.parametrize("moved_in", [0, 20260900, 20261301])
def test_other_dates_are_whole(make_record: MakeRecord, moved_in: int) -> None:
    """Only a birth may be unknown."""
    with pytest.raises(TypeError, match="moved_in"):
        to_bytes(make_record(moved_in=moved_in))


@given(st.dates(max_value=dt.date(9999, 12, 30)))
def test_numbers_of_days_run_as_the_days_do(day: dt.date) -> None:
    """There and back, and on to the next day."""
    assert to_day(to_number(day)) == day
    assert to_day(day_after(to_number(day))) == day + dt.timedelta(days=1)
    assert day_after(to_number(day)) > to_number(day)


def test_today_is_the_day_in_japan() -> None:
    """A second before and at midnight, Japan's time (UTC+9)."""
    midnight = int(dt.datetime(2026, 9, 20, 15, tzinfo=dt.UTC).timestamp()) * 1000
    assert (today(midnight - 1), today(midnight)) == (20260920, 20260921)
