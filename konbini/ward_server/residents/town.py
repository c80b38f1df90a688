"""Taking a whole town over: every resident once, all or nothing, row by row.

One person hands the rows in and another approves them before they are read. The rows are looked at one after another
and never held together; every bad one is named by its place in the list, and one bad row keeps the whole town out.
A resident whom the registry knows already is a bad row: an import never changes what stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from konbini.process.clock import Clock
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.residents.bodies import CardKind
from konbini.ward_server.residents.changes import Change, ChangeKind, RecordWritten, Restriction
from konbini.ward_server.residents.dates import today
from konbini.ward_server.residents.effects import Effect, EntryEffect, written
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.feed import CardSerial, FeedKind
from konbini.ward_server.residents.record import ResidentRecord
from konbini.ward_server.residents.registry import require_person, require_two
from konbini.ward_server.residents.scribe import RecordPen, Scribe
from konbini.ward_server.residents.seal import SealRegistered
from konbini.ward_server.residents.seal_rules import taken_over
from konbini.ward_server.residents.store import (
    ChangeState,
    RegistryStore,
    RegistryWriting,
    StoredChange,
    StoredLink,
    StoredRestriction,
)

__all__ = ["BadRow", "TownCard", "TownRefused", "TownRow", "TownSeal", "import_town"]

_ID_BYTES = 8
_MOST_NAMED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TownCard:
    """A card that the town has linked before, since when and until when it counts (yyyymmdd)."""

    card: CardSerial
    counts_from: int
    valid_until: int | None = None
    carrier: CardKind = CardKind.NUMBER_CARD


@dataclass(frozen=True, slots=True, kw_only=True)
class TownSeal:
    """A seal that the town has registered before, and on which day (yyyymmdd)."""

    registered: int
    seal: SealRegistered


@dataclass(frozen=True, slots=True, kw_only=True)
class TownRow:
    """One resident of the town: the record at version 1 without a commitment, and what stands beside it."""

    record: ResidentRecord
    individual_number: str | None
    cards: tuple[TownCard, ...]
    measures: tuple[Restriction, ...]
    seal: TownSeal | None = None
    entry: RegisterEntry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that keeps the town out: its place, counted from 1, and why."""

    place: int
    code: Code
    detail: str


class TownRefused(Exception):  # noqa: N818 - an answer about a list
    """The town was not taken over; nothing of it is kept. Names the first 10,000 bad rows and counts all."""

    def __init__(self, rows: tuple[BadRow, ...], count: int) -> None:
        super().__init__(f"{count} bad rows")
        self.rows = rows
        self.count = count


async def import_town(  # noqa: PLR0913 - who, what and with which means, all named
    store: RegistryStore,
    pen: RecordPen,
    clock: Clock,
    rows: Iterable[TownRow],
    *,
    entered_by: str,
    approved_by: str,
    source: str,
    progress: Callable[[int], None] = lambda _count: None,
) -> int:
    """Take a town over in one transaction.

    Args:
        store: the registry's store; nothing else writes to it meanwhile.
        pen: what signs.
        clock: for the moment of entry.
        rows: iterated once, in a thread of the store.
        entered_by: who hands the list in.
        approved_by: who approved it, another person.
        source: what the list rests on.
        progress: told how many rows were read, in the store's thread.

    Returns:
        How many residents were taken over.

    Raises:
        Refused: `SAME_PERSON`; `CHANGE_INVALID`: an id that is none.
        TownRefused: there are bad rows, or no row at all.
    """
    require_person(entered_by)
    require_person(approved_by)
    require_two(entered_by, approved_by)
    now = clock.now()
    change = Change(
        kind=ChangeKind.IMPORT, resident="", seen=0, effective=today(now), source=source, corrects="", content=b""
    )
    imported = StoredChange(
        change_id=pen.entropy.token(_ID_BYTES).hex(),
        change=change,
        state=ChangeState.APPROVED,
        entered_by=entered_by,
        entered_at=now,
        concluded_by=approved_by,
        concluded_at=now,
    )
    return await store.write(lambda writing: _take_over(writing, pen, imported, rows, progress), step="import")


def _take_over(
    writing: RegistryWriting,
    pen: RecordPen,
    imported: StoredChange,
    rows: Iterable[TownRow],
    progress: Callable[[int], None],
) -> int:
    writing.put_change(imported)
    scribe = Scribe(writing, pen, imported.change_id)
    bad: list[BadRow] = []
    place = refused = 0
    known: set[str] = set()
    for place, row in enumerate(rows, start=1):
        try:
            for effect in _row_effects(writing, pen.municipality, row, known):
                scribe.write(effect)
        except Refused as refusal:
            refused += 1
            if len(bad) < _MOST_NAMED:
                bad.append(BadRow(place=place, code=refusal.code, detail=refusal.detail))
        progress(place)
    if refused or place == 0:
        raise TownRefused(tuple(bad), refused)
    position = scribe.close()
    writing.audit(
        AuditEntry(
            moment=imported.entered_at,
            event=AuditEvent.TOWN_IMPORTED,
            operators=(imported.entered_by, imported.concluded_by),
            about=imported.change_id,
            digest=position.newest,
        )
    )
    return place


def _row_effects(writing: RegistryWriting, ward: str, row: TownRow, known: set[str]) -> Iterator[Effect]:
    resident = row.record.resident
    if resident in known or writing.record(resident) is not None:
        raise Refused(Code.CHANGED_MEANWHILE, "this resident's record stands already")
    known.add(resident)
    arrival = RecordWritten(record=row.record, individual_number=row.individual_number)
    yield written(ChangeKind.MOVE_IN, arrival, None, resident=resident, seen=0, ward=ward)
    if row.entry is not None:
        yield EntryEffect(resident=resident, version=1, entry=row.entry)
    for held in row.cards:
        if writing.link(held.card) is not None:
            raise Refused(Code.CARD_LINKED_BEFORE, "a card's serial is linked once in all time")
        yield StoredLink(
            card=held.card,
            resident=resident,
            version=1,
            counts_from=held.counts_from,
            ended=False,
            carrier=held.carrier,
            valid_until=held.valid_until,
        )
    for measure in row.measures:
        if writing.restriction(resident, FeedKind.MEASURE, measure.name) is not None:
            raise Refused(Code.CHANGE_INVALID, "a measure is set once and under a number of its own")
        yield StoredRestriction(
            resident=resident,
            kind=FeedKind.MEASURE,
            name=measure.name,
            version=1,
            in_force=True,
            planned_end=measure.planned_end,
            begun=measure.begun,
            category=measure.category,
            protection=measure.protection,
            remark=measure.remark,
        )
    if row.seal is not None:
        yield taken_over(writing, row.seal.seal, row.record, day=row.seal.registered)
