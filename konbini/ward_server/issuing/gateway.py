"""The ward's gateway: frames in from the center or from the ward's own machines, use cases, frames out.

Invariants: a frame is handled in a task of its own that outlives the link, so that a cut leaves no order half done;
at most `most_at_once` run, and what comes beyond is refused as busy, never queued without bound. What is not ours is
dropped with a line in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from konbini.protocol.service import Notice
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.issuing.desk import Desk, Reply
from konbini.ward_server.issuing.message_keys import MessageKeys
from konbini.ward_server.issuing.notices import Notices
from konbini.ward_server.issuing.opening import Openings, link_refusal
from konbini.ward_server.issuing.ordering import Orders
from konbini.ward_server.issuing.settling import Asking, Receipts
from konbini.ward_server.issuing.states import KioskStates

__all__ = ["Gateway", "Sender"]

_TURN_SECONDS = 1.0
_TURNS_UNTIL_HOUSEKEEPING = 20

_log = logger("konbini.ward_server.issuing.gateway")


class Sender(Protocol):
    """The link, as the gateway sends on it."""

    def send(self, frame: Frame) -> None:
        """Hand one frame over; raises `Refused`."""


class Gateway:
    """Dispatches frames; a `LinkUser`."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        desk: Desk,
        *,
        message_keys: MessageKeys,
        notices: Notices,
        states: KioskStates,
        clock: Clock,
        most_at_once: int = 64,
    ) -> None:
        self._desk = desk
        self._openings, self._orders, self._receipts = Openings(desk), Orders(desk), Receipts(desk)
        self._asking = Asking(desk)
        self._message_keys = message_keys
        self._notices = notices
        self._states = states
        self._clock = clock
        self._most = most_at_once
        self._tasks: set[asyncio.Task[None]] = set()
        self._sender: Sender | None = None
        self._published: tuple[bytes, Notice] | None = None

    def attach(self, sender: Sender) -> None:
        """Take the link to send on."""
        self._sender = sender

    async def opened(self) -> None:
        """Publish prekey and notice as soon as the link is up; what cannot be published now is at the next turn."""
        self._published = None
        await self._turn(self.publish)

    async def closed(self) -> None:
        """Nothing is lost with the link: kiosks repeat."""

    async def received(self, frame: Frame) -> None:
        """Take one frame from the center; the ward's own machines have another way in, and no second one."""
        if self._desk.offices.is_own(frame.kiosk):
            _log.warning("frame of an own machine dropped", kind=frame.kind)
            return
        await self.take(frame)

    async def take(self, frame: Frame) -> None:
        """Take one frame of a kiosk whose way in was judged."""
        handler = self._handler(frame)
        if handler is None:
            _log.warning("frame dropped", kind=frame.kind)
            return
        if len(self._tasks) >= self._most:
            self._reply(frame, link_refusal(Code.BUSY, frame.body))
            return
        task = asyncio.create_task(self._handle(frame, handler))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """Publish each second what changed; every twentieth, ask what is overdue and delete what is too late."""
        turn = 0
        while True:
            await self._turn(self.publish)
            if turn % _TURNS_UNTIL_HOUSEKEEPING == 0:
                await self._turn(self._keep_house)
            turn += 1
            await self._clock.sleep(_TURN_SECONDS)

    async def _turn(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do what is done again at the next turn where it fails: the registry may be gone for a while."""
        try:
            await act()
        except (Refused, ConnectionError, TimeoutError) as error:
            _log.warning("turn failed", error=type(error).__name__)

    async def _keep_house(self) -> None:
        now = self._desk.now()
        await self._desk.ledger.issuances.drop_late(now.seconds)
        await self._desk.ledger.issuances.recover(
            AuditEntry(moment=now.milliseconds, event=AuditEvent.ORDER_VOIDED, about="of a server that is gone")
        )
        for order, reply in await self._asking.overdue():
            self._send(reply, visit_id=order.visit_id, kiosk=order.kiosk)

    async def publish(self) -> None:
        """Send PREKEY and NOTICE where they changed: the center hands each to every kiosk."""
        now = self._desk.now()
        message_key = await self._message_keys.of(now)
        prekey = self._desk.prekeys.turn(message_key, now.seconds)
        notice = await self._notices.of(message_key, now)
        last = self._published
        self._published = (prekey, notice)
        if last is None or last[0] != prekey:
            self._send(Reply(kind=MessageKind.PREKEY, body=prekey))
        if last is None or replace(last[1], serial=0) != replace(notice, serial=0):
            self._send(Reply(kind=MessageKind.NOTICE, body=notice.sign(message_key.signing)))

    async def finish(self) -> None:
        """Let what runs come to its end."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _handler(self, frame: Frame) -> Callable[[], Awaitable[Reply | None]] | None:
        match frame.kind:
            case MessageKind.OPEN:
                return lambda: self._openings.take(frame.kiosk, frame.visit_id, frame.body)
            case MessageKind.ORDER:
                return lambda: self._orders.take(frame.kiosk, frame.body)
            case MessageKind.RECEIPT:
                return lambda: self._receipts.take(frame.kiosk, frame.body)
            case MessageKind.LEFT:
                return lambda: self._receipts.take_left(frame.kiosk, frame.body)
            case MessageKind.STATE:
                return lambda: self._states.take(frame.kiosk, frame.body)
            case _:
                return None

    async def _handle(self, frame: Frame, handler: Callable[[], Awaitable[Reply | None]]) -> None:
        try:
            reply = await handler()
        except Refused as refused:
            _log.warning("frame refused", kind=frame.kind, code=refused.code, detail=refused.detail)
            reply = link_refusal(refused.code, frame.body)
        except Exception as error:  # noqa: BLE001 - one frame's defect must not end the others; it is answered and logged
            _log.error("frame failed", kind=frame.kind, error=type(error).__name__)
            reply = link_refusal(Code.INTERNAL, frame.body)
        if reply is not None:
            self._reply(frame, reply)

    def _reply(self, frame: Frame, reply: Reply) -> None:
        self._send(reply, visit_id=frame.visit_id, kiosk=frame.kiosk)

    def _send(self, reply: Reply, *, visit_id: bytes = b"", kiosk: str = "") -> None:
        """Hand a reply to the link; without a link it is not sent, and the kiosk asks again."""
        if self._sender is None:
            return
        frame = Frame(kind=reply.kind, visit_id=visit_id, kiosk=kiosk, ward=self._desk.ward, body=reply.body)
        try:
            self._sender.send(frame)
        except Refused as refused:
            _log.info("not sent", kind=reply.kind, code=refused.code)
