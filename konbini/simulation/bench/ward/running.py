"""The benchmark from beginning to end: fills, copies, measures, and takes everything away again."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from konbini.process.clock import SystemClock, to_seconds
from konbini.process.entropy import SystemEntropy
from konbini.process.stores import SqliteAddress, StoreAddress
from konbini.simulation.bench.ward.figures import Figures, figures, ratio_of_rates
from konbini.simulation.bench.ward.orders import VISITS_A_DAY, Terminal, sealed_document
from konbini.simulation.bench.ward.registry import CardIssuer, StreamingRegistry
from konbini.simulation.bench.ward.residents import Residents
from konbini.simulation.bench.ward.rounds import Contestant, SinglyCommitting, take_turns
from konbini.simulation.bench.ward.stores import WardKeys, copy_filled, fill, open_filled, over_rows
from konbini.simulation.postgresql import PrivateServer, folder_of_its_own
from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.issuing.desk import Now
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["Measured", "Plan", "measure_ward"]

_ENGINES: Final = ("sqlite", "postgresql")
_SINGLY: Final = "singly"
_SEED: Final = 7
_KEY_ID_BYTES: Final = 20
_SERVER: Final = ("shared_buffers=256MB", "max_wal_size=4GB", "max_connections=40")
_MICROSECONDS: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be measured.

    Attributes:
        sizes: residents of each ward, the smallest first.
        rounds: how many count.
        orders: of one engine and size in one round.
        callers: kiosks at a time.
    """

    sizes: Sequence[int]
    rounds: int
    orders: int
    callers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came out: each engine's figures, and what SQLite's group commit is to one commit for each change."""

    engines: Sequence[Figures]
    group_commit_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ward:
    """One ward, its copy filled on each engine."""

    residents: Residents
    registry: StreamingRegistry
    addresses: Mapping[str, StoreAddress]


async def measure_ward(plan: Plan, say: Callable[[str], None]) -> Measured:
    """Measure, in folders below the system's temporary one, which `TMPDIR` names; they are removed at the end.

    Args:
        plan: what.
        say: hears in a line where it writes, and how far it is.

    Raises:
        ValueError: so many orders are more than the cards of the smallest ward may have in a day.
        RuntimeError: PostgreSQL does not start.
        Exception: what a store or the ledger raises; nothing of it should.
    """
    keys = WardKeys(SUMIKAWA.code, SystemClock(), SystemEntropy())
    issuer = CardIssuer(keys.entropy.token(_KEY_ID_BYTES))
    with tempfile.TemporaryDirectory(prefix="konbini-ward-") as files, folder_of_its_own() as folder:
        say(f"writes to {files} (SQLite) and {folder} (PostgreSQL)")
        with PrivateServer(folder=folder).running(*_SERVER) as server:
            today = Now(milliseconds=keys.clock.now()).day
            wards = []
            for size in plan.sizes:
                file = SqliteAddress(path=Path(files) / f"issuing-{size}.db")
                places = (file, server.address(schema=f"issuing_{size}"))
                wards.append(await _make_ward(Residents(_SEED, size, today), keys, issuer, places, say))
            server.run("VACUUM ANALYZE")
            async with _contestants(plan, wards, keys, issuer) as contestants:
                rounds = await take_turns(
                    contestants,
                    rounds=plan.rounds,
                    orders=plan.orders,
                    told=lambda number: say(f"round {number} of {plan.rounds}"),
                )
    found = {(one.name, one.residents): its for one, its in zip(contestants, rounds, strict=True)}
    return Measured(
        engines=[figures(engine, {size: found[engine, size] for size in plan.sizes}) for engine in _ENGINES],
        group_commit_ratio=ratio_of_rates(found["sqlite", plan.sizes[0]], found[_SINGLY, plan.sizes[0]]),
    )


async def _make_ward(
    residents: Residents, keys: WardKeys, issuer: CardIssuer, places: Sequence[StoreAddress], say: Callable[[str], None]
) -> _Ward:
    registry = StreamingRegistry(residents, issuer, keys.record, keys.municipality, to_seconds(keys.clock.now()))
    (file, schema), size = places, residents.count
    begun, cpu = time.perf_counter(), time.process_time()
    await fill(file, keys, registry)
    filled, cpu = time.perf_counter(), time.process_time() - cpu
    await copy_filled(file, schema)
    copied = time.perf_counter()
    say(
        f"{size:,} residents: signed, followed and sealed in {filled - begun:.0f} s"
        f" ({cpu / size * _MICROSECONDS:.0f} µs of CPU each), copied to PostgreSQL in {copied - filled:.0f} s"
    )
    return _Ward(residents=residents, registry=registry, addresses=dict(zip(_ENGINES, places, strict=True)))


@asynccontextmanager
async def _contestants(
    plan: Plan, wards: Sequence[_Ward], keys: WardKeys, issuer: CardIssuer
) -> AsyncIterator[list[Contestant]]:
    """Open every copy; that of the smallest ward on SQLite stands twice, the second time committing singly."""
    document = sealed_document(keys, to_seconds(keys.clock.now()))
    async with AsyncExitStack() as ending:
        found = []
        for ward in wards:
            for engine in _ENGINES:
                rows = open_filled(ward.addresses[engine])
                ending.push_async_callback(rows.close)
                store = over_rows(rows, keys, ward.registry)
                names = [f"K-{number:04d}" for number in range(1, plan.callers + 1)]
                found.append(
                    Contestant(
                        name=engine,
                        residents=ward.residents.count,
                        store=store,
                        terminals=[Terminal(name, store, keys, document) for name in names],
                        cards=_cards(plan, ward.residents, issuer),
                    )
                )
        first = found[0]
        singly = over_rows(SinglyCommitting(first.store.rows), keys, wards[0].registry)
        terminals = [Terminal(f"K-1{number:03d}", singly, keys, document) for number in range(plan.callers)]
        found.append(replace(first, name=_SINGLY, store=singly, terminals=terminals))
        yield found


def _cards(plan: Plan, residents: Residents, issuer: CardIssuer) -> Iterator[CardSerial]:
    """Give cards over the whole ward, each in its turn and again, as often as it may.

    Raises:
        ValueError: that is not often enough, or there are too few for the callers.
    """
    orders = 2 * (plan.rounds + 1) * plan.orders
    serials = residents.draw(orders)
    if len(serials) * VISITS_A_DAY < orders or len(serials) < plan.callers * 2:
        raise ValueError(f"{residents.count} residents are too few for {orders} orders by {plan.callers} callers")
    return itertools.cycle([issuer.card(serial) for serial in serials])
