"""The clerk's store under a campaign: orders certified with their places, papers sealed, each before and after."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files

from konbini.pdf.paper_seal.signed_page import SIGNATURE_BYTES
from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.process.membership import Member, ServerNames
from konbini.process.rows import CommitWatch, NotStored
from konbini.process.statements import Connection
from konbini.process.stores import StoreAddress, open_rows
from konbini.protocol.numbers import IssuanceNumber
from konbini.protocol.shape import from_bytes
from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, verify
from konbini.ward_server.clerk.store import ClerkStore, StoredSeal
from tests.faults.kills.rooms import CALLERS, Entries, Teller, Word, counted, one_row

__all__ = ["ClerkRoom"]

_A_WORKER = 2_000
_RANGE = 7
_DAY = dt.date(2026, 11, 20)


class ClerkRoom:
    """The rows of the clerk; signatures are chance in their size, and made as the production room makes them."""

    name = "clerk"
    steps = ("audit", "certify", "seal")

    def __init__(self) -> None:
        self._clock, self._entropy = SystemClock(), SystemEntropy()

    async def prepare(self, address: StoreAddress) -> None:
        """Make the rows."""
        await open_rows(address, files("konbini.ward_server.clerk") / "migrations").close()

    async def work(self, address: StoreAddress, watch: CommitWatch | None, tell: Teller, number: int) -> None:
        """Certify and seal, one order after the other."""
        migrations = files("konbini.ward_server.clerk") / "migrations"
        rows = open_rows(address, migrations, watch=watch, member=Member.of(ServerNames(), ()))
        store = ClerkStore(rows)
        tell.started()
        async with asyncio.TaskGroup() as callers:
            for caller in range(CALLERS):
                callers.create_task(self._orders(store, tell, 1 + number * _A_WORKER + caller))

    def found(self, connection: Connection, word: Word, entries: Entries) -> bool:
        """Hold a certified order against place, signatures and entry; a seal against the very bytes that were given."""
        said = [from_bytes(AuditEntry, data) for data in entries.values()]
        match word.kind, word.about:
            case "audit", (number,):
                return (AuditEvent.SEALING, number) in {(one.event, one.number) for one in said}
            case "certify", (number, place, signature):
                row = one_row(
                    connection, "SELECT status_index, page_signatures FROM certified WHERE number = ?", number
                )
                there = row == (int(place), bytes.fromhex(signature))
                return there and (AuditEvent.CERTIFIED, number) in {(one.event, one.number) for one in said}
            case "seal", (number, suffix):
                row = one_row(connection, "SELECT suffix FROM certified WHERE number = ?", number)
                there = row == (bytes.fromhex(suffix),)
                return there and (AuditEvent.SEALED, number) in {(one.event, one.number) for one in said}
        raise ValueError(word.kind)

    def whole(self, connection: Connection) -> Sequence[str]:
        """Walk the log; count orders, seals and places against its entries."""
        verify(connection)
        data = connection.execute("SELECT entry FROM audit_entry").fetchall()
        said = Counter(from_bytes(AuditEntry, bytes(one)).event for (one,) in data)
        orders = "SELECT count(*) FROM certified"
        return counted(
            connection,
            {
                "certified": (orders, lambda: said[AuditEvent.CERTIFIED]),
                "sealed": (f"{orders} WHERE suffix IS NOT NULL", lambda: said[AuditEvent.SEALED]),
                "places": ("SELECT coalesce(sum(next), 0) FROM status_counter", lambda: said[AuditEvent.CERTIFIED]),
            },
        )

    async def _orders(self, store: ClerkStore, tell: Teller, first: int) -> None:
        for ordinal in range(first, first + _A_WORKER, CALLERS):
            try:
                await self._order(store, tell, ordinal)
            except NotStored as fault:
                tell.refused(fault)

    async def _order(self, store: ClerkStore, tell: Teller, counter: int) -> None:
        number = str(IssuanceNumber.of(SUMIKAWA.code, _DAY, _RANGE, counter))
        key, suffix = self._entropy.token(32), self._entropy.token(200)
        signed = await store.certify(
            key,
            self._entry(AuditEvent.CERTIFIED, number, key),
            _RANGE,
            lambda _place: (self._entropy.token(SIGNATURE_BYTES),),
        )
        tell("certify", number, signed.status_index, signed.signatures[0])
        await store.record(self._entry(AuditEvent.SEALING, number, key))
        tell("audit", number)
        seal = StoredSeal(pdf_hash=hashlib.sha256(suffix).digest(), suffix=suffix)
        stands = await store.seal(key, seal, self._entry(AuditEvent.SEALED, number, key))
        tell("seal", number, stands.suffix)

    def _entry(self, event: AuditEvent, number: str, visit: bytes) -> AuditEntry:
        return AuditEntry(
            moment=self._clock.now(), event=event, visit=visit, ordinal=1, number=number, digest=bytes(32)
        )
