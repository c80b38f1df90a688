"""The ledger: a row for each visit, a count for each kind of frame that passed, and each ward's latest notice.

Invariants: a row is durable before the frame that it speaks of is handed on, so what a peer was answered is in the
file; a visit never changes its kiosk or ward; no column can hold a body, a name or a document. In doubt is what the
kinds of frames tell (`relay.standing`), not what a body says.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Self

from konbini.issuance_center.relay.standing import Phase, Standing, phase_after, standing
from konbini.issuance_center.relay.visits import LIFE_SECONDS, Visit
from konbini.process.rows import CANNOT_OPEN, NotStored, Rows
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind

__all__ = ["Ledger", "LedgerUnusable", "NotStored", "Row", "TicketTime"]

_COLUMNS = "visit_id, kiosk, ward, server, ticket_expires, opened, superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the ledger says of one visit."""

    visit: Visit
    standing: Standing
    since: int
    passages: tuple[tuple[MessageKind, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTime:
    """That a kiosk got a ticket, and when: for its quota."""

    kiosk: str
    moment: int


class LedgerUnusable(Exception):  # noqa: N818 - what the start is told
    """The file cannot be opened, belongs to another build, or is open elsewhere."""


class Ledger:
    """The file, open."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the file; blocks, meant for the start.

        Raises:
            LedgerUnusable: see there.
        """
        try:
            return cls(SqliteRows.open(path, files("konbini.issuance_center.ledger") / "schema"))
        except (*CANNOT_OPEN, OSError) as fault:
            raise LedgerUnusable(f"{path.name}: {fault}") from fault

    async def close(self) -> None:
        """Finish what was handed in and close the file."""
        await self._rows.close()

    async def ticketed(self, visit: Visit, superseded: Visit | None, moment: int) -> None:
        """Write that a ticket was given; one given again for the same visit moves its time.

        Raises:
            NotStored: nobody may be told.
        """

        def change(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO visit (visit_id, kiosk, ward, server, ticketed, ticket_expires, phase_since)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (visit_id) DO UPDATE SET ticketed = excluded.ticketed,"
                " ticket_expires = excluded.ticket_expires, server = excluded.server WHERE opened = 0",
                (visit.visit_id, visit.kiosk, visit.ward, visit.server, moment, visit.ticket_expires, moment),
            )
            if superseded is not None:
                connection.execute("UPDATE visit SET superseded = 1 WHERE visit_id = ?", (superseded.visit_id,))

        await self._rows.write(change, step="ticketed")

    async def passed(self, visit: Visit, kind: MessageKind, moment: int) -> None:
        """Write that a frame of a visit passes; the frame is handed on after this returned.

        A visit of before this file is entered with its time already over.

        Raises:
            Refused: `MISROUTED`: the row of this visit names another kiosk or ward.
            NotStored: the frame may not be handed on.
        """
        await self._rows.write(lambda connection: _pass(connection, visit, kind, moment), step=kind.name)

    async def find(self, visit_id: bytes) -> Visit | None:
        """Find a visit, however old."""

        def look(connection: Connection) -> Visit | None:
            found = connection.execute(f"SELECT {_COLUMNS} FROM visit WHERE visit_id = ?", (visit_id,)).fetchone()  # noqa: S608 - a constant
            return None if found is None else _visit(found)

        return await self._rows.read(look)

    async def living(self, moment: int) -> tuple[Visit, ...]:
        """Give the visits that are not over, in the order of their tickets."""
        query = f"SELECT {_COLUMNS} FROM visit WHERE ticket_expires > ? ORDER BY ticket_expires"  # noqa: S608 - a constant

        def look(connection: Connection) -> tuple[Visit, ...]:
            return tuple(_visit(found) for found in connection.execute(query, (moment - LIFE_SECONDS,)))

        return await self._rows.read(look)

    async def tickets_since(self, moment: int) -> tuple[TicketTime, ...]:
        """Give when each kiosk got its tickets after `moment`, in the order of time."""
        query = "SELECT kiosk, ticketed FROM visit WHERE ticket_expires > ? AND ticketed > ? ORDER BY ticketed"

        def look(connection: Connection) -> tuple[TicketTime, ...]:
            found = connection.execute(query, (moment, moment))
            return tuple(TicketTime(kiosk=kiosk, moment=ticketed) for kiosk, ticketed in found)

        return await self._rows.read(look)

    async def row(self, visit_id: bytes, moment: int) -> Row | None:
        """Give what the ledger says of one visit at `moment`."""

        def look(connection: Connection) -> Row | None:
            return _row(connection, visit_id, moment)

        return await self._rows.read(look)

    async def unsettled(self, moment: int, most: int = 1000) -> tuple[Row, ...]:
        """Give the visits that are not finished or in doubt, oldest first."""
        query = "SELECT visit_id FROM visit WHERE phase IN (2, 3, 5) ORDER BY ticket_expires LIMIT ?"

        def look(connection: Connection) -> tuple[Row, ...]:
            ids = connection.execute(query, (most,)).fetchall()
            rows = (_row(connection, visit_id, moment) for (visit_id,) in ids)
            return tuple(row for row in rows if row is not None)

        return await self._rows.read(look)

    async def keep_notice(self, ward: str, serial: int, signed: bytes, moment: int) -> None:
        """Write a ward's latest notice.

        Raises:
            NotStored: it may not be handed on.
        """

        def change(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO notice (ward, serial, signed, taken) VALUES (?, ?, ?, ?) ON CONFLICT (ward) DO UPDATE"
                " SET serial = excluded.serial, signed = excluded.signed, taken = excluded.taken"
                " WHERE excluded.serial >= serial",
                (ward, serial, signed, moment),
            )

        await self._rows.write(change, step="notice")

    async def notices(self) -> tuple[bytes, ...]:
        """Give the latest notice of each ward, as signed."""

        def look(connection: Connection) -> tuple[bytes, ...]:
            return tuple(signed for (signed,) in connection.execute("SELECT signed FROM notice ORDER BY ward"))

        return await self._rows.read(look)


def _pass(connection: Connection, visit: Visit, kind: MessageKind, moment: int) -> None:
    connection.execute(
        "INSERT INTO visit (visit_id, kiosk, ward, ticket_expires, phase_since) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (visit_id) DO NOTHING",
        (visit.visit_id, visit.kiosk, visit.ward, visit.ticket_expires, moment),
    )
    kiosk, ward, phase = connection.execute(
        "SELECT kiosk, ward, phase FROM visit WHERE visit_id = ?", (visit.visit_id,)
    ).fetchone()
    if (kiosk, ward) != (visit.kiosk, visit.ward):
        raise Refused(Code.MISROUTED, "the ledger names another kiosk or ward")
    if kind is MessageKind.OPEN:
        connection.execute("UPDATE visit SET opened = 1 WHERE visit_id = ?", (visit.visit_id,))
    after = phase_after(Phase(phase), kind)
    if after != phase:
        connection.execute(
            "UPDATE visit SET phase = ?, phase_since = ? WHERE visit_id = ?", (int(after), moment, visit.visit_id)
        )
    connection.execute(
        "INSERT INTO passage (visit_id, kind, first, last, times) VALUES (?, ?, ?, ?, 1)"
        " ON CONFLICT (visit_id, kind) DO UPDATE SET last = excluded.last, times = times + 1",
        (visit.visit_id, int(kind), moment, moment),
    )


def _visit(found: tuple[bytes, str, str, str, int, int, int]) -> Visit:
    visit_id, kiosk, ward, server, ticket_expires, opened, superseded = found
    return Visit(
        visit_id=visit_id,
        kiosk=kiosk,
        ward=ward,
        server=server,
        ticket_expires=ticket_expires,
        opened=bool(opened),
        superseded=bool(superseded),
    )


def _row(connection: Connection, visit_id: bytes, moment: int) -> Row | None:
    query = f"SELECT {_COLUMNS}, phase, phase_since FROM visit WHERE visit_id = ?"  # noqa: S608 - a constant
    found = connection.execute(query, (visit_id,)).fetchone()
    if found is None:
        return None
    *columns, phase, since = found
    visit = _visit((columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], columns[6]))
    passages = connection.execute(
        "SELECT kind, times FROM passage WHERE visit_id = ? ORDER BY first, kind", (visit_id,)
    )
    return Row(
        visit=visit,
        standing=standing(Phase(phase), over=moment >= visit.ends),
        since=since,
        passages=tuple((MessageKind(kind), times) for kind, times in passages),
    )
