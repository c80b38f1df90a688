"""What a ward's beginning costs: its whole town taken over, and the registry's side of the first full reconcile.

A list of the town's people is written as a ward hands one over, and imported as `konbini ward import` does, by the
registry's own functions with keys made for this run. Then the registry builds its tree, as for a follower that compares
everything, while a reader asks it for one record after another.

Each step runs in a process of its own, so that its memory is its own. Limits: the list repeats the households of one
town of 10,000 under other numbers, three people in four with a card; nobody has a seal.
Beyond the record everybody has a postcode, foreign residents the readings of their names, and nobody anything else.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.simulation.bench.ward.registry import CardIssuer
from konbini.simulation.town.listing import repeated, write_csv
from konbini.simulation.town.pki.authority import key_pem
from konbini.simulation.town.populate import populate
from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.residents.comparing import Comparing
from konbini.ward_server.residents.config import read_config
from konbini.ward_server.residents.dates import day_after
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.importing.main import Taken, take_list
from konbini.ward_server.residents.importing.takeover import Approval, Reports
from konbini.ward_server.residents.main import open_registry
from konbini.ward_server.residents.store import RegistryStore
from konbini.ward_server.residents.town import TownCard, TownRow

__all__ = ["Beginning", "Compared", "measure_beginning"]

P = ParamSpec("P")
T = TypeVar("T")

_SEED: Final = 7
_TOWN: Final = 10_000
_KEY_BYTES: Final = 32
_KEY_ID: Final = bytes(20)
_YEARS_OF_A_CERTIFICATE: Final = 50_000
_PAUSE_SECONDS: Final = 0.05
_CONFIG: Final = f"""
municipality = "{SUMIKAWA.code}"
[store]
address = "sqlite:registry.db"
[keys]
record = "record.pem"
identity = "identity.pem"
personal = ["personal.key"]
numbers = ["numbers.key"]
lookup = "lookup.key"
given = "given.key"
[followers]
names = ["issuing"]
socket = "followers.sock"
users = [0]
[operators]
socket = "operators.sock"
users = [0]
signed = false
[log]
origin = "konbini/{SUMIKAWA.code}/registry"
key = "log.pem"
witnesses = []
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The registry's side of a full reconcile: its cost, its highest memory, and the slowest of others' reads."""

    seconds: float
    cpu_seconds: float
    mib: float
    slowest_read_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """One town: what its takeover cost, the bytes that its registry holds, and what a reconcile costs there."""

    taken: Taken
    stored_bytes: int
    compared: Compared


def measure_beginning(residents: int, processes: int, say: Callable[[str], None]) -> Beginning:
    """Measure one town, in a folder below the system's temporary one, which `TMPDIR` names; it is removed at the end.

    Args:
        residents: of the list; its last household may bring a few more.
        processes: that prepare rows.
        say: hears in a line how far it is.

    Raises:
        Exception: what the registry raises; nothing of it should.
    """
    with tempfile.TemporaryDirectory(prefix="konbini-beginning-") as name:
        folder = Path(name)
        _alone(_make, folder, residents)
        say(f"{residents:,} residents: a list of {_list(folder).stat().st_size / 1e6:.0f} MB in {folder}")
        taken = _alone(_take, folder, processes)
        stored = (folder / "registry.db").stat().st_size
        say(f"{taken.residents:,} residents taken over in {taken.cost.seconds:.0f} s")
        return Beginning(taken=taken, stored_bytes=stored, compared=_alone(_compare, folder))


def _alone(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a step in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(step, *args, **kwargs).result()


def _list(folder: Path) -> Path:
    return folder / "list.csv"


def _make(folder: Path, residents: int) -> None:
    (folder / "registry.toml").write_text(_CONFIG, encoding="utf-8")
    for name in ("record.pem", "identity.pem"):
        _secret(folder / name, key_pem(ec.generate_private_key(ec.SECP256R1())))
    _secret(folder / "log.pem", key_pem(ed25519.Ed25519PrivateKey.generate()))
    for name in ("personal.key", "numbers.key", "lookup.key", "given.key"):
        _secret(folder / name, SystemEntropy().token(_KEY_BYTES))
    write_csv(_list(folder), repeated(tuple(_rows()), residents))


def _secret(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _rows() -> Iterator[TownRow]:
    issuer = CardIssuer(_KEY_ID)
    for person in populate(_SEED, _TOWN, dt.datetime.now(dt.UTC).date()).people:
        cards = []
        if person.card is not None:
            begun = person.card.counts_from
            card, ends = issuer.card(person.card.serial), day_after(begun) + _YEARS_OF_A_CERTIFICATE
            cards.append(TownCard(card=card, counts_from=begun, valid_until=ends // 100 * 100 + 1))
        kept = person.entry
        yield TownRow(
            record=person.record,
            individual_number=person.individual_number,
            cards=tuple(cards),
            measures=(),
            entry=RegisterEntry(postcode=kept.postcode, alias_reading=kept.alias_reading, katakana=kept.katakana),
        )


def _take(folder: Path, processes: int) -> Taken:
    return asyncio.run(
        take_list(
            folder / "registry.toml",
            _list(folder),
            SystemClock(),
            SystemEntropy(),
            approval=Approval(entered_by="town-office-1", approved_by="town-office-2", source="a made-up town's list"),
            sha256=None,
            processes=processes,
            reports=Reports(),
        )
    )


def _compare(folder: Path) -> Compared:
    return asyncio.run(_compared(folder))


async def _compared(folder: Path) -> Compared:
    async with open_registry(read_config(folder / "registry.toml"), SystemClock(), SystemEntropy()) as rooms:
        slowest = [0.0]
        reading = asyncio.create_task(_read(rooms.store, slowest))
        begun, cpu = time.perf_counter(), time.process_time()
        await Comparing(rooms.store, rooms.pen).tree("issuing", bytes(16))
        ended, cpu = time.perf_counter(), time.process_time() - cpu
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
    return Compared(
        seconds=ended - begun,
        cpu_seconds=cpu,
        mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        slowest_read_seconds=slowest[0],
    )


async def _read(store: RegistryStore, slowest: list[float]) -> None:
    """Ask for a record, again and again, and keep how long the slowest answer took."""
    while True:
        begun = time.perf_counter()
        await store.read(lambda reading: reading.record(f"{1:015d}"))
        slowest[0] = max(slowest[0], time.perf_counter() - begun)
        await asyncio.sleep(_PAUSE_SECONDS)
