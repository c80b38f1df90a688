"""The ward's end of the link: frames in, use cases, frames out; one frame's trouble is no other's."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from konbini.process.calls import CallClient
from konbini.protocol.cose import SigningKey, unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame, LinkRefusal
from konbini.protocol.kinds import MessageKind
from konbini.protocol.service import Condition, Notice, State
from konbini.protocol.shape import from_bytes
from konbini.protocol.tickets import Prekey
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.following.calls import RegistryCalls
from konbini.ward_server.issuing.gateway import Gateway
from konbini.ward_server.issuing.link_errors import LinkErrors
from konbini.ward_server.issuing.message_keys import MessageKeys
from konbini.ward_server.issuing.notices import Notices
from konbini.ward_server.issuing.states import KioskStates
from tests.integration.ward_server.clerks import Silent
from tests.integration.ward_server.kiosk import Kiosk
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward
from tests.measuring import read


class Outbox:
    """The link, as the gateway sends on it."""

    def __init__(self) -> None:
        """Nothing is sent yet; the link is up."""
        self.frames: list[Frame] = []
        self.up = True

    def send(self, frame: Frame) -> None:
        """Keep a frame."""
        if not self.up:
            raise Refused(Code.CENTER_UNREACHABLE)
        self.frames.append(frame)

    def kinds(self) -> list[MessageKind]:
        """Give the kinds of what was sent since the last time, and forget it."""
        kinds = [frame.kind for frame in self.frames]
        self.frames.clear()
        return kinds


@pytest.fixture
def outbox() -> Outbox:
    """Return an empty outbox."""
    return Outbox()


@pytest.fixture
async def registry(ward: Ward) -> AsyncIterator[RegistryCalls]:
    """Return a line to the registry."""
    client = CallClient(ward.town.run / "registry.sock", peers=frozenset({os.getuid()}))
    yield RegistryCalls(client, "issuing")
    await client.close()


def gateway(ward: Ward, outbox: Outbox, registry: RegistryCalls, most_at_once: int = 64) -> Gateway:
    """Build a gateway over the ward's desk."""
    one = Gateway(
        ward.desk,
        message_keys=MessageKeys(ward.entry, registry.certify_message_key),
        notices=Notices(ward.desk, "test"),
        states=KioskStates(ward.desk),
        link_errors=LinkErrors(ward.desk.register),
        clock=ward.clock,
        most_at_once=most_at_once,
    )
    one.attach(outbox)
    return one


def open_frame(ward: Ward, holder: str = HEAD) -> Frame:
    """Make a visit's OPEN."""
    visit = ward.visit(holder)
    visit.admit()
    return Frame(
        kind=MessageKind.OPEN,
        visit_id=visit.visit_id,
        kiosk=visit.kiosk.name,
        ward=ward.code,
        body=visit.open_body(),
    )


