"""Removal (消除): moved out, died, restored; a removed record is kept, and stands again only as the rules say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.bodies import (
    CardLinked,
    Death,
    LeavingPlanned,
    MovedOut,
    NameRegistration,
    RecordWritten,
    Removal,
    Restored,
)
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.entry import DeathDay, Doubt, Removed
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.record import Presence
from tests.unit.ward_server.residents.acts import HEAD, act, kept, read, refused
from tests.unit.ward_server.residents.conftest import TODAY, Office

ONE, TWO = "000000000000001", "000000000000002"
THERE = "大阪府架空市一番地"


async def test_a_planned_move_out_becomes_final(office: Office) -> None:
    """転出予定, then 転出確定 with the other municipality's notice: place and days beside the removed record."""
    await office.take_in(ONE)
    await act(office, ChangeKind.LEAVING, ONE, LeavingPlanned(day=20260925, to=THERE), 1)
    await act(office, ChangeKind.MOVED_OUT, ONE, MovedOut(to=THERE, notified=20260928), 2, day=20260926)
    record, entry = await read(office, ONE), await kept(office, ONE)
    assert (record.presence, record.leaving, record.version) == (Presence.MOVED_OUT, 20260925, 3)
    assert entry.removed == Removed(ceased=20260926, left_on=20260926, left_notified=20260928, left_to=THERE)
    assert (entry.leaving_to, entry.notice_outstanding) == (THERE, False)


@pytest.mark.parametrize(("reason", "kind"), [(Presence.MOVED_OUT, "moved_out"), (Presence.DIED, "death")])
async def test_what_has_particulars_is_no_plain_removal(office: Office, reason: Presence, kind: str) -> None:
    """転出 and 死亡 have kinds of their own: the refusal names the right one, and the record stands."""
    await office.take_in(ONE)
    with pytest.raises(Refused) as refusal:
        await act(office, ChangeKind.REMOVAL, ONE, Removal(reason=reason), 1)
    assert refusal.value.code is Code.KIND_IS_ANOTHER
    assert kind in refusal.value.detail
    assert (await read(office, ONE)).presence is Presence.PRESENT


async def test_a_notice_that_has_not_come_is_outstanding(office: Office) -> None:
    """通知未着区分."""
    await office.take_in(ONE)
    await act(office, ChangeKind.MOVED_OUT, ONE, MovedOut(to=THERE, notified=None), 1)
    assert (await kept(office, ONE)).notice_outstanding


@pytest.mark.parametrize(
    ("day", "consistent"),
    [
        (DeathDay(first=20260920, doubt=Doubt.NONE), True),
        (DeathDay(first=20260900, doubt=Doubt.NONE), False),
        (DeathDay(first=20260900, doubt=Doubt.ABOUT), True),
        (DeathDay(first=0, doubt=Doubt.ESTIMATED), False),
        (DeathDay(first=20260901, doubt=Doubt.BETWEEN, last=20260910), True),
        (DeathDay(first=20260901, doubt=Doubt.BETWEEN), False),
        (DeathDay(first=20260911, doubt=Doubt.BETWEEN, last=20260910), False),
        (DeathDay(first=0, doubt=Doubt.UNKNOWN), True),
        (DeathDay(first=20260901, doubt=Doubt.UNKNOWN, last=20260902), False),
    ],
)
async def test_a_day_of_death_may_be_unknown(office: Office, day: DeathDay, *, consistent: bool) -> None:
    """死亡日不詳: in part, about, estimated, between two days, or not at all; days and doubt go together."""
    await office.take_in(ONE)
    if not consistent:
        assert await refused(office, ChangeKind.DEATH, ONE, Death(day=day), 1) is Code.CHANGE_INVALID
        return
    await act(office, ChangeKind.DEATH, ONE, Death(day=day), 1)
    entry = await kept(office, ONE)
    assert (await read(office, ONE)).presence is Presence.DIED
    assert entry.removed is not None
    assert entry.removed.death == day


