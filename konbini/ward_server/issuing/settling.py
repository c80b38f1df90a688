"""RECEIPT -> FINAL, LEFT -> LEFT_NOTED, and ASK: what became of the paper and of the money.

A time-out releases nothing: it starts a question. A final outcome never changes; a receipt that contradicts one, or
that cannot be true of what the ward knows, opens a case and bars its kiosk, which is answered all the same so that it
rests.
"""

from __future__ import annotations

from dataclasses import replace

from konbini.protocol.cose import Context, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind
from konbini.protocol.receipts import Ask, Final, LeftPaper, Receipt, ReceiptBody
from konbini.protocol.shape import from_bytes
from konbini.protocol.trust import Enrolment
from konbini.protocol.visits import message_hash
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.issuing.desk import Desk, Now, Reply
from konbini.ward_server.issuing.ledger.issuances import Overdue
from konbini.ward_server.issuing.ledger.receipts import NewLeft, NewReceipt
from konbini.ward_server.issuing.opening import link_refusal
from konbini.ward_server.issuing.prekeys import HeldPrekey

__all__ = ["ASK_AFTER_SECONDS", "ASK_AGAIN_SECONDS", "Asking", "Receipts", "open_from_device"]

ASK_AFTER_SECONDS = 60
"""How long after the last moment to print a kiosk is asked."""
ASK_AGAIN_SECONDS = 600
"""How long until it is asked again."""


