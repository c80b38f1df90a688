"""FIGURES -> FIGURES_NOTED and COUNTS: what kiosks and the center say of a day; and each day held against the ledger.

Kiosks say it once their day is over and nothing of it is owed; the center says it of the last whole days, again and
again. A day is judged when both have spoken, and at the latest `SILENT_DAYS` after it ended: whoever has not spoken by
then is what differs.
"""

from __future__ import annotations

from dataclasses import replace

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.process.rows import NotStored
from konbini.protocol.accounts import CenterCounts, DayFigures, FiguresBody, day_of, span_of
from konbini.protocol.cose import Context, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind
from konbini.protocol.receipts import Final
from konbini.protocol.shape import from_bytes
from konbini.protocol.visits import message_hash
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.issuing.accounts import compare
from konbini.ward_server.issuing.desk import Desk, Reply
from konbini.ward_server.issuing.ledger.days import about_day
from konbini.ward_server.issuing.opening import link_refusal

__all__ = ["JUDGED_DAYS", "SILENT_DAYS", "DayJudge", "Days"]

SILENT_DAYS = 3
"""After so many days whoever has said nothing of a day is asked after."""
JUDGED_DAYS = 31
"""How far back days are judged anew: what was late, or was settled, may have changed them."""
_TURN_SECONDS = 600.0
_MOST_UNKNOWN = 8
_DAY_SECONDS = 24 * 60 * 60

_log = logger("konbini.ward_server.issuing.days")


class Days:
    """The use cases of the link."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def take_figures(self, kiosk: str, body: bytes) -> Reply:
        """Take a kiosk's figures of a day; it repeats until it has this answer.

        Returns:
            FIGURES_NOTED, or LINK_REFUSED where they cannot be read.
        """
        desk, now = self._desk, self._desk.now()
        try:
            told = from_bytes(FiguresBody, body)
            device = desk.register.named(kiosk, now.seconds)
            held = desk.prekeys.named(told.key_id, now.seconds)
            context = Context(kind=MessageKind.FIGURES, sender=kiosk, receiver=desk.ward, key_id=told.key_id)
            signed = held.opening.open(told.sealed, context)
            figures = DayFigures.open(signed, VerifyingKey(device.signing), kiosk, desk.ward)
            span_of(figures.day)
            if figures.day != told.day:
                raise Refused(Code.MISROUTED, "figures of another day")  # noqa: TRY301 - answered as any refusal
        except Refused as refused:
            return link_refusal(refused.code, body)
        digest = message_hash(signed)
        entry = AuditEntry(
            moment=now.milliseconds,
            event=AuditEvent.DAY_FIGURES_TAKEN,
            about=about_day(kiosk, figures.day),
            digest=digest,
        )
        index = await desk.ledger.days.take_figures(figures, digest, entry)
        noted = Final(receipt=digest, log_index=index)
        return Reply(
            kind=MessageKind.FIGURES_NOTED,
            body=desk.answers.figures_noted(held.message_key, device, figures.day, noted),
        )

    async def take_counts(self, body: bytes) -> None:
        """Take the center's counts of a day, of this ward's kiosks and of a few others that it names.

        Raises:
            Refused: `SIGNATURE_INVALID`, `MALFORMED` (a kiosk twice), `MISROUTED` (also a day that is not judged).
        """
        desk, now = self._desk, self._desk.now()
        counts = CenterCounts.open(body, desk.offices.center, desk.ward)
        begins, _ends = span_of(counts.day)
        if not now.day_began - JUDGED_DAYS * _DAY_SECONDS <= begins <= now.day_began:
            raise Refused(Code.MISROUTED, "counts of a day that is not judged")
        if len({one.kiosk for one in counts.kiosks}) != len(counts.kiosks):
            raise Refused(Code.MALFORMED, "counts with a kiosk twice")
        await desk.ledger.days.take_counts(self._of_this_ward(counts), now.milliseconds)

    def _of_this_ward(self, counts: CenterCounts) -> CenterCounts:
        """Leave out all but a few kiosks that this ward does not know: each would be a case, and a look each turn."""
        names = self._desk.register.names
        known = [one for one in counts.kiosks if one.kiosk in names]
        others = [one for one in counts.kiosks if one.kiosk not in names]
        if len(others) > _MOST_UNKNOWN:
            _log.warning("counts of kiosks that nobody knows", count=len(others))
        return replace(counts, kiosks=(*known, *others[:_MOST_UNKNOWN]))


class DayJudge:
    """Holds each kiosk's day against the ledger."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    async def run(self) -> None:
        """Judge until cancelled."""
        while True:
            try:
                await self.judge()
            except NotStored as error:
                _log.warning("days not judged", error=type(error).__name__)
            await self._clock.sleep(_TURN_SECONDS)

    async def judge(self) -> None:
        """Judge every day of the last month that is over, by kiosk."""
        now = self._desk.now()
        for back in range(1, JUDGED_DAYS + 1):
            day = day_of(now.day_began - back * _DAY_SECONDS)
            for kiosk in sorted(await self._desk.ledger.days.kiosks_of(day)):
                await self._judge(kiosk, day, silent=back > SILENT_DAYS)

    async def _judge(self, kiosk: str, day: int, *, silent: bool) -> None:
        told = await self._desk.ledger.days.told(kiosk, day)
        center = None if self._desk.offices.is_own(kiosk) else told.center
        if not silent and (told.figures is None or (center is not None and not center.spoke)):
            return  # not everybody has spoken yet
        found = compare(told.figures, center, told.ledger)
        await self._desk.ledger.days.conclude(kiosk, day, found, self._desk.now().milliseconds)
