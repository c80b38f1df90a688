"""The kiosk's journal under a campaign: visits, the steps of their orders, receipts that are owed until FINAL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.resources import files

from konbini.kiosk.channel.messages import Concluded, Opened, OrderStep, Step
from konbini.kiosk.host.journal import Journal, VisitRow
from konbini.process.entropy import SystemEntropy
from konbini.process.rows import CommitWatch, NotStored
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.statements import Connection
from konbini.process.stores import SqliteAddress, StoreAddress
from konbini.protocol.cose import Context, SigningKey
from konbini.protocol.kinds import MessageKind, Outcome
from konbini.protocol.receipts import Receipt
from konbini.protocol.shape import to_bytes
from konbini.simulation.town.ward import SUMIKAWA
from tests.faults.kills.rooms import CALLERS, Entries, Teller, Word, counted, one_row

__all__ = ["JournalRoom"]

_KIOSK = "K-0001"
_ORDINAL = 1
_CLOSING = 0


class JournalRoom:
    """The journal's file; it has no log, and what it owes are receipts."""

    name = "journal"
    steps = ("opened", "step", "conclude", "close", "final")

    def __init__(self) -> None:
        self._entropy, self._key = SystemEntropy(), SigningKey.generate()

    async def prepare(self, address: StoreAddress) -> None:
        """Make the file."""
        await self._open(address, None).close()

    async def work(self, address: StoreAddress, watch: CommitWatch | None, tell: Teller, number: int) -> None:
        """Settle what a worker before left, as a kiosk does at its start, and journal visits."""
        rows = self._open(address, watch)
        journal = Journal(rows)
        tell.started()
        await self._settle_left(journal, tell)
        async with asyncio.TaskGroup() as callers:
            for _ in range(CALLERS):
                callers.create_task(self._visits(journal, tell, number))

    def found(self, connection: Connection, word: Word, entries: Entries) -> bool:
        """Hold each word against its row; a conclusion against the signed receipt that is owed for it."""
        assert not entries
        visit = bytes.fromhex(word.about[0])
        match word.kind, word.about[1:]:
            case "opened", ():
                return one_row(connection, "SELECT 1 FROM visit WHERE visit_id = ?", visit) is not None
            case "step", (ordinal, step):
                query = "SELECT step FROM paper_order WHERE visit_id = ? AND ordinal = ?"
                row = one_row(connection, query, visit, int(ordinal))
                return row is not None and row[0] >= int(step)
            case "conclude", (ordinal, outcome):
                query = "SELECT outcome, length(signed) > 0 FROM receipt WHERE visit_id = ? AND ordinal = ?"
                return one_row(connection, query, visit, int(ordinal)) == (int(outcome), 1)
            case "close", ():
                query = (
                    "SELECT ended, length(signed) > 0 FROM visit JOIN receipt USING (visit_id)"
                    " WHERE visit_id = ? AND ordinal = 0"
                )
                return one_row(connection, query, visit) == (1, 1)
            case "final", (ordinal, index):
                query = "SELECT final_index FROM receipt WHERE visit_id = ? AND ordinal = ?"
                return one_row(connection, query, visit, int(ordinal)) == (int(index),)
        raise ValueError(word.kind)

    def whole(self, connection: Connection) -> Sequence[str]:
        """Count closed visits against the receipts that close them, and receipts against orders."""
        closed = one_row(connection, "SELECT count(*) FROM receipt WHERE ordinal = 0")
        lost = (
            "SELECT count(*) FROM receipt LEFT JOIN paper_order USING (visit_id, ordinal)"
            " WHERE ordinal > 0 AND step IS NULL"
        )
        assert closed is not None
        return counted(
            connection,
            {
                "closed": ("SELECT count(*) FROM visit WHERE ended = 1", lambda: int(closed[0])),
                "receipts of no order": (lost, lambda: 0),
            },
        )

    @staticmethod
    def _open(address: StoreAddress, watch: CommitWatch | None) -> SqliteRows:
        assert isinstance(address, SqliteAddress)
        return SqliteRows.open(address.path, files("konbini.kiosk.host") / "migrations", watch=watch)

    def _sign(self, visit: VisitRow, receipt: Receipt) -> bytes:
        context = Context(
            kind=MessageKind.RECEIPT,
            sender=_KIOSK,
            receiver=visit.ward,
            visit=visit.visit,
            ordinal=receipt.ordinal,
        )
        return self._key.sign(to_bytes(receipt), context)

    async def _settle_left(self, journal: Journal, tell: Teller) -> None:
        for left in await journal.unsettled():
            await self._conclude(journal, tell, left.visit.visit_id, Outcome.VOID)
        for visit in await journal.open_visits():
            await journal.close(visit, self._sign)
            tell("close", visit)
        await self._repeat(journal, tell)

    async def _repeat(self, journal: Journal, tell: Teller, visit: bytes | None = None) -> None:
        """Have the ward's FINAL of what is owed, of one visit or of all; its index is made up."""
        for owed in await journal.owed():
            if visit in (None, owed.visit.visit_id):
                index = int.from_bytes(self._entropy.token(4))
                await journal.final(owed, index)
                tell("final", owed.visit.visit_id, owed.ordinal, index)

    async def _visits(self, journal: Journal, tell: Teller, number: int) -> None:
        while True:
            try:
                await self._visit(journal, tell, number)
            except NotStored as fault:
                tell.refused(fault)

    async def _visit(self, journal: Journal, tell: Teller, ticketed: int) -> None:
        token = self._entropy.token
        visit_id, cash_key = token(16), token(16)
        opened = Opened(visit_id=visit_id, visit=token(32), t=token(32), ward=SUMIKAWA.code, ticketed=ticketed)
        await journal.opened(opened)
        tell("opened", visit_id)
        for what in Step:
            known = what in (Step.PRINTING, Step.HANDED)
            step = OrderStep(
                step=what,
                visit_id=visit_id,
                ordinal=_ORDINAL,
                fee=SUMIKAWA.fee,
                cash_key=cash_key,
                number="N-1" if known else None,
                pages=int(known),
                counter_before=5 * known,
            )
            await journal.step(step)
            tell("step", visit_id, _ORDINAL, int(what))
        await self._conclude(journal, tell, visit_id, Outcome.PRINTED)
        await journal.close(visit_id, self._sign)
        tell("close", visit_id)
        await self._repeat(journal, tell, visit_id)

    async def _conclude(self, journal: Journal, tell: Teller, visit_id: bytes, outcome: Outcome) -> None:
        printed = int(outcome is Outcome.PRINTED)
        concluded = Concluded(
            visit_id=visit_id,
            ordinal=_ORDINAL,
            outcome=outcome,
            after_page=0,
            counter_before=5,
            counter_after=5 + printed,
            taken=SUMIKAWA.fee * printed,
            returned=0,
            owed=0,
        )
        await journal.conclude(concluded, self._sign)
        tell("conclude", visit_id, _ORDINAL, int(outcome))
