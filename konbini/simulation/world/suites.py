"""The two sorts of cryptography that a world can have, each as what its services, its kiosks and its towns are handed.

What a suite replaces is listed by what is not in it: TLS, the logs' checkpoints, sealing at rest, keyed hashes, receipt
codes and the card's own signature are real in both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from konbini.process.entropy import Entropy
from konbini.protocol.fresh_keys import SYSTEM_KEYS, FreshKeys
from konbini.simulation.town.service_keys import REAL_KEYS, ServiceKeys
from konbini.simulation.world.cards import WorldCards
from konbini.simulation.world.keys import WorldKeys
from konbini.ward_server.asking.card_judge import X509_CARDS, CardJudge

__all__ = ["REAL", "SIMULATED", "Suite"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One sort of cryptography.

    Attributes:
        name: of the folder that a town with such keys may be kept in.
        town_keys: makes a town's keys, for `konbini.simulation.town.layout.make_town`.
        fresh: makes the fresh keys of a process with its own chance, for `issuing` and for a kiosk's `Device`.
        cards: judges cards, for `issuing` and the clerk.
    """

    name: str
    town_keys: Callable[[Entropy], ServiceKeys]
    fresh: Callable[[Entropy], FreshKeys]
    cards: CardJudge


REAL: Final = Suite(name="real", town_keys=lambda _: REAL_KEYS, fresh=lambda _: SYSTEM_KEYS, cards=X509_CARDS)
SIMULATED: Final = Suite(
    name="simulated",
    town_keys=lambda entropy: WorldKeys(entropy.token),
    fresh=lambda entropy: WorldKeys(entropy.token),
    cards=WorldCards(),
)