async def test_prekey_and_notice_are_sent_where_they_changed(
    ward: Ward, outbox: Outbox, registry: RegistryCalls
) -> None:
    """Once when the link is up, again when it is up again, and each by itself when it changed."""
    one = gateway(ward, outbox, registry)
    await one.opened()
    prekey, notice = outbox.frames
    _, key = Prekey.open(prekey.body, ward.entry, ward.clock.now() // 1000)
    held = ward.desk.prekeys.newest
    assert held is not None
    assert key.point == held.message_key.signing.verifying.point
    assert notice.kind is MessageKind.NOTICE
    outbox.kinds()
    await one.publish()
    assert outbox.kinds() == []
    await one.opened()
    assert outbox.kinds() == [MessageKind.PREKEY, MessageKind.NOTICE]
    await ward.set_clock(11)
    await one.publish()
    assert outbox.kinds() == [MessageKind.PREKEY]


async def test_a_stop_is_in_the_next_notice(ward: Ward, outbox: Outbox, registry: RegistryCalls) -> None:
    """Kiosks are told before anybody lays a card there."""
    one = gateway(ward, outbox, registry)
    await one.opened()
    assert not notice_of(ward, outbox.frames[-1]).stopped
    entry = AuditEntry(moment=ward.clock.now(), event=AuditEvent.ISSUING_STOPPED, code=Code.SEAL_BROKEN)
    await ward.desk.ledger.stop.set(entry, "found elsewhere")
    await one.publish()
    assert notice_of(ward, outbox.frames[-1]).stopped


async def test_a_ward_without_a_lease_counts_as_stopped(ward: Ward, outbox: Outbox, registry: RegistryCalls) -> None:
    """It would complete nothing, so it offers nothing."""
    one = gateway(ward, outbox, registry)
    await one.opened()
    await ward.stop("registry")
    await ward.clock.advance(61)
    await one.publish()
    assert notice_of(ward, outbox.frames[-1]).stopped


def notice_of(ward: Ward, frame: Frame) -> Notice:
    """Read a notice as a kiosk does."""
    claimed = from_bytes(Notice, unchecked_payload(frame.body))
    return Notice.open(frame.body, claimed.message_key, ward.entry, ward.clock.now() // 1000)


async def test_a_link_that_comes_up_while_the_registry_is_gone(
    ward: Ward, outbox: Outbox, registry: RegistryCalls
) -> None:
    """There is no message key to sign with; the link stays, and the next turn publishes."""
    one = gateway(ward, outbox, registry)
    await ward.stop("registry")
    await one.opened()
    assert outbox.kinds() == []
    await ward.start_registry()
    await ward.caught_up()
    await one.publish()
    assert outbox.kinds() == [MessageKind.PREKEY, MessageKind.NOTICE]


async def test_frames_are_answered_to_whoever_sent_them(ward: Ward, outbox: Outbox, registry: RegistryCalls) -> None:
    """Two visits at once, each answer to its own visit and kiosk."""
    one = gateway(ward, outbox, registry)
    frames = [open_frame(ward, HEAD), open_frame(ward, ALONE)]
    for frame in frames:
        await one.received(frame)
    await one.finish()
    assert {(sent.kind, sent.visit_id, sent.kiosk) for sent in outbox.frames} == {
        (MessageKind.MENU, frame.visit_id, frame.kiosk) for frame in frames
    }


async def test_more_at_once_than_there_is_room_for(ward: Ward, outbox: Outbox, registry: RegistryCalls) -> None:
    """Refused as busy at once, never queued; what runs comes to its end."""
    one = gateway(ward, outbox, registry, most_at_once=1)
    first, second = open_frame(ward, HEAD), open_frame(ward, ALONE)
    await one.received(first)
    await one.received(second)
    assert code_of(outbox.frames[0]) is Code.BUSY
    assert outbox.frames[0].visit_id == second.visit_id
    await one.finish()
    assert outbox.frames[1].kind is MessageKind.MENU


async def test_one_kiosk_does_not_take_every_place(ward: Ward, outbox: Outbox, registry: RegistryCalls) -> None:
    """An eighth is its own; what comes beyond is busy, and another kiosk's visit is opened meanwhile."""
    one = gateway(ward, outbox, registry)
    rubbish = [Frame(kind=MessageKind.OPEN, kiosk="K-0001", ward=ward.code, body=bytes(9)) for _ in range(64)]
    for frame in rubbish:
        await one.received(frame)
    assert one.under_way == 8
    assert [code_of(frame) for frame in outbox.frames] == [Code.BUSY] * 56
    visit = ward.visit(HEAD, ward.kiosk("K-0002"))
    visit.admit()
    await one.received(
        Frame(
            kind=MessageKind.OPEN,
            visit_id=visit.visit_id,
            kiosk="K-0002",
            ward=ward.code,
            body=visit.open_body(),
        )
    )
    await one.finish()
    assert [frame.kind for frame in outbox.frames if frame.kiosk == "K-0002"] == [MessageKind.MENU]
    assert one.under_way == 0
    await one.received(rubbish[0])
    await one.finish()
    assert code_of(outbox.frames[-1]) is not Code.BUSY


async def test_a_defect_in_one_frame(ward: Ward, outbox: Outbox, registry: RegistryCalls) -> None:
    """It is told that something failed, no more; the next frame is served."""
    visit = ward.visit(HEAD)
    await visit.open()
    ward.desk = replace(ward.desk, clerk=Silent(ward.desk.clerk, RuntimeError("a defect"), call="seal"))
    one = gateway(ward, outbox, registry)
    body = visit.order_body()
    await one.received(Frame(kind=MessageKind.ORDER, visit_id=visit.visit_id, kiosk=visit.kiosk.name, body=body))
    await one.finish()
    assert code_of(outbox.frames[0]) is Code.INTERNAL
    await one.received(open_frame(ward, ALONE))
    await one.finish()
    assert outbox.frames[1].kind is MessageKind.MENU


async def test_a_list_is_answered_as_every_frame_and_counted(
    ward: Ward, outbox: Outbox, registry: RegistryCalls
) -> None:
    """To the visit's kiosk, timed under its own kind; a refusal under its code."""
    one, visit = gateway(ward, outbox, registry), ward.visit(HEAD)
    await visit.open()
    for ordinal in (1, 1):
        body = visit.own_list_body(ordinal)
        frame = Frame(kind=MessageKind.OWNLIST, visit_id=visit.visit_id, kiosk=visit.kiosk.name, body=body)
        await one.received(frame)
        await one.finish()
    assert [(sent.kind, sent.visit_id, sent.kiosk) for sent in outbox.frames] == [
        (MessageKind.OWNLIST, visit.visit_id, visit.kiosk.name)
    ] * 2
    await ward.pass_time(1.0)
    figures = await read(ward.town.run / "issuing-measures.sock")
    assert figures.get("konbini_frame_seconds_count", kind="ownlist") == 2
    assert figures.get("konbini_refusals_total", at="own_list", code="order_conflict") == 1
    assert figures.get("konbini_withheld_total") == 0


@pytest.mark.parametrize("kind", [MessageKind.HELLO, MessageKind.MENU, MessageKind.FINAL, MessageKind.RECORD])
async def test_what_is_not_for_a_ward(ward: Ward, outbox: Outbox, registry: RegistryCalls, kind: MessageKind) -> None:
    """Dropped, without an answer."""
    one = gateway(ward, outbox, registry)
    await one.received(Frame(kind=kind, kiosk="K-0001", ward=ward.code, body=b""))
    await one.finish()
    assert outbox.frames == []


async def test_the_last_word_of_a_kiosk(ward: Ward, outbox: Outbox, registry: RegistryCalls) -> None:
    """Kept if it is newer and the kiosk's own; refused under another's key."""
    states = KioskStates(ward.desk)
    kiosk = ward.kiosk()
    for at in (20, 30, 10):
        await states.take(kiosk.name, state_of(kiosk, at))
    assert [state.at for state in states.all()] == [30]
    one = gateway(ward, outbox, registry)
    forged = state_of(replace(kiosk, signing=SigningKey.generate()), 40)
    await one.received(Frame(kind=MessageKind.STATE, kiosk=kiosk.name, ward=ward.code, body=forged))
    await one.finish()
    assert code_of(outbox.frames[0]) is Code.SIGNATURE_INVALID


def state_of(kiosk: Kiosk, at: int) -> bytes:
    """Sign a STATE."""
    good = Condition.GOOD
    state = State(
        kiosk=kiosk.name, reader=good, printer=good, paper=good, coins=good, version="test", at=at, fault=0, left=0
    )
    return state.sign(kiosk.signing)


async def test_a_visit_goes_on_while_the_link_is_cut(ward: Ward, outbox: Outbox, registry: RegistryCalls) -> None:
    """What came before the cut is finished; its answer is not sent, and the same bytes get it later."""
    one = gateway(ward, outbox, registry)
    frame = open_frame(ward)
    outbox.up = False
    await one.received(frame)
    await one.closed()
    await one.finish()
    assert outbox.frames == []
    outbox.up = True
    await one.received(frame)
    await one.finish()
    assert [sent.kind for sent in outbox.frames] == [MessageKind.MENU]
    assert ward.rows("issuing", "SELECT count(*) FROM visit") == [(1,)]


def code_of(frame: Frame) -> Code:
    """Give the code of a LINK_REFUSED."""
    assert frame.kind is MessageKind.LINK_REFUSED
    return Code(from_bytes(LinkRefusal, frame.body).code)


async def test_the_gateways_own_turns(ward: Ward, outbox: Outbox, registry: RegistryCalls) -> None:
    """Every two seconds it publishes what changed, until it is cancelled."""
    one = gateway(ward, outbox, registry)
    turning = asyncio.create_task(one.run())
    await ward.go_on_until(lambda: len(outbox.frames) == 2)
    await ward.set_clock(11)
    await ward.go_on_until(lambda: MessageKind.PREKEY in [frame.kind for frame in outbox.frames[2:]])
    turning.cancel()
    await asyncio.gather(turning, return_exceptions=True)
