"""People: two decide about a third, nobody about themselves, and the machine only where nobody is there."""

from __future__ import annotations

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.console.rights import Role
from konbini.ward_server.console.staff import MACHINE, StaffChange, StaffKind
from tests.integration.ward_server.console.house import BEGINS, ENDS, FIRST, SECOND, House


def _rights(person: str, *roles: Role, ends: int = ENDS) -> StaffChange:
    return StaffChange(kind=StaffKind.RIGHTS, person=person, roles=roles, begins=BEGINS, ends=ends)


async def _refused(code: Code, entering: object) -> None:
    with pytest.raises(Refused) as refusal:
        await entering  # type: ignore[misc] # a coroutine of the desk
    assert refusal.value.code is code


async def test_nobody_decides_about_themselves(house: House) -> None:
    """Neither enters nor agrees; whoever entered does not agree."""
    await house.first()
    await house.second()
    staff = house.console.staff
    await _refused(Code.OWN_RIGHTS, staff.enter(FIRST, _rights(FIRST, Role.SUPERVISION)))
    change_id, _half = await staff.enter(FIRST, _rights(SECOND, Role.SUPERVISION))
    await _refused(Code.OWN_RIGHTS, staff.agree(SECOND, change_id))
    await _refused(Code.SAME_PERSON, staff.agree(FIRST, change_id))


async def test_the_machine_agrees_only_where_nobody_can(house: House) -> None:
    """For the second administrator; refused once there is one."""
    await house.first()
    await house.second()
    change = StaffChange(
        kind=StaffKind.ENROL, person="aoki", name="青木", roles=(Role.ENTRY,), begins=BEGINS, ends=ENDS
    )
    change_id, _half = await house.console.staff.enter(FIRST, change)
    await _refused(Code.RIGHT_MISSING, house.console.staff.agree(MACHINE, change_id))


async def test_rights_end_and_some_do_not_go_together(house: House) -> None:
    """A year at most; audit and maintenance alone."""
    await house.people(kansa=Role.AUDIT)
    staff = house.console.staff
    await _refused(Code.CHANGE_INVALID, staff.enter(FIRST, _rights("kansa", Role.ENTRY)))
    await _refused(Code.CHANGE_INVALID, staff.enter(FIRST, _rights(SECOND, Role.ENTRY, ends=20271201)))
    await _refused(Code.PERSON_UNKNOWN, staff.enter(FIRST, _rights("nobody-there", Role.ENTRY)))
    kansa = house.browsers["kansa"]
    house.ward.clock.set_wall(house.ward.clock.now() + 132 * 24 * 3600 * 1000)
    assert (await kansa.get("/log")).place == "/sign-in"


async def test_recovery_ends_what_was_there(house: House) -> None:
    """Two others decide; neither half alone is a code; the old passkey and session are dead with the new one."""
    people = await house.people(aoki=Role.ENTRY)
    old = people["aoki"]
    staff = house.console.staff
    change_id, first_half = await staff.enter(FIRST, StaffChange(kind=StaffKind.RECOVER, person="aoki"))
    second_half = await staff.agree(SECOND, change_id)
    fresh = await house.terminal()
    for half in (first_half, second_half, second_half + first_half):
        assert Code.CODE_REFUSED.name in (await fresh.enrol("aoki", half)).text
    assert (await old.get("/changes")).status == 200
    assert (await fresh.enrol("aoki", first_half + second_half)).place == "/sign-in"
    assert (await old.get("/changes")).place == "/sign-in"
    assert Code.PASSKEY_REFUSED.name in (await old.sign_in()).text
    assert (await fresh.sign_in()).place == "/"


async def test_people_are_entered_and_agreed_to_in_the_console(house: House) -> None:
    """The whole way through its pages; the list of the month names who gave what."""
    sato, suzuki = await house.first(), await house.second()
    entered = await sato.do(
        "enrol", person="aoki", full_name="=青木", role="entry", begins="2026-11-20", ends="2027-03-31", reason="配属"
    )
    assert "登録コードの前半" in entered.text
    ((change_id,),) = house.ward.rows("console", "SELECT change_id FROM staff_change WHERE state = 1")
    agreed = await suzuki.do("agree-staff", staff_change=change_id, reason="確認")
    assert "登録コードの後半" in agreed.text
    listed = await sato.get("/rights.csv?month=2026-12")
    assert "aoki,'=青木,entry,20261120,20270331,,sato,suzuki" in listed.text
    assert "aoki" not in (await sato.get("/rights.csv?month=2027-04")).text
