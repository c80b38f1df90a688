"""A visit through a running center: real TLS on loopback, two wards, three kiosks."""

from __future__ import annotations

import hashlib
import os

import pytest

from konbini.protocol.accounts import CenterCounts, KioskCount, day_of
from konbini.protocol.errors import Code
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from konbini.protocol.offices import CenterOffice
from konbini.protocol.tickets import Hello, Prekey, Ticket
from tests.integration.issuance_center.conftest import End, RunningCenter

A, B = "999991", "999992"


def answer(frame: Frame, kind: MessageKind, body: bytes) -> Frame:
    """Give a ward's answer to a frame."""
    return Frame(kind=kind, visit_id=frame.visit_id, kiosk=frame.kiosk, ward=frame.ward, body=body)


async def ticket(center: RunningCenter, kiosk: End, name: str, ward: str) -> tuple[bytes, bytes]:
    """Ask for a ticket; give the visit id and the ticket's bytes."""
    visit_id = os.urandom(16)
    kiosk.send(center.town.kiosks[name].hello(ward, visit_id))
    return visit_id, (await kiosk.next(MessageKind.TICKET)).body


async def test_a_visit_passes_whole_and_unchanged(center: RunningCenter) -> None:
    """HELLO to FINAL; every body arrives as it was sent."""
    ward, kiosk, keys = await center.ward(A), await center.connect("K-0001"), center.town.kiosks["K-0001"]
    hello = keys.hello(A, os.urandom(16))
    kiosk.send(hello)
    signed = (await kiosk.next(MessageKind.TICKET)).body
    ticket = Ticket.open(signed, CenterOffice(pinned=center.town.ticket_key), center.now)
    ticket.answers(Hello.open(hello.body, keys.device.verifying, "K-0001"))
    assert Prekey.peek(ticket.prekey).ward == A
    for asked, answered, size in (
        (MessageKind.OPEN, MessageKind.MENU, 18_000),
        (MessageKind.ORDER, MessageKind.DOCUMENT, 513 * 1024),
        (MessageKind.RECEIPT, MessageKind.FINAL, 5_000),
    ):
        sent = keys.frame(asked, A, hello.visit_id, os.urandom(5_000))
        kiosk.send(sent)
        assert await ward.next() == sent
        reply = answer(sent, answered, os.urandom(size))
        ward.send(reply)
        assert await kiosk.next() == reply


async def test_a_wards_answer_reaches_the_visits_kiosk_alone(center: RunningCenter) -> None:
    """Three kiosks, two wards: a ward that names another kiosk, or another ward's visit, is refused."""
    ward, other = await center.ward(A), await center.ward(B)
    kiosks = {name: await center.connect(name) for name in center.town.kiosks}
    visit_id, _ = await ticket(center, kiosks["K-0001"], "K-0001", A)
    opening = center.town.kiosks["K-0001"].frame(MessageKind.OPEN, A, visit_id, b"sealed")
    kiosks["K-0001"].send(opening)
    assert await ward.next() == opening
    ward.send(Frame(kind=MessageKind.MENU, visit_id=visit_id, kiosk="K-0002", ward=A, body=b"menu"))
    assert await ward.refused() is Code.MISROUTED
    other.send(Frame(kind=MessageKind.MENU, visit_id=visit_id, kiosk="K-0001", ward=B, body=b"menu"))
    assert await other.refused() is Code.MISROUTED
    other.send(Frame(kind=MessageKind.MENU, visit_id=visit_id, kiosk="K-0001", ward=A, body=b"menu"))
    assert await other.refused() is Code.MISROUTED
    ward.send(answer(opening, MessageKind.MENU, b"menu"))
    assert (await kiosks["K-0001"].next()).body == b"menu"
    assert kiosks["K-0002"].came.empty()
    assert kiosks["K-0003"].came.empty()


async def test_a_kiosk_speaks_only_as_itself(center: RunningCenter) -> None:
    """Another's name in the header, and another's signed HELLO under one's own name."""
    await center.ward(A)
    kiosk = await center.connect("K-0001")
    other = center.town.kiosks["K-0002"].hello(A, os.urandom(16))
    kiosk.send(other)
    assert await kiosk.refused() is Code.MISROUTED
    kiosk.send(Frame(kind=MessageKind.HELLO, visit_id=other.visit_id, kiosk="K-0001", ward=A, body=other.body))
    assert await kiosk.refused() is Code.SIGNATURE_INVALID


