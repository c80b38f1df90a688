"""The operators' use cases: enter, approve, withdraw, look up.

Invariants:
- a change is in force only after a second person approved it; nobody approves what they entered (二重確認);
- state, feed entry and audit entry are one transaction;
- an approval is answered when every follower applied the change, or may no longer rely on older facts;
- the same approval by the same person again gets the same answer, so that whoever lost an answer may ask again;
- whoever reads a record, or a change that waits, leaves an audit entry, also where there was no such.

Limits: who acts is an argument, an id in one closed form. Two ids are taken for two persons: that they are is proved
where acts are signed (`signed_acts.guard`), and elsewhere vouched for by whoever may call the socket.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import Annotated

from konbini.process.clock import Clock
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Digest, Line, UpTo
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.operator_id import OPERATOR_ID
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.changes import Change, ChangeKind
from konbini.ward_server.residents.effects import effects_of
from konbini.ward_server.residents.entry import PLAIN, RegisterEntry
from konbini.ward_server.residents.pending import entered_change, keep_entered, pending_digest, residents_shown
from konbini.ward_server.residents.record import MOST_RECORD_BYTES
from konbini.ward_server.residents.scribe import RecordPen, Scribe
from konbini.ward_server.residents.store import (
    ChangeState,
    RegistryReading,
    RegistryStore,
    RegistryWriting,
    StoredChange,
    StoredLink,
    StoredRestriction,
)

__all__ = [
    "MOST_PENDING",
    "MOST_WAITING",
    "Found",
    "Registry",
    "Waiting",
    "check_room",
    "require_person",
    "require_two",
]

MOST_PENDING = 32
"""Changes in one page of those that wait."""
MOST_WAITING = 256
"""Changes of one operator that wait at a time: beyond any day's work at a counter."""
_ID_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an operator sees of a resident: the signed record as it stands, the cards, measures and holds, the seal.

    `entry` is what is kept beyond the record, at `entry_version`: 0 where nothing was entered yet. `seal` is
    the signed registration at its newest version, in force or cancelled; None where there never was one.
    """

    record: Annotated[bytes, UpTo(MOST_RECORD_BYTES)]
    links: tuple[StoredLink, ...]
    restrictions: tuple[StoredRestriction, ...]
    entry: RegisterEntry = PLAIN
    entry_version: Annotated[int, UpTo(2**31)] = 0
    seal: Annotated[bytes, UpTo(MOST_RECORD_BYTES)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A change that waits for a second person, without what it says.

    `entered_at` in Unix milliseconds; `digest` is that of `pending_digest`.
    """

    change_id: Line
    kind: ChangeKind
    resident: Line
    entered_by: Line
    entered_at: Annotated[int, UpTo(2**53)]
    digest: Digest


