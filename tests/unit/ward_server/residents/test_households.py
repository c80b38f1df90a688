"""Households (世帯): whatever is changed, one head, an order for each, one address; all members in one change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from konbini.protocol.errors import Code
from konbini.ward_server.residents.bodies import (
    HouseholdMoved,
    HouseholdPlan,
    Households,
    NameChanged,
    RecordWritten,
    Removal,
)
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.feed import FeedKind
from konbini.ward_server.residents.record import Presence, ResidentRecord
from tests.unit.ward_server.residents.acts import HEAD, act, entries, kept, place, read, refused, seen
from tests.unit.ward_server.residents.conftest import TODAY, Office

ONE, TWO, THREE = "000000000000001", "000000000000002", "000000000000003"
HOME, OTHER_HOME = "2000000001", "2000000002"


@pytest.fixture
async def home(office: Office) -> dict[str, ResidentRecord]:
    """Return a household of three."""
    await office.take_in(ONE, household=HOME)
    await office.take_in(TWO, household=HOME, order=2, relationship="夫", name="葛城　悟")
    await office.take_in(THREE, household=HOME, order=3, name="葛城　蓮")
    return {resident: await read(office, resident) for resident in (ONE, TWO, THREE)}


def plan(household: str, *members: object) -> HouseholdPlan:
    """Write how a household shall read."""
    return HouseholdPlan(household=household, members=tuple(members))  # type: ignore[arg-type] # places


async def test_another_head_is_written_into_every_record(office: Office, home: dict[str, ResidentRecord]) -> None:
    """世帯主変更: head's name, relationships and order of all, in one change and one transaction."""
    body = Households(
        households=(plan(HOME, place(home[TWO], 1, HEAD), place(home[ONE], 2, "妻"), place(home[THREE])),)
    )
    before = len(await entries(office))
    change_id = await act(office, ChangeKind.HEAD_CHANGED, TWO, body, home[TWO].version)
    records = [await read(office, resident) for resident in (TWO, ONE, THREE)]
    assert [(one.order, one.relationship, one.head) for one in records] == [
        (1, HEAD, "葛城　悟"),
        (2, "妻", "葛城　悟"),
        (3, "子", "葛城　悟"),
    ]
    written = (await entries(office))[before:]
    assert [entry.kind for entry in written] == [FeedKind.RECORD] * 3
    stored = await office.store.read(lambda reading: [reading.record(one) for one in (ONE, TWO, THREE)])
    assert {one.change_id for one in stored if one} == {change_id}


async def test_a_household_is_split_and_merged_again(office: Office, home: dict[str, ResidentRecord]) -> None:
    """世帯分離, 世帯合併; who is not touched keeps the version."""
    split = Households(
        households=(
            plan(HOME, place(home[ONE]), place(home[THREE])),
            plan(OTHER_HOME, place(home[TWO], 1, HEAD)),
        )
    )
    await act(office, ChangeKind.HOUSEHOLD_SPLIT, TWO, split, home[TWO].version)
    apart = await read(office, TWO)
    assert (apart.household, apart.order, apart.relationship, apart.head) == (OTHER_HOME, 1, HEAD, "葛城　悟")
    assert await seen(office, ONE) == home[ONE].version
    merged = Households(households=(plan(HOME, place(home[ONE]), place(apart, 2, "夫"), place(home[THREE])),))
    assert await refused(office, ChangeKind.HOUSEHOLD_SPLIT, TWO, merged, apart.version) is Code.CHANGE_INVALID
    await act(office, ChangeKind.HOUSEHOLD_MERGED, TWO, merged, apart.version)
    together = await read(office, TWO)
    assert (together.household, together.order, together.head) == (HOME, 2, home[ONE].head)


async def test_what_is_no_household_is_refused(office: Office, home: dict[str, ResidentRecord]) -> None:
    """Nobody left out, one head, an order for each, newest versions, the notifier among them, living people."""
    one, two, three = (home[resident] for resident in (ONE, TWO, THREE))
    wrong = {
        "left out": (plan(HOME, place(one), place(two)),),
        "twice": (plan(HOME, place(one), place(two), place(three), place(three)),),
        "no head": (plan(HOME, place(one, 1, "妻"), place(two), place(three)),),
        "two heads": (plan(HOME, place(one), place(two, 2, HEAD), place(three)),),
        "one order for two": (plan(HOME, place(one), place(two), place(three, 2)),),
        "order 0": (plan(HOME, place(one), place(two), replace(place(three), order=0)),),
        "an empty one": (plan(HOME, place(one), place(two), place(three)), plan("2000000099")),
        "one id twice": (plan(HOME, place(one), place(two)), plan(HOME, place(three, 1, HEAD))),
    }
    for why, plans in wrong.items():
        body = Households(households=plans)
        code = await refused(office, ChangeKind.HOUSEHOLD_CHANGED, TWO, body, two.version)
        assert code is Code.CHANGE_INVALID, why
    stranger = await office.take_in("000000000000009")
    body = Households(households=(plan(HOME, place(one), place(two), place(three)),))
    code = await refused(office, ChangeKind.HOUSEHOLD_CHANGED, stranger.resident, body, 1)
    assert code is Code.CHANGE_INVALID
    stale = Households(households=(plan(HOME, place(one), replace(place(two), seen=7), place(three)),))
    assert await refused(office, ChangeKind.HOUSEHOLD_CHANGED, ONE, stale, one.version) is Code.CHANGED_MEANWHILE


