"""The ledger: a row for each visit, a count for each kind of frame that passed, and each ward's latest notice.

Whatever is written is an entry of the center's log too (`LedgerEntry`), in the same transaction; the log is a Merkle
tree whose checkpoints the wards co-sign, and the ledger is the witness of theirs.

Invariants: a row is durable before the frame that it speaks of is handed on, so what a peer was answered is in the
file; a visit never changes its kiosk or ward; no column can hold a body, a name or a document. In doubt is what the
kinds of frames tell (`relay.standing`), not what a body says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Self, TypeAlias

from konbini.issuance_center.ledger.entries import LedgerEntry
from konbini.issuance_center.relay.standing import Phase, Standing, phase_after, standing
from konbini.issuance_center.relay.visits import LIFE_SECONDS, Visit
from konbini.process.clock import Clock, to_seconds
from konbini.process.entropy import Entropy
from konbini.process.log import logger
from konbini.process.log_config import LogConfig, StampsConfig, WitnessConfig
from konbini.process.log_keeping import CheckpointKeeper, LogOwner
from konbini.process.measures.ports import Measures
from konbini.process.rows import CANNOT_OPEN, NotStored, OpensRows, Rows, answers
from konbini.process.sqlite.rows import SqliteAddress
from konbini.process.stamping import CheckpointStamps, count_stamps_owed, service_of
from konbini.process.statements import Connection
from konbini.process.tree_rows import append_entry
from konbini.process.witnessing import Contradiction, Witness
from konbini.protocol.accounts import KioskCount
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind
from konbini.protocol.shape import to_bytes
from konbini.protocol.tlog.checkpoints import Checkpoint

__all__ = ["Ledger", "LedgerAddress", "LedgerUnusable", "NotStored", "Row", "TicketTime", "ledger_file"]

LedgerAddress: TypeAlias = OpensRows
"""Where a ledger is."""

_log = logger("konbini.issuance_center.ledger")

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


def ledger_file(path: Path) -> LedgerAddress:
    """Give the address of a ledger in a file, which one process owns."""
    return SqliteAddress(path=path)


class Ledger:
    """The file, open."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @classmethod
    def open(cls, address: LedgerAddress, entropy: Entropy | None = None, measures: Measures | None = None) -> Self:
        """Open or create the ledger; blocks, meant for the start.

        Args:
            address: of its rows: one file, of this process alone.
            entropy: for the salts of the log; the kernel's where none is given.
            measures: told of each commit.

        Raises:
            LedgerUnusable: see there.
        """
        try:
            migrations = files("konbini.issuance_center.ledger") / "schema"
            return cls(address.open(migrations, entropy=entropy, measures=measures))
        except (*CANNOT_OPEN, OSError) as fault:
            raise LedgerUnusable(f"the ledger: {fault}") from fault

    async def close(self) -> None:
        """Finish what was handed in and close the file."""
        await self._rows.close()

    def keeper(self, config: LogConfig, clock: Clock) -> CheckpointKeeper:
        """Give what keeps the log under checkpoints.

        Raises:
            ValueError, OSError: its key cannot be used.
        """
        return CheckpointKeeper(config, self._rows, _OWNER, clock)

    def witness(self, config: WitnessConfig, clock: Clock) -> Witness:
        """Give what co-signs the wards' checkpoints.

        Raises:
            ValueError, OSError: its key cannot be used.
        """
        return Witness(config, self._rows, _contradicted, clock)

    def stamps(self, config: StampsConfig, clock: Clock) -> CheckpointStamps:
        """Give what has the log's checkpoints time-stamped.

        Raises:
            ValueError, OSError: an authority cannot be used.
        """
        return CheckpointStamps(config.minutes, service_of(config), self._rows, clock)

    async def stamps_owed(self) -> int:
        """Count the checkpoints that are owed a time-stamp."""
        return await self._rows.read(count_stamps_owed)

    async def answers(self) -> None:
        """Return when the file's writer has taken its turn; raises `NotStored` where it takes none any more."""
        await answers(self._rows)

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
            _enter(connection, _of_visit(visit, MessageKind.TICKET, moment))

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

    async def counts(self, begins: int, ends: int) -> Mapping[str, tuple[KioskCount, ...]]:
        """Count the visits with a ticket of some time in which an ORDER passed, by ward and kiosk."""
        query = (
            "SELECT ward, kiosk, count(*), sum(CASE WHEN phase IN (1, 4) THEN 1 ELSE 0 END) FROM visit"
            " WHERE ticketed >= ? AND ticketed < ? AND EXISTS (SELECT 1 FROM passage"
            "  WHERE passage.visit_id = visit.visit_id AND passage.kind = ?) GROUP BY ward, kiosk ORDER BY ward, kiosk"
        )

        def look(connection: Connection) -> Mapping[str, tuple[KioskCount, ...]]:
            found: dict[str, tuple[KioskCount, ...]] = {}
            for ward, kiosk, ordered, finished in connection.execute(query, (begins, ends, int(MessageKind.ORDER))):
                count = KioskCount(kiosk=kiosk, ordered=ordered, finished=finished)
                found[ward] = (*found.get(ward, ()), count)
            return found

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
            _enter(connection, LedgerEntry(moment=moment, kind=MessageKind.NOTICE, ward=ward))

        await self._rows.write(change, step="notice")

    async def notices(self) -> tuple[bytes, ...]:
        """Give the latest notice of each ward, as signed."""

        def look(connection: Connection) -> tuple[bytes, ...]:
            return tuple(signed for (signed,) in connection.execute("SELECT signed FROM notice ORDER BY ward"))

        return await self._rows.read(look)


