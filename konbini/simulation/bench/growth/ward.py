"""Stores of `issuing` that have grown along one axis: filled by a follower, its log added to, days lived through.

Every store begins as a copy of one that a follower filled, so that only what the axis names differs. Days are lived by
a clock that is set forward: each has its orders, done as `konbini.simulation.bench.ward.orders` does them.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from konbini.process.clock import SystemClock, to_seconds
from konbini.process.entropy import SystemEntropy
from konbini.process.statements import Connection
from konbini.process.stores import SqliteAddress
from konbini.simulation.bench.growth.axes import Axis
from konbini.simulation.bench.ward.orders import VISITS_A_DAY, Terminal, sealed_document
from konbini.simulation.bench.ward.registry import CardIssuer, StreamingRegistry
from konbini.simulation.bench.ward.residents import Residents
from konbini.simulation.bench.ward.rounds import Contestant
from konbini.simulation.bench.ward.stores import WardKeys, fill, open_filled, over_rows
from konbini.simulation.clock import SettableClock
from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.issuing.desk import Now
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["WardStores"]

_SEED: Final = 7
_CALLERS: Final = 8
_KEY_ID_BYTES: Final = 20
_A_DAY: Final = 24 * 3600
_ORDERS_OF_A_DAY: Final = 16
_AT_ONCE: Final = 500
_BASE: Final = 400
"""Residents where another axis grows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ward:
    """A ward's people and its filled copy, which nobody has open."""

    residents: Residents
    registry: StreamingRegistry
    file: Path


class WardStores:
    """Makes them, below one folder.

    Args:
        folder: is there.
        ending: closes what is opened.
        orders: how many each contestant will take in all.
    """

    def __init__(self, folder: Path, ending: AsyncExitStack, orders: int) -> None:
        self._folder = folder
        self._ending = ending
        self._orders = orders
        self._entropy = SystemEntropy()
        # It stands still while orders are timed, so that the lease that begins a round lasts for it.
        self._clock = SettableClock(SystemClock().now())
        self._keys = WardKeys(SUMIKAWA.code, self._clock, self._entropy)
        self._issuer = CardIssuer(self._entropy.token(_KEY_ID_BYTES))
        self._wards: dict[int, _Ward] = {}

    async def grown(self, axis: Axis) -> list[Contestant]:
        """Give a store for each size of an axis.

        Raises:
            ValueError: no such axis, or too few residents for so many orders.
            Exception: what a store or the ledger raises; nothing of it should.
        """
        ways: dict[str, Callable[[Contestant, int], Awaitable[None]] | None] = {
            "residents": None,
            "entries of the audit log": self._add_entries,
            "days of history": self._live,
        }
        if axis.name not in ways:
            raise ValueError(f"a ward does not grow along {axis.name}")
        found = []
        for size in axis.sizes:
            grow = ways[axis.name]
            one = await self._contestant(f"{axis.name} {size}", await self._ward(size if grow is None else _BASE))
            if grow is not None:
                await grow(one, size)
            found.append(one)
        return found

    async def _ward(self, residents: int) -> _Ward:
        if residents not in self._wards:
            people = Residents(_SEED, residents, Now(milliseconds=self._clock.now()).day)
            registry = StreamingRegistry(
                people, self._issuer, self._keys.record, self._keys.municipality, to_seconds(self._clock.now())
            )
            file = self._folder / f"filled-{residents}.db"
            await fill(SqliteAddress(path=file), self._keys, registry)
            self._wards[residents] = _Ward(residents=people, registry=registry, file=file)
        return self._wards[residents]

    async def _contestant(self, name: str, ward: _Ward) -> Contestant:
        file = self._folder / f"{name.replace(' ', '-')}.db"
        shutil.copyfile(ward.file, file)
        rows = open_filled(SqliteAddress(path=file))
        self._ending.push_async_callback(rows.close)
        store = over_rows(rows, self._keys, ward.registry)
        document = sealed_document(self._keys, to_seconds(self._clock.now()))
        names = [f"K-{number:04d}" for number in range(1, _CALLERS + 1)]
        return Contestant(
            name=name,
            residents=ward.residents.count,
            store=store,
            terminals=[Terminal(each, store, self._keys, document) for each in names],
            cards=self._cards(ward.residents),
        )

    def _cards(self, residents: Residents) -> Iterator[CardSerial]:
        serials = residents.draw(max(self._orders, 4 * _CALLERS))
        if len(serials) * VISITS_A_DAY < self._orders or len(serials) < _CALLERS * 2:
            raise ValueError(f"{residents.count} residents are too few for {self._orders} orders")
        return itertools.cycle([self._issuer.card(serial) for serial in serials])

    async def _add_entries(self, one: Contestant, entries: int) -> None:
        entry = AuditEntry(moment=self._clock.now(), event=AuditEvent.ORDER_SEALED, about="K-0001", ordinal=1)

        def some(count: int) -> Callable[[Connection], None]:
            def change(connection: Connection) -> None:
                for _ in range(count):
                    append(connection, entry)

            return change

        for first in range(0, entries, _AT_ONCE):
            await one.store.rows.write(some(min(_AT_ONCE, entries - first)), step="history")

    async def _live(self, one: Contestant, days: int) -> None:
        """Live through days, on a clock that all stores share: it only goes forward, and no order looks at its hour."""
        for _ in range(days):
            await one.store.follower.renew()
            for terminal, card in zip(itertools.cycle(one.terminals), itertools.islice(one.cards, _ORDERS_OF_A_DAY)):
                await terminal.visit(card)
            await self._clock.advance(_A_DAY)
