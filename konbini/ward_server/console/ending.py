"""What the console keeps for a time: acts with their evidence, look-ups, disclosures, what is left of staff, its log.

What is not concluded never ends: an act that a process has not answered yet, a look-up whose flags are open, a
disclosure or a change of staff that waits, a right in force. Of a person who left, the name ends, with rights, passkeys
and last sign-in, once no act and no look-up of theirs is kept: an act's evidence is checked with its passkey. The id
stays, for it is given to nobody else. A block of the log stays while an act or a look-up rests on it.

Sessions are in memory and in no row.

Tables: `act`, `look_up`, `disclosure`, `staff_change`, `once_code`, `terminal`, `passkey`, `person`, `held_right`,
`sign_in`. What says something is emptied and then removed: the triggers let go of nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from konbini.process.statements import Connection
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.keeping.aged_log import AgedLog
from konbini.ward_server.keeping.by_day import ByDay, DayRows
from konbini.ward_server.keeping.disposal_rows import RetentionEvents
from konbini.ward_server.keeping.holding import Holding
from konbini.ward_server.settings.retention import Kept

__all__ = ["HOLDINGS", "OWN_KINDS", "RETENTION_EVENTS"]

_OF_NO_ACT: Final = "NOT EXISTS (SELECT 1 FROM act WHERE act.person = {table}.person)"
_OF_NO_LOOK: Final = "NOT EXISTS (SELECT 1 FROM look_up WHERE look_up.person = person.person)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Rows of one table that end; all are constants of this module.

    Attributes:
        table: its name.
        key: the column of its primary key.
        moment: from when they are counted, Unix milliseconds.
        ended: which of them may go.
        emptied: what is emptied first.
    """

    table: str
    key: str
    moment: str
    ended: str
    emptied: tuple[str, ...] = ("hidden",)

    def oldest(self, connection: Connection, begin: int, end: int) -> int | None:
        """Give the moment of the first of them."""
        found = self._between(connection, begin, end, 1)
        return found[0][1] if found else None

    def destroy(self, connection: Connection, begin: int, end: int, most: int) -> int:
        """Empty and remove them."""
        keys = [key for key, _moment in self._between(connection, begin, end, most)]
        if self.emptied:
            set_empty = ", ".join(f"{column} = ?" for column in self.emptied)
            empty = [b""] * len(self.emptied)
            connection.executemany(
                f"UPDATE {self.table} SET {set_empty} WHERE {self.key} = ?",  # noqa: S608 - constants of this module
                [(*empty, key) for key in keys],
            )
        connection.executemany(
            f"DELETE FROM {self.table} WHERE {self.key} = ?",  # noqa: S608 - the same
            [(key,) for key in keys],
        )
        return len(keys)

    def _between(self, connection: Connection, begin: int, end: int, most: int) -> list[tuple[str | int | bytes, int]]:
        return connection.execute(
            f"SELECT {self.key}, {self.moment} FROM {self.table} WHERE {self.ended} AND {self.moment} >= ?"  # noqa: S608 - the same
            f" AND {self.moment} < ? ORDER BY {self.moment}, {self.key} LIMIT ?",
            (begin, end, most),
        ).fetchall()