def _pass(connection: Connection, visit: Visit, kind: MessageKind, moment: int) -> None:
    kiosk, ward, phase = _known(connection, visit) or _entered(connection, visit, moment)
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
    _enter(connection, _of_visit(visit, kind, moment))


def _known(connection: Connection, visit: Visit) -> tuple[str, str, int] | None:
    row = connection.execute("SELECT kiosk, ward, phase FROM visit WHERE visit_id = ?", (visit.visit_id,)).fetchone()
    return None if row is None else (row[0], row[1], row[2])


def _entered(connection: Connection, visit: Visit, moment: int) -> tuple[str, str, int]:
    """Enter a visit that has no row, with its time already over: this file never gave its ticket."""
    connection.execute(
        "INSERT INTO visit (visit_id, kiosk, ward, ticket_expires, phase_since) VALUES (?, ?, ?, ?, ?)",
        (visit.visit_id, visit.kiosk, visit.ward, visit.ticket_expires, moment),
    )
    return visit.kiosk, visit.ward, Phase.NOTHING_ORDERED


def _of_visit(visit: Visit, kind: MessageKind, moment: int) -> LedgerEntry:
    return LedgerEntry(
        moment=moment,
        kind=kind,
        visit_id=visit.visit_id,
        kiosk=visit.kiosk,
        ward=visit.ward,
        server=visit.server,
    )


def _enter(connection: Connection, entry: LedgerEntry) -> None:
    append_entry(connection, to_bytes(entry))


def _contradicted(connection: Connection, found: Contradiction) -> None:
    """Put on record that a ward's checkpoint was refused; the checkpoint itself is kept beside."""
    _log.error("a ward's log does not go on from what was co-signed", code=found.code)
    _enter(
        connection,
        LedgerEntry(
            moment=to_seconds(found.moment),
            kind=MessageKind.CHECKPOINT,
            about=found.origin,
            code=found.code,
            digest=found.digest,
        ),
    )


def _rewritten(_connection: Connection, seen: Checkpoint, _now: int) -> None:
    """Say that this file is not the one that was signed; nothing is signed for it any more."""
    _log.error("the center's log does not hold its own checkpoint", count=seen.size)


_OWNER = LogOwner(may_sign=lambda _connection: True, rewritten=_rewritten)


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
