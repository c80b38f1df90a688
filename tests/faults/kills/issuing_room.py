"""`issuing` under a campaign: visits opened, numbers reserved, papers completed, receipts settled, starts recovered.

The work is the benchmark's (`konbini.simulation.bench.ward`): the ledger's and the copy's own steps of a visit.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.resources import files

from konbini.process.clock import SystemClock, to_seconds
from konbini.process.entropy import SystemEntropy
from konbini.process.membership import Member, ServerNames
from konbini.process.rows import CommitWatch, NotStored
from konbini.process.statements import Connection
from konbini.process.stores import StoreAddress, open_rows
from konbini.protocol.kinds import Outcome
from konbini.protocol.shape import from_bytes
from konbini.simulation.bench.ward.orders import Terminal, sealed_document
from konbini.simulation.bench.ward.registry import CardIssuer, StreamingRegistry
from konbini.simulation.bench.ward.residents import Residents
from konbini.simulation.bench.ward.stores import IssuingStore, WardKeys, fill, over_rows
from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, verify
from konbini.ward_server.issuing.desk import Now
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.residents.feed import CardSerial
from tests.faults.kills.rooms import CALLERS, Entries, Teller, Word, counted, one_row

__all__ = ["IssuingRoom"]

_FEWEST = 400
_A_WORKER = 40
"""Visits of one worker: each with a card of its own, which opens ten visits a day at most."""
_SEED = 7


class _HeardTerminal(Terminal):
    """A terminal of which each acknowledged step is told."""

    def __init__(self, name: str, store: IssuingStore, keys: WardKeys, document: bytes, tell: Teller) -> None:
        super().__init__(name, store, keys, document)
        self._tell = tell

    async def _open(self, visit, card: CardSerial) -> str:  # type: ignore[no-untyped-def] # noqa: ANN001 - its visit is its own
        holder = await super()._open(visit, card)
        self._tell("open visit", visit.v)
        return holder

    async def _reserve(self, visit, holder: str) -> str:  # type: ignore[no-untyped-def] # noqa: ANN001
        number = await super()._reserve(visit, holder)
        self._tell("reserve", visit.v, number)
        return number

    async def _complete(self, visit, card: CardSerial, holder: str, number: str) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
        await super()._complete(visit, card, holder, number)
        self._tell("complete", visit.v, number)

    async def _settle(self, visit, outcome: Outcome, *, ordinal: int, number: str | None = None) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
        await super()._settle(visit, outcome, ordinal=ordinal, number=number)
        self._tell("settle", visit.v, ordinal)


class IssuingRoom:
    """The rows of `issuing`, with a copy that a follower filled."""

    name = "issuing"
    steps = ("recover", "open visit", "reserve", "complete", "settle")

    def __init__(self, kills: int) -> None:
        """Make its keys, its registry and its residents: enough cards for so many kills."""
        self._keys = WardKeys(SUMIKAWA.code, SystemClock(), SystemEntropy())
        clock = self._keys.clock
        count = max(_FEWEST, 4 * kills)
        residents = Residents(_SEED, count, Now(milliseconds=clock.now()).day)
        issuer = CardIssuer(self._keys.entropy.token(20))
        self._registry = StreamingRegistry(residents, issuer, self._keys.record, SUMIKAWA.code, to_seconds(clock.now()))
        self._cards = [issuer.card(serial) for serial in residents.draw(count)]
        self._document = sealed_document(self._keys, to_seconds(clock.now()))

    async def prepare(self, address: StoreAddress) -> None:
        """Let a follower fill the copy."""
        await fill(address, self._keys, self._registry)

    async def work(self, address: StoreAddress, watch: CommitWatch | None, tell: Teller, number: int) -> None:
        """Void what a worker before left, hear the registry, and serve visits."""
        migrations = files("konbini.ward_server.issuing") / "migrations"
        rows = open_rows(address, migrations, watch=watch, member=Member.of(ServerNames(), ()))
        store = over_rows(rows, self._keys, self._registry)
        found = AuditEntry(moment=self._keys.clock.now(), event=AuditEvent.ORDER_VOIDED, about="found at start")
        await store.ledger.issuances.recover(found)
        await store.follower.renew()
        tell.started()
        cards = iter([self._cards[(number * _A_WORKER + one) % len(self._cards)] for one in range(_A_WORKER)])
        terminals = [
            _HeardTerminal(f"K-{caller + 1:04d}", store, self._keys, self._document, tell) for caller in range(CALLERS)
        ]
        async with asyncio.TaskGroup() as callers:
            for terminal in terminals:
                callers.create_task(_visits(terminal, cards, tell))

    def found(self, connection: Connection, word: Word, entries: Entries) -> bool:
        """Hold each step against its row and its entry; a paper against the document that is owed, or settled."""
        visit = bytes.fromhex(word.about[0])
        match word.kind, word.about[1:]:
            case "open visit", ():
                row = one_row(connection, "SELECT 1 FROM visit WHERE visit = ?", visit)
                return row is not None and _logged(entries, AuditEvent.VISIT_OPENED, visit)
            case "reserve", (number,):
                row = one_row(connection, "SELECT visit FROM issuance WHERE number = ?", number)
                return row == (visit,) and _logged(entries, AuditEvent.ORDER_SEALING, visit, number)
            case "complete", (number,):
                return _owed_or_settled(connection, number) and _logged(entries, AuditEvent.ORDER_SEALED, visit, number)
            case "settle", (ordinal,):
                return _settled(connection, visit, int(ordinal), entries)
        raise ValueError(word.kind)

    def whole(self, connection: Connection) -> Sequence[str]:
        """Walk the log; count visits, numbers of each state, and receipts against its entries."""
        verify(connection)
        said = Counter(_entry(data).event for (data,) in connection.execute("SELECT entry FROM audit_entry"))
        numbers = "SELECT count(*) FROM issuance"
        return counted(
            connection,
            {
                "visits": ("SELECT count(*) FROM visit", lambda: said[AuditEvent.VISIT_OPENED]),
                "numbers": (numbers, lambda: said[AuditEvent.ORDER_SEALING]),
                "issued": (f"{numbers} WHERE state IN (2, 4)", lambda: said[AuditEvent.ORDER_SEALED]),
                "void": (f"{numbers} WHERE state = 3", lambda: said[AuditEvent.ORDER_VOIDED]),
                "receipts": ("SELECT count(*) FROM receipt WHERE ordinal > 0", lambda: said[AuditEvent.RECEIPT_TAKEN]),
                "closed": ("SELECT count(*) FROM receipt WHERE ordinal = 0", lambda: said[AuditEvent.VISIT_CLOSED]),
                "owed": (f"{numbers} WHERE state = 2 AND document IS NULL", lambda: 0),
            },
        )


async def _visits(terminal: Terminal, cards: Iterable[CardSerial], tell: Teller) -> None:
    for card in cards:
        try:
            await terminal.visit(card)
        except NotStored as fault:
            tell.refused(fault)


def _entry(data: bytes) -> AuditEntry:
    return from_bytes(AuditEntry, bytes(data))


def _logged(entries: Entries, event: AuditEvent, visit: bytes, number: str = "") -> bool:
    return any((one.event, one.visit, one.number) == (event, visit, number) for one in map(_entry, entries.values()))


def _owed_or_settled(connection: Connection, number: str) -> bool:
    row = one_row(connection, "SELECT state, document FROM issuance WHERE number = ?", number)
    if row is None:
        return False
    state, document = row
    return state == IssuanceState.SETTLED or (state == IssuanceState.ISSUED and bool(document))


def _settled(connection: Connection, visit: bytes, ordinal: int, entries: Entries) -> bool:
    """Say whether the receipt is there with the place in the log that FINAL names, and what it settled is settled."""
    row = one_row(connection, "SELECT log_index, receipt FROM receipt WHERE visit = ? AND ordinal = ?", visit, ordinal)
    if row is None or not row[1] or row[0] not in entries:
        return False
    entry = _entry(entries[row[0]])
    if (entry.visit, entry.ordinal) != (visit, ordinal):
        return False
    if ordinal == 0:
        return one_row(connection, "SELECT closed FROM visit WHERE visit = ?", visit) == (1,)
    issued = one_row(connection, "SELECT state FROM issuance WHERE visit = ? AND ordinal = ?", visit, ordinal)
    return issued == (IssuanceState.SETTLED,)
