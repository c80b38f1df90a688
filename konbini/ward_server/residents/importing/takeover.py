"""Taking a whole town over: every resident once, all or nothing, in one transaction.

One person hands the list in and another approves it before it is read. Every row is judged by itself, then against the
registry and against all other rows; each bad one is named once by its place, and one bad row keeps the whole town out.

Where both persons asked for the good rows alone, the list is gone through twice in that transaction: first everything
is judged, then what is left is taken over, whole again. A household of which one row is bad is left out with all its
rows, and where rows have in common what nobody shares, all of them are: nobody knows which of them is right.

Limits: while it runs nothing else writes to the registry. The transaction's log is about as long as what it writes; a
process that ends in the middle leaves nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from konbini.process.clock import Clock
from konbini.protocol.errors import Code
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.residents.changes import Change, ChangeKind
from konbini.ward_server.residents.dates import today
from konbini.ward_server.residents.importing.claims import ClaimKind, Claims, Conflict
from konbini.ward_server.residents.importing.files import Chunk, chunks
from konbini.ward_server.residents.importing.places import Places, without
from konbini.ward_server.residents.importing.pool import Preparing, here
from konbini.ward_server.residents.importing.preparing import BadRow, Prepared, Preparer
from konbini.ward_server.residents.number_rules import TAKEN
from konbini.ward_server.residents.registry import require_person, require_two
from konbini.ward_server.residents.scribe import RecordPen, add_block
from konbini.ward_server.residents.sealed_rows import Vault
from konbini.ward_server.residents.store import ChangeState, NumberKind, RegistryStore, RegistryWriting, StoredChange
from konbini.ward_server.residents.town import TownRow

__all__ = ["Approval", "Reports", "TakenOver", "TownRefused", "import_rows", "take_over"]

_ID_BYTES = 8
_MOST_KEPT = 10_000
_CODES = {
    ClaimKind.INDIVIDUAL_NUMBER: TAKEN[NumberKind.INDIVIDUAL_NUMBER],
    ClaimKind.RESIDENT_CODE: TAKEN[NumberKind.RESIDENT_CODE],
}
"""What rows that share something are named with; all other kinds as `CHANGE_INVALID`."""


class TownRefused(Exception):  # noqa: N818 - an answer about a list
    """The town was not taken over; nothing of it is kept. Holds the first 10,000 bad rows and counts all."""

    def __init__(self, rows: tuple[BadRow, ...], count: int) -> None:
        super().__init__(f"{count} bad rows")
        self.rows = rows
        self.count = count


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """How many residents were taken over, and how many rows of the list were left out."""

    residents: int
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who hands a list in and who approved it, and what it rests on."""

    entered_by: str
    approved_by: str
    source: str

    def resting_on(self, sha256: str) -> Approval:
        """Name the file beside what it rests on."""
        return replace(self, source=f"{self.source} (SHA-256 {sha256})")

    def change(self, pen: RecordPen, clock: Clock) -> StoredChange:
        """Make the change that everything of the list rests on.

        Raises:
            Refused: `SAME_PERSON`; `CHANGE_INVALID`: an id that is none.
        """
        require_person(self.entered_by)
        require_person(self.approved_by)
        require_two(self.entered_by, self.approved_by)
        now = clock.now()
        change = Change(
            kind=ChangeKind.IMPORT,
            resident="",
            seen=0,
            effective=today(now),
            source=self.source,
            corrects="",
            content=b"",
        )
        return StoredChange(
            change_id=pen.entropy.token(_ID_BYTES).hex(),
            change=change,
            state=ChangeState.APPROVED,
            entered_by=self.entered_by,
            entered_at=now,
            concluded_by=self.approved_by,
            concluded_at=now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """What a takeover tells while it runs, in the store's thread: how many rows were judged, and each bad row."""

    progress: Callable[[int], None] = lambda _count: None
    bad: Callable[[BadRow], None] = lambda _row: None


async def import_rows(  # noqa: PLR0913 - who, what and with which means, all named
    store: RegistryStore,
    vault: Vault,
    pen: RecordPen,
    clock: Clock,
    rows: Iterable[TownRow],
    *,
    approval: Approval,
    progress: Callable[[int], None] = lambda _count: None,
    bad: Callable[[BadRow], None] = lambda _row: None,
    accept_good_rows: bool = False,
) -> int:
    """Take over rows that are at hand, in this process; see `take_over`. Places count from 1."""
    held = tuple(rows) if accept_good_rows else rows
    imported = approval.change(pen, clock)
    claim_key = pen.entropy.token(32)
    preparing = here(lambda: Preparer(vault, pen, None, change_id=imported.change_id, claim_key=claim_key))
    taken = await take_over(
        store,
        pen,
        imported,
        chunks(enumerate(held, start=1)),
        preparing,
        reports=Reports(progress=progress, bad=bad),
        again=(lambda: chunks(enumerate(held, start=1))) if accept_good_rows else None,
    )
    return taken.residents


async def take_over(  # noqa: PLR0913 - what, with which means, all named
    store: RegistryStore,
    pen: RecordPen,
    imported: StoredChange,
    listed: Iterator[Chunk],
    preparing: Preparing,
    *,
    reports: Reports,
    folder: Path | None = None,
    again: Callable[[], Iterator[Chunk]] | None = None,
) -> TakenOver:
    """Take a town over in one transaction.

    Args:
        store: the registry's store; nothing else writes to it meanwhile.
        pen: what signs the feed.
        imported: the change, of two persons.
        listed: the list, iterated once, in a thread of the store.
        preparing: makes the rows ready.
        reports: told of rows and of bad ones.
        folder: where the claims' unnamed file is; the system's own place where None.
        again: gives the list once more, where bad rows are to be left out; None where one keeps the town out.

    Raises:
        TownRefused: there are bad rows, or no row at all; where bad rows are left out, no good one.
        Exception: what the store or a process of the pool raised; nothing is kept.
    """

    def use(writing: RegistryWriting) -> TakenOver:
        if again is None:
            with Claims(folder) as claims:
                residents = _Takeover(writing, pen, imported, claims, reports).run(listed, preparing)
            return TakenOver(residents=residents, left_out=0)
        with Claims(folder) as claims:
            left = _Takeover(writing, pen, imported, claims, reports).left_out(listed, preparing)
        with Claims(folder) as claims:
            taking = _Takeover(writing, pen, _leaving_out(imported, left.count), claims, reports)
            residents = taking.run(without(again(), left), preparing)
        return TakenOver(residents=residents, left_out=left.count)

    return await store.write(use, step="import")


def _leaving_out(imported: StoredChange, count: int) -> StoredChange:
    """Name in what the import rests on how many rows of it were left out."""
    change = imported.change
    return replace(imported, change=replace(change, source=f"{change.source}, {count} rows left out"))


class _Takeover:
    """One import within its transaction."""

    def __init__(
        self, writing: RegistryWriting, pen: RecordPen, imported: StoredChange, claims: Claims, reports: Reports
    ) -> None:
        self._writing = writing
        self._pen = pen
        self._imported = imported
        self._claims = claims
        self._reports = reports
        self._position = writing.position()
        self._follows_others = self._position.number > 0
        self._bad: list[BadRow] = []
        self._named = Places()
        self._count = 0

    def run(self, listed: Iterator[Chunk], preparing: Preparing) -> int:
        self._writing.put_change(self._imported)
        for prepared in preparing(listed, lambda: self._named.count > 0):
            self._take(prepared)
        for conflict in self._claims.conflicts():
            self._refuse_conflict(conflict)
        if self._named.count or self._count == 0:
            raise TownRefused(tuple(self._bad), self._named.count)
        self._writing.audit(
            AuditEntry(
                moment=self._imported.entered_at,
                event=AuditEvent.TOWN_IMPORTED,
                operators=(self._imported.entered_by, self._imported.concluded_by),
                about=self._imported.change_id,
                digest=self._position.newest,
            )
        )
        return self._count

    def left_out(self, listed: Iterator[Chunk], preparing: Preparing) -> Places:
        """Judge a list without writing anything, and give the places that are left out, each reported."""
        for prepared in preparing(listed, lambda: True):
            self._judge(prepared)
            self._reports.progress(self._count)
        for conflict in self._claims.conflicts():
            self._refuse_conflict(conflict)
            if conflict.kind is not ClaimKind.HOUSEHOLD:
                self._refuse_conflict(replace(conflict, place=conflict.first, reason=f"as row {conflict.place} has it"))
        for conflict in self._claims.left_with(self._named.__contains__):
            self._refuse_conflict(conflict)
        if self._named.count == self._count:
            raise TownRefused(tuple(self._bad), self._named.count)
        return self._named

    def _judge(self, prepared: Prepared) -> None:
        self._count += prepared.count
        self._claims.add(prepared.claims)
        for row in prepared.bad:
            self._refuse(row)
        self._compare(prepared)

    def _take(self, prepared: Prepared) -> None:
        self._judge(prepared)
        if not self._named.count:
            self._writing.add_rows(prepared.rows)
            for entries in prepared.blocks:
                self._position = add_block(self._writing, self._pen, self._position, entries)
        self._reports.progress(self._count)

    def _compare(self, prepared: Prepared) -> None:
        """Name the rows of residents, cards and seal numbers that stand already."""
        named = tuple(resident for _, resident in prepared.residents)
        seen = self._writing.known(named) if named else set()
        for place, resident in prepared.residents:
            if resident in seen:
                detail = "this resident is known already, or stands earlier in the list"
                self._refuse(BadRow(place=place, code=Code.CHANGED_MEANWHILE, detail=detail))
            seen.add(resident)
        if self._follows_others:
            self._compare_with_before(prepared)

    def _compare_with_before(self, prepared: Prepared) -> None:
        """Name the rows of what was given to a resident who was here before; within the list, claims tell it."""
        given = self._writing.given([hashed for _, _, hashed in prepared.numbers])
        for place, kind, hashed in prepared.numbers:
            if hashed in given:
                self._refuse(BadRow(place=place, code=TAKEN[kind], detail="given before, to another resident"))
        for place, card in prepared.cards:
            if self._writing.link(card) is not None:
                detail = "a card's serial is linked once in all time"
                self._refuse(BadRow(place=place, code=Code.CARD_LINKED_BEFORE, detail=detail))
        for place, number in prepared.seals:
            if self._writing.seal_number_given(number):
                detail = "a seal registration's number is given once in all time"
                self._refuse(BadRow(place=place, code=Code.CHANGE_INVALID, detail=detail))

    def _refuse_conflict(self, conflict: Conflict) -> None:
        code = _CODES.get(conflict.kind, Code.CHANGE_INVALID)
        self._refuse(BadRow(place=conflict.place, code=code, detail=conflict.reason))

    def _refuse(self, row: BadRow) -> None:
        """Name a bad row, once."""
        if not self._named.add(row.place):
            return
        if len(self._bad) < _MOST_KEPT:
            self._bad.append(row)
        self._reports.bad(row)
