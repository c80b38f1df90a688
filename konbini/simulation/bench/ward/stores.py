"""The issuing copies that are measured: filled through a follower on SQLite, and copied as they stand to PostgreSQL.

A copy is what `issuing` itself holds: its rows, its copy and its ledger, its lease and its follower. To PostgreSQL the
rows go as a ward's do, with `konbini.process.copying`, which reads them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from konbini.process.clock import Clock
from konbini.process.copying import copy_store
from konbini.process.entropy import Entropy
from konbini.process.measures.ports import Measures
from konbini.process.membership import Member, ServerNames
from konbini.process.rows import Rows
from konbini.process.stores import StoreAddress, open_rows
from konbini.protocol.cose import SigningKey
from konbini.simulation.bench.ward.registry import StreamingRegistry
from konbini.ward_server.following.current import Current
from konbini.ward_server.following.events import ISSUING
from konbini.ward_server.following.follower import Follower
from konbini.ward_server.following.life import Numbers
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.following.upkeep import Own, Upkeep, UpkeepConfig
from konbini.ward_server.issuing.copy import ResidentCopy
from konbini.ward_server.issuing.ledger.ledger import Ledger
from konbini.ward_server.issuing.ledger.numbers import Ranges, ranges_used
from konbini.ward_server.signed_acts.config import OperatorsConfig
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.sealing import KeyEncryptionKeys, Sealer

__all__ = ["IssuingStore", "WardKeys", "copy_filled", "fill", "open_filled", "over_rows"]

_MIGRATIONS: Final = files("konbini.ward_server.issuing") / "migrations"
_KEY_BYTES: Final = 32
_UPKEEP: Final = UpkeepConfig(name="issuing", reconcile_at=0, most_outage_hours=1, standby=False, published=None)
_RANGES: Final = (0,)


class WardKeys:
    """One ward's keys and what stands beside them, made fresh: they seal and sign for this run alone.

    Args:
        municipality: the ward's code.
        clock: the machine's.
        entropy: of keys and nonces.
    """

    def __init__(self, municipality: str, clock: Clock, entropy: Entropy) -> None:
        self.municipality = municipality
        self.clock = clock
        self.entropy = entropy
        self.record = SigningKey.generate()
        self.disposals = SigningKey.generate()
        self.hashes = KeyedHash(entropy.token(_KEY_BYTES))
        self.sealer = Sealer(KeyEncryptionKeys((entropy.token(_KEY_BYTES),)), municipality, entropy)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingStore:
    """One copy, open."""

    rows: Rows
    copy: ResidentCopy
    ledger: Ledger
    current: Current
    upkeep: Upkeep

    @property
    def follower(self) -> Follower:
        """What follows the registry."""
        return self.upkeep.follower


def over_rows(rows: Rows, keys: WardKeys, registry: StreamingRegistry) -> IssuingStore:
    """Put together what `issuing` holds over rows."""
    ward, key = keys.municipality, keys.record.verifying
    feed, ranges = FeedRows(ward, key, keys.hashes), Ranges(_RANGES)
    copy = ResidentCopy(rows, feed, sealer=keys.sealer, record_key=key, municipality=ward)
    own = Own(
        config=_UPKEEP,
        events=ISSUING,
        municipality=ward,
        key=key,
        hashes=keys.hashes,
        feed=feed,
        application=copy,
        signed_rows=copy.held_of,
        numbers=Numbers(used=ranges_used, begin=ranges.take, renew=ranges.take),
        operators=OperatorsConfig(path=Path("nobody"), users=frozenset(), origin=None),
        process="issuing",
        holdings=(),
        retention=tuple,
        disposals_key=keys.disposals,
    )
    upkeep = Upkeep(own, rows, registry, keys.clock, keys.entropy)
    current = Current(rows, upkeep.lease, upkeep.outages, keys.clock)
    ledger = Ledger(
        rows,
        feed,
        ward=ward,
        hash_card=lambda card: keys.hashes.card(card.issuer_key_id, card.serial),
        stop=upkeep.stop,
        current=current,
    )
    return IssuingStore(rows=rows, copy=copy, ledger=ledger, current=current, upkeep=upkeep)


async def fill(address: StoreAddress, keys: WardKeys, registry: StreamingRegistry) -> None:
    """Let a follower apply the whole feed to an empty copy.

    Raises:
        Refused: the follower does not take it.
        AlreadyOwned, NotOpened, SchemaRefused, sqlite3.Error, OSError: the copy cannot be opened.
    """
    rows = open_filled(address)
    try:
        store, before = over_rows(rows, keys, registry), -1
        while (here := (await store.copy.position()).number) > before:
            before = here
            await store.follower.pull()
    finally:
        await rows.close()


async def copy_filled(source: StoreAddress, target: StoreAddress) -> None:
    """Copy a filled copy that nobody has open, from one engine to the other.

    Raises:
        CopyRefused, NotStored: what is in the target is not what was read.
        AlreadyOwned, NotOpened, SchemaRefused, sqlite3.Error, OSError: a store cannot be opened.
    """
    await copy_store(source, target, _MIGRATIONS, told=lambda _table: None)


def open_filled(address: StoreAddress, measures: Measures | None = None) -> Rows:
    """Open a copy as the one server of its ward, or make it where it is not there.

    Raises:
        AlreadyOwned, NotInStep, NotOpened, SchemaRefused, sqlite3.Error, OSError: it cannot be opened.
    """
    return open_rows(address, _MIGRATIONS, member=Member.of(ServerNames(), ()), measures=measures)
