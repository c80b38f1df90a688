"""Protective measures (支援措置): each application stands and falls by itself; the Meguro timeline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.bodies import MeasureCategory, Protection, Restriction
from konbini.ward_server.residents.changes import ChangeKind, new_change
from konbini.ward_server.residents.store import StoredRestriction
from tests.unit.ward_server.residents.acts import act, refused
from tests.unit.ward_server.residents.conftest import Office

ONE = "000000000000001"
MEASURE = Restriction(
    name="2025-017",
    planned_end=20250510,
    category=MeasureCategory.DOMESTIC_VIOLENCE,
    protection=Protection.APPLICANT,
    remark="相談機関の意見を確認",
)


async def measures(office: Office) -> dict[str, StoredRestriction]:
    """Give the measures of the resident by application number."""
    return {one.name: one for one in (await office.registry.look_up("aoki", ONE, "a test")).restrictions}


async def test_what_a_measure_rests_on_is_kept(office: Office) -> None:
    """開始日, 申出区分, 保護区分, 備考, 終了予定日, 終了日; what a renewal or release leaves out stays."""
    await office.take_in(ONE)
    await act(office, ChangeKind.MEASURE_SET, ONE, MEASURE, 0, day=20240510)
    await act(office, ChangeKind.MEASURE_RENEWED, ONE, Restriction(name=MEASURE.name, planned_end=20260510), 1)
    stands = (await measures(office))[MEASURE.name]
    assert (stands.begun, stands.ended, stands.planned_end) == (20240510, None, 20260510)
    assert (stands.category, stands.protection, stands.remark) == (
        MeasureCategory.DOMESTIC_VIOLENCE,
        Protection.APPLICANT,
        MEASURE.remark,
    )
    release = Restriction(name=MEASURE.name, planned_end=None)
    await act(office, ChangeKind.MEASURE_RELEASED, ONE, release, 2, day=20260511)
    released = (await measures(office))[MEASURE.name]
    assert (released.in_force, released.ended, released.planned_end) == (False, 20260511, 20260510)


async def test_applied_for_anew_both_stand(office: Office) -> None:
    """A number of its own while an earlier one stands; the release of the one leaves the other in force."""
    await office.take_in(ONE)
    anew = replace(MEASURE, name="2026-101", planned_end=20270507)
    assert await refused(office, ChangeKind.MEASURE_ANEW, ONE, anew, 0) is Code.CHANGE_INVALID
    await act(office, ChangeKind.MEASURE_SET, ONE, MEASURE, 0)
    assert await refused(office, ChangeKind.MEASURE_ANEW, ONE, MEASURE, 1) is Code.CHANGE_INVALID
    await act(office, ChangeKind.MEASURE_ANEW, ONE, anew, 0)
    assert [one.in_force for one in (await measures(office)).values()] == [True, True]
    await act(office, ChangeKind.MEASURE_RELEASED, ONE, MEASURE, 1)
    assert {name for name, one in (await measures(office)).items() if one.in_force} == {anew.name}


@pytest.mark.parametrize("anew", [False, True])
async def test_the_list_of_april_lifts_nothing_of_may(office: Office, *, anew: bool) -> None:
    """Meguro, 2025: listed in April, renewed or applied for anew on 8 May, released from the list on 14 May.

    The renewal makes the release meet another version: refused. The new application is another measure: the release
    ends the old one and the resident stays protected.
    """
    await office.take_in(ONE)
    await act(office, ChangeKind.MEASURE_SET, ONE, MEASURE, 0, day=20240511)
    listed = (await measures(office))[MEASURE.name].version
    if anew:
        await act(office, ChangeKind.MEASURE_ANEW, ONE, replace(MEASURE, name="2025-101"), 0, day=20250508)
    else:
        renewal = Restriction(name=MEASURE.name, planned_end=20260507)
        await act(office, ChangeKind.MEASURE_RENEWED, ONE, renewal, listed, day=20250508)
    release = new_change(
        ChangeKind.MEASURE_RELEASED, ONE, MEASURE, seen=listed, effective=20250514, source="四月の一覧"
    )
    if anew:
        await office.registry.approve("bando", await office.registry.enter("aoki", release))
    else:
        with pytest.raises(Refused) as refusal:
            await office.registry.enter("aoki", release)
        assert refusal.value.code is Code.CHANGED_MEANWHILE
    assert any(one.in_force for one in (await measures(office)).values())