async def test_a_household_at_two_addresses_is_none(office: Office, home: dict[str, ResidentRecord]) -> None:
    """Merging needs one address first; a move of one member alone needs another household."""
    far = await office.take_in("000000000000009", household=OTHER_HOME, address="東京都澄川区西町一丁目")
    merged = Households(households=(plan(HOME, *(place(one) for one in home.values()), place(far, 4, "同居人")),))
    assert await refused(office, ChangeKind.HOUSEHOLD_MERGED, ONE, merged, home[ONE].version) is Code.CHANGE_INVALID
    moved = replace(home[TWO], version=2, individual_number=None, address="東京都澄川区西町一丁目")
    moved = replace(moved, earlier_address=home[TWO].address, address_set=TODAY)
    body = RecordWritten(record=moved, individual_number=None, postcode="")
    assert await refused(office, ChangeKind.MOVE_WITHIN, TWO, body, 1) is Code.CHANGE_INVALID
    alone = replace(moved, household="2000000077", order=1, relationship=HEAD, head=moved.name)
    await act(office, ChangeKind.MOVE_WITHIN, TWO, RecordWritten(record=alone, individual_number=None, postcode=""), 1)
    assert (await read(office, TWO)).earlier_address == home[TWO].address


async def test_a_whole_household_moves_in_one_change(office: Office, home: dict[str, ResidentRecord]) -> None:
    """転居: address, the address before and the day, for each member; not for a part of them."""
    there = HouseholdMoved(
        household=HOME,
        members=tuple(place(one) for one in home.values()),
        postcode="1390002",
        address="東京都澄川区西町一丁目",
        address_detail="西町荘１０２",
    )
    part = replace(there, members=there.members[:2])
    assert await refused(office, ChangeKind.HOUSEHOLD_MOVED, ONE, part, 1) is Code.CHANGE_INVALID
    await act(office, ChangeKind.HOUSEHOLD_MOVED, ONE, there, 1, day=20260920)
    for resident, before in home.items():
        record = await read(office, resident)
        assert (record.address, record.address_detail) == (there.address, there.address_detail)
        assert (record.earlier_address, record.address_set, record.version) == (before.address, 20260920, 2)
        assert (await kept(office, resident)).postcode == there.postcode
    again = replace(there, members=tuple([place(await read(office, one)) for one in home]))
    assert await refused(office, ChangeKind.HOUSEHOLD_MOVED, ONE, again, 2) is Code.CHANGE_INVALID


async def test_a_move_within_changes_nothing_but_the_place(office: Office) -> None:
    """And names the address before."""
    before = await office.take_in(ONE)
    there = replace(before, version=2, address="東京都澄川区西町一丁目", earlier_address=before.address)
    for wrong in (
        replace(there, name="別人", head="別人"),
        replace(there, birth=19990101),
        replace(there, earlier_address=None),
        replace(before, version=2, earlier_address=before.address),
    ):
        body = RecordWritten(record=wrong, individual_number=None, postcode="")
        assert await refused(office, ChangeKind.MOVE_WITHIN, ONE, body, 1) is Code.CHANGE_INVALID
    await act(office, ChangeKind.MOVE_WITHIN, ONE, RecordWritten(record=there, individual_number=None, postcode=""), 1)


async def test_a_heads_new_name_is_written_into_every_record(office: Office, home: dict[str, ResidentRecord]) -> None:
    """Another member's is not."""
    await act(office, ChangeKind.NAME_CHANGED, ONE, NameChanged(name="青木　文", reading="アオキ　アヤ"), 1)
    assert [(await read(office, one)).head for one in home] == ["青木　文"] * 3
    await act(office, ChangeKind.NAME_CHANGED, TWO, NameChanged(name="青木　悟", reading="アオキ　サトル"), 2)
    assert [(await seen(office, one)) for one in home] == [2, 3, 2]


async def test_who_stays_gets_a_head_when_the_head_goes(office: Office, home: dict[str, ResidentRecord]) -> None:
    """Of several the change says who; of two the one who stays needs no word."""
    gone = Removal(reason=Presence.DECLARED_MISSING)
    assert await refused(office, ChangeKind.REMOVAL, ONE, gone, 1) is Code.CHANGE_INVALID
    others = Removal(reason=Presence.DECLARED_MISSING, remaining=(place(home[TWO], 1, HEAD),))
    assert await refused(office, ChangeKind.REMOVAL, ONE, others, 1) is Code.CHANGE_INVALID
    told = Removal(reason=Presence.DECLARED_MISSING, remaining=(place(home[TWO], 1, HEAD), place(home[THREE], 2)))
    await act(office, ChangeKind.REMOVAL, ONE, told, 1)
    assert [(await read(office, one)).head for one in (TWO, THREE)] == ["葛城　悟"] * 2
    await act(office, ChangeKind.REMOVAL, TWO, gone, await seen(office, TWO))
    last = await read(office, THREE)
    assert (last.relationship, last.head) == (HEAD, "葛城　蓮")


async def test_a_household_taken_over_inconsistent_bars_no_other_change(office: Office) -> None:
    """It is judged by those changes alone that touch it."""
    await office.take_in(ONE, household=HOME)
    second = replace(await office.take_in(TWO, household=HOME, order=2, relationship="夫"), version=2, order=1)
    body = RecordWritten(record=second, individual_number=None, postcode="")
    assert await refused(office, ChangeKind.CORRECTION, TWO, body, 1) is Code.CHANGE_INVALID
    fine = RecordWritten(record=replace(second, order=2, remarks="修正"), individual_number=None, postcode="")
    await act(office, ChangeKind.CORRECTION, TWO, fine, 1)
