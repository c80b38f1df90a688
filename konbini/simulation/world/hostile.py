"""A center whose operators are dishonest: whatever passes is lost, repeated, held back, changed, or handed to others.

It stands where kiosks and wards dial, with the certificate and key of the center's machine, and behind it the honest
center goes on; what it takes from one it hands on, or does not. It holds what the center's operators hold and no more:
of the devices' keys it uses those of the links alone, in place of being the center's own code.

Invariant: it never makes a message of its own that would need a key of kiosk or ward; it has none.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

from konbini.process.clock import Clock
from konbini.process.doors import LinkServerAddress, TlsDoor
from konbini.process.entropy import Entropy
from konbini.process.link import Link, LinkAddress
from konbini.process.link_server import Line, LinkServer, Peers
from konbini.process.tasks import StandingTasks
from konbini.protocol.errors import Refused
from konbini.protocol.frames import MOST_FRAME_BYTES, Frame
from konbini.protocol.tls import TlsFiles, client_context
from konbini.simulation.world.dishonesty import Dishonest
from konbini.simulation.world.faults import Trouble

__all__ = ["Behind", "HostileCenter"]

_WAITING_BYTES = 8 << 20
_HELD_SECONDS = 40.0
_REMEMBERED = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """One who dials: the name in its certificate, its files, and the port of the honest center behind."""

    name: str
    tls: TlsFiles
    port: int


@dataclass(eq=False)
class _Side:
    """One who dialled, and the link behind it in its name."""

    who: Behind
    line: Line
    link: Link
    waiting: list[Frame] = field(default_factory=list)
    """What came before the link behind was up for the first time."""
    was_up: bool = False


@dataclass(eq=False, kw_only=True)
class HostileCenter:
    """What passes through it.

    Args:
        gates: where it listens, and who dials there by the names in their certificates.
        host: of the honest center.
        dishonest: gives what it does now.
        chance: seeded.
        note: told of each act.
    """

    gates: tuple[tuple[LinkServerAddress, Mapping[str, Behind]], ...]
    host: str
    dishonest: Callable[[], Dishonest]
    chance: random.Random
    note: Callable[[Trouble], None]
    _sides: dict[str, _Side] = field(default_factory=dict)
    _seen: list[tuple[str, Frame]] = field(default_factory=list)

    @asynccontextmanager
    async def serve(self, clock: Clock, entropy: Entropy, tasks: StandingTasks) -> AsyncIterator[None]:
        """Stand there while the context lasts; the wiring of a service."""
        self._clock, self._entropy = clock, entropy
        self._dialling: dict[str, asyncio.Task[None]] = {}
        servers = []
        for address, names in self.gates:
            peers = Peers(
                by_name=dict(names),
                most_frame_bytes=MOST_FRAME_BYTES,
                waiting_bytes=_WAITING_BYTES,
                label=lambda behind: behind.name,
            )
            servers.append(await LinkServer.listen(TlsDoor(address), self, peers))
        try:
            yield
        finally:
            for task in self._dialling.values():
                task.cancel()
            await asyncio.gather(*self._dialling.values(), return_exceptions=True)
            for server in servers:
                await server.close()
            await tasks.close()

    def joined(self, peer: Behind, line: Line) -> None:
        """Dial the honest center in the name of one who dialled here; see `Hub`."""
        link = Link(
            address=LinkAddress(host=self.host, port=peer.port),
            tls=client_context(peer.tls),
            user=_Backwards(self, peer),
            clock=self._clock,
            entropy=self._entropy,
        )
        self._sides[peer.name] = _Side(peer, line, link)
        self._dialling[peer.name] = asyncio.create_task(link.run())

    def left(self, peer: Behind, line: Line) -> None:
        """Hang up behind; see `Hub`."""
        side = self._sides.get(peer.name)
        if side is not None and side.line is line:
            del self._sides[peer.name]
            self._dialling.pop(peer.name).cancel()

    async def received(self, peer: Behind, data: bytes) -> None:
        """Take what a kiosk or a ward sent; see `Hub`."""
        side = self._sides.get(peer.name)
        if side is None:
            return
        frame = Frame.from_bytes(data)
        self._pass(f"to the center from {peer.name}", frame, lambda one: _sent(side, one))

    def opened(self, peer: Behind) -> None:
        """Hand on what waited for the link behind."""
        side = self._sides.get(peer.name)
        if side is not None:
            side.was_up = True
            waiting, side.waiting = side.waiting, []
            for frame in waiting:
                _sent(side, frame)

    def backwards(self, peer: Behind, frame: Frame) -> None:
        """Take what the honest center sent to a kiosk or a ward."""
        self._pass(f"to {peer.name}", frame, lambda one: self._hand(peer.name, one))

    def _pass(self, where: str, frame: Frame, hand: Callable[[Frame], None]) -> None:
        """Hand a frame on, or do what dishonest people do."""
        how = self.dishonest()
        if not how:
            hand(frame)
            return
        self._remember(where, frame)
        if self._does(how.lost, Trouble.LOST):
            return
        if self._does(how.misdirected, Trouble.MISDIRECTED):
            hand(self._misdirected(where, frame))
        if self._does(how.altered, Trouble.ALTERED) and frame.body:
            at = self.chance.randrange(len(frame.body))
            frame = replace(frame, body=frame.body[:at] + bytes((frame.body[at] ^ 1,)) + frame.body[at + 1 :])
        if self._does(how.reordered, Trouble.REORDERED):
            asyncio.get_running_loop().call_later(self.chance.random() * _HELD_SECONDS, hand, frame)
            return
        hand(frame)
        if self._does(how.repeated, Trouble.REPEATED):
            asyncio.get_running_loop().call_later(self.chance.random() * _HELD_SECONDS, hand, frame)

    def _misdirected(self, where: str, frame: Frame) -> Frame:
        """Give the body of another's frame of this kind under this frame's address."""
        others = [one for at, one in self._seen if one.kind is frame.kind and one.body != frame.body and at != where]
        return replace(frame, body=self.chance.choice(others).body) if others else frame

    def _remember(self, where: str, frame: Frame) -> None:
        self._seen.append((where, frame))
        if len(self._seen) > _REMEMBERED:
            del self._seen[0]

    def _hand(self, name: str, frame: Frame) -> None:
        side = self._sides.get(name)
        if side is not None:
            side.line.outlet.offer(frame.to_bytes())

    def _does(self, rate: float, kind: Trouble) -> bool:
        if not rate or self.chance.random() >= rate:
            return False
        self.note(kind)
        return True


@dataclass(frozen=True, slots=True)
class _Backwards:
    """The user of a link behind: hands on what comes."""

    center: HostileCenter
    peer: Behind

    async def opened(self) -> None:
        """Hand on what whoever dialled has said already."""
        self.center.opened(self.peer)

    async def received(self, frame: Frame) -> None:
        """Take one frame."""
        self.center.backwards(self.peer, frame)

    async def closed(self) -> None:
        """Cut whoever dialled: they see what the honest center did."""
        side = self.center._sides.get(self.peer.name)  # noqa: SLF001 - its other half
        if side is not None:
            side.line.cut()


def _sent(side: _Side, frame: Frame) -> None:
    if not side.was_up:
        side.waiting.append(frame)
        return
    with suppress(Refused):  # the link behind is down: what was sent into it is lost, as on any network
        side.link.send(frame)
