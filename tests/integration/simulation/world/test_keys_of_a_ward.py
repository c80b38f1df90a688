"""A ward whose keys are the world's: the same code, the same checks, and the same refusals."""

from __future__ import annotations

import pytest

from konbini.protocol.errors import Code
from konbini.protocol.kinds import Scope
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.town import Town
from konbini.simulation.world.keys import WorldKeys, WorldSigningKey, WorldVerifyingKey
from konbini.simulation.world.papers.ports import SIMULATED
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from tests.integration.ward_server.people import HEAD
from tests.integration.ward_server.ward import make_keys, open_ward


@pytest.fixture(scope="module")
def town_keys(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Make a town with the world's keys."""
    return make_keys(tmp_path_factory.mktemp("keys") / "town", WorldKeys(SeededEntropy(3).token))


async def test_a_visit_from_open_to_final(town_keys: Town, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Paid and printed; the ward's identity, its prekeys and its message key are of the world, and so are records."""
    fresh = WorldKeys(SeededEntropy(4).token)
    async with open_ward(town_keys, tmp_path_factory.mktemp("w"), papers=SIMULATED, fresh=fresh) as ward:
        newest = ward.desk.prekeys.newest
        assert newest is not None
        assert isinstance(newest.message_key.signing, WorldSigningKey)
        assert isinstance(ward.center.key.verifying, WorldVerifyingKey)
        visit = ward.visit(HEAD)
        await visit.open()
        told = await visit.order(scope=Scope.WHOLE)
        assert told.given_document.pages == 1
        await visit.printed(told)
        assert ward.issuances() == [(IssuanceState.SETTLED, None)]
        assert ward.cases() == []


async def test_an_order_that_another_key_signed_is_refused(
    town_keys: Town, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As it is with real keys; the visit's own may be of either kind."""
    fresh = WorldKeys(SeededEntropy(4).token)
    async with open_ward(town_keys, tmp_path_factory.mktemp("w"), papers=SIMULATED, fresh=fresh) as ward:
        visit = ward.visit(HEAD)
        await visit.open()
        told = await visit.send_order(visit.order_body(signing=fresh.signing()))
        assert told.code is Code.SIGNATURE_INVALID
