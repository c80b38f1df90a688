"""The center's ledger under a campaign: tickets, the frames of visits as they pass, wards' notices."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files

from konbini.issuance_center.ledger import Ledger
from konbini.issuance_center.ledger.entries import LedgerEntry
from konbini.issuance_center.relay.visits import Visit
from konbini.process.clock import SystemClock, to_seconds
from konbini.process.entropy import SystemEntropy
from konbini.process.rows import CommitWatch, NotStored
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.statements import Connection
from konbini.process.stores import SqliteAddress, StoreAddress
from konbini.process.tree_rows import verify_tree
from konbini.protocol.kinds import MessageKind
from konbini.protocol.shape import from_bytes
from konbini.simulation.town.ward import SUMIKAWA
from tests.faults.kills.rooms import CALLERS, Entries, Teller, Word, counted, one_row

__all__ = ["CenterRoom"]

_PASSING = (
    *(MessageKind.OPEN, MessageKind.MENU, MessageKind.ORDER, MessageKind.DOCUMENT),
    *(MessageKind.RECEIPT, MessageKind.FINAL),
)
_A_WORKER = 100_000


class CenterRoom:
    """The ledger's file, opened as `Ledger.open` does, with a watch at its commits."""

    name = "center"
    steps = ("ticketed", *(kind.name for kind in _PASSING), "notice")

    def __init__(self) -> None:
        self._clock, self._entropy = SystemClock(), SystemEntropy()

    async def prepare(self, address: StoreAddress) -> None:
        """Make the file."""
        await self._open(address, None).close()

    async def work(self, address: StoreAddress, watch: CommitWatch | None, tell: Teller, number: int) -> None:
        """Read what lives, as the center does at its start, and let visits pass."""
        ledger = self._open(address, watch)
        now = to_seconds(self._clock.now())
        await ledger.living(now)
        await ledger.tickets_since(now - 3600)
        tell.started()
        async with asyncio.TaskGroup() as callers:
            for caller in range(CALLERS):
                callers.create_task(self._visits(ledger, tell, caller, number * _A_WORKER))

    def found(self, connection: Connection, word: Word, entries: Entries) -> bool:
        """Hold a frame against its passage and its entry; a ticket against its row; a notice against what is kept."""
        kind, said = MessageKind[word.kind], [from_bytes(LedgerEntry, data) for data in entries.values()]
        if kind is MessageKind.NOTICE:
            ward, serial = word.about
            row = one_row(connection, "SELECT serial, length(signed) > 0 FROM notice WHERE ward = ?", ward)
            kept = row is not None and row[0] >= int(serial) and row[1]
            return bool(kept) and any((one.kind, one.ward) == (kind, ward) for one in said)
        visit = bytes.fromhex(word.about[0])
        if kind is MessageKind.TICKET:
            row = one_row(connection, "SELECT 1 FROM visit WHERE visit_id = ? AND ticketed > 0", visit)
        else:
            row = one_row(connection, "SELECT 1 FROM passage WHERE visit_id = ? AND kind = ?", visit, int(kind))
        return row is not None and any((one.kind, one.visit_id) == (kind, visit) for one in said)

    def whole(self, connection: Connection) -> Sequence[str]:
        """Walk the log; count tickets and passages against its entries."""
        verify_tree(connection)
        data = connection.execute("SELECT entry FROM audit_entry").fetchall()
        said = Counter(from_bytes(LedgerEntry, bytes(one)).kind for (one,) in data)
        passed = sum(said[kind] for kind in _PASSING)
        return counted(
            connection,
            {
                "tickets": ("SELECT count(*) FROM visit", lambda: said[MessageKind.TICKET]),
                "passages": ("SELECT coalesce(sum(times), 0) FROM passage", lambda: passed),
            },
        )

    @staticmethod
    def _open(address: StoreAddress, watch: CommitWatch | None) -> Ledger:
        assert isinstance(address, SqliteAddress)
        return Ledger(SqliteRows.open(address.path, files("konbini.issuance_center.ledger") / "schema", watch=watch))

    async def _visits(self, ledger: Ledger, tell: Teller, caller: int, first: int) -> None:
        for serial in range(first, first + _A_WORKER):
            try:
                await self._visit(ledger, tell, f"K-{caller + 1:04d}")
                await self._notice(ledger, tell, caller, serial)
            except NotStored as fault:
                tell.refused(fault)

    async def _visit(self, ledger: Ledger, tell: Teller, kiosk: str) -> None:
        now = to_seconds(self._clock.now())
        visit = Visit(visit_id=self._entropy.token(16), kiosk=kiosk, ward=SUMIKAWA.code, ticket_expires=now + 60)
        await ledger.ticketed(visit, None, now)
        tell(MessageKind.TICKET.name, visit.visit_id)
        for kind in _PASSING:
            await ledger.passed(visit, kind, now)
            tell(kind.name, visit.visit_id)

    async def _notice(self, ledger: Ledger, tell: Teller, caller: int, serial: int) -> None:
        """Keep a notice of a ward of this caller's own, so that serials rise."""
        ward = f"99999{caller}"
        await ledger.keep_notice(ward, serial, self._entropy.token(300), to_seconds(self._clock.now()))
        tell(MessageKind.NOTICE.name, ward, serial)
