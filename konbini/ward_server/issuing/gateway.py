"""The ward's gateway: frames in from the center or from the ward's own machines, use cases, frames out.

Invariants: a frame is handled in a task of its own that outlives the link, so that a cut leaves no order half done;
at most `most_at_once` run, and what comes beyond is refused as busy, never queued without bound. What is not ours is
dropped with a line in the log.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Protocol

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.ports import timed
from konbini.process.traces.attributes import SpanName
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame, LinkRefusal
from konbini.protocol.kinds import CENTER, MessageKind
from konbini.protocol.service import Notice
from konbini.protocol.shape import from_bytes
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.issuing.days import Days
from konbini.ward_server.issuing.desk import Desk, Reply
from konbini.ward_server.issuing.link_errors import LinkErrors
from konbini.ward_server.issuing.log_exchange import LogExchange
from konbini.ward_server.issuing.message_keys import MessageKeys
from konbini.ward_server.issuing.mismatching import Mismatches
from konbini.ward_server.issuing.notices import Notices
from konbini.ward_server.issuing.opening import Openings, link_refusal
from konbini.ward_server.issuing.ordering import Orders
from konbini.ward_server.issuing.own_list import OwnLists
from konbini.ward_server.issuing.settling import Asking, Receipts
from konbini.ward_server.issuing.states import KioskStates

__all__ = ["Gateway", "Sender"]

_TURN_SECONDS = 1.0
_TURNS_UNTIL_HOUSEKEEPING = 20
_SHARES = 8
"""One kiosk has this part of what is answered at once: a kiosk has one visit, and no other waits for its flood."""
_OF_LOGS = (MessageKind.CHECKPOINT, MessageKind.COSIGNED)

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
        link_errors: LinkErrors,
        clock: Clock,
        most_at_once: int = 64,
    ) -> None:
        self._desk = desk
        self._openings, self._orders, self._receipts = Openings(desk), Orders(desk), Receipts(desk)
        self._own_lists = OwnLists(desk)
        self._asking, self._mismatches, self._days = Asking(desk), Mismatches(desk), Days(desk)
        self._message_keys = message_keys
        self._notices = notices
        self._states = states
        self._link_errors = link_errors
        self._logs: LogExchange | None = None
        self._clock = clock
        self._most = most_at_once
        self._most_of_one = max(most_at_once // _SHARES, 1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way: Counter[str] = Counter()
        self._sender: Sender | None = None
        self._published: tuple[bytes, Notice] | None = None

    @property
    def under_way(self) -> int:
        """How many frames are being answered."""
        return len(self._tasks)

    def attach(self, sender: Sender, logs: LogExchange | None = None) -> None:
        """Take the link to send on, and who exchanges checkpoints over it."""
        self._sender = sender
        self._logs = logs

    def send(self, reply: Reply) -> None:
        """Hand the center what is for itself."""
        self._send(reply)

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
            await self._hold_against_center(frame)
            return
        await self.take(frame)

    async def _hold_against_center(self, frame: Frame) -> None:
        """Bar the center's link: no honest center has anything to pass on in the name of such a machine."""
        entry = AuditEntry(
            moment=self._desk.now().milliseconds,
            event=AuditEvent.LINK_MISMATCH,
            about=f"{CENTER} as {frame.kiosk}",
            code=Code.MISROUTED,
            digest=hashlib.sha256(frame.to_bytes()).digest(),
        )
        await self._desk.ledger.hold_against_link(entry, CENTER)

    async def take(self, frame: Frame) -> None:
        """Take one frame of a kiosk whose way in was judged."""
        handler = self._handler(frame)
        if handler is None:
            _log.warning("frame dropped", kind=frame.kind)
            return
        if len(self._tasks) >= self._most or self._under_way[frame.kiosk] >= self._most_of_one:
            self._desk.measures.count(Metric.REFUSALS, at="frame", code=Code.BUSY)
            self._reply(frame, link_refusal(Code.BUSY, frame.body))
            return
        task = asyncio.create_task(self._handle(frame, handler))
        self._tasks.add(task)
        if frame.kiosk:  # what is the center's own has no kiosk
            self._under_way[frame.kiosk] += 1
        task.add_done_callback(partial(self._ended, frame.kiosk))

    def _ended(self, kiosk: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._under_way[kiosk] -= 1
        if self._under_way[kiosk] <= 0:
            del self._under_way[kiosk]

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
        kiosk, body = frame.kiosk, frame.body
        taking: dict[MessageKind, Callable[[], Awaitable[Reply | None]]] = {
            MessageKind.OPEN: lambda: self._openings.take(kiosk, frame.visit_id, body),
            MessageKind.ORDER: lambda: self._orders.take(kiosk, body),
            MessageKind.OWNLIST: lambda: self._own_lists.take(kiosk, body),
            MessageKind.RECEIPT: lambda: self._receipts.take(kiosk, body),
            MessageKind.LEFT: lambda: self._receipts.take_left(kiosk, body),
            MessageKind.MISMATCH: lambda: self._mismatches.take(kiosk, body),
            MessageKind.FIGURES: lambda: self._days.take_figures(kiosk, body),
            MessageKind.COUNTS: lambda: self._days.take_counts(body),
            MessageKind.STATE: lambda: self._states.take(kiosk, body),
        }
        logs = self._logs
        if logs is not None and not kiosk:
            taking |= dict.fromkeys(_OF_LOGS, lambda: logs.take(frame.kind, body))
        return taking.get(frame.kind)

    async def _handle(self, frame: Frame, handler: Callable[[], Awaitable[Reply | None]]) -> None:
        try:
            with (
                timed(self._desk.measures, self._clock, Metric.FRAME_SECONDS, kind=frame.kind),
                self._desk.traces.of_visit(frame.visit_id, SpanName.WARD_FRAME, kind=frame.kind),
            ):
                reply = await handler()
        except Refused as refused:
            self._desk.measures.count(Metric.REFUSALS, at="frame", code=refused.code)
            _log.warning("frame refused", kind=frame.kind, code=refused.code, detail=refused.detail)
            reply = link_refusal(refused.code, frame.body)
        except Exception as error:  # noqa: BLE001 - one frame's defect must not end the others; it is answered and logged
            _log.error("frame failed", kind=frame.kind, error=type(error).__name__)
            reply = link_refusal(Code.INTERNAL, frame.body)
        if reply is not None:
            self._count(frame, reply)
            self._reply(frame, reply)

    def _count(self, frame: Frame, reply: Reply) -> None:
        """Count what was refused in the open: damaged, late or misdirected, and nobody's word against anybody."""
        if reply.kind is MessageKind.LINK_REFUSED:
            code = from_bytes(LinkRefusal, reply.body).code
            self._link_errors.note(frame.kiosk, code, self._desk.now().seconds)

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
