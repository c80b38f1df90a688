"""What is kept beyond the record: in a sealed row of its own, changed by its own kind, and never in the feed."""

from __future__ import annotations

import dataclasses
import sqlite3
import types
import typing
from contextlib import closing
from dataclasses import replace
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest

from konbini.protocol.batches import unchecked_member
from konbini.protocol.codec import decode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_bytes
from konbini.ward_server.residents.bodies import (
    AliasWritten,
    CardKind,
    CardLinked,
    Death,
    EntryKept,
    LeavingPlanned,
    MeasureCategory,
    MovedOut,
    NameChanged,
    NumberCardChanged,
    Protection,
    RecordWritten,
    Remade,
    Restriction,
)
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.entry import (
    MOST_ENTRY_ITEMS_BYTES,
    Administrative,
    Coverage,
    DeathDay,
    Doubt,
    ForeignKept,
    MailName,
    NumberCard,
    NumberCardStatus,
    Registered,
    RegisterEntry,
    Remark,
    RemarkKind,
    Removed,
)
from konbini.ward_server.residents.feed import CardSerial, FeedEntry, FeedKind, HoldChange, LinkChange, MeasureChange
from konbini.ward_server.residents.record import ForeignItems, ResidentRecord
from tests.unit.ward_server.residents.acts import act, entries, kept, refused
from tests.unit.ward_server.residents.conftest import Office, arrival_of, record_of
from tests.unit.ward_server.residents.test_person_changes import FOREIGN

ONE, TWO = "000000000000001", "000000000000002"
ADMINISTRATIVE = Administrative(
    voter=True,
    health=Coverage(since=20240401, until=20250331),
    health_retired=True,
    pension=Coverage(since=20200401),
    pension_class=1,
    pension_number="9876543210",
    child_allowance_from=202404,
)
ARRIVED = RegisterEntry(postcode="1390001", katakana="グエンノカナ")
ENTRY = replace(
    ARRIVED,
    unnotified_address="未届地の町",
    last_address="最終住所の町",
    foreign=ForeignKept(
        mail_name=MailName.ALIAS, became_resident=Registered(day=20240401, reason="新規上陸", notified=20240402)
    ),
    administrative=ADMINISTRATIVE,
    remarks=(Remark(kind=RemarkKind.ENTRY, text="職権により記載"),),
)
NEVER_LEAVES = (
    *(
        "未届地の町",
        "最終住所の町",
        "新規上陸",
        "職権により記載",
        "9876543210",
        "出て行く町",
        "交付場所の町",
        "送付先の町",
    ),
    *("相談機関の意見", "前の旧い通称", "転出確定の町", "旧い氏名"),
    *("1390001", "グエンノカナ", "ツウショウノヨミ"),
)
"""Texts of items that are kept beyond the record, and of what a measure rests on."""


async def live(office: Office) -> None:
    """Let one resident have something in every item that is kept beyond the record, and then be removed."""
    await office.take_in(ONE, ARRIVED, foreign=FOREIGN, name="旧い氏名", domicile=None, domicile_head=None)
    await act(office, ChangeKind.ENTRY_KEPT, ONE, EntryKept(entry=ENTRY), 1)
    await act(office, ChangeKind.NAME_CHANGED, ONE, NameChanged(name="グエン", reading="グエン"), 1)
    alias = AliasWritten(alias="前の旧い通称", reading="ツウショウノヨミ", municipality="澄川区")
    await act(office, ChangeKind.ALIAS_ENTERED, ONE, alias, 2)
    gone = AliasWritten(alias=None, reading=None, municipality="澄川区")
    await act(office, ChangeKind.ALIAS_REMOVED, ONE, gone, 3)
    card = NumberCard(status=NumberCardStatus.IN_USE, delivery="送付先の町", issued_at="交付場所の町")
    await act(office, ChangeKind.NUMBER_CARD, ONE, NumberCardChanged(card=card), 5)
    link = CardLinked(card=CardSerial(issuer_key_id=bytes(20), serial=b"\x01"), replaces=None, carrier=CardKind.PHONE)
    await act(office, ChangeKind.CARD_LINKED, ONE, link, 0)
    measure = Restriction(
        name="2026-017",
        planned_end=20270331,
        category=MeasureCategory.STALKING,
        protection=Protection.TOGETHER,
        remark="相談機関の意見",
    )
    await act(office, ChangeKind.MEASURE_SET, ONE, measure, 0)
    await act(office, ChangeKind.REMADE, ONE, Remade(remarks=""), 4)
    await act(office, ChangeKind.LEAVING, ONE, LeavingPlanned(day=20261001, to="出て行く町"), 5)
    await act(office, ChangeKind.MOVED_OUT, ONE, MovedOut(to="転出確定の町", notified=None), 6)


def names(kind: type[object]) -> set[str]:
    """Give the fields of a class."""
    return {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type] # a dataclass


