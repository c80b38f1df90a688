"""The ticket desk behind a running center: one ticket at a time, quotas, hours, and what a restart keeps."""

from __future__ import annotations

import os

from konbini.issuance_center.ledger import Ledger, ledger_file
from konbini.issuance_center.relay.standing import Standing
from konbini.protocol.errors import Code
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from konbini.protocol.offices import CenterOffice
from konbini.protocol.tickets import Ticket
from tests.integration.issuance_center.conftest import RunningCenter

A, B = "999991", "999992"
OPEN, ORDER, TICKET = MessageKind.OPEN, MessageKind.ORDER, MessageKind.TICKET


async def test_the_same_hello_gets_the_same_ticket(center: RunningCenter) -> None:
    """A resident who types the PIN again waits for nothing; after its minute the ticket is a new one."""
    await center.ward(A)
    kiosk, keys, visit_id = await center.connect("K-0001"), center.town.kiosks["K-0001"], os.urandom(16)
    tickets = []
    for seconds in (0, 59, 1):
        await center.clock.advance(seconds)
        kiosk.send(keys.hello(A, visit_id))
        tickets.append((await kiosk.next(TICKET)).body)
    assert tickets[0] == tickets[1] != tickets[2]


async def test_a_new_hello_supersedes_a_ticket_that_was_not_used(center: RunningCenter) -> None:
    """The next resident does not wait out a minute, and the ticket of the one before opens nothing."""
    ward = await center.ward(A)
    kiosk, keys = await center.connect("K-0001"), center.town.kiosks["K-0001"]
    first, second = os.urandom(16), os.urandom(16)
    for visit_id in (first, second):
        kiosk.send(keys.hello(A, visit_id))
        await kiosk.next(TICKET)
    kiosk.send(keys.frame(OPEN, A, first, b"first"))
    assert await kiosk.refused() is Code.TICKET_INVALID
    kiosk.send(keys.frame(OPEN, A, second, b"second"))
    assert (await ward.next()).body == b"second"
    kiosk.send(keys.hello(A, second))
    assert await kiosk.refused() is Code.VISIT_CONFLICT


async def test_a_visit_id_is_used_once_and_for_one_thing(center: RunningCenter) -> None:
    """With other visit keys, for another ward, or by another kiosk it is refused."""
    await center.ward(A)
    await center.ward(B)
    kiosk, other, visit_id = await center.connect("K-0001"), await center.connect("K-0002"), os.urandom(16)
    kiosk.send(center.town.kiosks["K-0001"].hello(A, visit_id))
    await kiosk.next(TICKET)
    for frame in (
        center.town.kiosks["K-0001"].hello(A, visit_id, b"\1" * 32),
        center.town.kiosks["K-0001"].hello(B, visit_id),
    ):
        kiosk.send(frame)
        assert await kiosk.refused() is Code.VISIT_CONFLICT
    other.send(center.town.kiosks["K-0002"].hello(A, visit_id))
    assert await other.refused() is Code.VISIT_CONFLICT


async def test_a_ticket_that_is_late_opens_nothing(center: RunningCenter) -> None:
    """60 seconds and the clocks' 30; repeats of an OPEN that went through still pass."""
    ward = await center.ward(A)
    kiosk, keys = await center.connect("K-0001"), center.town.kiosks["K-0001"]
    late, used = os.urandom(16), os.urandom(16)
    for visit_id in (late, used):
        kiosk.send(keys.hello(A, visit_id))
        await kiosk.next(TICKET)
    kiosk.send(keys.frame(OPEN, A, used, b"in time"))
    assert (await ward.next()).body == b"in time"
    await center.clock.advance(90)
    kiosk.send(keys.frame(OPEN, A, used, b"in time"))
    assert (await ward.next()).body == b"in time"
    kiosk.send(keys.hello(A, os.urandom(16)))
    visit_id = (await kiosk.next(TICKET)).visit_id
    await center.clock.advance(90)
    kiosk.send(keys.frame(OPEN, A, visit_id, b"late"))
    assert await kiosk.refused() is Code.TICKET_EXPIRED


async def test_a_ticket_carries_a_prekey_that_outlives_it(center: RunningCenter) -> None:
    """A ward that makes no new PREKEY is no longer asked; a PREKEY made ahead is not taken."""
    ward, kiosk, keys = await center.ward(A), await center.connect("K-0001"), center.town.kiosks["K-0001"]
    await center.clock.advance(1140)
    kiosk.send(keys.hello(A, os.urandom(16)))
    assert (await kiosk.next(TICKET)).kind is TICKET
    await center.clock.advance(1)
    kiosk.send(keys.hello(A, os.urandom(16)))
    assert await kiosk.refused() is Code.WARD_UNREACHABLE
    ward.send(center.town.wards[A].prekey(center.now + 31))
    assert await ward.refused() is Code.PREKEY_UNKNOWN
    ward.send(center.town.wards[A].prekey(center.now))
    ward.send(Frame(kind=MessageKind.HELLO, ward=A, body=b""))
    assert await ward.refused() is Code.MISROUTED
    kiosk.send(keys.hello(A, os.urandom(16)))
    ticket = Ticket.open((await kiosk.next(TICKET)).body, CenterOffice(pinned=center.town.ticket_key), center.now)
    assert ticket.expires - ticket.issued == 60