class Registry:
    """Changes and reads the register for operators."""

    def __init__(self, store: RegistryStore, pen: RecordPen, acknowledging: Acknowledging, clock: Clock) -> None:
        self._store = store
        self._pen = pen
        self._acknowledging = acknowledging
        self._clock = clock

    async def enter(self, operator: str, change: Change) -> str:
        """Enter a change; nothing is in force yet.

        Returns:
            The id under which another person approves it.

        Raises:
            Refused: `BUSY`: so many of theirs wait that nobody looks through them; what `effects_of` refuses now
                already.
        """
        require_person(operator)
        change_id = self._pen.entropy.token(_ID_BYTES).hex()
        entered = StoredChange(
            change_id=change_id,
            change=change,
            state=ChangeState.ENTERED,
            entered_by=operator,
            entered_at=self._clock.now(),
        )
        await self._store.write(lambda writing: self._enter(writing, entered), step="enter")
        return change_id

    async def approve(self, operator: str, change_id: str) -> int:
        """Approve another's change, put it in force, and wait until no follower can issue from older facts.

        Returns:
            The number of the feed's newest entry that the change made.

        Raises:
            Refused: `SAME_PERSON`, `CHANGE_UNKNOWN` (or concluded otherwise), and what `effects_of` refuses at this
                moment; the change then still waits.
        """
        require_person(operator)
        now = self._clock.now()
        number = await self._store.write(
            lambda writing: self._approve(writing, operator, change_id, now), step="approve"
        )
        self._acknowledging.news(number)
        await self._acknowledging.settled(number)
        return number

    async def withdraw(self, operator: str, change_id: str) -> None:
        """Take a change back, or turn it down, before it was approved; anybody may.

        Raises:
            Refused: `CHANGE_UNKNOWN`.
        """
        require_person(operator)
        now = self._clock.now()
        await self._store.write(lambda writing: _withdraw(writing, operator, change_id, now), step="withdraw")

    async def pending(self, operator: str, *, behind: tuple[int, str] = (0, "")) -> tuple[Waiting, ...]:
        """List a page of the changes that wait for a second person, oldest first; `show` gives what one says.

        Args:
            operator: who asks.
            behind: when the last change of the page before was entered, and its id.
        """
        require_person(operator)
        return await self._store.read(lambda reading: tuple(map(_listed, reading.pending(behind, MOST_PENDING))))

    async def show(self, operator: str, change_id: str) -> Change:
        """Show a change that waits as it was entered; who asked is recorded first.

        Raises:
            Refused: `CHANGE_UNKNOWN`: there is none, or it waits no more; `SEAL_BROKEN`.
        """
        require_person(operator)
        now = self._clock.now()
        shown = await self._store.write(lambda writing: _show(writing, operator, change_id, now), step="show")
        if shown is None:
            raise Refused(Code.CHANGE_UNKNOWN)
        return shown

    async def look_up(self, operator: str, resident: str, reason: str) -> Found:
        """Look a resident up (照会); who asked, for whom and why is recorded first.

        Raises:
            Refused: `CHANGE_INVALID` (no reason), `RESIDENT_UNKNOWN`.
        """
        require_person(operator)
        if not reason:
            raise Refused(Code.CHANGE_INVALID, "a look-up says why")
        now = self._clock.now()
        found = await self._store.write(
            lambda writing: _look_up(writing, operator, resident, reason, now), step="look up"
        )
        if found is None:
            raise Refused(Code.RESIDENT_UNKNOWN)
        return found

    def _enter(self, writing: RegistryWriting, entered: StoredChange) -> None:
        check_room(writing, entered.entered_by)
        self._check_corrected(writing, entered.change)
        effects_of(writing, entered.change, self._pen.key.verifying, self._pen.municipality)
        keep_entered(writing, entered, self._pen)
        writing.audit(
            AuditEntry(
                moment=entered.entered_at,
                event=AuditEvent.CHANGE_ENTERED,
                operators=(entered.entered_by,),
                about=entered.change_id,
            )
        )

    def _approve(self, writing: RegistryWriting, operator: str, change_id: str, now: int) -> int:
        entered = _waiting(writing, change_id, unless_approved_by=operator)
        if entered.state is ChangeState.APPROVED:
            return entered.number
        require_two(entered.entered_by, operator)
        change = entered_change(writing, entered)
        effects = effects_of(writing, change, self._pen.key.verifying, self._pen.municipality)
        scribe = Scribe(writing, self._pen, change_id)
        for effect in effects:
            scribe.write(effect)
        position = scribe.close()
        number = position.number
        writing.put_change(
            replace(entered, state=ChangeState.APPROVED, concluded_by=operator, concluded_at=now, number=number)
        )
        writing.audit(
            AuditEntry(
                moment=now,
                event=AuditEvent.CHANGE_APPROVED,
                operators=(entered.entered_by, operator),
                about=change_id,
                digest=position.newest,
            )
        )
        return number

    def _check_corrected(self, reading: RegistryReading, change: Change) -> None:
        if not change.corrects:
            return
        corrected = reading.change(change.corrects)
        if corrected is None or corrected.state is not ChangeState.APPROVED:
            raise Refused(Code.CHANGE_UNKNOWN, "what it corrects was never in force")
        if corrected.change.resident != change.resident:
            raise Refused(Code.CHANGE_INVALID, "it corrects another resident's change")


