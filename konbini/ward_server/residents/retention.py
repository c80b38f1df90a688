"""Retention at the registry (保存期間の管理): judged each day, shown, entered by one, approved by another, then done.

Invariants:
- the day's judgement proposes and destroys nothing;
- what is destroyed stands on a list that one operator entered and another approved, and is judged again, one by one, in
  the very transaction that destroys it: what is not due any more, or is barred since, is left and counted;
- a transaction destroys a portion of the list and says so in the signed list of disposals and in the audit log; a
  process that ends in the middle goes on at its next start, and nothing is destroyed twice.

Limits: without a row of the settings in force for what was approved, nothing of it is destroyed. Each day's judgement
opens every record, one after another, in a reader's thread: about a tenth of a millisecond each.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.process.rows import NotStored, Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.keeping.disposal_list import MOST_TARGETS
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.dates import to_day, today
from konbini.ward_server.residents.destroying import Destroyer, tell_again
from konbini.ward_server.residents.disposal_rows import (
    Disposed,
    ListState,
    Outcome,
    RetentionShown,
    all_due,
    all_waiting,
    approved,
    conclude,
    enter_list,
    finish,
)
from konbini.ward_server.residents.due import Due, Judge
from konbini.ward_server.residents.registry import require_person
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.residents.sealed_rows import Vault
from konbini.ward_server.settings.retention import Kept, Retention, in_force

__all__ = ["RetentionDesk"]

_DAY_SECONDS: Final = 86_400.0
_AT_ONCE: Final = 500
_ID_BYTES: Final = 8

_log = logger("konbini.ward_server.residents.retention")


class RetentionDesk:
    """Judges what is kept, and destroys what two persons decided to dispose of."""

    def __init__(  # noqa: PLR0913 - what the desk holds, named
        self,
        rows: Rows,
        *,
        vault: Vault,
        pen: RecordPen,
        retention: Sequence[Retention],
        acknowledging: Acknowledging,
        clock: Clock,
    ) -> None:
        self._rows = rows
        self._vault = vault
        self._pen = pen
        self._retention = tuple(retention)
        self._acknowledging = acknowledging
        self._clock = clock

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
        for kept in Kept:
            retention = self._in_force(kept)
            found = () if retention is None else await self._due(retention)
            await self._rows.write(partial(self._note, kept=kept, found=found), step="judge retention")

    async def show(self, operator: str) -> RetentionShown:
        """Show what is due and what waits; that it was read is recorded."""
        require_person(operator)
        entry = AuditEntry(moment=self._clock.now(), event=AuditEvent.DUE_SHOWN, operators=(operator,))

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
        require_person(operator)
        disposal_id = self._pen.entropy.token(_ID_BYTES).hex()
        now = self._clock.now()
        await self._rows.write(
            lambda connection: enter_list(connection, disposal_id, kept, operator, now), step="enter disposal"
        )
        return disposal_id

    async def withdraw(self, operator: str, disposal_id: str) -> None:
        """Take a list back, or turn it down, before it was approved; anybody may.

        Raises:
            Refused: `DISPOSAL_UNKNOWN`.
        """
        require_person(operator)
        now = self._clock.now()
        await self._rows.write(
            lambda connection: conclude(connection, disposal_id, operator, now, state=ListState.WITHDRAWN),
            step="withdraw",
        )

    async def approve(self, operator: str, disposal_id: str) -> Disposed:
        """Approve another's list and destroy what is on it; comes back when no follower holds any of it.

        Raises:
            Refused: `SAME_PERSON`, `DISPOSAL_UNKNOWN`.
        """
        require_person(operator)
        now = self._clock.now()
        await self._rows.write(
            lambda connection: conclude(connection, disposal_id, operator, now, state=ListState.APPROVED),
            step="approve",
        )
        return await self._carry_out(disposal_id)

    async def go_on(self) -> None:
        """Go on with what was approved and not done when the process ended, or was destroyed in a restored store."""
        while number := await self._rows.write(
            lambda connection: tell_again(connection, self._vault, self._pen, MOST_TARGETS), step="tell disposed"
        ):
            self._acknowledging.news(number)
        for (disposal_id,) in await self._rows.read(
            lambda connection: connection.execute(
                "SELECT disposal_id FROM disposal WHERE state = ? ORDER BY concluded_at", (ListState.APPROVED,)
            ).fetchall()
        ):
            await self._carry_out(disposal_id)

    async def signed_list(self, after: int, most: int) -> tuple[bytes, ...]:
        """Give entries of the signed list of disposals beyond a number."""
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT signed FROM disposal_list WHERE number > ? ORDER BY number LIMIT ?", (after, most)
            ).fetchall()
        )
        return tuple(bytes(signed) for (signed,) in rows)

    async def _carry_out(self, disposal_id: str) -> Disposed:
        while await self._rows.write(
            lambda connection: self._portion(connection, disposal_id, self._clock.now()), step="dispose"
        ):
            await self._clock.sleep(0)
        now = self._clock.now()
        disposed, number = await self._rows.write(
            lambda connection: finish(connection, disposal_id, now), step="dispose"
        )
        self._acknowledging.news(number)
        await self._acknowledging.settled(number)
        return disposed

    def _portion(self, connection: Connection, disposal_id: str, now: int) -> bool:
        """Judge the next targets again and destroy those that are due; false where nothing is left to do."""
        found = connection.execute(
            "SELECT target FROM disposal_target WHERE disposal_id = ? AND outcome = ? ORDER BY target LIMIT ?",
            (disposal_id, Outcome.NOT_YET, MOST_TARGETS),
        ).fetchall()
        if not found:
            return False
        decided = approved(connection, disposal_id)
        retention = self._in_force(decided.kept)
        judge = Judge(connection, self._vault, to_day(today(now)))
        targets = [target for (target,) in found]
        due = [one for one in targets if retention is not None and judge.judged(retention, one) is not None]
        if retention is not None and due:
            Destroyer(
                connection=connection,
                vault=self._vault,
                pen=self._pen,
                operators=decided.operators,
                disposal_id=disposal_id,
                moment=now,
            ).destroy(retention, due)
        connection.executemany(
            "UPDATE disposal_target SET outcome = ? WHERE disposal_id = ? AND target = ?",
            [(Outcome.DESTROYED if target in due else Outcome.LEFT, disposal_id, target) for target in targets],
        )
        connection.executemany(
            "DELETE FROM due WHERE kept = ? AND target = ?", [(int(decided.kept), target) for target in due]
        )
        return True

    async def _due(self, retention: Retention) -> tuple[Due, ...]:
        if retention.kept is Kept.ACCESS_RECORD:
            return await self._rows.read(lambda connection: tuple(self._judge(connection).accesses(retention)))
        found: list[Due] = []
        after: str | None = ""
        while after is not None:
            after, due = await self._rows.read(partial(self._removed_after, retention=retention, after=after))
            found += due
            await self._clock.sleep(0)
        return tuple(found)

    def _removed_after(
        self, connection: Connection, retention: Retention, after: str
    ) -> tuple[str | None, tuple[Due, ...]]:
        return self._judge(connection).removed_after(retention, after, _AT_ONCE)

    def _judge(self, connection: Connection) -> Judge:
        return Judge(connection, self._vault, to_day(today(self._clock.now())))

    def _note(self, connection: Connection, kept: Kept, found: tuple[Due, ...]) -> None:
        connection.execute("DELETE FROM due WHERE kept = ?", (int(kept),))
        connection.executemany(
            "INSERT INTO due (kept, target, since) VALUES (?, ?, ?)",
            [(int(kept), one.target, one.since) for one in found],
        )
        about = f"{kept.name.lower()}: {len(found)}"
        append(connection, AuditEntry(moment=self._clock.now(), event=AuditEvent.RETENTION_JUDGED, about=about))

    def _in_force(self, kept: Kept) -> Retention | None:
        return in_force(self._retention, kept, to_day(today(self._clock.now())))