async def test_a_kiosk_has_a_quota_that_a_restart_does_not_reset(center: RunningCenter) -> None:
    """Three tickets within an hour; the fourth is refused, and so it is after a restart."""
    await center.stop()
    center.town.configure(tickets_an_hour=3)
    await center.start()
    for restarted in (False, True):
        await center.ward(A)
        kiosk, other = await center.connect("K-0001"), await center.connect("K-0002")
        for _ in range(0 if restarted else 3):
            kiosk.send(center.town.kiosks["K-0001"].hello(A, os.urandom(16)))
            await kiosk.next(TICKET)
        kiosk.send(center.town.kiosks["K-0001"].hello(A, os.urandom(16)))
        assert await kiosk.refused() is Code.QUOTA
        other.send(center.town.kiosks["K-0002"].hello(A, os.urandom(16)))
        await other.next(TICKET)
        await center.hang_up()
        await center.stop()
        await center.start()


async def test_out_of_hours_there_is_no_ticket(center: RunningCenter) -> None:
    """The center's own hours, in Japan; NOW is 17:46 there."""
    await center.stop()
    center.town.configure(hours='opens = "06:30"\ncloses = "17:00"')
    await center.start()
    await center.ward(A)
    kiosk = await center.connect("K-0001")
    kiosk.send(center.town.kiosks["K-0001"].hello(A, os.urandom(16)))
    assert await kiosk.refused() is Code.WARD_CLOSED


async def test_a_visit_goes_on_after_a_restart(center: RunningCenter) -> None:
    """ORDER of a visit that was opened before; a ticket that was given and not used opens its visit."""
    await center.ward(A)
    kiosk, keys = await center.connect("K-0001"), center.town.kiosks["K-0001"]
    opened, ticketed = os.urandom(16), os.urandom(16)
    kiosk.send(keys.hello(A, opened))
    await kiosk.next(TICKET)
    kiosk.send(keys.frame(OPEN, A, opened, b"open"))
    kiosk.send(keys.hello(A, ticketed))
    await kiosk.next(TICKET)
    await center.hang_up()
    await center.stop()
    await center.start()
    ward, kiosk = await center.ward(A), await center.connect("K-0001")
    kiosk.send(keys.frame(ORDER, A, opened, b"order"))
    assert (await ward.next()).body == b"order"
    kiosk.send(keys.frame(OPEN, A, ticketed, b"first open"))
    assert (await ward.next()).body == b"first open"
    await center.hang_up()
    await center.stop()
    ledger = Ledger.open(ledger_file(center.town.folder / "ledger.db"))
    row = await ledger.row(opened, center.now)
    await ledger.close()
    assert row is not None
    assert row.standing is Standing.NOT_FINISHED
    assert [kind for kind, _ in row.passages] == [OPEN, ORDER]
    await center.start()


async def test_what_settles_an_order_passes_long_after_its_visit(center: RunningCenter) -> None:
    """RECEIPT, ASK and FINAL days later, held to the kiosk that the ledger remembers."""
    await center.ward(A)
    kiosk, keys, visit_id = await center.connect("K-0001"), center.town.kiosks["K-0001"], os.urandom(16)
    kiosk.send(keys.hello(A, visit_id))
    await kiosk.next(TICKET)
    await center.clock.advance(40_000)
    await center.hang_up()
    ward, kiosk, other = await center.ward(A), await center.connect("K-0001"), await center.connect("K-0002")
    kiosk.send(keys.frame(OPEN, A, visit_id, b"open"))
    assert await kiosk.refused() is Code.TICKET_EXPIRED
    kiosk.send(keys.frame(MessageKind.RECEIPT, A, visit_id, b"receipt"))
    assert (await ward.next()).body == b"receipt"
    other.send(center.town.kiosks["K-0002"].frame(MessageKind.RECEIPT, A, visit_id, b"not mine"))
    assert await other.refused() is Code.MISROUTED
    for kind in (MessageKind.ASK, MessageKind.FINAL):
        ward.send(Frame(kind=kind, visit_id=visit_id, kiosk="K-0002", ward=A, body=b"to another"))
        assert await ward.refused() is Code.MISROUTED
        ward.send(Frame(kind=kind, visit_id=visit_id, kiosk="K-0001", ward=A, body=b"word"))
        assert (await kiosk.next(kind)).body == b"word"