class Receipts:
    """RECEIPT -> FINAL, LEFT -> LEFT_NOTED."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def take(self, kiosk: str, body: bytes) -> Reply:
        """Take a receipt of the kiosk `kiosk`; it repeats until it has this answer.

        Returns:
            FINAL, or LINK_REFUSED where the receipt cannot be read (a newer prekey is then to be taken).
        """
        now = self._desk.now()
        try:
            receipt_body = from_bytes(ReceiptBody, body)
            enrolment = self._desk.register.named(kiosk, now.seconds)
            held = self._desk.prekeys.named(receipt_body.key_id, now.seconds)
            signed, receipt = self._open(receipt_body, enrolment, held)
        except Refused as refused:
            return link_refusal(refused.code, body)
        digest = message_hash(signed)
        entry = AuditEntry(
            moment=now.milliseconds,
            event=AuditEvent.RECEIPT_TAKEN if receipt.ordinal else AuditEvent.VISIT_CLOSED,
            visit=receipt_body.visit,
            ordinal=receipt.ordinal,
            number=receipt.number or "",
            about=f"{kiosk} {receipt.outcome.name}",
            digest=digest,
        )
        new = NewReceipt(
            visit=receipt_body.visit,
            kiosk=kiosk,
            operator=enrolment.operator,
            receipt=receipt,
            signed=signed,
            digest=digest,
        )
        async with self._desk.visits.turn(receipt_body.visit):
            index = await self._desk.ledger.receipts.take(new, entry)
        if receipt.ordinal == 0:
            self._desk.visits.end(receipt_body.visit, kiosk)
        final = Final(receipt=digest, log_index=index)
        sealed = self._desk.answers.final(held.message_key, enrolment, receipt_body.visit, receipt.ordinal, final)
        return Reply(kind=MessageKind.FINAL, body=sealed)

    async def take_left(self, kiosk: str, body: bytes) -> Reply:
        """Take a kiosk's word that the paper of an order was left in its exit, or is gone; repeated until answered.

        Returns:
            LEFT_NOTED, or LINK_REFUSED where it cannot be read, or came before the order's receipt.
        """
        now = self._desk.now()
        try:
            left_body = from_bytes(ReceiptBody, body)
            enrolment = self._desk.register.named(kiosk, now.seconds)
            held = self._desk.prekeys.named(left_body.key_id, now.seconds)
            signed, left = self._open_left(left_body, enrolment, held)
            digest = message_hash(signed)
            entry = AuditEntry(
                moment=now.milliseconds,
                event=AuditEvent.PAPER_LEFT,
                visit=left_body.visit,
                ordinal=left.ordinal,
                about=f"{kiosk} {'lies there' if left.gone is None else 'gone'}",
                digest=digest,
            )
            new = NewLeft(visit=left_body.visit, kiosk=kiosk, operator=enrolment.operator, left=left, digest=digest)
            index = await self._desk.ledger.receipts.take_left(new, entry)
        except Refused as refused:
            return link_refusal(refused.code, body)
        noted = Final(receipt=digest, log_index=index)
        sealed = self._desk.answers.left_noted(held.message_key, enrolment, left_body.visit, left.ordinal, noted)
        return Reply(kind=MessageKind.LEFT_NOTED, body=sealed)

    def _open(self, body: ReceiptBody, device: Enrolment, held: HeldPrekey) -> tuple[bytes, Receipt]:
        """Give the receipt as signed, and read."""
        signed, payload = self._opened(MessageKind.RECEIPT, body, device, held)
        receipt = from_bytes(Receipt, payload)
        if receipt.ordinal != body.ordinal:
            raise Refused(Code.MISROUTED, "a receipt of another order")
        return signed, receipt

    def _open_left(self, body: ReceiptBody, device: Enrolment, held: HeldPrekey) -> tuple[bytes, LeftPaper]:
        signed, payload = self._opened(MessageKind.LEFT, body, device, held)
        left = from_bytes(LeftPaper, payload)
        if left.ordinal != body.ordinal:
            raise Refused(Code.MISROUTED, "a remark on another order")
        return signed, left

    def _opened(self, kind: MessageKind, body: ReceiptBody, device: Enrolment, held: HeldPrekey) -> tuple[bytes, bytes]:
        return open_from_device(kind, self._desk.ward, body, device, held)


def open_from_device(
    kind: MessageKind, ward: str, body: ReceiptBody, device: Enrolment, held: HeldPrekey
) -> tuple[bytes, bytes]:
    """Give a message as the device signed it, and what it signed: once, whichever prekey it is sealed to now.

    Raises:
        Refused: `MALFORMED`, `SIGNATURE_INVALID`.
    """
    context = Context(
        kind=kind,
        sender=device.kiosk,
        receiver=ward,
        visit=body.visit,
        ordinal=body.ordinal,
        key_id=body.key_id,
    )
    signed = held.opening.open(body.sealed, context)
    return signed, VerifyingKey(device.signing).open(signed, replace(context, key_id=b""))


class Asking:
    """ASK: "what became of this order?", each order once in a while until a final word comes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._asked: dict[tuple[bytes, int], int] = {}

    async def overdue(self) -> tuple[tuple[Overdue, Reply], ...]:
        """Give the questions that are due now, each for its kiosk; one that has left the register is not asked."""
        now = self._desk.now()
        held = self._desk.prekeys.newest
        if held is None:
            return ()
        orders = await self._desk.ledger.issuances.overdue(now.seconds - ASK_AFTER_SECONDS)
        open_orders = {(order.visit, order.ordinal) for order in orders}
        self._asked = {key: moment for key, moment in self._asked.items() if key in open_orders}
        due = [order for order in orders if self._is_due(order, now)]
        return tuple([(order, await self._ask(order, held, now)) for order in due])

    def _is_due(self, order: Overdue, now: Now) -> bool:
        asked = self._asked.get((order.visit, order.ordinal))
        lately = asked is not None and 0 <= now.seconds - asked < ASK_AGAIN_SECONDS
        return not lately and self._desk.register.knows(order.kiosk, now.seconds)

    async def _ask(self, order: Overdue, held: HeldPrekey, now: Now) -> Reply:
        enrolment = self._desk.register.named(order.kiosk, now.seconds)
        ask = Ask(visit_id=order.visit_id, ordinal=order.ordinal, t=order.t)
        body = self._desk.answers.ask(held.message_key, enrolment, order.visit, ask)
        entry = AuditEntry(
            moment=now.milliseconds,
            event=AuditEvent.ORDER_ASKED,
            visit=order.visit,
            ordinal=order.ordinal,
            about=order.kiosk,
        )
        await self._desk.ledger.record(entry)
        self._asked[order.visit, order.ordinal] = now.seconds
        return Reply(kind=MessageKind.ASK, body=body)
