"""Checkpoints between the center and the wards: each ward co-signs the center's log, the center co-signs theirs.

Each minute every ward that is connected is asked for a co-signature, from the size that it co-signed last; one whose
size is not known is asked from nothing, says so, and is asked again. Nothing here is believed: the rows say what was
co-signed (`konbini.process.log_keeping`, `konbini.process.witnessing`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from konbini.issuance_center.relay.routing import WardEnd
from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.tlog.checkpoints import CheckpointRequest
from konbini.protocol.tlog.notes import Note
from konbini.protocol.witnessing import Cosigned

__all__ = ["LogExchange", "OwnLog", "nobody"]

EXCHANGE_SECONDS = 60.0

_log = logger("konbini.issuance_center.log_exchange")


class OwnLog(Protocol):
    """The center's own log."""

    async def request(self, old_size: int) -> CheckpointRequest | None:
        """Give the newest checkpoint with its proof."""

    async def take(self, answer: Cosigned) -> bool:
        """Take a witness's answer, and say whether to ask again at once."""

    async def shown(self) -> Note | None:
        """Give the checkpoint that stands for the log: the newest that others co-signed, if any."""


async def nobody(_note: Note) -> None:
    """Have nothing time-stamped."""


class LogExchange:
    """The center's side.

    Args:
        log: its own.
        add: judges and co-signs a checkpoint of a log whose name begins as given.
        hand: hands a frame to a ward; raises `Refused` where it is not there.
        wards: gives the servers that are connected now.
        clock: for its turns.
        seen: is shown the log's checkpoint at each turn, to have it time-stamped.
    """

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        log: OwnLog,
        add: Callable[[bytes, str], Awaitable[Cosigned]],
        hand: Callable[[WardEnd, bytes], None],
        wards: Callable[[], tuple[WardEnd, ...]],
        clock: Clock,
        seen: Callable[[Note], Awaitable[None]] = nobody,
    ) -> None:
        self._own = log
        self._add = add
        self._hand = hand
        self._wards = wards
        self._clock = clock
        self._seen = seen
        self._sizes: dict[str, int] = {}
        self._asked_again: set[str] = set()

    async def run(self) -> None:
        """Ask each minute."""
        while True:
            self._asked_again.clear()
            shown = await self._own.shown()
            if shown is not None:
                await self._seen(shown)
            for end in {end.ward: end for end in self._wards()}.values():
                await self._ask(end)
            await self._clock.sleep(EXCHANGE_SECONDS)

    async def take(self, sender: WardEnd, frame: Frame) -> None:
        """Answer a CHECKPOINT of one of the ward's own logs, or take a COSIGNED of the center's.

        Raises:
            Refused: it is neither, or no answer of a witness of ours.
            NotStored: nothing was co-signed, or kept.
        """
        if frame.kind is MessageKind.CHECKPOINT:
            answer = to_bytes(await self._add(frame.body, f"konbini/{sender.ward}/"))
            self._hand(sender, Frame(kind=MessageKind.COSIGNED, ward=sender.ward, body=answer).to_bytes())
            return
        taken = from_bytes(Cosigned, frame.body)
        if taken.code not in (0, Code.LOG_OLD_SIZE):
            _log.error("the log was not co-signed", ward=sender.ward, code=taken.code, count=taken.size)
        again = await self._own.take(taken)
        self._sizes[sender.ward] = taken.size
        if again and sender.ward not in self._asked_again:  # whoever names one size after another is not followed
            self._asked_again.add(sender.ward)
            await self._ask(sender)

    async def _ask(self, end: WardEnd) -> None:
        request = await self._own.request(self._sizes.get(end.ward, 0))
        if request is None:
            return
        frame = Frame(kind=MessageKind.CHECKPOINT, ward=end.ward, body=request.to_bytes())
        with suppress(Refused):  # it is asked again in a minute
            self._hand(end, frame.to_bytes())