def test_the_allow_list_is_this_and_no_more() -> None:
    """What leaves the registry: a field that is added here leaves with the feed, and has a row in docs/registry.md."""
    assert names(FeedEntry) == {"number", "kind", "resident", "version", "body"}
    assert names(LinkChange) == {"card", "counts_from", "ended", "counts_until"}
    assert names(MeasureChange) == {"application", "version", "in_force"}
    assert names(HoldChange) == {"hold", "version", "in_force"}
    assert not names(RegisterEntry) & (names(ResidentRecord) - {"foreign", "remarks"})
    assert names(ForeignKept).isdisjoint(names(ForeignItems))


async def test_nothing_outside_the_allow_list_reaches_the_feeds_bytes(office: Office) -> None:
    """Every entry of a resident's whole life, its arrays taken apart: as long as the allow-list, and no such text."""
    await live(office)
    own = replace(await kept(office, ONE), remarks=())
    shapes = {
        FeedKind.RECORD: len(names(ResidentRecord)),
        FeedKind.LINK: len(names(LinkChange)),
        FeedKind.MEASURE: len(names(MeasureChange)),
    }
    found = await entries(office)
    assert {entry.kind for entry in found} == set(shapes)
    last = b""
    for entry in found:
        data = unchecked_member(entry.body) if entry.kind is FeedKind.RECORD else entry.body
        fields = decode(data, 1 << 20)
        assert isinstance(fields, list)
        assert len(fields) == shapes[entry.kind]
        if entry.kind is FeedKind.RECORD:
            foreign = fields[[field.name for field in dataclasses.fields(ResidentRecord)].index("foreign")]
            assert isinstance(foreign, list)
            assert len(foreign) == len(names(ForeignItems))
            last = data
        for text in set(NEVER_LEAVES) - {"旧い氏名", "前の旧い通称"}:
            assert text.encode() not in data
    for text in NEVER_LEAVES:
        assert text.encode() not in last
        held = to_bytes(own) + to_bytes(ENTRY) + "相談機関の意見".encode()
        assert text.encode() in held  # the positive control: each is kept, and would be found


async def test_a_row_of_it_is_sealed_for_its_resident_and_version(office: Office, tmp_path: Path) -> None:
    """Nothing of it stands in the file in the clear; moved to another version it does not open."""
    await live(office)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for text in NEVER_LEAVES:
        assert text.encode() not in content
    await office.store.read(lambda reading: reading.entries(ONE))
    with closing(sqlite3.connect(tmp_path / "registry.db")) as file:
        file.execute("DROP TRIGGER entry_stays")
        file.execute("UPDATE entry SET version = version + 100")
        file.commit()
    with pytest.raises(Refused) as refusal:
        await office.store.read(lambda reading: reading.entries(ONE))
    assert refusal.value.code is Code.SEAL_BROKEN


async def test_a_version_of_it_stays(office: Office, tmp_path: Path) -> None:
    """Not changed, not removed."""
    await office.take_in(ONE, ARRIVED, foreign=FOREIGN)
    for statement in ("UPDATE entry SET version = version", "DELETE FROM entry"):
        with (
            closing(sqlite3.connect(tmp_path / "registry.db")) as file,
            pytest.raises(sqlite3.IntegrityError, match="stays"),
        ):
            file.execute(statement)


async def test_items_are_kept_by_two_persons_and_without_a_feed_entry(office: Office) -> None:
    """Versions count from 1 apart from the record's; a stale one is refused."""
    await office.take_in(ONE, ARRIVED, foreign=FOREIGN)
    number = (await entries(office))[-1].number
    await act(office, ChangeKind.ENTRY_KEPT, ONE, EntryKept(entry=ENTRY), 1)
    found = await office.registry.look_up("aoki", ONE, "a test")
    assert (found.entry, found.entry_version) == (ENTRY, 2)
    assert (await entries(office))[-1].number == number
    stale = EntryKept(entry=replace(ENTRY, last_address=None))
    assert await refused(office, ChangeKind.ENTRY_KEPT, ONE, stale, 1) is Code.CHANGED_MEANWHILE
    assert await refused(office, ChangeKind.ENTRY_KEPT, ONE, EntryKept(entry=ENTRY), 2) is Code.CHANGE_INVALID


@pytest.mark.parametrize(
    "wrong",
    [
        {"postcode": "1390001"},
        {"alias_reading": "x"},
        {"katakana": "x"},
        {"name_before": "x"},
        {"leaving_to": "x"},
        {"remade": 1},
        {"removed": Removed(ceased=20260921)},
        {"number_card": NumberCard(status=NumberCardStatus.IN_USE)},
        {"foreign": ForeignKept()},
        {"remarks": tuple(Remark(kind=RemarkKind.OTHER, text="長" * 500) for _ in range(40))},
    ],
)
async def test_what_another_kind_changes_is_not_kept_here(office: Office, wrong: dict[str, object]) -> None:
    """Nor a foreign resident's items for a Japanese national, nor more than a row holds."""
    await office.take_in(ONE)
    body = EntryKept(entry=replace(RegisterEntry(), **wrong))  # type: ignore[arg-type] # fields by name
    assert await refused(office, ChangeKind.ENTRY_KEPT, ONE, body, 0) is Code.CHANGE_INVALID