async def test_a_refusal_names_what_it_refuses(center: RunningCenter) -> None:
    """The hash of the body, so that an old refusal answers nothing new."""
    kiosk = await center.connect("K-0001")
    kiosk.send(center.town.kiosks["K-0001"].frame(MessageKind.OPEN, A, os.urandom(16), b"no such visit"))
    refusal = await kiosk.next(MessageKind.LINK_REFUSED)
    assert hashlib.sha256(b"no such visit").digest() in refusal.body


async def test_a_municipality_that_takes_no_part(center: RunningCenter) -> None:
    """One that is on no list of the center's is asked nothing, and the kiosk is told that it cannot be reached."""
    kiosk, keys = await center.connect("K-0001"), center.town.kiosks["K-0001"]
    kiosk.send(keys.hello("131016", os.urandom(16)))
    assert await kiosk.refused() is Code.WARD_UNREACHABLE


async def test_a_ward_that_is_gone_is_unreachable(center: RunningCenter) -> None:
    """Before the ticket, and in the middle of a visit; once it is back with a PREKEY, visits begin again."""
    kiosk, keys = await center.connect("K-0001"), center.town.kiosks["K-0001"]
    kiosk.send(keys.hello(B, os.urandom(16)))
    assert await kiosk.refused() is Code.WARD_UNREACHABLE
    await center.ward(A)
    visit_id, _ = await ticket(center, kiosk, "K-0001", A)
    await center.hang_up()
    kiosk = await center.connect("K-0001")
    kiosk.send(keys.frame(MessageKind.OPEN, A, visit_id, b"sealed"))
    assert await kiosk.refused() is Code.WARD_UNREACHABLE
    silent = await center.connect(A)
    kiosk.send(keys.hello(A, os.urandom(16)))
    assert await kiosk.refused() is Code.WARD_UNREACHABLE
    silent.send(center.town.wards[A].prekey(center.now))
    kiosk.send(keys.frame(MessageKind.OPEN, A, visit_id, b"sealed"))
    assert (await silent.next()).body == b"sealed"


async def test_a_kiosk_that_is_gone_is_unreachable(center: RunningCenter) -> None:
    """The ward hears that its question found nobody; FINAL and ASK wait for the kiosk to come back."""
    ward = await center.ward(A)
    ward.send(Frame(kind=MessageKind.ASK, visit_id=os.urandom(16), kiosk="K-0003", ward=A, body=b"ask"))
    assert await ward.refused() is Code.KIOSK_UNREACHABLE


async def test_a_state_reaches_every_ward_and_a_notice_every_kiosk(center: RunningCenter) -> None:
    """STATE to the wards; the latest NOTICE to who is there and, on connecting, to who comes later."""
    wards, kiosk = (await center.ward(A), await center.ward(B)), await center.connect("K-0001")
    kiosk.send(center.town.kiosks["K-0001"].frame(MessageKind.STATE, "", b"", b"state"))
    for ward in wards:
        assert (await ward.next()).body == b"state"
    for serial in (5, 6):
        wards[0].send(center.town.wards[A].notice(serial))
    first, second = await kiosk.next(), await kiosk.next()
    assert (first.kind, second.kind) == (MessageKind.NOTICE, MessageKind.NOTICE)
    wards[0].send(center.town.wards[A].notice(4))
    assert await wards[0].refused() is Code.MALFORMED
    late = await center.connect("K-0002")
    assert (await late.next()).body == second.body


async def test_a_ward_that_comes_back_has_each_kiosks_last_word(center: RunningCenter) -> None:
    """The last STATE of each kiosk, and none before it."""
    for name, words in (("K-0001", (b"first", b"last")), ("K-0002", (b"other",))):
        kiosk = await center.connect(name)
        for word in words:
            kiosk.send(center.town.kiosks[name].frame(MessageKind.STATE, "", b"", word))
        kiosk.send(center.town.kiosks[name].hello("131016", os.urandom(16)))
        assert await kiosk.refused() is Code.WARD_UNREACHABLE  # the states before it were taken
    ward = await center.connect(A)
    assert {(await ward.next()).body, (await ward.next()).body} == {b"last", b"other"}


