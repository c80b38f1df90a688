"""What `issuing` says to kiosks: signed with the message key of the day, sealed to a visit or a device."""

from __future__ import annotations

from dataclasses import dataclass

from konbini.protocol.accounts import FiguresBody
from konbini.protocol.cose import Context
from konbini.protocol.errors import Code
from konbini.protocol.kinds import MessageKind
from konbini.protocol.own_list import OwnList
from konbini.protocol.receipts import Ask, Final, ReceiptBody
from konbini.protocol.sealing import SealedSize, SealingKey
from konbini.protocol.shape import to_bytes
from konbini.protocol.trust import Enrolment
from konbini.protocol.visits import Document, Enclosed, Menu, answer, refusal
from konbini.ward_server.asking.opening import Opened
from konbini.ward_server.issuing.prekeys import MessageKey

__all__ = ["STOPPING", "Answers", "SignedAnswer", "outward"]

STOPPING = frozenset(
    (
        Code.EVIDENCE_MISMATCH,
        Code.RECORD_NOT_SIGNED,
        Code.SUBJECT_MISMATCH,
        Code.PAGE_MISMATCH,
        Code.SEALED_OTHERWISE,
        Code.SEAL_BROKEN,
    )
)
"""Mismatches that the ward can check itself: each stops it."""
_DOCUMENT_SIZES = (SealedSize.DOCUMENT, SealedSize.LARGE_DOCUMENT)
_SMALL = (SealedSize.SMALL,)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAnswer:
    """An answer as signed (its hash names it) and as it goes out, sealed."""

    signed: bytes
    sealed: bytes


class Answers:
    """Signs and seals for one ward."""

    def __init__(self, ward: str) -> None:
        self._ward = ward

    def menu(self, key: MessageKey, opened: Opened, menu: Menu | Code) -> SignedAnswer:
        """Answer an OPEN; a refusal has the size of a menu."""
        recipient, context = self._to_visit(opened, MessageKind.MENU, 0)
        signed = _signed(key, menu, context)
        return SignedAnswer(signed=signed, sealed=recipient.seal(signed, context, SealedSize.MEDIUM))

    def document(
        self, key: MessageKey, opened: Opened, ordinal: int, document: Document | Code, pdf: bytes = b""
    ) -> SignedAnswer:
        """Answer an ORDER, with the paper beside what is signed; a refusal has the size of a document."""
        recipient, context = self._to_visit(opened, MessageKind.DOCUMENT, ordinal)
        signed = _signed(key, document, context)
        enclosed = to_bytes(Enclosed(signed=signed, pdf=pdf))
        return SignedAnswer(signed=signed, sealed=recipient.seal(enclosed, context, *_DOCUMENT_SIZES))

    def own_list(self, key: MessageKey, opened: Opened, ordinal: int, listed: OwnList | Code) -> SignedAnswer:
        """Answer a kiosk's OWNLIST; a refusal has the size of a list, and every list one size."""
        recipient, context = self._to_visit(opened, MessageKind.OWNLIST, ordinal)
        signed = _signed(key, listed, context)
        return SignedAnswer(signed=signed, sealed=recipient.seal(signed, context, SealedSize.MEDIUM))

    def final(self, key: MessageKey, device: Enrolment, visit: bytes, ordinal: int, final: Final) -> bytes:
        """Answer a RECEIPT: the body of FINAL, sealed to the device."""
        context = self._device_context(MessageKind.FINAL, device, visit, ordinal)
        return _to_device(key, device, context, to_bytes(final))

    def left_noted(self, key: MessageKey, device: Enrolment, visit: bytes, ordinal: int, noted: Final) -> bytes:
        """Answer a LEFT: the body of LEFT_NOTED, sealed to the device."""
        context = self._device_context(MessageKind.LEFT_NOTED, device, visit, ordinal)
        return _to_device(key, device, context, to_bytes(noted))

    def mismatch_noted(self, key: MessageKey, device: Enrolment, visit: bytes, ordinal: int, noted: Final) -> bytes:
        """Answer a MISMATCH: the body of MISMATCH_NOTED, sealed to the device."""
        context = self._device_context(MessageKind.MISMATCH_NOTED, device, visit, ordinal)
        return _to_device(key, device, context, to_bytes(noted))

    def figures_noted(self, key: MessageKey, device: Enrolment, day: int, noted: Final) -> bytes:
        """Answer FIGURES: the body of FIGURES_NOTED, sealed to the device."""
        context = self._device_context(MessageKind.FIGURES_NOTED, device, b"", 0)
        signed = key.signing.sign(to_bytes(noted), context)
        sealed = SealingKey(device.sealing).seal(signed, context, *_SMALL)
        return to_bytes(FiguresBody(day=day, key_id=context.key_id, sealed=sealed))

    def ask(self, key: MessageKey, device: Enrolment, visit: bytes, ask: Ask) -> bytes:
        """Ask what became of an order: the body of ASK, sealed to the device."""
        context = self._device_context(MessageKind.ASK, device, visit, ask.ordinal)
        return _to_device(key, device, context, to_bytes(ask))

    def _device_context(self, kind: MessageKind, device: Enrolment, visit: bytes, ordinal: int) -> Context:
        key_id = SealingKey(device.sealing).key_id
        return Context(kind=kind, sender=self._ward, receiver=device.kiosk, visit=visit, ordinal=ordinal, key_id=key_id)

    def _to_visit(self, opened: Opened, kind: MessageKind, ordinal: int) -> tuple[SealingKey, Context]:
        recipient = SealingKey(opened.opening.visit_keys.sealing)
        context = Context(
            kind=kind,
            sender=self._ward,
            receiver=opened.ticket.kiosk,
            visit=opened.visit,
            ordinal=ordinal,
            key_id=recipient.key_id,
        )
        return recipient, context


def _signed(key: MessageKey, content: Menu | Document | OwnList | Code, context: Context) -> bytes:
    return key.signing.sign(refusal(content) if isinstance(content, Code) else answer(content), context)


def _to_device(key: MessageKey, device: Enrolment, context: Context, content: bytes) -> bytes:
    sealed = SealingKey(device.sealing).seal(key.signing.sign(content, context), context, *_SMALL)
    return to_bytes(ReceiptBody(visit=context.visit, ordinal=context.ordinal, key_id=context.key_id, sealed=sealed))


def outward(code: Code) -> Code:
    """Give what a kiosk may know of a refusal: what the clerk found, or the registry said, stays in the ward."""
    return code if code < Code.EVIDENCE_MISMATCH else Code.INTERNAL
