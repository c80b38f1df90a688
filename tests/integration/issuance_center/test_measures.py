"""What the center shows of itself: links, tickets, frames by kind and bytes, and whether a visit could begin."""

from __future__ import annotations

import os

from konbini.protocol.errors import Code
from konbini.protocol.kinds import MessageKind
from tests.integration.issuance_center.conftest import RunningCenter
from tests.measuring import Reading, missing, read

A, B = "999991", "999992"


async def seen(center: RunningCenter) -> Reading:
    """Read the figures of now."""
    await center.clock.advance(1)
    return await read(center.town.folder / "m.sock")


async def test_tickets_and_frames_are_counted(center: RunningCenter) -> None:
    """Given, given again, refused by its code; frames of both ends with their bytes."""
    await center.ward(A)
    kiosk, keys, visit_id = await center.connect("K-0001"), center.town.kiosks["K-0001"], os.urandom(16)
    hellos = [keys.hello(A, visit_id) for _ in range(2)]
    for hello in hellos:
        kiosk.send(hello)
        await kiosk.next(MessageKind.TICKET)
    kiosk.send(keys.hello(B, os.urandom(16)))
    assert await kiosk.refused() is Code.WARD_UNREACHABLE
    kiosk.send(keys.frame(MessageKind.ORDER, A, os.urandom(16), b"x"))
    refused = await kiosk.refused()
    figures = await seen(center)
    for outcome in ("given", "again", "refused"):
        assert figures.get("konbini_tickets_total", outcome=outcome) == 1, outcome
    assert figures.get("konbini_refusals_total", at="ticket", code="ward_unreachable") == 1
    assert figures.get("konbini_refusals_total", at="frame", code=refused.name.lower()) == 1
    assert figures.get("konbini_frames_total", end="kiosk", kind="hello") == 3
    assert figures.get("konbini_frames_total", end="ward", kind="prekey") == 1
    size = figures.get("konbini_frame_bytes_total", end="kiosk", kind="hello")
    assert size is not None
    assert size > sum(len(hello.to_bytes()) for hello in hellos)
    assert figures.get("konbini_withheld_total") == 0
    assert visit_id.hex() not in figures.text
    assert "K-0001" not in figures.text


async def test_links_are_counted_and_a_ward_that_is_away_is_named(center: RunningCenter) -> None:
    """Of those that are listed; not ready while no ward has a link and a prekey, nor out of hours."""
    socket = center.town.folder / "m.sock"
    assert await missing(socket) == ["NO_WARD"]
    ward = await center.ward(A)
    await center.connect("K-0002")
    assert await missing(socket) == []
    figures = await seen(center)
    assert (figures.get("konbini_connected", end="kiosk"), figures.get("konbini_listed", end="kiosk")) == (1, 3)
    assert (figures.get("konbini_connected", end="ward"), figures.get("konbini_listed", end="ward")) == (1, 2)
    assert (figures.get("konbini_ward_servers", ward=A), figures.get("konbini_ward_servers", ward=B)) == (1, 0)
    await center.drop(ward)
    while await missing(socket) != ["NO_WARD"]:  # the center's end of the link goes down a moment later
        pass
    assert (await seen(center)).get("konbini_ward_servers", ward=A) == 0
    await center.stop()
    center.town.configure(hours='opens = "00:00"\ncloses = "00:01"')
    await center.start()
    assert await missing(socket) == ["OUT_OF_HOURS"]
    assert await missing(socket, "health") == []


async def test_what_waits_in_the_ledger_is_counted(center: RunningCenter) -> None:
    """A visit in which something was ordered and not finished."""
    ward = await center.ward(A)
    kiosk, keys, visit_id = await center.connect("K-0001"), center.town.kiosks["K-0001"], os.urandom(16)
    kiosk.send(keys.hello(A, visit_id))
    await kiosk.next(MessageKind.TICKET)
    assert (await seen(center)).get("konbini_unsettled_visits") == 0
    kiosk.send(keys.frame(MessageKind.OPEN, A, visit_id, b"sealed"))
    await ward.next(MessageKind.OPEN)
    kiosk.send(keys.frame(MessageKind.ORDER, A, visit_id, b"sealed"))
    await ward.next(MessageKind.ORDER)
    assert (await seen(center)).get("konbini_unsettled_visits") == 1
