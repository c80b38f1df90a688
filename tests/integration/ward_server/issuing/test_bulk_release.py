"""Meguro's timeline through the whole ward: a bulk release that a new application overtook lifts no protection."""

from __future__ import annotations

import pytest

from konbini.protocol.errors import Code
from konbini.protocol.kinds import MessageKind
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.residents.bulk_calls import BulkLine
from konbini.ward_server.residents.changes import Change, ChangeKind, Restriction, new_change
from tests.integration.ward_server.people import ALONE, BESIDE_PROTECTED, MEASURE, PROTECTED, TODAY
from tests.integration.ward_server.ward import Ward

OTHER_MEASURE = "S-2026-0042"


def release(resident: str, name: str) -> Change:
    """Write a row that releases a measure, prepared on its first version."""
    body = Restriction(name=name, planned_end=None)
    return new_change(ChangeKind.MEASURE_RELEASED, resident, body, seen=1, effective=TODAY, source="4月の一覧")


async def told(ward: Ward, holder: str) -> Code | None:
    """Give the code with which a visit is refused."""
    answer = await ward.visit(holder).open()
    assert answer.kind is MessageKind.MENU
    return answer.code


@pytest.mark.parametrize("same_number", [False, True])
async def test_list_in_april_application_in_may_release_after_it(ward: Ward, *, same_number: bool) -> None:
    """The registry refuses the list and does none of it, and issuing refuses the request that comes afterwards."""
    await ward.register.change(ChangeKind.MEASURE_SET, ALONE, Restriction(name=OTHER_MEASURE, planned_end=None), 0)
    aoki, bando = BulkLine(ward.operators, "aoki"), BulkLine(ward.operators, "bando")
    rows = [release(ALONE, OTHER_MEASURE), release(PROTECTED, MEASURE)]
    listed = await aoki.enter("4月の一覧", rows)
    assert await bando.show(listed.change_id) == tuple(rows)
    kind, name, seen = (
        (ChangeKind.MEASURE_RENEWED, MEASURE, 1) if same_number else (ChangeKind.MEASURE_SET, "S-2026-0043", 0)
    )
    await ward.register.change(kind, PROTECTED, Restriction(name=name, planned_end=20271120), seen)
    answer = await bando.approve(listed.change_id)
    assert [(row.place, Code(row.code)) for row in answer.refused] == [(2, Code.CHANGED_MEANWHILE)]
    assert (AuditEvent.BULK_REFUSED, Code.CHANGED_MEANWHILE) in ward.events("registry")
    for holder in (PROTECTED, BESIDE_PROTECTED, ALONE):
        assert await told(ward, holder) is Code.ASK_AT_COUNTER


async def test_a_list_that_holds_is_in_force_when_it_is_answered(ward: Ward) -> None:
    """The followers have applied it: the holder gets a menu at once."""
    assert await told(ward, BESIDE_PROTECTED) is Code.ASK_AT_COUNTER
    aoki, bando = BulkLine(ward.operators, "aoki"), BulkLine(ward.operators, "bando")
    listed = await aoki.enter("一覧", [release(PROTECTED, MEASURE)])
    assert (await bando.approve(listed.change_id)).refused == ()
    assert await told(ward, BESIDE_PROTECTED) is None