async def test_postcode_and_readings_change_with_the_record(office: Office) -> None:
    """A correction writes them, a move within the postcode alone; on an older version of the record neither."""
    before = await office.take_in(ONE, ARRIVED, foreign=FOREIGN, alias="堂本")
    corrected = RecordWritten(
        record=replace(before, version=2), individual_number=None, postcode="1390009", alias_reading="ドウモト"
    )
    await act(office, ChangeKind.CORRECTION, ONE, corrected, 1)
    assert await kept(office, ONE) == RegisterEntry(postcode="1390009", alias_reading="ドウモト")
    assert await refused(office, ChangeKind.CORRECTION, ONE, corrected, 1) is Code.CHANGED_MEANWHILE
    there = replace(before, version=3, address="東京都澄川区西町一丁目", earlier_address=before.address)
    moved = replace(corrected, record=there, postcode="1390002")
    for wrong in (replace(moved, alias_reading="ドモト"), replace(moved, katakana="カナ")):
        assert await refused(office, ChangeKind.MOVE_WITHIN, ONE, wrong, 2) is Code.CHANGE_INVALID
    await act(office, ChangeKind.MOVE_WITHIN, ONE, moved, 2)
    assert await kept(office, ONE) == RegisterEntry(postcode="1390002", alias_reading="ドウモト")


async def test_a_name_in_katakana_is_a_foreign_residents(office: Office) -> None:
    """As the other items of theirs."""
    arrival = arrival_of(record_of(ONE), kept=ARRIVED)
    with pytest.raises(Refused) as refusal:
        await office.put_in_force(arrival)
    assert refusal.value.code is Code.CHANGE_INVALID


async def test_who_moves_in_anew_has_one_version_of_it(office: Office) -> None:
    """The removal's items go and the new postcode stands, in one."""
    before = await office.take_in(ONE, RegisterEntry(postcode="1390001"))
    await act(office, ChangeKind.MOVED_OUT, ONE, MovedOut(to="大阪府架空市", notified=None), 1)
    removed = await kept(office, ONE)
    assert (removed.postcode, removed.notice_outstanding) == ("1390001", True)
    back = RecordWritten(record=replace(before, version=3), individual_number=None, postcode="1390003")
    await act(office, ChangeKind.MOVE_IN, ONE, back, 2)
    found = await office.registry.look_up("aoki", ONE, "a test")
    assert (found.entry, found.entry_version) == (RegisterEntry(postcode="1390003"), 3)


def longest(kind: Any) -> Any:  # noqa: ANN401 - a type form, and what is of it
    """Give the longest of a type: texts of four bytes a character, lists empty."""
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        kind = next(one for one in typing.get_args(kind) if one is not types.NoneType)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind, include_extras=True)
        return kind(**{field.name: longest(hints[field.name]) for field in dataclasses.fields(kind)})  # type: ignore[operator] # a class
    if typing.get_origin(kind) is tuple:
        return ()
    bare, *bounds = typing.get_args(kind) or (kind,)
    if bare is str:
        return "\U00020bb7" * bounds[0].count
    if isinstance(bare, type) and issubclass(bare, IntEnum):
        return max(bare)
    return True if bare is bool else next(day for day in (20261129, 999_912, 9999, 3) if holds(bounds, day))


def holds(bounds: list[Any], number: int) -> bool:
    """Say whether a number keeps its bounds."""
    return all(bound.holds(number) for bound in bounds)


def test_an_entry_without_lists_is_never_too_long() -> None:
    """The bound need be looked at only where there are aliases or remarks."""
    whole = longest(RegisterEntry)
    assert whole.removed.left_to == "\U00020bb7" * 300
    assert MOST_ENTRY_ITEMS_BYTES / 4 < len(to_bytes(whole)) < MOST_ENTRY_ITEMS_BYTES


async def test_a_notice_that_comes_late_is_kept(office: Office) -> None:
    """転出確定通知日 alone, of what a removal wrote."""
    await office.take_in(ONE)
    await act(office, ChangeKind.MOVED_OUT, ONE, MovedOut(to="大阪府架空市", notified=None), 1)
    entry = await kept(office, ONE)
    assert entry.removed is not None
    told = replace(entry, notice_outstanding=False, removed=replace(entry.removed, left_notified=20261005))
    elsewhere = replace(told, removed=replace(entry.removed, left_to="x"))
    assert await refused(office, ChangeKind.ENTRY_KEPT, ONE, EntryKept(entry=elsewhere), 1) is Code.CHANGE_INVALID
    await act(office, ChangeKind.ENTRY_KEPT, ONE, EntryKept(entry=told), 1)
    assert await kept(office, ONE) == told
    death = Death(day=DeathDay(first=20261001, doubt=Doubt.NONE))
    assert await refused(office, ChangeKind.DEATH, TWO, death, 0) is Code.RESIDENT_UNKNOWN
    assert await refused(office, ChangeKind.ENTRY_KEPT, TWO, EntryKept(entry=told), 0) is Code.RESIDENT_UNKNOWN
