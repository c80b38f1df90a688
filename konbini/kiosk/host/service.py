"""The long-lived process's answers to a visit: arguments checked at this edge, rooms behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from konbini.kiosk.channel.messages import Concluded, FailedCheck, HostMethod, Left, Opened, OrderStep, Question
from konbini.kiosk.concluding import reference
from konbini.kiosk.host.center_link import CenterLink
from konbini.kiosk.host.devices import DeviceWatch
from konbini.kiosk.host.floor import Floor
from konbini.kiosk.host.journal import Journal
from konbini.kiosk.host.left_watch import LeftWatch
from konbini.kiosk.host.mismatch_rows import MismatchRows
from konbini.kiosk.host.owing import Owing
from konbini.kiosk.host.wards import Wards
from konbini.kiosk.payment.reckoning import Reckoning
from konbini.process.calls import Handler
from konbini.process.clock import Clock, to_seconds
from konbini.process.log import logger
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.ports import Measures
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import LeftThings, MessageKind
from konbini.protocol.shape import from_bytes, to_bytes

__all__ = ["HostRooms", "handlers"]

_TURN_SECONDS = 20.0
_MOST_WAIT_SECONDS = 30
_OF_A_VISIT = frozenset((MessageKind.HELLO, MessageKind.OPEN, MessageKind.ORDER, MessageKind.OWNLIST))

_log = logger("konbini.kiosk.host.service")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRooms:
    """What stands behind the answers."""

    devices: DeviceWatch
    wards: Wards
    link: CenterLink
    journal: Journal
    mismatches: MismatchRows
    owing: Owing
    reckoning: Reckoning
    left: LeftWatch
    floor: Floor
    clock: Clock
    measures: Measures


def handlers(rooms: HostRooms, turn: asyncio.Event) -> Mapping[int, Handler]:
    """Give the answers for one visit, whose turn comes with the event."""
    answers = _Answers(rooms, turn)
    return {
        HostMethod.TURN: answers.turn,
        HostMethod.DEVICES: answers.devices,
        HostMethod.WARDS: answers.wards,
        HostMethod.PREKEY: answers.prekey,
        HostMethod.EXCHANGE: answers.exchange,
        HostMethod.OPENED: answers.opened,
        HostMethod.STEP: answers.step,
        HostMethod.CONCLUDED: answers.concluded,
        HostMethod.TOLD: answers.told,
        HostMethod.LEFT: answers.left,
        HostMethod.FAILED: answers.failed,
    }


class _Answers:
    """One method each; arguments are checked before anything is done."""

    def __init__(self, rooms: HostRooms, turn: asyncio.Event) -> None:
        self._rooms = rooms
        self._turn = turn

    async def turn(self, _arguments: Sequence[Value]) -> Value:
        try:
            async with asyncio.timeout(_TURN_SECONDS):
                return await self._turn.wait()
        except TimeoutError:
            return False

    async def devices(self, arguments: Sequence[Value]) -> Value:
        match arguments:
            case [int() as after, int() as wait] if 0 <= wait <= _MOST_WAIT_SECONDS:
                return to_bytes(await self._rooms.devices.after(after, wait))
        raise Refused(Code.MALFORMED, "DEVICES")

    async def wards(self, _arguments: Sequence[Value]) -> Value:
        moment = to_seconds(self._rooms.clock.now())
        return to_bytes(self._rooms.wards.on_offer(moment, link_up=self._rooms.link.up))

    async def prekey(self, arguments: Sequence[Value]) -> Value:
        match arguments:
            case [str() as ward]:
                return self._rooms.wards.prekey(ward)
        raise Refused(Code.MALFORMED, "PREKEY")

    async def exchange(self, arguments: Sequence[Value]) -> Value:
        question = from_bytes(Question, _only(arguments))
        if question.kind not in _OF_A_VISIT:
            raise Refused(Code.MISROUTED, "not a visit's to send")
        if question.kind is MessageKind.HELLO:
            self._rooms.floor.begin_visit()
        return to_bytes(await self._rooms.link.exchange(question))

    async def opened(self, arguments: Sequence[Value]) -> Value:
        await self._rooms.journal.opened(from_bytes(Opened, _only(arguments)))
        return None

    async def step(self, arguments: Sequence[Value]) -> Value:
        await self._rooms.journal.step(from_bytes(OrderStep, _only(arguments)))
        return None

    async def concluded(self, arguments: Sequence[Value]) -> Value:
        concluded = from_bytes(Concluded, _only(arguments))
        await self._rooms.journal.conclude(concluded, self._rooms.owing.sign)
        self._rooms.measures.count(Metric.OUTCOMES, outcome=concluded.outcome)
        if concluded.money_unknown:  # the device's own count is noted when it says it again
            number = reference(concluded.visit_id, concluded.ordinal)
            _log.warning("money unknown", visit=concluded.visit_id, amount=concluded.taken, detail=number)
        else:
            self._rooms.reckoning.note(taken=concluded.taken, returned=concluded.returned, owed=concluded.owed)
        self._rooms.owing.wake()
        return None

    async def left(self, arguments: Sequence[Value]) -> Value:
        left = from_bytes(Left, _only(arguments))
        await self._rooms.left.found(LeftThings(left.thing), visit_id=left.visit_id or None, first=left.first)
        return None

    async def failed(self, arguments: Sequence[Value]) -> Value:
        failed = from_bytes(FailedCheck, _only(arguments))
        _log.error("a document did not pass", visit=failed.visit_id, kind=failed.found)
        await self._rooms.mismatches.found(failed, self._rooms.owing.sign_mismatch)
        self._rooms.owing.wake()
        return None

    async def told(self, arguments: Sequence[Value]) -> Value:
        match arguments:
            case [bytes() as visit_id, int() as ordinal, int() as wait] if 0 <= wait <= _MOST_WAIT_SECONDS:
                return await self._rooms.owing.told(visit_id, ordinal, wait)
        raise Refused(Code.MALFORMED, "TOLD")


def _only(arguments: Sequence[Value]) -> bytes:
    match arguments:
        case [bytes() as data]:
            return data
    raise Refused(Code.MALFORMED, "one argument of bytes is needed")
