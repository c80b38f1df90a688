"""MISMATCH -> MISMATCH_NOTED: a document did not pass a kiosk's own checks, and what this ward signed is handed back.

The signature that is handed back is checked with the message key of its own day, which the ward's identity key
certified; a document that this ward did not sign proves nothing against it. What follows is the ledger's
(`konbini.ward_server.issuing.ledger.mismatches`).
"""

from __future__ import annotations

import hashlib

from konbini.protocol.cose import Context
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind
from konbini.protocol.receipts import Final, Mismatch, ReceiptBody
from konbini.protocol.shape import from_bytes
from konbini.protocol.trust import Enrolment, MessageKeyCertificate
from konbini.protocol.visits import Document, message_hash, read_answer
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.issuing.desk import Desk, Reply
from konbini.ward_server.issuing.ledger.cases import CaseParty
from konbini.ward_server.issuing.ledger.mismatches import NewMismatch
from konbini.ward_server.issuing.opening import link_refusal
from konbini.ward_server.issuing.settling import open_from_device

__all__ = ["Mismatches"]


class Mismatches:
    """The use case."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def take(self, kiosk: str, body: bytes) -> Reply:
        """Take a report of the kiosk `kiosk`; it repeats until it has this answer.

        Returns:
            MISMATCH_NOTED, or LINK_REFUSED where the report cannot be read.
        """
        now = self._desk.now()
        try:
            told = from_bytes(ReceiptBody, body)
            device = self._desk.register.named(kiosk, now.seconds)
            held = self._desk.prekeys.named(told.key_id, now.seconds)
            signed, payload = open_from_device(MessageKind.MISMATCH, self._desk.ward, told, device, held)
            mismatch = from_bytes(Mismatch, payload)
            if mismatch.ordinal != told.ordinal:
                raise Refused(Code.MISROUTED, "a report of another order")  # noqa: TRY301 - answered as any refusal
        except Refused as refused:
            return link_refusal(refused.code, body)
        entry = AuditEntry(
            moment=now.milliseconds,
            event=AuditEvent.MISMATCH_REPORTED,
            visit=told.visit,
            ordinal=mismatch.ordinal,
            about=f"{kiosk} {mismatch.found.name}",
            digest=message_hash(signed),
        )
        new = NewMismatch(
            visit=told.visit,
            ordinal=mismatch.ordinal,
            party=CaseParty(kiosk=kiosk, operator=device.operator),
            document=self._handed(told.visit, mismatch, device),
            handed=hashlib.sha256(mismatch.handed.signed).digest(),
        )
        index = await self._desk.ledger.mismatches.take(new, entry)
        noted = Final(receipt=entry.digest, log_index=index)
        sealed = self._desk.answers.mismatch_noted(held.message_key, device, told.visit, mismatch.ordinal, noted)
        return Reply(kind=MessageKind.MISMATCH_NOTED, body=sealed)

    def _handed(self, visit: bytes, mismatch: Mismatch, device: Enrolment) -> Document | None:
        """Give the document that was handed back, if this ward signed it to this kiosk for this order."""
        handed = mismatch.handed
        context = Context(
            kind=MessageKind.DOCUMENT,
            sender=self._desk.ward,
            receiver=device.kiosk,
            visit=visit,
            ordinal=mismatch.ordinal,
            key_id=handed.key_id,
        )
        try:
            day = MessageKeyCertificate.peek(handed.message_key).begins
            key = MessageKeyCertificate.open(handed.message_key, self._desk.entry, day)
            return read_answer(Document, key.open(handed.signed, context))
        except Refused:
            return None
