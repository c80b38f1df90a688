"""A real partition between ward and center: the ward's network namespace has one wire, which is pulled and put back."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio

from konbini.protocol.errors import Code
from konbini.simulation.demo.town_running import RunningTown
from tests.e2e.kiosk.visit.breaking import Breaker, serves_again, settled
from tests.e2e.kiosk.visit.guest import Books, Guest, fresh, says
from tests.fault_proxy import proxied

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(600),
    pytest.mark.faults,
    pytest.mark.long,
]

_HERE, _THERE = "10.213.77.1", "10.213.77.2"
_BRIEF_SECONDS, _LONG_SECONDS = 10.0, 75.0
"""Shorter than anybody asks whether the other end lives; longer than both need to give the connection up."""
_CHILD = "tests.e2e.kiosk.visit.namespace_child"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A namespace and the pair of devices that joins it with this one."""

    namespace: str
    device: str

    @property
    def path(self) -> str:
        """What a process enters."""
        return f"/run/netns/{self.namespace}"

    def pull(self) -> None:
        """Take the wire out: what is sent is lost, and nobody is told."""
        _ip("link", "set", self.device, "down")

    def put(self) -> None:
        """Put the wire in again."""
        _ip("link", "set", self.device, "up")


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    """Make a namespace with a wire to it; skips where none can be had."""
    made = Wire(namespace=f"konbini-{os.getpid()}", device=f"kb{os.getpid()}"[:15])
    inside = f"{made.device[:13]}-w"
    try:
        _ip("netns", "add", made.namespace)
    except (OSError, subprocess.CalledProcessError) as fault:
        pytest.skip(f"no network namespace can be had here: {fault}")
    try:
        _ip("link", "add", made.device, "type", "veth", "peer", "name", inside, "netns", made.namespace)
        _ip("address", "add", f"{_HERE}/30", "dev", made.device)
        _ip("-n", made.namespace, "address", "add", f"{_THERE}/30", "dev", inside)
        for words in (("link", "set", made.device, "up"), ("-n", made.namespace, "link", "set", inside, "up")):
            _ip(*words)
        _ip("-n", made.namespace, "link", "set", "lo", "up")
        yield made
    finally:
        _ip("netns", "delete", made.namespace)


def _ip(*words: str) -> None:
    done = subprocess.run(["/usr/sbin/ip", *words], capture_output=True, text=True, check=False)  # noqa: S603 - fixed program
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def apart(town: RunningTown, breaker: Breaker, wire: Wire) -> AsyncIterator[Wire]:
    """Have the center listen for wards at the wire's end, and `issuing` dial from behind it."""
    configs = town.town.configs
    wards = _port_behind((configs / "center.toml").read_text("utf-8"), "[gateway.wards]")
    await breaker.rewire("center", replacing={_listening(wards, "127.0.0.1"): _listening(wards, _HERE)})
    async with proxied(town.responder.port, at=_HERE) as responder:
        responders = (f"http://127.0.0.1:{town.responder.port}/", f"http://{_HERE}:{responder.port}/")
        await breaker.rewire(
            "issuing",
            replacing={
                _listening(wards, "127.0.0.1"): _listening(wards, _HERE),
                responders[0]: responders[1],
            },
            environment={"NETWORK": wire.path},
            module=_CHILD,
        )
        yield wire
        wire.put()
        await breaker.kill("issuing")


def _listening(port: int, host: str) -> str:
    return f'host = "{host}"\nport = {port}\n'


def _port_behind(text: str, heading: str) -> int:
    return int(text.split(f"{heading}\n", 1)[1].split("port = ", 1)[1].split("\n", 1)[0])


async def test_cut_off_when_it_is_ordered(town: RunningTown, session: aiohttp.ClientSession, apart: Wire) -> None:
    """Longer than both ends need to give up: the money comes back, nothing is printed, the receipt arrives late."""
    await serves_again(town, session)
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    guest.coins = False
    await guest.reach("pay")
    apart.pull()
    try:
        guest.coins = True
        seen = await guest.reach("refused")
        assert says(seen, Code.WARD_UNREACHABLE), seen.text
        assert town.printer.impressions == before
        await asyncio.sleep(_LONG_SECONDS)
    finally:
        apart.put()
    await settled(guest, before)
    assert town.printer.impressions == before
    await serves_again(town, session)


async def test_cut_off_for_a_moment(town: RunningTown, session: aiohttp.ClientSession, apart: Wire) -> None:
    """Shorter than anybody asks: what was lost is sent again by the kernel, and the visit goes on."""
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    guest.coins = False
    await guest.reach("pay")
    apart.pull()
    try:
        guest.coins = True
        going = asyncio.create_task(guest.reach("end", "refused"))
        await asyncio.sleep(_BRIEF_SECONDS)
    finally:
        apart.put()
    await going
    await settled(guest, before)
    await serves_again(town, session)


async def test_cut_off_while_it_is_sealed(town: RunningTown, session: aiohttp.ClientSession, apart: Wire) -> None:
    """Pulled once the ward has reserved a number: issued at the ward perhaps, printed and paid or neither."""
    books, before = Books(town=town), town.printer.impressions
    guest = Guest(town, fresh(town), session)
    reserved = books.rows("issuing", "SELECT count(*) FROM issuance")
    guest.coins = False
    await guest.reach("pay")
    guest.coins = True
    going = asyncio.create_task(guest.reach("end", "refused"))
    try:
        async with asyncio.timeout(60):
            while books.rows("issuing", "SELECT count(*) FROM issuance") == reserved:  # noqa: ASYNC110 - a book in another process has no bell
                await asyncio.sleep(0.002)
        apart.pull()
        await asyncio.wait((going,), timeout=_LONG_SECONDS)
    finally:
        apart.put()
    await going
    await settled(guest, before)
    await serves_again(town, session)
