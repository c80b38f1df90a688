"""What was before: a resident's changes (異動履歴), the record as it read at a version, and who looked (照会の記録).

With a record goes what kinds that write it change beside it; the other items of the entry have versions of their own.

Every reading is a look-up (照会): who asked, for whom and why is recorded first, also where there was nothing to read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from konbini.process.clock import Clock
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.dates import Date
from konbini.ward_server.residents.entry import PLAIN, Basis, Postcode
from konbini.ward_server.residents.record import MOST_RECORD_BYTES
from konbini.ward_server.residents.registry import require_person
from konbini.ward_server.residents.store import RegistryStore, RegistryWriting, StoredAccess, StoredChange

__all__ = ["MOST_ACCESSES", "MOST_HAPPENED", "Accessed", "Accesses", "Archive", "Happened", "History", "Past"]

MOST_HAPPENED = 500
"""Changes in one answer, the newest of them."""
MOST_ACCESSES = 1000
"""Accesses in one answer, the newest of them."""

_Milliseconds = Annotated[int, UpTo(2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One change in force (異動): what, on which document and whose word, by whom and when, and what came of it.

    `subject` is the resident under whom it was entered (another member for a household's change, empty for an import);
    `version` is the version of this resident's record that it wrote, 0 where it wrote none.
    """

    change_id: Line
    kind: ChangeKind
    subject: Line
    effective: Date
    basis: Basis
    source: Annotated[str, UpTo(200)]
    corrects: Line
    entered_by: Line
    entered_at: _Milliseconds
    approved_by: Line
    approved_at: _Milliseconds
    version: Annotated[int, UpTo(2**31)]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The changes of one resident, oldest first; `is_cut`: there are older ones, which this does not hold."""

    happened: tuple[Happened, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The signed record as it read at one version, and what was kept beside it with that version."""

    record: Annotated[bytes, UpTo(MOST_RECORD_BYTES)]
    postcode: Postcode
    alias_reading: Annotated[str, UpTo(200)] | None
    katakana: Annotated[str, UpTo(200)] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accessed:
    """One access (照会): when, in which way, by which operator (or, for a number, which process), and why.

    The reason for a number that was handed out is the process itself: what it was printed on stands in that process.
    """

    moment: _Milliseconds
    event: AuditEvent
    who: Line
    reason: Annotated[str, UpTo(200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accesses:
    """The accesses to one resident's record, newest first; `is_cut`: there are older ones, which this does not hold."""

    accesses: tuple[Accessed, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Who looks whom up, why and when."""

    operator: str
    resident: str
    reason: str
    now: int


class Archive:
    """Reads the past for operators.

    Args:
        store: the registry's.
        clock: of what is recorded.
        most_happened: changes in one answer.
        most_accesses: accesses in one answer.
    """

    def __init__(
        self,
        store: RegistryStore,
        clock: Clock,
        *,
        most_happened: int = MOST_HAPPENED,
        most_accesses: int = MOST_ACCESSES,
    ) -> None:
        self._store = store
        self._clock = clock
        self._most_happened = most_happened
        self._most_accesses = most_accesses

    async def history(self, operator: str, resident: str, reason: str) -> History:
        """Give what happened to a resident's record, cards and restrictions.

        Raises:
            Refused: `CHANGE_INVALID` (no reason), `RESIDENT_UNKNOWN`.
        """
        asked = self._asked(operator, resident, reason)
        found = await self._store.write(lambda writing: self._history(writing, asked), step="history")
        if found is None:
            raise Refused(Code.RESIDENT_UNKNOWN)
        return found

    async def past(self, operator: str, resident: str, version: int, reason: str) -> Past:
        """Give the record as it read at one version.

        Raises:
            Refused: `CHANGE_INVALID` (no reason), `RESIDENT_UNKNOWN`: no such version.
        """
        asked = self._asked(operator, resident, reason)
        found = await self._store.write(lambda writing: _past(writing, asked, version), step="past record")
        if found is None:
            raise Refused(Code.RESIDENT_UNKNOWN, "no such version")
        return found

    async def accesses(self, operator: str, resident: str, reason: str) -> Accesses:
        """Give who looked a resident up, when and why: this access too, which is recorded first.

        A resident without a record, and one whose record is gone, has none. Accesses are kept sealed by month, so all
        that are kept are opened: beside the writer, in a reader's transaction of its own.

        Raises:
            Refused: `CHANGE_INVALID` (no reason), `RESIDENT_UNKNOWN`, `EVIDENCE_MISMATCH`.
        """
        asked = self._asked(operator, resident, reason)
        if not await self._store.write(lambda writing: _begin_accesses(writing, asked), step="accesses"):
            raise Refused(Code.RESIDENT_UNKNOWN)
        most = self._most_accesses
        found = await self._store.read(lambda reading: reading.accesses(resident, most + 1))
        return Accesses(accesses=tuple(map(_accessed, found[:most])), is_cut=len(found) > most)

    def _history(self, writing: RegistryWriting, asked: _Asked) -> History | None:
        versions = {stored.change_id: stored.version for stored in writing.versions(asked.resident)}
        _record(writing, asked, found=bool(versions))
        if not versions:
            return None
        changes = writing.history(asked.resident)
        shown = changes[-self._most_happened :]
        happened = tuple(_happened(one, versions.get(one.change_id, 0)) for one in shown)
        return History(happened=happened, is_cut=len(shown) < len(changes))

    def _asked(self, operator: str, resident: str, reason: str) -> _Asked:
        require_person(operator)
        if not reason:
            raise Refused(Code.CHANGE_INVALID, "a look-up says why")
        return _Asked(operator=operator, resident=resident, reason=reason, now=self._clock.now())


def _past(writing: RegistryWriting, asked: _Asked, version: int) -> Past | None:
    found = [stored for stored in writing.versions(asked.resident) if stored.version == version]
    _record(writing, asked, found=bool(found))
    if not found:
        return None
    stored = writing.entry_with(asked.resident, found[0].change_id)
    entry = PLAIN if stored is None else stored.entry
    return Past(
        record=found[0].data,
        postcode=entry.postcode,
        alias_reading=entry.alias_reading,
        katakana=entry.katakana,
    )


def _begin_accesses(writing: RegistryWriting, asked: _Asked) -> bool:
    is_known = bool(writing.versions(asked.resident))
    _record(writing, asked, found=is_known, event=AuditEvent.ACCESSES_LOOKED_UP)
    return is_known


def _accessed(stored: StoredAccess) -> Accessed:
    entry = stored.entry
    return Accessed(
        moment=entry.moment,
        event=entry.event,
        who=entry.operators[0] if entry.operators else entry.about,
        reason=stored.reason,
    )


def _record(
    writing: RegistryWriting, asked: _Asked, *, found: bool, event: AuditEvent = AuditEvent.PAST_LOOKED_UP
) -> None:
    position = writing.audit(
        AuditEntry(
            moment=asked.now,
            event=event,
            operators=(asked.operator,),
            code=0 if found else int(Code.RESIDENT_UNKNOWN),
        )
    )
    if found:
        writing.add_access(position, (asked.resident,), asked.reason)


def _happened(stored: StoredChange, version: int) -> Happened:
    change = stored.change
    return Happened(
        change_id=stored.change_id,
        kind=change.kind,
        subject=change.resident,
        effective=change.effective,
        basis=change.basis,
        source=change.source,
        corrects=change.corrects,
        entered_by=stored.entered_by,
        entered_at=stored.entered_at,
        approved_by=stored.concluded_by,
        approved_at=stored.concluded_at,
        version=version,
    )
