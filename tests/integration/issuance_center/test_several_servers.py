"""A ward with two servers: a kiosk is at home with one, a visit stays where its prekey is, settling goes home."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from konbini.protocol.errors import Code
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from konbini.protocol.offices import CenterOffice
from konbini.protocol.tickets import Ticket
from konbini.simulation.clock import SettableClock
from tests.integration.issuance_center.conftest import KIOSKS, NOW, WARDS, End, RunningCenter, Town

A, _B = WARDS
SERVERS = ("a", "b")


@pytest.fixture
async def center(tmp_path: Path) -> AsyncIterator[RunningCenter]:
    """Run a center whose first ward has two servers."""
    town = Town(tmp_path, now=NOW)
    text = town.config.read_text("utf-8")
    town.config.write_text(text.replace(f'code = "{A}"\n', f'code = "{A}"\nservers = ["a", "b"]\n'), "utf-8")
    running = RunningCenter(town, SettableClock(NOW * 1000))
    await running.start()
    try:
        yield running
    finally:
        await running.hang_up()
        await running.stop()


class Servers:
    """Both servers of the ward, connected, each with a prekey of its own."""

    def __init__(self, center: RunningCenter) -> None:
        """Nothing is connected before `connect`."""
        self.center = center
        self.ends: dict[str, End] = {}
        self.prekeys: dict[str, Frame] = {}

    async def connect(self, server: str) -> End:
        """Connect one, and wait until its prekey was taken."""
        end = self.ends[server] = await self.center.connect(f"{A}:{server}")
        self.prekeys[server] = self.center.town.wards[A].prekey(self.center.now)
        end.send(self.prekeys[server])
        end.send(Frame(kind=MessageKind.HELLO, ward=A, body=b""))
        assert await end.refused() is Code.MISROUTED
        return end

    def of(self, ticket: bytes) -> str:
        """Say whose prekey a ticket carries."""
        prekey = Ticket.read(ticket, CenterOffice(pinned=self.center.town.ticket_key)).prekey
        (server,) = (server for server, frame in self.prekeys.items() if frame.body == prekey)
        return server


@pytest.fixture
async def servers(center: RunningCenter) -> Servers:
    """Connect both."""
    both = Servers(center)
    for server in SERVERS:
        await both.connect(server)
    return both


async def ticketed(center: RunningCenter, kiosk: End, name: str, visit_id: bytes) -> bytes:
    """Get a ticket."""
    kiosk.send(center.town.kiosks[name].hello(A, visit_id))
    return (await kiosk.next(MessageKind.TICKET)).body


async def test_a_visit_stays_at_the_server_whose_prekey_it_got(center: RunningCenter, servers: Servers) -> None:
    """OPEN and ORDER go there, and the other one's answer does not pass for it."""
    for name in KIOSKS:
        kiosk, keys, visit_id = await center.connect(name), center.town.kiosks[name], os.urandom(16)
        home = servers.of(await ticketed(center, kiosk, name, visit_id))
        (other,) = set(SERVERS) - {home}
        assert kiosk.prekeys[-1].body == servers.prekeys[home].body
        for kind in (MessageKind.OPEN, MessageKind.ORDER, MessageKind.RECEIPT):
            kiosk.send(keys.frame(kind, A, visit_id, kind.name.encode()))
            assert (await servers.ends[home].next()).body == kind.name.encode()
        menu = Frame(kind=MessageKind.MENU, visit_id=visit_id, kiosk=name, ward=A, body=b"menu")
        servers.ends[other].send(menu)
        assert await servers.ends[other].refused() is Code.MISROUTED
        servers.ends[home].send(menu)
        assert (await kiosk.next(MessageKind.MENU)).body == b"menu"
        assert servers.ends[other].came.empty()


async def test_a_kiosk_whose_server_is_gone_is_at_home_with_the_other(center: RunningCenter, servers: Servers) -> None:
    """The next ticket is the other's; a receipt is asked for again, sealed to the prekey that the kiosk is told."""
    kiosk, keys, visit_id = await center.connect("K-0001"), center.town.kiosks["K-0001"], os.urandom(16)
    home = servers.of(await ticketed(center, kiosk, "K-0001", visit_id))
    (other,) = set(SERVERS) - {home}
    await center.drop(servers.ends[home])
    kiosk.send(keys.frame(MessageKind.OPEN, A, visit_id, b"open"))
    assert await kiosk.refused() is Code.WARD_UNREACHABLE
    kiosk.send(keys.frame(MessageKind.RECEIPT, A, visit_id, b"receipt"))
    assert await kiosk.refused() is Code.WARD_UNREACHABLE
    assert kiosk.prekeys[-1].body == servers.prekeys[other].body
    kiosk.send(keys.frame(MessageKind.RECEIPT, A, visit_id, b"receipt"))
    assert (await servers.ends[other].next()).body == b"receipt"
    fresh = os.urandom(16)
    assert servers.of(await ticketed(center, kiosk, "K-0001", fresh)) == other
    await servers.connect(home)
    kiosk.send(keys.frame(MessageKind.OPEN, A, fresh, b"open"))
    assert (await servers.ends[other].next()).body == b"open"


async def test_a_server_that_takes_no_visits_gets_none_while_the_other_does(
    center: RunningCenter, servers: Servers
) -> None:
    """Its own notice holds for it alone; when both say so, the ward is stopped."""
    kiosk = await center.connect("K-0001")
    home = servers.of(await ticketed(center, kiosk, "K-0001", os.urandom(16)))
    (other,) = set(SERVERS) - {home}
    servers.ends[home].send(center.town.wards[A].notice(1, stopped=True))
    await kiosk.next(MessageKind.NOTICE)
    assert servers.of(await ticketed(center, kiosk, "K-0001", os.urandom(16))) == other
    servers.ends[other].send(center.town.wards[A].notice(2, stopped=True))
    await kiosk.next(MessageKind.NOTICE)
    kiosk.send(center.town.kiosks["K-0001"].hello(A, os.urandom(16)))
    assert await kiosk.refused() is Code.WARD_STOPPED


async def test_the_kiosks_home_alone_asks_it(center: RunningCenter, servers: Servers) -> None:
    """The other's ASK is signed by a message key that this kiosk was never told."""
    kiosk = await center.connect("K-0001")
    home = servers.of(await ticketed(center, kiosk, "K-0001", os.urandom(16)))
    (other,) = set(SERVERS) - {home}
    ask = Frame(kind=MessageKind.ASK, visit_id=os.urandom(16), kiosk="K-0001", ward=A, body=b"ask")
    servers.ends[other].send(ask)
    assert await servers.ends[other].refused() is Code.MISROUTED
    servers.ends[home].send(ask)
    assert (await kiosk.next(MessageKind.ASK)).body == b"ask"


async def test_a_ward_that_has_servers_is_not_met_without_one(center: RunningCenter) -> None:
    """Its certificate names the server; the center's configuration lists them."""
    for name in (A, f"{A}:c"):
        with pytest.raises(TimeoutError):
            await center.connect(name, patience=1.0)
