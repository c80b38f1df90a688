"""Fresh: without the registry's last signed word nothing is opened and nothing is completed."""

from __future__ import annotations

import asyncio

import pytest

from konbini.protocol.errors import Code
from konbini.ward_server.residents.calls import OperatorMethod
from konbini.ward_server.residents.changes import ChangeKind, Restriction, new_change
from tests.integration.ward_server.people import ALONE, HEAD, TODAY
from tests.integration.ward_server.ward import Ward


async def test_a_registry_that_is_gone(ward: Ward) -> None:
    """Served for the rest of the lease, then refused, before a menu and after one; served again when it is back."""
    visit = ward.visit(HEAD)
    await ward.stop("registry")
    await visit.open()
    await ward.clock.advance(61)
    assert (await ward.visit(ALONE, ward.kiosk("K-0002")).open()).code is Code.WARD_NOT_CURRENT
    assert (await visit.order()).code is Code.WARD_NOT_CURRENT
    assert ward.issuances() == []
    await ward.start_registry()
    await ward.caught_up()
    assert (await visit.order()).document is not None


async def test_a_registry_restored_from_a_backup(ward: Ward) -> None:
    """It has forgotten a measure that was acknowledged: both followers notice, and nothing is issued from then on."""
    await ward.stop("registry")
    ward.place.back_up("registry")
    await ward.start_registry()
    await ward.caught_up()
    await ward.register.protect(HEAD)
    await ward.stop("registry")
    ward.place.restore("registry")
    await ward.start_registry()
    await ward.go_on_until(lambda: not any(current.lease_holds() for current in ward.currents))
    for _ in range(100):
        await asyncio.sleep(0.002)
        await ward.clock.advance(1)
    assert not any(current.lease_holds() for current in ward.currents)
    assert (await ward.visit(ALONE).open()).code is Code.REGISTRY_BEHIND


async def test_a_change_is_acknowledged_when_nothing_older_can_be_issued(ward: Ward) -> None:
    """With the clerk gone, an operator waits for the end of its lease; the next visit is refused by then."""
    await ward.stop("clerk")
    measure = Restriction(name="S-2026-0099", planned_end=None)
    change = new_change(ChangeKind.MEASURE_SET, HEAD, measure, seen=0, effective=TODAY, source="申出書")
    entered = await ward.operators.call(OperatorMethod.ENTER, "aoki", change.to_bytes())
    approving = asyncio.create_task(ward.operators.call(OperatorMethod.APPROVE, "bando", entered, within=20))
    await ward.go_on_until(lambda: ward.rows("issuing", "SELECT count(*) FROM bar WHERE in_force = 1") == [(2,)])
    assert not approving.done()
    assert (await ward.visit(HEAD).open()).code is Code.ASK_AT_COUNTER
    await ward.go_on_until(approving.done)
    await approving
    await ward.start_clerk()


@pytest.mark.parametrize("table", ["person", "seal_registration"])
async def test_a_copy_that_was_tampered_with(ward: Ward, table: str) -> None:
    """What was moved to another resident's row does not open: nothing is drawn from it, and the ward stops."""
    await ward.stop("issuing")
    ward.write("issuing", f"UPDATE {table} SET sealed = (SELECT sealed FROM {table} LIMIT 1)")  # noqa: S608 - a table of this test
    await ward.start_issuing()
    await ward.caught_up()
    told = await ward.visit(ALONE).open()
    assert (told.menu, told.code) == (None, Code.INTERNAL)
    assert ward.stops() == {"issuing": Code.SEAL_BROKEN, "clerk": None}
    assert (await ward.visit(HEAD, ward.kiosk("K-0002")).open()).code is Code.WARD_STOPPED