class _FormerPersons:
    """Persons who left, of whom nothing else is kept: name, rights, passkeys and last sign-in go, the id stays."""

    def oldest(self, connection: Connection, begin: int, end: int) -> int | None:
        """Give when the first of them left."""
        found = self._between(connection, begin, end, 1)
        return found[0][1] if found else None

    def destroy(self, connection: Connection, begin: int, end: int, most: int) -> int:
        """Destroy what is left of them."""
        persons = [(person,) for person, _moment in self._between(connection, begin, end, most)]
        connection.executemany("DELETE FROM held_right WHERE person = ?", persons)
        connection.executemany("DELETE FROM passkey WHERE person = ?", persons)
        connection.executemany("DELETE FROM sign_in WHERE person = ?", persons)
        connection.executemany("UPDATE person SET hidden = ? WHERE person = ?", [(b"", *one) for one in persons])
        return len(persons)

    @staticmethod
    def _between(connection: Connection, begin: int, end: int, most: int) -> list[tuple[str, int]]:
        return connection.execute(
            "SELECT person, left_at FROM person WHERE left_at >= ? AND left_at < ? AND left_at > 0"  # noqa: S608 - constants
            f" AND length(hidden) > 0 AND {_OF_NO_ACT.format(table='person')} AND {_OF_NO_LOOK}"
            " ORDER BY left_at, person LIMIT ?",
            (begin, end, most),
        ).fetchall()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Together:
    """Rows of several tables that end under one term."""

    parts: Sequence[DayRows]

    def oldest(self, connection: Connection, begin: int, end: int) -> int | None:
        """Give the moment of the first of all."""
        found = (part.oldest(connection, begin, end) for part in self.parts)
        return min((moment for moment in found if moment is not None), default=None)

    def destroy(self, connection: Connection, begin: int, end: int, most: int) -> int:
        """Destroy them, one table after another."""
        left = most
        for part in self.parts:
            left -= part.destroy(connection, begin, end, left) if left else 0
        return most - left


_STAFF: Final = _Together(
    parts=(
        _Rows(table="staff_change", key="change_id", moment="concluded_at", ended="state <> 1"),
        _Rows(
            table="once_code",
            key="code_id",
            moment="CASE WHEN used > 0 THEN used ELSE expires END",
            ended="expires > 0",
        ),
        _Rows(table="terminal", key="terminal", moment="ended", ended="ended > 0", emptied=()),
        _Rows(
            table="passkey",
            key="credential",
            moment="ended",
            ended=f"ended > 0 AND {_OF_NO_ACT.format(table='passkey')}",
            emptied=(),
        ),
        _FormerPersons(),
    )
)


def _rests(connection: Connection, first: int, last: int) -> bool:
    """Say whether an act or a look-up that is kept rests on one of these positions of the log."""
    found = connection.execute(
        "SELECT 1 FROM act WHERE log_index BETWEEN ?1 AND ?2"
        " UNION ALL SELECT 1 FROM look_up WHERE log_index BETWEEN ?1 AND ?2 LIMIT 1",
        (first, last),
    ).fetchone()
    return found is not None


HOLDINGS: Final[tuple[Holding, ...]] = (
    ByDay(kept=Kept.ACT, rows=_Rows(table="act", key="act_id", moment="moment", ended="state <> 1")),
    ByDay(
        kept=Kept.LOOK_UP,
        rows=_Rows(table="look_up", key="log_index", moment="moment", ended="(flags = 0 OR closed_at > 0)"),
    ),
    ByDay(
        kept=Kept.DISCLOSURE,
        rows=_Rows(
            table="disclosure",
            key="disclosure_id",
            moment="concluded_at",
            ended="state IN (3, 4)",
            emptied=("hidden", "sealed"),
        ),
    ),
    ByDay(kept=Kept.STAFF, rows=_STAFF),
    AgedLog(needs=_rests),
)
"""What the console keeps for a time."""
OWN_KINDS: Final = frozenset(one.kept for one in HOLDINGS) - {Kept.AUDIT_LOG}
"""What no other process keeps."""

RETENTION_EVENTS: Final = RetentionEvents(
    judged=AuditEvent.CONSOLE_RETENTION_JUDGED,
    shown=AuditEvent.CONSOLE_DUE_SHOWN,
    entered=AuditEvent.CONSOLE_DISPOSAL_ENTERED,
    withdrawn=AuditEvent.CONSOLE_DISPOSAL_WITHDRAWN,
    approved=AuditEvent.CONSOLE_DISPOSAL_APPROVED,
    disposed=AuditEvent.CONSOLE_DISPOSED,
    done=AuditEvent.CONSOLE_DISPOSAL_DONE,
)
"""Under which events it records that."""
