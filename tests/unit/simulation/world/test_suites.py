"""Each sort of cryptography gives keys of its own kind, to services, kiosks and towns alike."""

from __future__ import annotations

import pytest

from konbini.protocol.cose import SigningKey
from konbini.protocol.sealing import OpeningKey
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.world.keys import WorldOpeningKey, WorldSigningKey
from konbini.simulation.world.suites import REAL, SIMULATED, Suite


@pytest.mark.parametrize(
    ("suite", "signing", "opening"),
    [(REAL, SigningKey, OpeningKey), (SIMULATED, WorldSigningKey, WorldOpeningKey)],
    ids=["real", "simulated"],
)
def test_a_suite_has_keys_of_one_kind(suite: Suite, signing: type, opening: type) -> None:
    """Fresh ones and those of a town's files; two are never the same."""
    fresh, town = suite.fresh(SeededEntropy(1)), suite.town_keys(SeededEntropy(2))
    keys = [fresh.signing(), fresh.signing(), SigningKey.from_pem(town.signing_file())]
    assert {type(key) for key in keys} == {signing}
    assert len({key.verifying.point for key in keys}) == len(keys)
    assert {type(fresh.opening()), type(town.opening())} == {opening}
