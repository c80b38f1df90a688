"""One order as `issuing` does it to its store: what it reads and what it makes durable, from OPEN to the last receipt.

    OPEN      visit id, stop, lease, card's holder, household; the visit opened                         one commit
    ORDER     number of the order, turn, stop, limits, household; a number reserved                     one commit
              household once more; completed: versions, link, bars, stop and lease compared, the sealed
              document stored                                                                           one commit
    RECEIPT   of the paper, which settles the number; of the visit's end                                two commits

Each step is the ledger's and the copy's own, in the order of `konbini.ward_server.issuing`. Limits: the clerk, the
drawing of the paper, the seals of messages and the answer of the card's issuer are not in it; they cost the same in a
ward of any size, and are measured apart. A document is sealed before anything is measured, in the size of a paper's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.protocol.cose import Context, SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CENTER, CertificateKind, MessageKind, Outcome
from konbini.protocol.receipts import Receipt
from konbini.protocol.sealing import OpeningKey, SealedSize
from konbini.protocol.shape import to_bytes
from konbini.protocol.visits import PRINT_SECONDS, Document, Enclosed, answer, message_hash
from konbini.simulation.bench.ward.stores import IssuingStore, WardKeys
from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.clerk.evidence import Version
from konbini.ward_server.issuing.desk import Now
from konbini.ward_server.issuing.ledger.issuances import Completion, NewOrder
from konbini.ward_server.issuing.ledger.receipts import NewReceipt
from konbini.ward_server.issuing.ledger.visits import NewVisit
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["VISITS_A_DAY", "Terminal", "sealed_document"]

VISITS_A_DAY: Final = 10
"""A card opens no more in a day."""
_CERTIFICATES_A_VISIT: Final = 5
_VISIT_SECONDS: Final = 15 * 60
_HASH_BYTES: Final = 32
_VISIT_ID_BYTES: Final = 16
_PAPER_BYTES: Final = 66_000
_FEE: Final = SUMIKAWA.fee


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """One visit (利用) as its messages name it."""

    visit_id: bytes
    v: bytes
    t: bytes


class Terminal:
    """One kiosk's visits, one after the other.

    Args:
        name: the kiosk's.
        store: the ward's.
        keys: the ward's.
        document: a sealed document.
    """

    def __init__(self, name: str, store: IssuingStore, keys: WardKeys, document: bytes) -> None:
        self._name = name
        self._store = store
        self._ward = keys.municipality
        self._clock: Clock = keys.clock
        self._entropy: Entropy = keys.entropy
        self._document = document
        self._key = SigningKey.generate()

    async def visit(self, card: CardSerial) -> None:
        """Do the work of a visit with one order, its paper printed and paid.

        Raises:
            Refused: the ledger or the copy refuses; nothing of it should.
            NotStored: the store did not take a change.
        """
        token = self._entropy.token
        visit = _Visit(visit_id=token(_VISIT_ID_BYTES), v=token(_HASH_BYTES), t=token(_HASH_BYTES))
        holder = await self._open(visit, card)
        number = await self._reserve(visit, holder)
        await self._complete(visit, card, holder, number)
        await self._settle(visit, Outcome.PRINTED, ordinal=1, number=number)
        await self._settle(visit, Outcome.CANCELLED, ordinal=0)

    async def _open(self, visit: _Visit, card: CardSerial) -> str:
        ledger, now = self._store.ledger, self._now()
        if await ledger.visits.body_of(visit.visit_id) is not None:
            raise Refused(Code.VISIT_CONFLICT, "a visit id twice")
        await self._store.current.check()
        holder = await self._store.copy.holder(card, now.day_number)
        await self._store.copy.household_of(holder)
        opened = NewVisit(
            link=CENTER,
            ticketed=now.seconds,
            visit_id=visit.visit_id,
            visit=visit.v,
            kiosk=self._name,
            body_hash=self._entropy.token(_HASH_BYTES),
            card=card,
            opened=now.seconds,
            ends=now.seconds + _VISIT_SECONDS,
            day_began=now.day_began,
            receipt_code="0" * 30,
            most_a_day=VISITS_A_DAY,
        )
        await ledger.visits.open(opened, self._entry(visit, AuditEvent.VISIT_OPENED, now))
        return holder

    async def _reserve(self, visit: _Visit, holder: str) -> str:
        ledger, now = self._store.ledger, self._now()
        if await ledger.issuances.find(visit.v, 1) is not None:
            raise Refused(Code.ORDER_CONFLICT, "this ordinal has been ordered already")
        await ledger.receipts.in_turn(visit.v, 1)
        await self._store.current.check()
        await ledger.receipts.check_left(visit.v, _CERTIFICATES_A_VISIT)
        await self._store.copy.household_of(holder)
        order = NewOrder(
            link=CENTER,
            visit=visit.v,
            ordinal=1,
            kiosk=self._name,
            t=visit.t,
            kind=CertificateKind.RESIDENT_RECORD,
            fee=_FEE,
            order_hash=self._entropy.token(_HASH_BYTES),
            reserved=now.seconds,
        )
        entry = self._entry(visit, AuditEvent.ORDER_SEALING, now, ordinal=1)
        return await ledger.issuances.reserve(order, entry, now.day_number)

    async def _complete(self, visit: _Visit, card: CardSerial, holder: str, number: str) -> None:
        """Complete a certificate of the whole household."""
        now = self._now()
        people = [person.signed.record for person in await self._store.copy.household_of(holder)]
        digest = hashlib.sha256(self._document).digest()
        completion = Completion(
            link=CENTER,
            number=number,
            holder=holder,
            card=card,
            day=now.day_number,
            versions=[Version(resident=record.resident, version=record.version) for record in people],
            whole=True,
            seal_registration=None,
            document=self._document,
            pdf_hash=digest,
            print_by=now.seconds + PRINT_SECONDS,
            in_outage=False,
        )
        entry = self._entry(visit, AuditEvent.ORDER_SEALED, now, ordinal=1, number=number, digest=digest)
        await self._store.ledger.issuances.complete(completion, entry)

    async def _settle(self, visit: _Visit, outcome: Outcome, *, ordinal: int, number: str | None = None) -> None:
        now, pages = self._now(), int(outcome is Outcome.PRINTED)
        receipt = Receipt(
            visit_id=visit.visit_id,
            ordinal=ordinal,
            t=visit.t,
            number=number,
            outcome=outcome,
            after_page=0,
            counter_before=0,
            counter_after=pages,
            taken=_FEE * pages,
            returned=0,
            owed=0,
        )
        context = Context(
            kind=MessageKind.RECEIPT, sender=self._name, receiver=self._ward, visit=visit.v, ordinal=ordinal
        )
        signed = self._key.sign(to_bytes(receipt), context)
        digest = message_hash(signed)
        new = NewReceipt(
            visit=visit.v, kiosk=self._name, operator="bench", receipt=receipt, signed=signed, digest=digest
        )
        event = AuditEvent.RECEIPT_TAKEN if ordinal else AuditEvent.VISIT_CLOSED
        entry = self._entry(visit, event, now, ordinal=ordinal, number=number or "", digest=digest)
        await self._store.ledger.receipts.take(new, entry)

    def _now(self) -> Now:
        return Now(milliseconds=self._clock.now())

    def _entry(  # noqa: PLR0913 - the fields of an entry
        self,
        visit: _Visit,
        event: AuditEvent,
        now: Now,
        *,
        ordinal: int = 0,
        number: str = "",
        digest: bytes = b"",
    ) -> AuditEntry:
        return AuditEntry(
            moment=now.milliseconds,
            event=event,
            visit=visit.v,
            ordinal=ordinal,
            number=number,
            about=self._name,
            digest=digest,
        )


def sealed_document(keys: WardKeys, moment: int) -> bytes:
    """Seal a document as one goes to a kiosk: chance in the paper's place, in the size of a one-page certificate."""
    paper, token = keys.entropy.token(_PAPER_BYTES), keys.entropy.token
    document = Document(
        t=token(_HASH_BYTES),
        ordinal=1,
        number="",
        pdf_hash=hashlib.sha256(paper).digest(),
        fee=_FEE,
        pages=1,
        print_by=moment + PRINT_SECONDS,
    )
    recipient = OpeningKey.generate().sealing
    context = Context(
        kind=MessageKind.DOCUMENT,
        sender=keys.municipality,
        receiver="K-0001",
        visit=token(_HASH_BYTES),
        ordinal=1,
        key_id=recipient.key_id,
    )
    enclosed = Enclosed(signed=keys.record.sign(answer(document), context), pdf=paper)
    return recipient.seal(to_bytes(enclosed), context, SealedSize.DOCUMENT)
