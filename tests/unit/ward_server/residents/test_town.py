"""A town is taken over whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.bodies import CardKind
from konbini.ward_server.residents.changes import Restriction
from konbini.ward_server.residents.entry import ForeignKept, RegisterEntry, Remark, RemarkKind, Removed
from konbini.ward_server.residents.feed import CardSerial, FeedKind
from konbini.ward_server.residents.feed_blocks import FeedBlock
from konbini.ward_server.residents.importing.preparing import BadRow
from konbini.ward_server.residents.importing.takeover import Approval, TownRefused, import_rows
from konbini.ward_server.residents.record import Presence, SignedRecord
from konbini.ward_server.residents.store import NumberKind
from konbini.ward_server.residents.town import TownCard, TownRow, TownSeal
from tests.impressions import seal_of
from tests.unit.ward_server.residents.conftest import MakeRecord, Office, arrival_of, vault_of


def card_of(place: int) -> TownCard:
    """Make a card."""
    return TownCard(card=CardSerial(issuer_key_id=bytes(20), serial=place.to_bytes(4)), counts_from=20200401)


def number_of(place: int) -> str:
    """Make an individual number with the right check digit."""
    digits = f"{place:011d}"
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
    return digits + str(0 if rest <= 1 else 11 - rest)


def rows_of(make_record: MakeRecord, count: int) -> Iterator[TownRow]:
    """Make a town of households of two."""
    for place in range(1, count + 1):
        measures = (Restriction(name=f"2026-{place}", planned_end=None),) if place % 10 == 0 else ()
        record = make_record(
            f"{place:015d}",
            household=f"{(place + 1) // 2:010d}",
            order=2 - place % 2,
            relationship="世帯主" if place % 2 else "夫",
            resident_code=f"{place:011d}",
        )
        yield TownRow(record=record, individual_number=number_of(place), cards=(card_of(place),), measures=measures)


async def take_over(office: Office, rows: Iterable[TownRow], approved_by: str = "bando") -> int:
    """Take a town over."""
    approval = Approval(entered_by="aoki", approved_by=approved_by, source="移行データ")
    return await import_rows(office.store, vault_of(), office.pen, office.clock, rows, approval=approval)


async def named(office: Office, rows: Iterable[TownRow]) -> dict[int, str]:
    """Give the bad rows of a town that is not taken over, with their reasons, and see that nothing is kept."""
    with pytest.raises(TownRefused) as refusal:
        await take_over(office, rows)
    assert refusal.value.count == len(refusal.value.rows)
    assert await office.publisher.feed_after(0, 10, 0) == ()
    return {row.place: f"{row.code.name} {row.detail}" for row in refusal.value.rows}


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
    found = await office.registry.look_up("aoki", first.resident, "a test")
    assert SignedRecord.open(found.record, key, municipality).record == first
    assert [link.card for link in found.links] == [card_of(1).card]
    await office.publisher.individual_number("issuing", first.resident, first.individual_number)


async def test_more_rows_than_a_chunk_and_a_block_hold(office: Office, make_record: MakeRecord) -> None:
    """The feed has no gap between blocks and chunks, and ordinary changes go on after it."""
    assert await take_over(office, rows_of(make_record, 1200)) == 1200
    await office.take_in("100000000000000", resident_code=None)
    key, municipality = office.pen.key.verifying, office.pen.municipality
    numbers: list[int] = []
    while blocks := await office.publisher.feed_after(len(numbers), 2048, 0):
        for block in blocks:
            numbers += [entry.number for entry in FeedBlock.open(block, key, municipality).entries()]
    assert numbers == list(range(1, 1200 + 1200 + 120 + 2))


async def test_every_bad_row_is_named_and_nothing_is_kept(office: Office, make_record: MakeRecord) -> None:
    """A resident twice, a card twice, a number with a wrong check digit, a birth that is none."""
    rows = list(rows_of(make_record, 8))
    rows[2] = replace(rows[2], record=rows[0].record)
    rows[4] = replace(rows[4], cards=(card_of(1),))
    rows[5] = replace(rows[5], individual_number="123456789012")
    rows[7] = replace(rows[7], record=replace(rows[7].record, birth=19991399))
    found = await named(office, rows)
    assert set(found) == {3, 4, 5, 6, 8}
    assert found[3].startswith(Code.CHANGED_MEANWHILE.name)
    assert "without a head" in found[4]
    assert "card of row 1" in found[5]
    assert "check digit" in found[6]
    assert "birth" in found[8]
    assert await take_over(office, rows_of(make_record, 8)) == 8


async def test_what_stands_twice_is_found_far_apart(office: Office, make_record: MakeRecord) -> None:
    """In other chunks, also behind a bad row, from which on nothing is written any more."""
    rows = list(rows_of(make_record, 1600))
    rows[100] = replace(rows[100], record=replace(rows[100].record, birth=19991399))
    rows[1200] = replace(rows[1200], record=replace(rows[1200].record, resident=rows[700].record.resident))
    rows[1300] = replace(rows[1300], record=replace(rows[1300].record, resident_code=rows[10].record.resident_code))
    rows[1400] = replace(rows[1400], individual_number=rows[20].individual_number)
    rows[1500] = replace(rows[1500], cards=(card_of(31), card_of(4000)))
    found = await named(office, rows)
    assert set(found) == {101, 1201, 1301, 1401, 1501}
    assert [found[place].split(" ", 1)[1] for place in (1201, 1301, 1401, 1501)] == [
        "the resident of row 701 again",
        "the resident code of row 11 again",
        "the individual number of row 21 again",
        "the card of row 31 again",
    ]


async def test_households_fit_together(office: Office, make_record: MakeRecord) -> None:
    """One head, orders of their own, one name of the head; a bad row keeps its household from being judged."""
    rows = list(rows_of(make_record, 12))

    def change(place: int, **changes: object) -> None:
        rows[place - 1] = replace(rows[place - 1], record=replace(rows[place - 1].record, **changes))  # type: ignore[arg-type] # fields by name

    change(1, relationship="妻")
    change(4, relationship="世帯主")
    change(6, order=1)
    change(8, head="他の人")
    change(9, birth=19991399)
    found = await named(office, rows)
    assert {place: reason.split(" ", 1)[1] for place, reason in found.items() if place != 9} == {
        1: "a household without a head",
        4: "a second head of the household of row 3",
        6: "the order in the household that row 5 has",
        8: "another head's name than in row 7 of the household",
    }
    assert 9 in found


async def test_a_town_needs_two_persons_and_a_row(office: Office, make_record: MakeRecord) -> None:
    """Nobody approves their own list, and an empty one is a mistake."""
    with pytest.raises(Refused) as refusal:
        await take_over(office, rows_of(make_record, 1), approved_by="aoki")
    assert refusal.value.code is Code.SAME_PERSON
    with pytest.raises(TownRefused):
        await take_over(office, ())


async def test_a_second_import_changes_nothing_that_stands(office: Office, make_record: MakeRecord) -> None:
    """Whoever is known already is a bad row, and so is a card that somebody has."""
    await take_over(office, rows_of(make_record, 4))
    rows = list(rows_of(make_record, 6))
    rows[4] = replace(rows[4], cards=(card_of(1),))
    with pytest.raises(TownRefused) as refusal:
        await take_over(office, rows)
    assert [(row.place, row.code) for row in refusal.value.rows] == [
        *((place, Code.CHANGED_MEANWHILE) for place in range(1, 5)),
        (5, Code.CARD_LINKED_BEFORE),
    ]
    assert await take_over(office, list(rows_of(make_record, 6))[4:]) == 2


async def test_a_resident_whom_a_waiting_change_names_is_known(office: Office, make_record: MakeRecord) -> None:
    """An arrival that waits for its second person has sealed something of the resident already."""
    (row,) = list(rows_of(make_record, 1))
    await office.registry.enter("aoki", arrival_of(row.record))
    with pytest.raises(TownRefused) as refusal:
        await take_over(office, [row])
    assert refusal.value.rows[0].code is Code.CHANGED_MEANWHILE


async def test_a_town_that_is_refused_leaves_the_store_as_it_was(office: Office, make_record: MakeRecord) -> None:
    """No key, no change, no audit entry: a good list is taken over afterwards."""
    rows = list(rows_of(make_record, 700))
    with pytest.raises(TownRefused):
        await take_over(office, [*rows, rows[0]])
    assert await office.store.read(lambda reading: reading.position().number) == 0
    assert await take_over(office, rows) == 700


async def test_what_stands_beside_a_record_keeps_the_rules(office: Office, make_record: MakeRecord) -> None:
    """Cards, items kept beyond the record: as at the counter."""
    rows = list(rows_of(make_record, 8))
    ward_cards = tuple(replace(card_of(place), carrier=CardKind.WARD_CARD) for place in (101, 102))
    rows[1] = replace(rows[1], cards=(replace(card_of(2), valid_until=20200331),))
    rows[2] = replace(rows[2], cards=ward_cards)
    rows[4] = replace(rows[4], entry=RegisterEntry(foreign=ForeignKept()))
    rows[5] = replace(rows[5], entry=RegisterEntry(remarks=(Remark(kind=RemarkKind.OTHER, text="字" * 500),) * 40))
    rows[6] = replace(rows[6], entry=RegisterEntry(katakana="カツラギ"))
    rows[7] = replace(rows[7], entry=RegisterEntry(postcode="12345678"))
    found = await named(office, rows)
    assert {place: reason.split(" ", 1)[1] for place, reason in found.items()} == {
        2: "this card's certificate ends before it counts",
        3: "a resident holds one card of the ward",
        5: "these items are a foreign resident's",
        6: "an entry is no longer than that",
        7: "a name in katakana is a foreign resident's",
        8: "RegisterEntry: field RegisterEntry.postcode",
    }
    rows = list(rows_of(make_record, 2))
    kept = RegisterEntry(postcode="1390001", alias_reading="ツウショウノヨミ", leaving_to="隣町")
    rows[0] = replace(rows[0], cards=(replace(card_of(1), carrier=CardKind.PHONE, valid_until=20300401),), entry=kept)
    assert await take_over(office, rows) == 2
    resident = rows[0].record.resident
    link = await office.store.read(lambda reading: reading.link(card_of(1).card))
    assert link is not None
    assert (link.carrier, link.valid_until) == (CardKind.PHONE, 20300401)
    stored = await office.store.read(lambda reading: reading.entry(resident))
    assert stored is not None
    assert stored.entry == kept
    fed = b"".join(await office.publisher.feed_after(0, 100, 0))
    assert rows[0].record.name.encode() in fed
    assert not any(text.encode() in fed for text in ("1390001", "ツウショウノヨミ", "隣町"))


async def test_a_seal_number_of_an_earlier_import_is_given(office: Office, make_record: MakeRecord) -> None:
    """Claims tell of numbers within a list; those of before are asked of the registry."""
    first, second, third = (
        replace(row, seal=TownSeal(registered=20200401, seal=seal_of(number=number)))
        for row, number in zip(rows_of(make_record, 6), ("1", "2", "1"), strict=False)
    )
    await take_over(office, [first, replace(second, seal=None)])
    with pytest.raises(TownRefused) as refusal:
        await take_over(office, [third])
    assert [row.detail for row in refusal.value.rows] == ["a seal registration's number is given once in all time"]
    assert await take_over(office, [replace(third, seal=second.seal)]) == 1


def gone_of(row: TownRow, presence: Presence, day: int | None = 20240331) -> TownRow:
    """Write a row as a removed record."""
    entry = RegisterEntry(removed=Removed(ceased=day))
    return replace(row, record=replace(row.record, presence=presence), entry=entry)


REMOVED = tuple(presence for presence in Presence if presence is not Presence.PRESENT)


async def test_removed_records_are_taken_over_as_such(office: Office, make_record: MakeRecord) -> None:
    """除票: each reason, with its day; in no household, so that the head may be gone and an order stand twice."""
    rows = list(rows_of(make_record, 12))
    for place, presence in zip((0, 3, 5, 7), REMOVED, strict=True):
        rows[place] = gone_of(rows[place], presence)
    rows[1] = replace(rows[1], record=replace(rows[1].record, relationship="世帯主"))
    rows[3] = replace(rows[3], record=replace(rows[3].record, order=1))
    assert await take_over(office, rows) == 12
    found = await office.registry.look_up("aoki", rows[3].record.resident, "a test")
    record = SignedRecord.open(found.record, office.pen.key.verifying, office.pen.municipality).record
    assert record.presence is Presence.DIED
    assert found.entry.removed == Removed(ceased=20240331)
    resident = rows[4].record.resident
    standing = await office.registry.look_up("aoki", resident, "a test")
    back = SignedRecord.open(standing.record, office.pen.key.verifying, office.pen.municipality).record
    assert back.presence is Presence.PRESENT


async def test_a_removal_is_whole_or_a_bad_row(office: Office, make_record: MakeRecord) -> None:
    """Without its day, beside a record that stands, with a seal in force: each is named."""
    rows = list(rows_of(make_record, 8))
    rows[1] = gone_of(rows[1], Presence.DIED, None)
    rows[3] = replace(gone_of(rows[3], Presence.DIED), entry=None)
    rows[5] = gone_of(rows[5], Presence.PRESENT)
    rows[7] = replace(gone_of(rows[7], Presence.DIED), seal=TownSeal(registered=20200401, seal=seal_of()))
    found = await named(office, rows)
    assert set(found) == {2, 4, 6, 8}
    assert "entry.removed.ceased" in found[2]
    assert "entry.removed.ceased" in found[4]
    assert "a removed record alone" in found[6]
    assert "removed record" in found[8]


async def left_out(office: Office, rows: Iterable[TownRow]) -> tuple[int, dict[int, str]]:
    """Take the good rows over; give how many that were, and what was left out and why."""
    told: list[BadRow] = []
    taken = await import_rows(
        office.store,
        vault_of(),
        office.pen,
        office.clock,
        rows,
        approval=Approval(entered_by="aoki", approved_by="bando", source="移行データ"),
        bad=told.append,
        accept_good_rows=True,
    )
    assert len({row.place for row in told}) == len(told)
    return taken, {row.place: f"{row.code.name} {row.detail}" for row in told}


async def test_good_rows_are_taken_and_bad_ones_left_out_with_their_households(
    office: Office, make_record: MakeRecord
) -> None:
    """Over chunks: each row that is left out is told once with its reason, and of it nothing is kept."""
    rows = list(rows_of(make_record, 1600))
    rows[100] = replace(rows[100], record=replace(rows[100].record, birth=19991399))
    rows[1301] = replace(rows[1301], record=replace(rows[1301].record, head="他の人"))
    rows[1400] = replace(rows[1400], individual_number=rows[20].individual_number)
    taken, told = await left_out(office, rows)
    assert {place: reason.split(" ", 1)[1] for place, reason in told.items() if place != 101} == {
        102: "of the household of row 101, which is not taken over",
        1301: "of the household of row 1302, which is not taken over",
        1302: "another head's name than in row 1301 of the household",
        21: "as row 1401 has it",
        22: "of the household of row 21, which is not taken over",
        1401: "the individual number of row 21 again",
        1402: "of the household of row 1401, which is not taken over",
    }
    assert told[101].startswith(Code.CHANGE_INVALID.name)
    assert "birth" in told[101]
    assert told[21].startswith(Code.INDIVIDUAL_NUMBER_TAKEN.name)
    assert taken == 1600 - len(told)
    kept = await office.store.read(lambda reading: {one.resident for one in reading.records_after("", 2000)})
    assert kept == {row.record.resident for place, row in enumerate(rows, start=1) if place not in told}
    (change,) = await office.store.read(lambda reading: reading.history(rows[0].record.resident))
    assert change.change.source == "移行データ, 8 rows left out"
    numbers = [rows[place - 1].individual_number or "" for place in (102, 22)]
    assert await office.store.read(
        lambda reading: not any(reading.number_taken(NumberKind.INDIVIDUAL_NUMBER, one, "") for one in numbers)
    )


async def test_who_is_known_is_left_out_and_a_list_without_a_good_row_is_refused(
    office: Office, make_record: MakeRecord
) -> None:
    """The register is asked as always; two persons as always."""
    rows = list(rows_of(make_record, 6))
    await take_over(office, rows[:2])
    taken, told = await left_out(office, [*rows[:1], *rows[2:4], *rows[2:4], *rows[4:]])
    assert taken == 2
    assert set(told) == {1, 2, 3, 4, 5}
    with pytest.raises(TownRefused) as refusal:
        await left_out(office, rows[:2])
    assert refusal.value.count == 2
    with pytest.raises(Refused):
        await import_rows(
            office.store,
            vault_of(),
            office.pen,
            office.clock,
            rows,
            approval=Approval(entered_by="aoki", approved_by="aoki", source="移行データ"),
            accept_good_rows=True,
        )
