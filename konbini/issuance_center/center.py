"""What the center does with a frame: judge, write down, hand on.

The one use case of the center. Steps, for a frame of a visit: 1. the relay decides from header and certificate; 2. the
receiver must be there; 3. the ledger's row is durable; 4. the frame is handed on, byte for byte as it came. What is
refused is answered with LINK_REFUSED to its sender.

Invariant: a body is referred to only by the call that carries it and by the receiver's outlet while it waits; but for
each kiosk's last STATE, which says nothing of a visit and is kept in memory for wards that come back.
Limits: a frame that was written down may still be lost with the receiver's link; kiosk and ward repeat end to end.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress

from konbini.issuance_center.ledger import Ledger, NotStored
from konbini.issuance_center.lines import Lines
from konbini.issuance_center.log_exchange import LogExchange
from konbini.issuance_center.relay.quotas import Window
from konbini.issuance_center.relay.routing import (
    OF_A_DAY,
    OUTLIVES_VISIT,
    KioskEnd,
    Sender,
    ToCenter,
    ToEveryWard,
    ToPeer,
    WardEnd,
    route,
)
from konbini.issuance_center.relay.visits import LIFE_SECONDS, Visit, VisitTable
from konbini.issuance_center.tickets import TicketDesk
from konbini.issuance_center.trust import Trust
from konbini.issuance_center.wards import KeptNotice, WardsToday
from konbini.process.clock import Clock, to_seconds
from konbini.process.link_server import Line
from konbini.process.log import logger
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.ports import Measures
from konbini.process.traces.attributes import SpanName
from konbini.process.traces.ports import Traces
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame, LinkRefusal
from konbini.protocol.kinds import MessageKind
from konbini.protocol.shape import to_bytes

__all__ = ["FRAMES_A_MINUTE", "Center"]

FRAMES_A_MINUTE = 600
"""How many frames a kiosk may send within a minute."""
_OF_LOGS = frozenset({MessageKind.CHECKPOINT, MessageKind.COSIGNED})
_UNCOUNTED = frozenset({MessageKind.LINK_REFUSED}) | OF_A_DAY
_TO_HOME = frozenset({MessageKind.RECEIPT, MessageKind.LEFT, MessageKind.MISMATCH, MessageKind.FIGURES})

_log = logger("konbini.issuance_center")


class Center:
    """The issuance center (証明書交付センター), without its sockets."""

    def __init__(  # noqa: PLR0913 - a wiring room hands each over by name
        self,
        *,
        trust: Trust,
        visits: VisitTable,
        wards: WardsToday,
        desk: TicketDesk,
        ledger: Ledger,
        lines: Lines,
        logs: LogExchange,
        clock: Clock,
        frames: Window,
        measures: Measures,
        traces: Traces,
    ) -> None:
        """Take what the center stands on; `frames` is a window of a minute."""
        self._trust, self._visits, self._wards = trust, visits, wards
        self._desk, self._ledger, self._lines = desk, ledger, lines
        self._logs = logs
        self._clock, self._frames = clock, frames
        self._states: dict[str, bytes] = {}
        self._measures, self._traces = measures, traces

    def joined(self, peer: Sender, line: Line) -> None:
        """Take a link that came up; a kiosk is handed the latest notice and the newest prekey of each ward.

        A ward that wants states is handed the last one of each kiosk.
        """
        self._lines.join(peer, line)
        if isinstance(peer, WardEnd) and peer.ward in self._trust.wards_that_want_states:
            for data in self._states.values():
                self._tell(peer, data)
        if isinstance(peer, KioskEnd):
            for kept in self._wards.notices(peer.kiosk):
                self._tell(peer, _notice_frame(kept).to_bytes())
            for ward, signed in self._wards.prekeys(peer.kiosk):
                self._tell(peer, _prekey_frame(ward, signed))

    def left(self, peer: Sender, line: Line) -> None:
        """Forget a link that went down."""
        if self._lines.leave(peer, line) and isinstance(peer, WardEnd):
            self._wards.drop_prekey(peer)

    async def received(self, sender: Sender, data: bytes) -> None:
        """Take one frame from a peer's link.

        Raises:
            Refused: it is no frame; the link is to be ended.
        """
        frame = Frame.from_bytes(data)
        end = "kiosk" if isinstance(sender, KioskEnd) else "ward"
        self._measures.count(Metric.FRAMES, end=end, kind=frame.kind)
        self._measures.count(Metric.FRAME_BYTES, len(data), end=end, kind=frame.kind)
        try:
            with self._traces.of_visit(frame.visit_id, SpanName.CENTER_FRAME, kind=frame.kind, size=len(data)):
                await self._take(sender, frame, data)
        except Refused as refused:
            self._count_refusal(sender, frame, refused.code)
            _log.warning(
                "frame refused", code=refused.code, detail=refused.detail, kind=frame.kind, visit=frame.visit_id
            )
            self._tell(sender, _refusal(frame, refused.code))
        except NotStored:
            self._count_refusal(sender, frame, Code.INTERNAL)
            _log.error("the ledger took no row", kind=frame.kind, visit=frame.visit_id, exc_info=True)
            self._tell(sender, _refusal(frame, Code.INTERNAL))

    def _count_refusal(self, sender: Sender, frame: Frame, code: Code) -> None:
        asked = frame.kind is MessageKind.HELLO and isinstance(sender, KioskEnd)
        self._measures.count(Metric.REFUSALS, at="ticket" if asked else "frame", code=code)
        if asked:
            self._measures.count(Metric.TICKETS, outcome="refused")

    async def _take(self, sender: Sender, frame: Frame, data: bytes) -> None:
        moment = to_seconds(self._clock.now())
        if isinstance(sender, KioskEnd):
            self._frames.spend(sender.kiosk, FRAMES_A_MINUTE, self._clock.monotonic())
        visit = await self._visit_of(frame)
        match route(sender, frame, visit, moment):
            case ToCenter():
                await self._for_center(sender, frame, moment)
            case ToEveryWard():
                self._to_every_ward(frame.kiosk, data)
            case ToPeer(peer):
                await self._pass_on(frame, visit, self._at_home(sender, frame, peer), data, moment)

    def _at_home(self, sender: Sender, frame: Frame, peer: Sender) -> Sender:
        """Turn what settles to the kiosk's home, whose prekeys it seals to; the home alone asks the kiosk.

        Raises:
            Refused: `MISROUTED`: another server asks; `WARD_UNREACHABLE`: the home changed just now, and the kiosk
                is told the new one's prekey and asks again.
        """
        if isinstance(sender, WardEnd):
            if frame.kind is MessageKind.ASK and self._wards.home(frame.kiosk, sender.ward) not in (sender, None):
                raise Refused(Code.MISROUTED, "the kiosk is at home with another server of this ward")
            return peer
        if frame.kind not in _TO_HOME:
            return peer
        before = self._wards.known_home(frame.kiosk, frame.ward)
        home = self._wards.home(frame.kiosk, frame.ward)
        if before is not None and home not in (before, None):
            self._introduce(frame.kiosk, frame.ward)
            raise Refused(Code.WARD_UNREACHABLE, "the kiosk has another home now")
        return home or peer

    def _introduce(self, kiosk: str, ward: str) -> None:
        """Tell a kiosk the prekey and the notice of its home."""
        for kept in self._wards.notices(kiosk):
            if kept.notice.ward == ward:
                self._tell(KioskEnd(kiosk), _notice_frame(kept).to_bytes())
        for name, signed in self._wards.prekeys(kiosk):
            if name == ward:
                self._tell(KioskEnd(kiosk), _prekey_frame(ward, signed))

    async def _visit_of(self, frame: Frame) -> Visit | None:
        visit = self._visits.find(frame.visit_id)
        if visit is None and frame.kind in OUTLIVES_VISIT:
            return await self._ledger.find(frame.visit_id)
        return visit

    async def _pass_on(self, frame: Frame, visit: Visit | None, receiver: Sender, data: bytes, moment: int) -> None:
        self._lines.require(receiver)
        if frame.kind not in _UNCOUNTED:
            await self._ledger.passed(visit or _of_before(frame, moment), frame.kind, moment)
        self._lines.hand(receiver, data)
        if frame.kind is MessageKind.OPEN:
            self._visits.open(frame.visit_id)

    def _to_every_ward(self, kiosk: str, data: bytes) -> None:
        """Hand a STATE on, and keep it as the kiosk's last; a ward that is away gets it when it is back."""
        self._states[kiosk] = data
        wanted = self._trust.wards_that_want_states
        for ward, server in self._trust.servers:
            if ward in wanted:
                self._tell(WardEnd(ward, server), data)

    async def _for_center(self, sender: Sender, frame: Frame, moment: int) -> None:
        if isinstance(sender, KioskEnd):
            await self._hello(frame, moment)
        elif frame.kind is MessageKind.PREKEY:
            self._wards.take_prekey(sender, frame.body, moment)
            # What a kiosk still owes is sealed to the newest prekey, long after the ticket's has run out.
            self._tell_kiosks(sender, _prekey_frame(frame.ward, frame.body))
        elif frame.kind in _OF_LOGS:
            await self._logs.take(sender, frame)
        else:
            await self._notice(sender, frame, moment)

    async def _hello(self, frame: Frame, moment: int) -> None:
        before = self._wards.known_home(frame.kiosk, frame.ward)
        self._lines.require(self._wards.home(frame.kiosk, frame.ward) or WardEnd(frame.ward))
        granted = self._desk.hello(frame.kiosk, frame, moment)
        if self._wards.known_home(frame.kiosk, frame.ward) != before:
            self._introduce(frame.kiosk, frame.ward)
        if granted.visit is not None:
            try:
                await self._ledger.ticketed(granted.visit, granted.superseded, moment)
            except BaseException:
                self._desk.withdraw(frame.kiosk)
                raise
        answer = Frame(
            kind=MessageKind.TICKET,
            visit_id=frame.visit_id,
            kiosk=frame.kiosk,
            ward=frame.ward,
            body=granted.ticket,
        )
        self._lines.hand(KioskEnd(frame.kiosk), answer.to_bytes())
        self._measures.count(Metric.TICKETS, outcome="again" if granted.visit is None else "given")

    async def _notice(self, sender: WardEnd, frame: Frame, moment: int) -> None:
        kept = self._wards.check_notice(sender, frame.body, moment)
        await self._ledger.keep_notice(frame.ward, kept.notice.serial, kept.signed, moment)
        self._wards.keep_notice(sender, kept)
        self._tell_kiosks(sender, _notice_frame(kept).to_bytes())

    def _tell_kiosks(self, end: WardEnd, data: bytes) -> None:
        """Tell the kiosks whose home a server is; one that has none yet, or no other, hears whoever speaks."""
        for kiosk in self._lines.kiosks:
            if self._wards.home(kiosk.kiosk, end.ward) in (end, None):
                self._tell(kiosk, data)

    def _tell(self, peer: Sender, data: bytes) -> None:
        with suppress(Refused):  # whoever is not there, or reads nothing, learns it when the link is up again
            self._lines.hand(peer, data)


def _of_before(frame: Frame, moment: int) -> Visit:
    """Give a visit that no row remembers, as its settling names it, with its time already over."""
    return Visit(
        visit_id=frame.visit_id,
        kiosk=frame.kiosk,
        ward=frame.ward,
        ticket_expires=moment - LIFE_SECONDS,
        opened=True,
    )


def _notice_frame(kept: KeptNotice) -> Frame:
    return Frame(kind=MessageKind.NOTICE, ward=kept.notice.ward, body=kept.signed)


def _prekey_frame(ward: str, signed: bytes) -> bytes:
    return Frame(kind=MessageKind.PREKEY, ward=ward, body=signed).to_bytes()


def _refusal(frame: Frame, code: Code) -> bytes:
    body = to_bytes(LinkRefusal(code=int(code), answered=hashlib.sha256(frame.body).digest()))
    answer = Frame(
        kind=MessageKind.LINK_REFUSED,
        visit_id=frame.visit_id,
        kiosk=frame.kiosk,
        ward=frame.ward,
        body=body,
    )
    return answer.to_bytes()