def check_room(reading: RegistryReading, operator: str) -> None:
    """Refuse one change more of an operator of whom many wait already.

    Raises:
        Refused: `BUSY`.
    """
    if reading.waiting_of(operator) >= MOST_WAITING:
        raise Refused(Code.BUSY, f"{MOST_WAITING} changes of one operator wait")


def require_person(operator: str) -> None:
    """Refuse an operator whose id is not one plain word, so that one person is written in one way.

    Raises:
        Refused: `CHANGE_INVALID`.
    """
    if OPERATOR_ID.fullmatch(operator) is None:
        raise Refused(Code.CHANGE_INVALID, f"an operator's id is {OPERATOR_ID.pattern}")


def require_two(entered_by: str, approved_by: str) -> None:
    """Refuse one person in both parts, also where the store holds an id from before ids had their form.

    Raises:
        Refused: `SAME_PERSON`.
    """
    if _folded(entered_by) == _folded(approved_by):
        raise Refused(Code.SAME_PERSON)


def _folded(operator: str) -> str:
    return unicodedata.normalize("NFKC", operator).casefold().strip()


def _waiting(reading: RegistryReading, change_id: str, *, unless_approved_by: str = "") -> StoredChange:
    """Find a change that waits, or one that this very person has approved."""
    change = reading.change(change_id)
    if change is None:
        raise Refused(Code.CHANGE_UNKNOWN)
    again = change.state is ChangeState.APPROVED and change.concluded_by == unless_approved_by
    if change.state is not ChangeState.ENTERED and not again:
        raise Refused(Code.CHANGE_UNKNOWN, f"{change.state.name.lower()} before")
    return change


def _withdraw(writing: RegistryWriting, operator: str, change_id: str, now: int) -> None:
    entered = _waiting(writing, change_id)
    writing.put_change(replace(entered, state=ChangeState.WITHDRAWN, concluded_by=operator, concluded_at=now))
    writing.audit(
        AuditEntry(
            moment=now,
            event=AuditEvent.CHANGE_WITHDRAWN,
            operators=(entered.entered_by, operator),
            about=change_id,
        )
    )


def _listed(one: StoredChange) -> Waiting:
    return Waiting(
        change_id=one.change_id,
        kind=one.change.kind,
        resident=one.change.resident,
        entered_by=one.entered_by,
        entered_at=one.entered_at,
        digest=pending_digest(one),
    )


def _show(writing: RegistryWriting, operator: str, change_id: str, now: int) -> Change | None:
    found = writing.change(change_id)
    waiting = found if found is not None and found.state is ChangeState.ENTERED else None
    position = writing.audit(
        AuditEntry(
            moment=now,
            event=AuditEvent.PENDING_CHANGE_SHOWN,
            operators=(operator,),
            about=change_id,
            code=int(Code.CHANGE_UNKNOWN) if waiting is None else 0,
            digest=b"" if waiting is None else pending_digest(waiting),
        )
    )
    if waiting is None:
        return None
    residents = residents_shown([waiting.change])
    if residents:
        writing.add_access(position, residents, waiting.change.source)
    return entered_change(writing, waiting)


def _look_up(writing: RegistryWriting, operator: str, resident: str, reason: str, now: int) -> Found | None:
    record = writing.record(resident)
    position = writing.audit(
        AuditEntry(
            moment=now,
            event=AuditEvent.RECORD_LOOKED_UP,
            operators=(operator,),
            code=int(Code.RESIDENT_UNKNOWN) if record is None else 0,
        )
    )
    if record is None:
        return None
    writing.add_access(position, (resident,), reason)
    kept = writing.entry(resident)
    seal = writing.seal(resident)
    return Found(
        record=record.data,
        links=writing.links(resident),
        restrictions=writing.restrictions(resident),
        entry=PLAIN if kept is None else kept.entry,
        entry_version=0 if kept is None else kept.version,
        seal=None if seal is None else seal.data,
    )
