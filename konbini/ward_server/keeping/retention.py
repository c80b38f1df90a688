"""Retention at a process (保存期間の管理): judged each day, shown, entered by one, approved by another, then done.

The registry, `issuing`, the clerk and the console each have a desk of their own: over what they keep (`Holding`), with
a signed list under a key of their own.

Invariants:
- the day's judgement proposes and destroys nothing;
- what is destroyed stands on a list that one operator entered and another approved, and is judged again, one by one, in
  the very transaction that destroys it: what is not due any more, or is barred since, is left and counted;
- while the process is stopped nothing is due: somebody looks into what is there;
- a transaction destroys a portion of the list. What nothing is left of then stands in the signed list of disposals and
  in the audit log, in the same transaction. A process that ends in the middle goes on at its next start, and nothing is
  destroyed twice.

Limits: without a row of the settings in force for what was approved, nothing of it is destroyed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.log import logger
from konbini.process.rows import NotStored, Rows
from konbini.process.statements import Connection
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.keeping.disposal_list import MOST_TARGETS, Disposal, entry_hash
from konbini.ward_server.keeping.disposal_rows import (
    Decided,
    Disposed,
    ListState,
    Outcome,
    RetentionEvents,
    RetentionShown,
    all_approved,
    all_due,
    all_waiting,
    approved,
    conclude,
    end_of_list,
    enter_list,
    finish,
    next_targets,
    note_due,
    put_outcomes,
    put_signed,
    signed_after,
)
from konbini.ward_server.keeping.holding import Destroyed, Due, Holding, Rule
from konbini.ward_server.residents.dates import to_day, today
from konbini.ward_server.residents.registry import require_person
from konbini.ward_server.settings.retention import Kept, Retention, in_force

__all__ = ["DisposalPen", "Nobody", "Others", "RetentionDesk"]

_DAY_SECONDS: Final = 86_400.0
_ID_BYTES: Final = 8

_log = logger("konbini.ward_server.keeping.retention")


class Others(Protocol):
    """Who else holds what is destroyed here."""

    async def tell_again(self) -> None:
        """Tell what a restored store has forgotten to tell."""

    async def settled(self) -> None:
        """Come back when nobody holds what was destroyed, or may use it."""


class Nobody:
    """Nobody else holds any of it."""

    async def tell_again(self) -> None:
        """There is nobody to tell."""

    async def settled(self) -> None:
        """There is nobody to wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalPen:
    """What signs a process's list of disposals."""

    key: SigningKey
    municipality: str


