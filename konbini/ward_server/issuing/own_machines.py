"""Where the ward's own machines (専用端末) dial: a listening socket on the ward's own network, without the center.

A machine sends and is sent the same frames as a kiosk that dials the center; HELLO is answered here, the rest goes to
the gateway. Invariants: a machine speaks as itself and of this ward alone; only an OPEN of its newest ticket passes; a
frame of one of these machines that comes from the center is dropped (`Gateway.received`), so that a machine has one way
to the ward; a machine that does not read is cut off. Nothing else of the ward can be reached on this socket.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from konbini.process.link_server import Line, Peers
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from konbini.ward_server.issuing.desk import Desk, Reply
from konbini.ward_server.issuing.gateway import Sender
from konbini.ward_server.issuing.opening import link_refusal
from konbini.ward_server.issuing.own_tickets import OwnTickets

__all__ = ["OwnMachines", "Ways"]

_MOST_FROM_MACHINE = 64 * 1024
_WAITING_BYTES = 5 << 18

_log = logger("konbini.ward_server.issuing.own_machines")


class OwnMachines:
    """The lines of the ward's own machines; a `Hub`, and a `Sender` of frames to them."""

    def __init__(self, desk: Desk, take: Callable[[Frame], Awaitable[None]]) -> None:
        """Take the desk, and whoever takes frames that are no HELLO."""
        self._desk, self._take = desk, take
        self._tickets = OwnTickets(desk)
        self._lines: dict[str, Line] = {}
        self._published: dict[MessageKind, bytes] = {}

    @property
    def peers(self) -> Peers[str]:
        """Who may dial: the register's own machines, by the names in their certificates."""
        names = self._desk.register.operated_by(self._desk.ward)
        return Peers(
            by_name={f"kiosk:{name}": name for name in names},
            most_frame_bytes=_MOST_FROM_MACHINE,
            waiting_bytes=_WAITING_BYTES,
            label=str,
        )

    def joined(self, peer: str, line: Line) -> None:
        """Take a link that came up, and hand it the newest prekey and notice."""
        older = self._lines.get(peer)
        self._lines[peer] = line
        if older is not None:
            older.cut()
        for data in self._published.values():
            _hand(line, data)

    def left(self, peer: str, line: Line) -> None:
        """Forget a link that went down, unless a newer one has taken its place."""
        if self._lines.get(peer) is line:
            del self._lines[peer]

    def cut_all(self) -> None:
        """End every link."""
        for line in tuple(self._lines.values()):
            line.cut()

    async def received(self, peer: str, data: bytes) -> None:
        """Take one frame of a machine.

        Raises:
            Refused: it is no frame; the link is to be ended.
        """
        frame = Frame.from_bytes(data)
        try:
            await self._judge(peer, frame)
        except Refused as refused:
            _log.warning("frame refused", kind=frame.kind, code=refused.code, detail=refused.detail)
            reply = link_refusal(refused.code, frame.body)
            self.hand(peer, _answer(frame, peer, reply).to_bytes())

    def hand(self, machine: str, data: bytes) -> None:
        """Hand a frame to a machine; one that is not there asks again, and one that does not read is cut off."""
        line = self._lines.get(machine)
        if line is not None:
            _hand(line, data)

    def publish(self, frame: Frame) -> None:
        """Hand a PREKEY or NOTICE to every machine, and keep it for whoever comes."""
        self._published[frame.kind] = data = frame.to_bytes()
        for line in tuple(self._lines.values()):
            _hand(line, data)

    async def _judge(self, peer: str, frame: Frame) -> None:
        if frame.kiosk != peer or frame.ward not in ("", self._desk.ward):
            raise Refused(Code.MISROUTED, "another machine's name, or another ward's")
        if frame.kind is MessageKind.HELLO:
            ticket = Reply(kind=MessageKind.TICKET, body=await self._tickets.grant(peer, frame))
            self.hand(peer, _answer(frame, peer, ticket).to_bytes())
            return
        if frame.kind is MessageKind.OPEN:
            self._tickets.check_newest(peer, frame.visit_id)
        await self._take(frame)


_FOR_EVERYBODY = frozenset({MessageKind.PREKEY, MessageKind.NOTICE})


class Ways:
    """Where a frame of the ward's leaves: to one of its own machines, to the center, or published to both."""

    def __init__(self, desk: Desk, link: Sender, machines: OwnMachines) -> None:
        """Take the register, the link to the center, and the ward's own machines."""
        self._desk, self._link, self._machines = desk, link, machines

    def send(self, frame: Frame) -> None:
        """Hand one frame over.

        Raises:
            Refused: as the link to the center.
        """
        if self._desk.offices.is_own(frame.kiosk):
            self._machines.hand(frame.kiosk, frame.to_bytes())
            return
        if frame.kind in _FOR_EVERYBODY:
            self._machines.publish(frame)
        self._link.send(frame)


def _hand(line: Line, data: bytes) -> None:
    if not line.outlet.offer(data):
        line.cut()


def _answer(frame: Frame, machine: str, reply: Reply) -> Frame:
    return Frame(kind=reply.kind, visit_id=frame.visit_id, kiosk=machine, ward=frame.ward, body=reply.body)
