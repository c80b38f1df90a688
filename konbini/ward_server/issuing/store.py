"""What `issuing` keeps: the rows, what reads and writes them, and what keeps the copy of residents right."""

from __future__ import annotations

from dataclasses import dataclass

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.rows import Rows
from konbini.process.secret_files import read_signing_key
from konbini.ward_server.clerk.calls import ClerkClient
from konbini.ward_server.following.calls import RegistryCalls
from konbini.ward_server.following.current import Current
from konbini.ward_server.following.events import ISSUING
from konbini.ward_server.following.life import Numbers
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.following.upkeep import Own, Upkeep, witness_of
from konbini.ward_server.issuing.config import IssuingConfig
from konbini.ward_server.issuing.copy import ResidentCopy
from konbini.ward_server.issuing.effects import issuing_effects
from konbini.ward_server.issuing.ledger.ending import HOLDINGS
from konbini.ward_server.issuing.ledger.ledger import Ledger
from konbini.ward_server.issuing.ledger.numbers import Ranges, ranges_used
from konbini.ward_server.issuing.steering import Steering
from konbini.ward_server.storage.key_files import read_keyed_hash
from konbini.ward_server.storage.sealing import Sealer
from konbini.ward_server.trust import Trust

__all__ = ["IssuingStore", "issuing_store"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingStore:
    """The rows of `issuing`, what reads and writes them, and what keeps the copy right."""

    copy: ResidentCopy
    upkeep: Upkeep
    current: Current
    ledger: Ledger


def issuing_store(  # noqa: PLR0913 - what the store rests on, named
    rows: Rows,
    config: IssuingConfig,
    *,
    trust: Trust,
    registry: RegistryCalls,
    clerk: ClerkClient,
    sealer: Sealer,
    steering: Steering,
    clock: Clock,
    entropy: Entropy,
) -> IssuingStore:
    """Build it on open rows.

    Raises:
        ConfigRefused, OSError, ValueError: a key file cannot be used.
    """
    hashes = read_keyed_hash(config.lookup_key)
    feed = FeedRows(config.ward, trust.record, hashes)
    copy = ResidentCopy(rows, feed, sealer=sealer, record_key=trust.record, municipality=config.ward)
    ranges = Ranges(config.ranges)
    own = Own(
        config=config.upkeep,
        events=ISSUING,
        municipality=config.ward,
        key=trust.record,
        hashes=hashes,
        feed=feed,
        application=copy,
        signed_rows=copy.held_of,
        numbers=Numbers(used=ranges_used, begin=ranges.take, renew=ranges.take),
        published=witness_of(config.upkeep, config.trust, config.ward, "issuing"),
        holdings=HOLDINGS,
        retention=lambda: steering.settings().retention,
        disposals_key=read_signing_key(config.disposals_key),
        used_ranges=clerk.ranges,
        operators=config.operators,
        process="issuing",
        effects={**issuing_effects(config.ward, trust.register, clock), **steering.effects()},
        afterwards=steering.afterwards(),
    )
    upkeep = Upkeep(own, rows, registry, clock, entropy)
    current = Current(rows, upkeep.lease, upkeep.outages, clock, standby=config.upkeep.standby)
    ledger = Ledger(
        rows,
        feed,
        ward=config.ward,
        hash_card=lambda card: hashes.card(card.issuer_key_id, card.serial),
        stop=upkeep.stop,
        current=current,
    )
    return IssuingStore(copy=copy, upkeep=upkeep, current=current, ledger=ledger)