class RetentionDesk:
    """Judges what is kept, and destroys what two persons decided to dispose of."""

    def __init__(  # noqa: PLR0913 - what the desk holds, named
        self,
        rows: Rows,
        *,
        holdings: Iterable[Holding],
        retention: Callable[[], Sequence[Retention]],
        pen: DisposalPen,
        events: RetentionEvents,
        clock: Clock,
        entropy: Entropy,
        halted: Callable[[Connection], bool] = lambda _connection: False,
        others: Others | None = None,
    ) -> None:
        self._rows = rows
        self._holdings = {holding.kept: holding for holding in holdings}
        self._retention = retention
        self._pen = pen
        self._events = events
        self._clock = clock
        self._entropy = entropy
        self._halted = halted
        self._others = others or Nobody()

    async def run(self) -> None:
        """Go on with what was approved, judge, and judge again each day."""
        while True:
            try:
                await self.go_on()
                await self.judge()
            except (NotStored, Refused) as error:
                _log.error("retention not judged", error=type(error).__name__, exc_info=error)
            await self._clock.sleep(_DAY_SECONDS)

    async def judge(self) -> None:
        """Find what is due today and write it down, in the place of what was found before."""
        for kept, holding in self._holdings.items():
            rule = self._rule(kept)
            found = () if rule is None else await self._due(holding, rule)
            await self._rows.write(partial(self._note, kept=kept, found=found), step="judge retention")

    async def show(self, operator: str) -> RetentionShown:
        """Show what is due and what waits; that it was read is recorded."""
        entry = self._entry(self._events.shown, operator)

        def change(connection: Connection) -> RetentionShown:
            append(connection, entry)
            return RetentionShown(due=all_due(connection), waiting=all_waiting(connection))

        return await self._rows.write(change, step="show due")

    async def enter(self, operator: str, kept: Kept) -> str:
        """Enter that everything that was found due of a kind is to be destroyed; nothing is done yet.

        Returns:
            The id under which another person approves it.

        Raises:
            Refused: `NOT_DUE`: nothing is due.
        """
        entry = self._entry(self._events.entered, operator)
        disposal_id = self._entropy.token(_ID_BYTES).hex()
        await self._rows.write(
            lambda connection: enter_list(connection, disposal_id, kept, entry), step="enter disposal"
        )
        return disposal_id

    async def withdraw(self, operator: str, disposal_id: str) -> None:
        """Take a list back, or turn it down, before it was approved; anybody may.

        Raises:
            Refused: `DISPOSAL_UNKNOWN`.
        """
        entry = self._entry(self._events.withdrawn, operator)
        await self._rows.write(
            lambda connection: conclude(connection, disposal_id, ListState.WITHDRAWN, entry), step="withdraw"
        )

    async def approve(self, operator: str, disposal_id: str) -> Disposed:
        """Approve another's list and destroy what is on it; comes back when nobody else holds any of it.

        Raises:
            Refused: `SAME_PERSON`, `DISPOSAL_UNKNOWN`.
        """
        entry = self._entry(self._events.approved, operator)
        await self._rows.write(
            lambda connection: conclude(connection, disposal_id, ListState.APPROVED, entry), step="approve"
        )
        return await self._carry_out(disposal_id)

    async def go_on(self) -> None:
        """Go on with what was approved and not done when the process ended, or was destroyed in a restored store."""
        await self._others.tell_again()
        for disposal_id in await self._rows.read(all_approved):
            await self._carry_out(disposal_id)

    async def signed_list(self, after: int, most: int) -> tuple[bytes, ...]:
        """Give entries of the signed list of disposals beyond a number."""
        return await self._rows.read(lambda connection: signed_after(connection, after, most))

    async def _carry_out(self, disposal_id: str) -> Disposed:
        while await self._rows.write(lambda connection: self._portion(connection, disposal_id), step="dispose"):
            await self._clock.sleep(0)
        entry = AuditEntry(moment=self._clock.now(), event=self._events.done)
        disposed = await self._rows.write(lambda connection: finish(connection, disposal_id, entry), step="dispose")
        await self._others.settled()
        return disposed

    def _portion(self, connection: Connection, disposal_id: str) -> bool:
        """Judge the next targets again and destroy those that are due; false where nothing is left to do."""
        targets = next_targets(connection, disposal_id, MOST_TARGETS)
        if not targets:
            return False
        decided = approved(connection, disposal_id)
        holding, rule = self._holdings[decided.kept], self._rule(decided.kept)
        outcomes = dict.fromkeys(targets, Outcome.LEFT)
        if rule is not None and not self._halted(connection):
            due = [target for target in targets if holding.judged(connection, rule, target) is not None]
            for target in due:
                del outcomes[target]
            if due:
                destroyed = holding.destroy(connection, due)
                self._put_on_record(connection, decided, rule.retention, destroyed)
                outcomes |= dict.fromkeys(destroyed.whole, Outcome.DESTROYED)
        put_outcomes(connection, decided, outcomes)
        return True

    def _put_on_record(
        self, connection: Connection, decided: Decided, retention: Retention, destroyed: Destroyed
    ) -> None:
        """Write what nothing is left of into the signed list and the audit log."""
        if not destroyed.whole:
            return
        number, before = end_of_list(connection)
        now, term = self._clock.now(), retention.term
        signed = Disposal(
            municipality=self._pen.municipality,
            number=number + 1,
            before=before,
            moment=now,
            kept=retention.kept,
            years=term.years,
            months=term.months,
            days=term.days,
            counted_from=retention.counted_from,
            operators=decided.operators,
            disposal_id=decided.disposal_id,
            targets=destroyed.whole,
            wrapped_by=tuple(sorted(destroyed.wrapped_by)),
        ).sign(self._pen.key)
        digest = entry_hash(signed)
        put_signed(connection, number + 1, signed, digest)
        append(
            connection,
            AuditEntry(
                moment=now,
                event=self._events.disposed,
                operators=decided.operators,
                about=decided.disposal_id,
                digest=digest,
            ),
        )

    async def _due(self, holding: Holding, rule: Rule) -> tuple[Due, ...]:
        found: list[Due] = []
        after: str | None = ""
        while after is not None:
            after, due = await self._rows.read(partial(self._judged_after, holding=holding, rule=rule, after=after))
            found += due
            await self._clock.sleep(0)
        return tuple(found)

    def _judged_after(
        self, connection: Connection, holding: Holding, rule: Rule, after: str
    ) -> tuple[str | None, tuple[Due, ...]]:
        return (None, ()) if self._halted(connection) else holding.due_after(connection, rule, after)

    def _note(self, connection: Connection, kept: Kept, found: Sequence[Due]) -> None:
        note_due(connection, kept, found)
        about = f"{kept.name.lower()}: {len(found)}"
        append(connection, AuditEntry(moment=self._clock.now(), event=self._events.judged, about=about))

    def _rule(self, kept: Kept) -> Rule | None:
        day = to_day(today(self._clock.now()))
        retention = in_force(tuple(self._retention()), kept, day)
        return None if retention is None else Rule(retention=retention, day=day)

    def _entry(self, event: AuditEvent, operator: str) -> AuditEntry:
        require_person(operator)
        return AuditEntry(moment=self._clock.now(), event=event, operators=(operator,))