async def test_each_prekey_reaches_every_kiosk(center: RunningCenter) -> None:
    """Who is there, and on connecting who comes later: what a kiosk owes is sealed to the newest."""
    early = await center.connect("K-0001")
    ward = await center.ward(A)
    newest = center.town.wards[A].prekey(center.now + 1)
    ward.send(newest)
    ward.send(center.town.wards[A].notice(1))
    await early.next(MessageKind.NOTICE)
    assert len(early.prekeys) == 2
    late = await center.connect("K-0002")
    late.send(center.town.kiosks["K-0002"].hello(B, os.urandom(16)))
    assert await late.refused() is Code.WARD_UNREACHABLE
    assert early.prekeys[1:] == late.prekeys == [newest]


async def test_a_notice_or_prekey_that_another_signed_is_refused(center: RunningCenter) -> None:
    """A ward speaks for itself, with its own keys."""
    ward = await center.ward(A)
    foreign = center.town.wards[B]
    for frame in (foreign.notice(1), foreign.prekey(center.now)):
        ward.send(frame)
        assert await ward.refused() is Code.MISROUTED
        ward.send(Frame(kind=frame.kind, ward=A, body=frame.body))
        assert await ward.refused() is Code.SIGNATURE_INVALID


async def test_a_ward_is_told_what_the_center_counted(center: RunningCenter) -> None:
    """Of the whole days alone, by kiosk, under the center's ticket key; no other ward's, and no amount."""
    wards, kiosk = {name: await center.ward(name) for name in (A, B)}, await center.connect("K-0001")
    visit_id, _ = await ticket(center, kiosk, "K-0001", A)
    for kind in (MessageKind.OPEN, MessageKind.ORDER):
        kiosk.send(center.town.kiosks["K-0001"].frame(kind, A, visit_id, b"sealed"))
        await wards[A].next(kind)
    day = day_of(center.now)
    center.clock.set_wall(center.clock.now() + 86_400_000)
    await center.clock.advance(600)
    for name, counted in ((A, (KioskCount(kiosk="K-0001", ordered=1, finished=0),)), (B, ())):
        told = [await wards[name].next(MessageKind.COUNTS) for _ in range(3)]
        read = [CenterCounts.open(frame.body, center.town.ticket_key, name) for frame in told]
        assert [one.kiosks for one in read] == [counted, (), ()]
        assert read[0].day == day


async def test_no_ticket_for_a_kiosk_that_the_ward_bars(center: RunningCenter) -> None:
    """That kiosk alone is refused, with the code that its screen shows; a barred link is every kiosk's here."""
    ward = await center.ward(A)
    kiosks = {name: await center.connect(name) for name in ("K-0001", "K-0002")}
    for serial, barred, refused in ((1, ("K-0001",), {"K-0001"}), (2, ("center",), {"K-0001", "K-0002"})):
        ward.send(center.town.wards[A].notice(serial, barred=barred))
        for name, kiosk in kiosks.items():
            await kiosk.next(MessageKind.NOTICE)
            kiosk.send(center.town.kiosks[name].hello(A, os.urandom(16)))
            if name in refused:
                assert await kiosk.refused() is Code.KIOSK_STOPPED
            else:
                assert (await kiosk.next()).kind is MessageKind.TICKET


@pytest.mark.parametrize(
    ("opens", "closes", "stopped", "code"),
    [(0, 1440, True, Code.WARD_STOPPED), (0, 0, False, Code.WARD_CLOSED), (0, 1440, False, None)],
)
async def test_no_ticket_for_a_ward_that_says_it_is_closed(
    center: RunningCenter, opens: int, closes: int, *, stopped: bool, code: Code | None
) -> None:
    """The ward's own NOTICE holds, until another one says otherwise."""
    ward, kiosk = await center.ward(A), await center.connect("K-0001")
    ward.send(center.town.wards[A].notice(1, stopped=stopped, opens=opens, closes=closes))
    await kiosk.next(MessageKind.NOTICE)
    kiosk.send(center.town.kiosks["K-0001"].hello(A, os.urandom(16)))
    if code is None:
        assert (await kiosk.next()).kind is MessageKind.TICKET
    else:
        assert await kiosk.refused() is code