async def test_a_removed_record_is_not_amended(office: Office) -> None:
    """Nor removed again, nor corrected into presence; its cards stay linked and none is added."""
    await office.take_in(ONE)
    card = CardSerial(issuer_key_id=bytes(20), serial=b"\x01")
    await act(office, ChangeKind.CARD_LINKED, ONE, CardLinked(card=card, replaces=None), 0)
    await act(office, ChangeKind.REMOVAL, ONE, Removal(reason=Presence.REMOVED_EX_OFFICIO), 1)
    gone = replace(await read(office, ONE), individual_number=None)
    back = RecordWritten(
        record=replace(gone, version=3, presence=Presence.PRESENT), individual_number=None, postcode=""
    )
    for kind, body in (
        (ChangeKind.NAME_REGISTRATION, NameRegistration(pending=True)),
        (ChangeKind.REMOVAL, Removal(reason=Presence.DIED)),
        (ChangeKind.CORRECTION, back),
        (ChangeKind.MOVE_WITHIN, back),
        (ChangeKind.BIRTH, back),
    ):
        assert await refused(office, kind, ONE, body, 2) is Code.CHANGE_INVALID
    fresh = CardLinked(card=replace(card, serial=b"\x02"), replaces=None)
    assert await refused(office, ChangeKind.CARD_LINKED, ONE, fresh, 0) is Code.CHANGE_INVALID
    (link,) = (await office.registry.look_up("aoki", ONE, "a test")).links
    assert not link.ended
    remark = RecordWritten(record=replace(gone, version=3, remarks="修正"), individual_number=None, postcode="")
    await act(office, ChangeKind.CORRECTION, ONE, remark, 2)


async def test_a_presence_is_not_corrected_into_a_removal(office: Office) -> None:
    """A removal is a change of its own."""
    record = replace(await office.take_in(ONE), version=2, presence=Presence.DIED)
    body = RecordWritten(record=record, individual_number=None, postcode="")
    assert await refused(office, ChangeKind.CORRECTION, ONE, body, 1) is Code.CHANGE_INVALID


async def test_a_mistaken_removal_is_taken_back(office: Office) -> None:
    """回復: it names the removal of that very resident, and finds a place in the household."""
    await office.take_in(ONE, household="2000000001")
    await office.take_in(TWO, household="2000000001", order=2, name="葛城　蓮")
    await act(office, ChangeKind.LEAVING, TWO, LeavingPlanned(day=20261001, to=THERE), 1)
    gone = await act(office, ChangeKind.MOVED_OUT, TWO, MovedOut(to=THERE, notified=None), 2)
    other = await act(office, ChangeKind.NAME_REGISTRATION, ONE, NameRegistration(pending=True), 1)
    back = Restored(household="2000000001", order=2, relationship="子")
    for corrects in ("", other):
        assert await refused(office, ChangeKind.RESTORED, TWO, back, 3, corrects=corrects) is Code.CHANGE_INVALID
    for wrong in (replace(back, order=1), replace(back, relationship=HEAD)):
        assert await refused(office, ChangeKind.RESTORED, TWO, wrong, 3, corrects=gone) is Code.CHANGE_INVALID
    await act(office, ChangeKind.RESTORED, TWO, back, 3, corrects=gone)
    record, entry = await read(office, TWO), await kept(office, TWO)
    assert (record.presence, record.leaving, record.head) == (Presence.PRESENT, None, "葛\U000e0102城　文")
    assert (entry.removed, entry.leaving_to, entry.notice_outstanding) == (None, None, False)
    assert await refused(office, ChangeKind.RESTORED, TWO, back, 4, corrects=gone) is Code.CHANGE_INVALID
    unknown = "000000000000099"
    assert await refused(office, ChangeKind.RESTORED, unknown, back, 0) is Code.RESIDENT_UNKNOWN


async def test_who_moves_in_again_has_a_record_without_the_removal(office: Office) -> None:
    """The versions before keep it."""
    await office.take_in(ONE)
    await act(office, ChangeKind.MOVED_OUT, ONE, MovedOut(to=THERE, notified=TODAY), 1)
    back = replace(await read(office, ONE), version=3, presence=Presence.PRESENT, individual_number=None)
    await act(office, ChangeKind.MOVE_IN, ONE, RecordWritten(record=back, individual_number=None, postcode=""), 2)
    assert (await kept(office, ONE)).removed is None
    versions = await office.store.read(lambda reading: reading.entries(ONE))
    assert [one.entry.removed is not None for one in versions] == [True, False]
    assert [one.version for one in versions] == [1, 2]
