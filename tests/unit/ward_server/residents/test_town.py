"""A town is taken over whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.changes import Restriction
from konbini.ward_server.residents.feed import CardSerial, FeedKind
from konbini.ward_server.residents.feed_blocks import FeedBlock
from konbini.ward_server.residents.record import SignedRecord
from konbini.ward_server.residents.town import BadRow, TownCard, TownRefused, TownRow, import_town
from tests.unit.ward_server.residents.conftest import MakeRecord, Office


def card_of(place: int) -> TownCard:
    """Make a card."""
    return TownCard(card=CardSerial(issuer_key_id=bytes(20), serial=place.to_bytes(4)), counts_from=20200401)


def rows_of(make_record: MakeRecord, count: int) -> Iterator[TownRow]:
    """Make a town."""
    for place in range(1, count + 1):
        measures = (Restriction(name=f"2026-{place}", planned_end=None),) if place % 10 == 0 else ()
        record = make_record(f"{place:015d}", household=f"{place // 2:010d}")
        yield TownRow(record=record, individual_number="123456789018", cards=(card_of(place),), measures=measures)


async def take_over(office: Office, rows: Iterable[TownRow], approved_by: str = "bando") -> int:
    """Take a town over."""
    return await import_town(
        office.store, office.pen, office.clock, rows, entered_by="aoki", approved_by=approved_by, source="移行データ"
    )


async def test_a_town_is_taken_over(office: Office, make_record: MakeRecord) -> None:
    """Each resident's record, card and measures, in the feed's order."""
    assert await take_over(office, rows_of(make_record, 20)) == 20
    key, municipality = office.pen.key.verifying, office.pen.municipality
    (block,) = await office.publisher.feed_after(0, 100, 0)
    entries = FeedBlock.open(block, key, municipality).entries()
    assert [entry.number for entry in entries] == list(range(1, 43))
    kinds = [entry.kind for entry in entries]
    assert [kinds.count(kind) for kind in (FeedKind.RECORD, FeedKind.LINK, FeedKind.MEASURE)] == [20, 20, 2]
    first = SignedRecord.open(entries[0].body, key, municipality).record
    assert first.individual_number is not None
    assert entries[1].link().counts(20200401)


async def test_every_bad_row_is_named_and_nothing_is_kept(office: Office, make_record: MakeRecord) -> None:
    """A resident twice, a card twice, a number with a wrong check digit, a version that is not the first."""
    rows = list(rows_of(make_record, 8))
    rows[2] = replace(rows[2], record=rows[0].record)
    rows[4] = replace(rows[4], cards=(card_of(1),))
    rows[5] = replace(rows[5], individual_number="123456789012")
    rows[7] = replace(rows[7], record=replace(rows[7].record, birth=19991399))
    with pytest.raises(TownRefused) as refusal:
        await take_over(office, rows)
    assert [(row.place, row.code) for row in refusal.value.rows] == [
        (3, Code.CHANGED_MEANWHILE),
        (5, Code.CARD_LINKED_BEFORE),
        (6, Code.CHANGE_INVALID),
        (8, Code.CHANGE_INVALID),
    ]
    assert isinstance(refusal.value.rows[0], BadRow)
    assert refusal.value.count == 4
    assert await office.publisher.feed_after(0, 10, 0) == ()
    assert await take_over(office, rows_of(make_record, 8)) == 8


async def test_a_town_needs_two_persons_and_a_row(office: Office, make_record: MakeRecord) -> None:
    """Nobody approves their own list, and an empty one is a mistake."""
    with pytest.raises(Refused) as refusal:
        await take_over(office, rows_of(make_record, 1), approved_by="aoki")
    assert refusal.value.code is Code.SAME_PERSON
    with pytest.raises(TownRefused):
        await take_over(office, ())


async def test_a_second_import_changes_nothing_that_stands(office: Office, make_record: MakeRecord) -> None:
    """Whoever is known already is a bad row."""
    await take_over(office, rows_of(make_record, 3))
    with pytest.raises(TownRefused) as refusal:
        await take_over(office, rows_of(make_record, 4))
    assert refusal.value.count == 3
