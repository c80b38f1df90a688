"""The kiosk's end of the link: questions of the visit under way, receipts that are owed, what wards publish.

Sealed bytes pass through; nothing sealed to a visit can be opened here. FINAL and ASK are sealed to the device.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from konbini.kiosk.channel.messages import Answered, Question
from konbini.process.clock import Clock
from konbini.process.link import Link
from konbini.process.log import logger
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.ports import Measures, timed
from konbini.process.traces.attributes import SpanName
from konbini.process.traces.ports import Traces
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame, LinkRefusal
from konbini.protocol.kinds import MessageKind
from konbini.protocol.shape import from_bytes

__all__ = ["CenterLink"]

_ANSWERS = {
    MessageKind.HELLO: MessageKind.TICKET,
    MessageKind.OPEN: MessageKind.MENU,
    MessageKind.ORDER: MessageKind.DOCUMENT,
    MessageKind.OWNLIST: MessageKind.OWNLIST,
    MessageKind.RECEIPT: MessageKind.FINAL,
    MessageKind.LEFT: MessageKind.LEFT_NOTED,
    MessageKind.MISMATCH: MessageKind.MISMATCH_NOTED,
    MessageKind.FIGURES: MessageKind.FIGURES_NOTED,
}

_log = logger("konbini.kiosk.host.link")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """A question without an answer yet."""

    question: Question
    digest: bytes
    answer: asyncio.Future[Answered]

    def takes(self, frame: Frame) -> bool:
        """Say whether a frame answers this question."""
        if frame.visit_id != self.question.visit_id:
            return False
        if frame.kind is MessageKind.LINK_REFUSED:
            return from_bytes(LinkRefusal, frame.body).answered == self.digest
        return frame.ward == self.question.ward and frame.kind is _ANSWERS[self.question.kind]


class CenterLink:
    """Sends and receives frames; a `LinkUser`."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        kiosk: str,
        published: Callable[[Frame], Awaitable[None]],
        changed: Callable[[], None],
        *,
        measures: Measures,
        clock: Clock,
        traces: Traces,
    ) -> None:
        """Take the kiosk's name, who takes PREKEY, NOTICE and ASK, and who is told that the link came or went."""
        self._measures = measures
        self._clock = clock
        self._traces = traces
        self._kiosk = kiosk
        self._published = published
        self._changed = changed
        self._link: Link | None = None
        self._waiting: list[_Waiting] = []

    def attach(self, link: Link) -> None:
        """Take the link to send on."""
        self._link = link

    @property
    def up(self) -> bool:
        """Whether the center can be reached now."""
        return self._link is not None and self._link.up

    async def exchange(self, question: Question) -> Answered:
        """Send a message and wait for its answer.

        Raises:
            Refused: `CENTER_UNREACHABLE`, `BUSY`, or `WARD_UNREACHABLE` where no answer came in time.
        """
        if question.kind not in _ANSWERS:
            raise Refused(Code.MISROUTED, f"{question.kind.name} has no answer")
        waiting = _Waiting(
            question=question,
            digest=hashlib.sha256(question.body).digest(),
            answer=asyncio.get_running_loop().create_future(),
        )
        self._waiting.append(waiting)
        try:
            with (
                timed(self._measures, self._clock, Metric.EXCHANGE_SECONDS, kind=question.kind),
                self._traces.of_visit(question.visit_id, SpanName.KIOSK_EXCHANGE, kind=question.kind),
            ):
                return await self._answered(waiting)
        except Refused as refused:
            self._measures.count(Metric.REFUSALS, at="exchange", code=refused.code)
            raise
        finally:
            self._waiting.remove(waiting)

    async def _answered(self, waiting: _Waiting) -> Answered:
        question = waiting.question
        try:
            self.send(question.kind, question.body, ward=question.ward, visit_id=question.visit_id)
            async with asyncio.timeout(question.seconds):
                return await waiting.answer
        except TimeoutError as error:
            raise Refused(Code.WARD_UNREACHABLE, f"no answer to {question.kind.name}") from error

    def send(self, kind: MessageKind, body: bytes, *, ward: str = "", visit_id: bytes = b"") -> None:
        """Send a message that has no answer of its own.

        Raises:
            Refused: `CENTER_UNREACHABLE`, `BUSY`.
        """
        if self._link is None:
            raise Refused(Code.CENTER_UNREACHABLE, "no link")
        self._link.send(Frame(kind=kind, visit_id=visit_id, kiosk=self._kiosk, ward=ward, body=body))

    async def opened(self) -> None:
        """What is owed is repeated by its own task."""
        self._changed()

    async def closed(self) -> None:
        """Questions wait for their time: the link may come back before it is over."""
        self._changed()

    async def received(self, frame: Frame) -> None:
        """Take one frame: an answer to a question, or what a ward publishes."""
        try:
            for waiting in self._waiting:
                if waiting.takes(frame):
                    if not waiting.answer.done():
                        waiting.answer.set_result(Answered(kind=frame.kind, body=frame.body))
                    return
            if frame.kind in (MessageKind.PREKEY, MessageKind.NOTICE, MessageKind.ASK):
                await self._published(frame)
            else:
                _log.info("frame dropped", kind=frame.kind)
        except Refused as refused:
            _log.warning("frame refused", kind=frame.kind, code=refused.code, detail=refused.detail)
