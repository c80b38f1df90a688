"""A town's residents as the registry takes them over: what one row of a list says, and what it writes.

A row is one resident, once: the record at version 1, and what stands beside it. A resident whom the registry knows
already is a bad row: an import never changes what stands. A removed record (除票) is taken over as one: it names its
day of removal, from which its term of retention counts, and stands in no household.
`konbini.ward_server.residents.importing` takes whole lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.bodies import CardKind
from konbini.ward_server.residents.card_rules import check_span
from konbini.ward_server.residents.changes import ChangeKind, RecordWritten, Restriction
from konbini.ward_server.residents.dates import Date
from konbini.ward_server.residents.effects import Effect, EntryEffect, RecordEffect, written
from konbini.ward_server.residents.entry import PLAIN, RegisterEntry
from konbini.ward_server.residents.entry_rules import check_kept
from konbini.ward_server.residents.feed import CardSerial, FeedKind
from konbini.ward_server.residents.record import Presence, ResidentRecord
from konbini.ward_server.residents.seal import SealRegistered
from konbini.ward_server.residents.seal_rules import taken_over
from konbini.ward_server.residents.store import RegistryReading, StoredLink, StoredRestriction

__all__ = ["TownCard", "TownRow", "TownSeal", "row_effects"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TownCard:
    """A card that the town has linked before, since when and until when it counts (yyyymmdd)."""

    card: CardSerial
    counts_from: Date
    valid_until: Date | None = None
    carrier: CardKind = CardKind.NUMBER_CARD


@dataclass(frozen=True, slots=True, kw_only=True)
class TownSeal:
    """A seal that the town has registered before, and on which day (yyyymmdd)."""

    registered: Date
    seal: SealRegistered


@dataclass(frozen=True, slots=True, kw_only=True)
class TownRow:
    """One resident of the town: the record at version 1 without a commitment, and what stands beside it.

    `entry` is None where nothing is kept beyond the record, not even a postcode.
    """

    record: ResidentRecord
    individual_number: str | None
    cards: tuple[TownCard, ...]
    measures: tuple[Restriction, ...]
    seal: TownSeal | None = None
    entry: RegisterEntry | None = None
    holds: tuple[Restriction, ...] = ()


def row_effects(reading: RegistryReading, ward: str, row: TownRow) -> Iterator[Effect]:
    """Judge a row against the registry as it stands and give what it writes, in order.

    Raises:
        Refused: `CHANGED_MEANWHILE`: this resident's record stands already; `CARD_LINKED_BEFORE`, `CHANGE_INVALID`.
    """
    resident = row.record.resident
    if reading.record(resident) is not None:
        raise Refused(Code.CHANGED_MEANWHILE, "this resident's record stands already")
    yield _record(ward, row)
    if row.entry is not None:
        check_kept(row.entry, row.record)
        yield EntryEffect(resident=resident, version=1, entry=row.entry)
    if sum(held.carrier is CardKind.WARD_CARD for held in row.cards) > 1:
        raise Refused(Code.CHANGE_INVALID, "a resident holds one card of the ward")
    for held in row.cards:
        if reading.link(held.card) is not None:
            raise Refused(Code.CARD_LINKED_BEFORE, "a card's serial is linked once in all time")
        yield _link(resident, held)
    yield from _restrictions(resident, FeedKind.MEASURE, row.measures)
    yield from _restrictions(resident, FeedKind.HOLD, row.holds)
    if row.seal is not None:
        yield taken_over(reading, row.seal.seal, row.record, day=row.seal.registered)


def _record(ward: str, row: TownRow) -> RecordEffect:
    """Judge the record as one that comes in; a removed one as it stood, with its removal."""
    presence = row.record.presence
    removed = None if row.entry is None else row.entry.removed
    if presence is Presence.PRESENT:
        if removed is not None:
            raise Refused(Code.CHANGE_INVALID, "a removal stands beside a removed record alone")
        return _arrived(ward, row.record, row)
    if removed is None or removed.ceased is None:
        raise Refused(Code.CHANGE_INVALID, "a removed record names the day of its removal: entry.removed.ceased")
    effect = _arrived(ward, replace(row.record, presence=Presence.PRESENT), row)
    return replace(effect, record=replace(effect.record, presence=presence))


def _arrived(ward: str, record: ResidentRecord, row: TownRow) -> RecordEffect:
    kept = PLAIN if row.entry is None else row.entry
    arrival = RecordWritten(
        record=record,
        individual_number=row.individual_number,
        postcode=kept.postcode,
        alias_reading=kept.alias_reading,
        katakana=kept.katakana,
    )
    return written(ChangeKind.MOVE_IN, arrival, None, PLAIN, resident=record.resident, seen=0, ward=ward)


def _link(resident: str, held: TownCard) -> StoredLink:
    link = StoredLink(
        card=held.card,
        resident=resident,
        version=1,
        counts_from=held.counts_from,
        ended=False,
        carrier=held.carrier,
        valid_until=held.valid_until,
    )
    check_span(link)
    return link


def _restrictions(resident: str, kind: FeedKind, restrictions: tuple[Restriction, ...]) -> Iterator[StoredRestriction]:
    if len({one.name for one in restrictions}) != len(restrictions):
        raise Refused(Code.CHANGE_INVALID, "a measure or a hold is set once and under a name of its own")
    for one in restrictions:
        yield StoredRestriction(
            resident=resident,
            kind=kind,
            name=one.name,
            version=1,
            in_force=True,
            planned_end=one.planned_end,
            begun=one.begun,
            category=one.category,
            protection=one.protection,
            remark=one.remark,
        )
