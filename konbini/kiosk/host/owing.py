"""Receipts: signed once, sealed to the ward's newest prekey each time, repeated until the ward's FINAL.

What is said of a paper that nobody took (LEFT) goes the same way, after its order's receipt, until LEFT_NOTED; what the
kiosk's checks found wrong with a document (MISMATCH) at once, until MISMATCH_NOTED.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from konbini.kiosk.channel.messages import Question
from konbini.kiosk.host.center_link import CenterLink
from konbini.kiosk.host.journal import Journal, OwedReceipt, VisitRow
from konbini.kiosk.host.left_rows import LeftRows
from konbini.kiosk.host.mismatch_rows import MismatchRows
from konbini.kiosk.host.wards import Wards
from konbini.process.clock import Clock, to_seconds
from konbini.process.log import logger
from konbini.protocol.cose import Context, SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from konbini.protocol.receipts import Ask, Final, LeftPaper, Mismatch, Receipt, ReceiptBody
from konbini.protocol.sealing import OpeningKey, SealedSize, SealingKey
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.tickets import Prekey
from konbini.protocol.visits import message_hash

__all__ = ["Owing"]

_FINAL_SECONDS = 10
_PAUSE_SECONDS = 15.0

_log = logger("konbini.kiosk.host.owing")


class Owing:
    """Tells wards what became of their orders."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        kiosk: str,
        signing: SigningKey,
        opening: OpeningKey,
        journal: Journal,
        left: LeftRows,
        mismatches: MismatchRows,
        wards: Wards,
        link: CenterLink,
        clock: Clock,
    ) -> None:
        self._kiosk = kiosk
        self._signing = signing
        self._opening = opening
        self._journal = journal
        self._left = left
        self._mismatches = mismatches
        self._wards = wards
        self._link = link
        self._clock = clock
        self._more = asyncio.Event()
        self._heard = asyncio.Event()
        self._answers: set[asyncio.Task[None]] = set()

    def sign(self, visit: VisitRow, receipt: Receipt) -> bytes:
        """Sign a receipt with the device key, bound to its order and not to a prekey."""
        return self._signing.sign(to_bytes(receipt), self._context(MessageKind.RECEIPT, visit, receipt.ordinal))

    def sign_left(self, visit: VisitRow, left: LeftPaper) -> bytes:
        """Sign that a paper was left, or is gone, with the device key; bound to its order likewise."""
        return self._signing.sign(to_bytes(left), self._context(MessageKind.LEFT, visit, left.ordinal))

    def sign_mismatch(self, visit: VisitRow, mismatch: Mismatch) -> bytes:
        """Sign what a check found wrong, with the device key; bound to its order likewise."""
        return self._signing.sign(to_bytes(mismatch), self._context(MessageKind.MISMATCH, visit, mismatch.ordinal))

    def wake(self) -> None:
        """Something new is owed."""
        self._more.set()

    async def told(self, visit_id: bytes, ordinal: int, seconds: float) -> bool:
        """Wait a while until the ward has the receipt of an order: it takes no next order of the visit before."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    heard = self._heard
                    if await self._journal.is_final(visit_id, ordinal):
                        return True
                    await heard.wait()
        except TimeoutError:
            return False

    async def run(self) -> None:
        """Repeat what is owed until cancelled."""
        while True:
            self._more.clear()
            for owed in await self._mismatches.owed():
                await self._try(self._tell_mismatch, owed)
            for owed in await self._journal.owed():
                await self._try(self._tell, owed)
            for owed in await self._left.owed():
                await self._try(self._tell_left, owed)
            try:
                async with asyncio.timeout(_PAUSE_SECONDS):
                    await self._more.wait()
            except TimeoutError:
                pass  # time to repeat

    async def _try(self, tell: Callable[[OwedReceipt], Awaitable[None]], owed: OwedReceipt) -> None:
        try:
            await tell(owed)
        except Refused as refused:
            _log.info("receipt waits", visit=owed.visit.visit_id, code=refused.code, detail=refused.detail)

    def ask(self, frame: Frame) -> None:
        """Take an ASK: it is answered beside whatever is repeated now.

        Reading the link goes on meanwhile, since the answer to the answer comes on it too.
        """
        task = asyncio.create_task(self._answer(frame))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _answer(self, frame: Frame) -> None:
        """Send the receipt again; an order that is still under way is answered when it ends."""
        try:
            body = from_bytes(ReceiptBody, frame.body)
            visit = VisitRow(visit_id=frame.visit_id, visit=body.visit, t=b"", ward=frame.ward)
            ask = from_bytes(Ask, self._open(MessageKind.ASK, visit, body))
            owed = await self._journal.receipt_of(ask.visit_id, ask.ordinal)
            if owed is not None:
                await self._tell(owed)
        except Refused as refused:
            _log.warning("question not answered", visit=frame.visit_id, code=refused.code, detail=refused.detail)

    async def _tell(self, owed: OwedReceipt) -> None:
        """Send one receipt and take its FINAL."""
        final = await self._ask_ward(MessageKind.RECEIPT, MessageKind.FINAL, owed)
        await self._journal.final(owed, final.log_index)
        self._heard.set()
        self._heard = asyncio.Event()

    async def _tell_left(self, owed: OwedReceipt) -> None:
        """Send one LEFT and take its LEFT_NOTED."""
        noted = await self._ask_ward(MessageKind.LEFT, MessageKind.LEFT_NOTED, owed)
        await self._left.noted(owed, noted.log_index)

    async def _tell_mismatch(self, owed: OwedReceipt) -> None:
        """Send one MISMATCH and take its MISMATCH_NOTED."""
        noted = await self._ask_ward(MessageKind.MISMATCH, MessageKind.MISMATCH_NOTED, owed)
        await self._mismatches.noted(owed, noted.log_index)

    async def _ask_ward(self, kind: MessageKind, answered_by: MessageKind, owed: OwedReceipt) -> Final:
        """Send what is owed, and take the ward's word that it has this very message."""
        visit = owed.visit
        prekey = Prekey.peek(self._wards.prekey(visit.ward))
        sealing = SealingKey(prekey.sealing)
        context = Context(
            kind=kind,
            sender=self._kiosk,
            receiver=visit.ward,
            visit=visit.visit,
            ordinal=owed.ordinal,
            key_id=sealing.key_id,
        )
        sealed = sealing.seal(owed.signed, context, SealedSize.SMALL)
        body = ReceiptBody(visit=visit.visit, ordinal=owed.ordinal, key_id=sealing.key_id, sealed=sealed)
        question = Question(
            kind=kind,
            ward=visit.ward,
            visit_id=visit.visit_id,
            body=to_bytes(body),
            seconds=_FINAL_SECONDS,
        )
        answer = await self._link.exchange(question)
        if answer.kind is not answered_by:
            raise Refused(Code.PREKEY_UNKNOWN, f"the {kind.name} was not read")
        final_body = from_bytes(ReceiptBody, answer.body)
        final = from_bytes(Final, self._open(answered_by, visit, final_body))
        if final.receipt != message_hash(owed.signed) or final_body.ordinal != owed.ordinal:
            raise Refused(Code.MISROUTED, f"the {answered_by.name} of another message")
        return final

    def _open(self, kind: MessageKind, visit: VisitRow, body: ReceiptBody) -> bytes:
        context = Context(
            kind=kind,
            sender=visit.ward,
            receiver=self._kiosk,
            visit=body.visit,
            ordinal=body.ordinal,
            key_id=body.key_id,
        )
        if body.visit != visit.visit:
            raise Refused(Code.MISROUTED, "of another visit")
        key = self._wards.message_key(visit.ward, to_seconds(self._clock.now()))
        return key.open(self._opening.open(body.sealed, context), context)

    def _context(self, kind: MessageKind, visit: VisitRow, ordinal: int) -> Context:
        return Context(kind=kind, sender=self._kiosk, receiver=visit.ward, visit=visit.visit, ordinal=ordinal)
