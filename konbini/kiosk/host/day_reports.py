"""FIGURES: the kiosk's word on each whole day, sealed to the ward, repeated until it is noted.

Money is the ward's to know, and not the center's: what goes out is sealed as a receipt is.
"""

from __future__ import annotations

from konbini.kiosk.channel.messages import Question
from konbini.kiosk.host.center_link import CenterLink
from konbini.kiosk.host.day_rows import DayRows, OwedFigures
from konbini.kiosk.host.wards import Wards
from konbini.process.clock import Clock, to_seconds
from konbini.process.log import logger
from konbini.protocol.accounts import FiguresBody, day_of
from konbini.protocol.cose import Context, SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind
from konbini.protocol.receipts import Final
from konbini.protocol.sealing import OpeningKey, SealedSize, SealingKey
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.tickets import Prekey
from konbini.protocol.visits import message_hash

__all__ = ["DayReports"]

_TURN_SECONDS = 600.0
_LOOK_BACK_SECONDS = 30 * 24 * 60 * 60
_NOTED_SECONDS = 10

_log = logger("konbini.kiosk.host.day_reports")


class DayReports:
    """Tells wards what each day was."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        kiosk: str,
        signing: SigningKey,
        opening: OpeningKey,
        rows: DayRows,
        wards: Wards,
        link: CenterLink,
        clock: Clock,
    ) -> None:
        self._kiosk = kiosk
        self._signing = signing
        self._opening = opening
        self._rows = rows
        self._wards = wards
        self._link = link
        self._clock = clock

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await self.tell()
            await self._clock.sleep(_TURN_SECONDS)

    async def tell(self) -> None:
        """Reckon the days that are over, and tell each ward what it does not have yet."""
        now = to_seconds(self._clock.now())
        first = day_of(now - _LOOK_BACK_SECONDS)
        await self._rows.reckon(first, day_of(now), lambda figures: figures.sign(self._signing))
        for owed in await self._rows.owed():
            try:
                final = await self._ask_ward(owed)
            except Refused as refused:
                _log.info("figures wait", code=refused.code, detail=refused.detail)
            else:
                await self._rows.noted(owed, final.log_index)

    async def _ask_ward(self, owed: OwedFigures) -> Final:
        prekey = Prekey.peek(self._wards.prekey(owed.ward))
        sealing = SealingKey(prekey.sealing)
        context = Context(kind=MessageKind.FIGURES, sender=self._kiosk, receiver=owed.ward, key_id=sealing.key_id)
        sealed = sealing.seal(owed.signed, context, SealedSize.SMALL)
        body = to_bytes(FiguresBody(day=owed.day, key_id=sealing.key_id, sealed=sealed))
        question = Question(kind=MessageKind.FIGURES, ward=owed.ward, visit_id=b"", body=body, seconds=_NOTED_SECONDS)
        answer = await self._link.exchange(question)
        if answer.kind is not MessageKind.FIGURES_NOTED:
            raise Refused(Code.PREKEY_UNKNOWN, "the figures were not read")
        final = from_bytes(Final, self._open(owed, from_bytes(FiguresBody, answer.body)))
        if final.receipt != message_hash(owed.signed):
            raise Refused(Code.MISROUTED, "the word on other figures")
        return final

    def _open(self, owed: OwedFigures, body: FiguresBody) -> bytes:
        context = Context(kind=MessageKind.FIGURES_NOTED, sender=owed.ward, receiver=self._kiosk, key_id=body.key_id)
        key = self._wards.message_key(owed.ward, to_seconds(self._clock.now()))
        return key.open(self._opening.open(body.sealed, context), context)
