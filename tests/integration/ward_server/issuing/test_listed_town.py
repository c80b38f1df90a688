"""A town that was taken over from a file serves: both followers apply it, and its residents have their papers."""

from __future__ import annotations

import pytest

from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind, Scope
from konbini.simulation.town.town import Town
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from tests.integration.ward_server.people import HEAD, PROTECTED
from tests.integration.ward_server.ward import open_ward


@pytest.mark.parametrize("listed", ["list.csv", "list.jsonl"])
async def test_a_listed_town_is_served(town_keys: Town, tmp_path_factory: pytest.TempPathFactory, listed: str) -> None:
    """Record and seal of one resident are printed; somebody under a measure of the list has nothing."""
    async with open_ward(town_keys, tmp_path_factory.mktemp("w"), listed=listed) as ward:
        visit = ward.visit(HEAD)
        assert (await visit.open()).given_menu.members[0].name == "葛\U000e0102城　文"
        printed = await visit.order(scope=Scope.WHOLE)
        assert printed.pdf.startswith(b"%PDF")
        await visit.printed(printed)
        seal = await visit.send_order(visit.order_body(kind=CertificateKind.SEAL_REGISTRATION, ordinal=2))
        await visit.printed(seal, ordinal=2)
        assert ward.issuances() == [(IssuanceState.SETTLED, None)] * 2
        assert (await ward.visit(PROTECTED).open()).code is Code.ASK_AT_COUNTER
