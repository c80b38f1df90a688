"""Looking at a resident: asked for with a reason, recorded, and flagged where somebody should ask why.

Flagged is a look-up that names no matter (受付番号), one out of office hours, and each beyond the number of an hour.
A flag is no reproach and stops nobody: a supervisor or an auditor, never the person themself, closes it with a remark.

Invariant: the console's own entry is written before the registry or issuing is asked; theirs follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Annotated, Any, Final

from konbini.process.clock import Clock
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo, from_bytes, to_bytes
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.console.entrance import SignedIn
from konbini.ward_server.console.lines import Lines
from konbini.ward_server.console.office import Office
from konbini.ward_server.console.rights import READS_RESIDENTS
from konbini.ward_server.issuing.view import IssuancesFound
from konbini.ward_server.residents.registry import Found
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["MOST_REASON", "Asked", "Flag", "KeptLook", "LookDesk"]

_HOUR: Final = 3600 * 1000
_SHOWN: Final = 200
_COLUMNS: Final = "SELECT log_index, person, moment, flags, hidden, closed_by, closed_at, remark FROM look_up"
MOST_REASON: Final = 200


class Flag(IntFlag):
    """Why somebody should ask about a look-up."""

    NO_MATTER = 1
    OUT_OF_HOURS = 2
    IN_NUMBERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of whom, why, for which matter (受付番号; empty where there is none), and what was read."""

    resident: Line
    reason: Annotated[str, UpTo(MOST_REASON)]
    matter: Line
    what: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLook:
    """A look-up as it is kept; moments in Unix milliseconds, `closed_at` 0 while its flags are open."""

    log_index: int
    person: str
    moment: int
    flags: Flag
    asked: Asked
    closed_by: str
    closed_at: int
    remark: str


class LookDesk:
    """The use cases of looking.

    Args:
        rows: where look-ups are kept.
        hashes: hides of whom and why.
        lines: to registry and issuing.
        office: whose hours count.
        clock: moments.
        most_an_hour: look-ups of one person; each beyond is flagged.
    """

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self, rows: Rows, hashes: KeyedHash, *, lines: Lines, office: Office, clock: Clock, most_an_hour: int
    ) -> None:
        self._rows = rows
        self._hashes = hashes
        self._lines = lines
        self._office = office
        self._clock = clock
        self._most_an_hour = most_an_hour

    async def record(self, asker: SignedIn, asked: Asked) -> Found:
        """Read a resident's record.

        Raises:
            Refused: `RIGHT_MISSING`, `CHANGE_INVALID` (no reason), `RESIDENT_UNKNOWN`.
            ConnectionError, TimeoutError: the registry is not reached.
        """
        await self._keep(asker, asked)
        return await self._lines.registry(asker.person.person).look_up(asked.resident, asked.reason)

    async def issuances(self, asker: SignedIn, asked: Asked) -> IssuancesFound:
        """Read what was issued on a resident's cards.

        Raises:
            Refused, ConnectionError, TimeoutError: as `record`.
        """
        await self._keep(asker, asked)
        return await self._lines.issuing(asker.person.person).issuances_of(asked.resident)

    async def kept(self, *, flagged: bool) -> tuple[KeptLook, ...]:
        """Give the newest look-ups, or those whose flags are open, oldest first."""
        text = (
            f"{_COLUMNS} WHERE flags > 0 AND closed_at = 0 ORDER BY moment LIMIT ?"
            if flagged
            else f"{_COLUMNS} ORDER BY moment DESC LIMIT ?"
        )
        rows = await self._rows.read(lambda connection: connection.execute(text, (_SHOWN,)).fetchall())
        return tuple(map(self._kept, rows))

    async def at_issuances_of(self, resident: str) -> tuple[KeptLook, ...]:
        """Give who looked at what was issued on a resident's cards, newest first; every look-up is opened for it.

        Looking at records is recorded by the registry, with the reason: those are not among these.
        """
        rows = await self._rows.read(
            lambda connection: connection.execute(f"{_COLUMNS} ORDER BY moment DESC").fetchall()
        )
        kept = map(self._kept, rows)
        return tuple(one for one in kept if one.asked.resident == resident and one.asked.what == "issuances")

    async def close(self, asker: SignedIn, log_index: int, remark: str) -> None:
        """Close a flagged look-up of somebody else, with a remark.

        Raises:
            Refused: `CHANGE_INVALID` (no remark), `CHANGE_UNKNOWN`, `SAME_PERSON`.
        """
        if not remark or len(remark) > MOST_REASON:
            raise Refused(Code.CHANGE_INVALID, "a look-up is closed with a remark")
        by, now = asker.person.person, self._clock.now()

        def change(connection: Connection) -> None:
            row = connection.execute(
                "SELECT person FROM look_up WHERE log_index = ? AND closed_at = 0 AND flags > 0", (log_index,)
            ).fetchone()
            if row is None:
                raise Refused(Code.CHANGE_UNKNOWN, "no such look-up is open")
            if row[0] == by:
                raise Refused(Code.SAME_PERSON)
            connection.execute(
                "UPDATE look_up SET closed_by = ?, closed_at = ?, remark = ? WHERE log_index = ?",
                (by, now, remark, log_index),
            )
            entry = AuditEntry(
                moment=now, event=AuditEvent.LOOK_UP_CLOSED, operators=(row[0], by), about=str(log_index)
            )
            append(connection, entry)

        await self._rows.write(change, step="look-up closed")

    async def _keep(self, asker: SignedIn, asked: Asked) -> None:
        if not asker.roles & READS_RESIDENTS:
            raise Refused(Code.RIGHT_MISSING, asked.what)
        if not asked.reason:
            raise Refused(Code.CHANGE_INVALID, "a look-up says why")
        person, now = asker.person.person, self._clock.now()

        def change(connection: Connection) -> None:
            (lately,) = connection.execute(
                "SELECT count(*) FROM look_up WHERE person = ? AND moment > ?", (person, now - _HOUR)
            ).fetchone()
            flags = self._flags(asked, now, lately)
            entry = AuditEntry(
                moment=now,
                event=AuditEvent.RESIDENT_ASKED_FOR,
                operators=(person,),
                about=f"{asked.what} {'|'.join(flag.name or '' for flag in flags)}".strip(),
            )
            index = append(connection, entry)
            hidden = self._hashes.hide("look_up", str(index).encode(), to_bytes(asked))
            connection.execute(
                "INSERT INTO look_up (log_index, person, moment, flags, hidden, closed_by, closed_at, remark)"
                " VALUES (?, ?, ?, ?, ?, '', 0, '')",
                (index, person, now, int(flags), hidden),
            )

        await self._rows.write(change, step="look-up")

    def _flags(self, asked: Asked, now: int, lately: int) -> Flag:
        return (
            (Flag(0) if asked.matter else Flag.NO_MATTER)
            | (Flag(0) if self._office.is_open(now) else Flag.OUT_OF_HOURS)
            | (Flag.IN_NUMBERS if lately >= self._most_an_hour else Flag(0))
        )

    def _kept(self, row: Any) -> KeptLook:  # noqa: ANN401 - a row
        log_index, person, moment, flags, hidden, closed_by, closed_at, remark = row
        content = self._hashes.reveal("look_up", str(log_index).encode(), bytes(hidden))
        return KeptLook(
            log_index=log_index,
            person=person,
            moment=moment,
            flags=Flag(flags),
            asked=from_bytes(Asked, content),
            closed_by=closed_by,
            closed_at=closed_at,
            remark=remark,
        )
