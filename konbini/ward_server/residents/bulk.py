"""Bulk changes: a list of changes that one operator enters and another approves, done whole or not at all.

A list is prepared on the facts of one day and approved on another: the measures of a list of April were released on
14 May, one that had been applied for anew on 8 May among them (Meguro, 2025). So every row carries the version that it
was prepared on, and is judged twice by the rules of a single change: when the list is entered, and within the
transaction that approves it, against the facts of that moment. Rows that do not hold then are named, and nothing of the
list is done.

Invariants:
- a row changes what no other row of its list changes;
- a measure is not released by a list while another application of the same resident is in force: whoever applied anew
  is looked at by a person;
- each row is sealed to its resident; the change that waits holds the digest of all of them.

Limits: 1,000 rows and 512 KiB a list. A list carries no whole records and no individual numbers; those are entered one
by one, or taken over with a town.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from konbini.process.clock import Clock
from konbini.protocol.codec import encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import UpTo
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.changes import CardEnded, Change, ChangeKind, Restriction
from konbini.ward_server.residents.dates import today
from konbini.ward_server.residents.effects import Effect, effects_of
from konbini.ward_server.residents.feed import FeedKind
from konbini.ward_server.residents.pending import pending_digest, residents_shown
from konbini.ward_server.residents.registry import check_room, require_person, require_two
from konbini.ward_server.residents.scribe import RecordPen, Scribe
from konbini.ward_server.residents.store import (
    ChangeState,
    RegistryReading,
    RegistryStore,
    RegistryWriting,
    StoredChange,
)

__all__ = ["MOST_BULK_BYTES", "MOST_BULK_ROWS", "BulkAnswer", "BulkLists", "RefusedRow"]

MOST_BULK_ROWS = 1000
MOST_BULK_BYTES = 512 * 1024
_ID_BYTES = 8
_MEASURES = frozenset({ChangeKind.MEASURE_SET, ChangeKind.MEASURE_RENEWED, ChangeKind.MEASURE_RELEASED})
_KINDS = _MEASURES | {
    ChangeKind.LEAVING,
    ChangeKind.NAME_REGISTRATION,
    ChangeKind.CARD_ENDED,
    ChangeKind.HOLD_SET,
    ChangeKind.HOLD_RELEASED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that does not hold: its place in the list, counted from 1, and why."""

    place: Annotated[int, UpTo(MOST_BULK_ROWS)]
    code: Annotated[int, UpTo(9999)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAnswer:
    """What became of a list: its id where it is entered, the feed's number where it is in force, or refused rows."""

    change_id: Annotated[str, UpTo(64)]
    number: Annotated[int, UpTo(2**53)]
    refused: tuple[RefusedRow, ...]


class BulkLists:
    """Enters, shows and approves lists of changes; `Registry.withdraw` takes one back."""

    def __init__(self, store: RegistryStore, pen: RecordPen, acknowledging: Acknowledging, clock: Clock) -> None:
        self._store = store
        self._pen = pen
        self._acknowledging = acknowledging
        self._clock = clock

    async def enter(self, operator: str, source: str, rows: Sequence[Change]) -> BulkAnswer:
        """Enter a list; nothing is in force yet, and nothing is kept where a row does not hold now already.

        Raises:
            Refused: `CHANGE_INVALID`: no row, too many, no source document; an operator's id that is none; `BUSY`: so
                many changes of theirs wait that nobody looks through them.
        """
        require_person(operator)
        if not 1 <= len(rows) <= MOST_BULK_ROWS or sum(len(row.to_bytes()) for row in rows) > MOST_BULK_BYTES:
            raise Refused(Code.CHANGE_INVALID, f"a list has 1 to {MOST_BULK_ROWS} rows and at most 512 KiB")
        now = self._clock.now()
        entered = StoredChange(
            change_id=self._pen.entropy.token(_ID_BYTES).hex(),
            change=Change(
                kind=ChangeKind.BULK,
                resident="",
                seen=0,
                effective=today(now),
                source=source,
                corrects="",
                content=_digest(rows),
            ),
            state=ChangeState.ENTERED,
            entered_by=operator,
            entered_at=now,
        )
        return await self._store.write(lambda writing: self._enter(writing, entered, rows), step="enter bulk")

    async def show(self, operator: str, change_id: str) -> tuple[Change, ...]:
        """Show the rows of a list that waits; who asked is recorded first.

        Raises:
            Refused: `CHANGE_UNKNOWN`: there is none, or it waits no more; `SEAL_BROKEN`.
        """
        require_person(operator)
        now = self._clock.now()
        rows = await self._store.write(lambda writing: _show(writing, operator, change_id, now), step="show bulk")
        if rows is None:
            raise Refused(Code.CHANGE_UNKNOWN)
        return rows

    async def approve(self, operator: str, change_id: str) -> BulkAnswer:
        """Approve another's list: put all of it in force, or nothing where rows do not hold any more.

        Comes back when no follower can issue from older facts. A list that was refused still waits.

        Raises:
            Refused: `SAME_PERSON`, `CHANGE_UNKNOWN`, `SEAL_BROKEN`.
        """
        require_person(operator)
        now = self._clock.now()
        answer = await self._store.write(
            lambda writing: self._approve(writing, operator, change_id, now), step="approve bulk"
        )
        if answer.number:
            self._acknowledging.news(answer.number)
            await self._acknowledging.settled(answer.number)
        return answer

    def _enter(self, writing: RegistryWriting, entered: StoredChange, rows: Sequence[Change]) -> BulkAnswer:
        check_room(writing, entered.entered_by)
        _, refused = self._judge(writing, rows)
        if refused:
            return BulkAnswer(change_id="", number=0, refused=refused)
        writing.put_change(entered)
        writing.add_bulk_rows(entered.change_id, rows)
        writing.audit(
            AuditEntry(
                moment=entered.entered_at,
                event=AuditEvent.CHANGE_ENTERED,
                operators=(entered.entered_by,),
                about=entered.change_id,
            )
        )
        return BulkAnswer(change_id=entered.change_id, number=0, refused=())

    def _approve(self, writing: RegistryWriting, operator: str, change_id: str, now: int) -> BulkAnswer:
        entered, rows = _list_of(writing, change_id)
        if entered.state is ChangeState.APPROVED and entered.concluded_by == operator:
            return BulkAnswer(change_id=change_id, number=entered.number, refused=())
        if entered.state is not ChangeState.ENTERED:
            raise Refused(Code.CHANGE_UNKNOWN, f"{entered.state.name.lower()} before")
        require_two(entered.entered_by, operator)
        effects, refused = self._judge(writing, rows)
        entry = AuditEntry(
            moment=now,
            event=AuditEvent.BULK_REFUSED if refused else AuditEvent.CHANGE_APPROVED,
            operators=(entered.entered_by, operator),
            about=change_id,
        )
        if refused:
            writing.audit(replace(entry, code=refused[0].code))
            return BulkAnswer(change_id=change_id, number=0, refused=refused)
        scribe = Scribe(writing, self._pen, change_id)
        for effect in effects:
            scribe.write(effect)
        position = scribe.close()
        writing.put_change(
            replace(
                entered, state=ChangeState.APPROVED, concluded_by=operator, concluded_at=now, number=position.number
            )
        )
        writing.audit(replace(entry, digest=position.newest))
        return BulkAnswer(change_id=change_id, number=position.number, refused=())

    def _judge(
        self, reading: RegistryReading, rows: Sequence[Change]
    ) -> tuple[tuple[Effect, ...], tuple[RefusedRow, ...]]:
        """Judge every row against the register as it stands; nothing is written before all were."""
        effects: list[Effect] = []
        refused: list[RefusedRow] = []
        taken: set[bytes] = set()
        for place, row in enumerate(rows, start=1):
            try:
                _check_row(reading, row, taken)
                effects += effects_of(reading, row, self._pen.key.verifying, self._pen.municipality)
            except Refused as refusal:
                refused.append(RefusedRow(place=place, code=int(refusal.code)))
        return tuple(effects), tuple(refused)


def _check_row(reading: RegistryReading, row: Change, taken: set[bytes]) -> None:
    if row.kind not in _KINDS:
        raise Refused(Code.CHANGE_INVALID, f"{row.kind.name} is not entered in a list")
    subject = _subject(row)
    if subject in taken:
        raise Refused(Code.CHANGE_INVALID, "another row of the list changes the same")
    taken.add(subject)
    if row.kind is ChangeKind.MEASURE_RELEASED:
        body = row.body()
        others = (one for one in reading.restrictions(row.resident) if one.kind is FeedKind.MEASURE and one.in_force)
        if isinstance(body, Restriction) and any(one.name != body.name for one in others):
            raise Refused(Code.CHANGED_MEANWHILE, "another application of this resident is in force")


def _subject(row: Change) -> bytes:
    """Say what a row changes: a resident's record, a card, a measure, a hold."""
    match row.body():
        case Restriction(name=name):
            return encode([row.resident, "measure" if row.kind in _MEASURES else "hold", name])
        case CardEnded(card=card):
            return encode([row.resident, "card", card.issuer_key_id, card.serial])
    return encode([row.resident, "record"])


def _digest(rows: Sequence[Change]) -> bytes:
    return hashlib.sha256(encode([row.to_bytes() for row in rows])).digest()


def _list_of(reading: RegistryReading, change_id: str) -> tuple[StoredChange, tuple[Change, ...]]:
    found = reading.change(change_id)
    if found is None or found.change.kind is not ChangeKind.BULK:
        raise Refused(Code.CHANGE_UNKNOWN, "no list of such an id")
    rows = reading.bulk_rows(change_id)
    if _digest(rows) != found.change.content:
        raise Refused(Code.SEAL_BROKEN, "bulk_row: not the list that was entered")
    return found, rows


def _show(writing: RegistryWriting, operator: str, change_id: str, now: int) -> tuple[Change, ...] | None:
    found = writing.change(change_id)
    shown = found is not None and found.state is ChangeState.ENTERED and found.change.kind is ChangeKind.BULK
    position = writing.audit(
        AuditEntry(
            moment=now,
            event=AuditEvent.PENDING_CHANGE_SHOWN,
            operators=(operator,),
            about=change_id,
            code=0 if shown else int(Code.CHANGE_UNKNOWN),
            digest=pending_digest(found) if shown and found is not None else b"",
        )
    )
    if not shown:
        return None
    listed, rows = _list_of(writing, change_id)
    writing.add_access(position, residents_shown(rows), listed.change.source)
    return rows
