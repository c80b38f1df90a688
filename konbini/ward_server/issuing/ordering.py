"""ORDER -> DOCUMENT: one certificate, issued at most once.

1. the rules; 2. a number reserved, the intent recorded; 3. `clerk.certify`; 4. the form drawn from the clerk's facts;
5. `clerk.seal`; 6. the completing transaction. A crash between 2 and 6 leaves a number that the next start voids.
The same bytes get the same DOCUMENT bytes, other bytes under the same ordinal are a conflict.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass

from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.pdf.printed import form_of
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, MessageKind, Options, Scope
from konbini.protocol.shape import from_bytes
from konbini.protocol.tickets import CLOCK_SKEW_SECONDS
from konbini.protocol.visits import PRINT_SECONDS, Document, Menu, Order, OrderBody
from konbini.ward_server.asking.opening import handle_of, order_context, read_order
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.clerk.evidence import Certified, Evidence
from konbini.ward_server.following.outage import Outage
from konbini.ward_server.issuing.answers import STOPPING, outward
from konbini.ward_server.issuing.desk import Desk, Question, Reply, household
from konbini.ward_server.issuing.ledger.issuances import Completion, Issuance, IssuanceState, NewOrder
from konbini.ward_server.issuing.menus import can_draw
from konbini.ward_server.issuing.opening import link_refusal
from konbini.ward_server.issuing.rules import Household, Person, Wish, check_visit, kind_reasons, may_issue
from konbini.ward_server.issuing.steps import UNREAD
from konbini.ward_server.issuing.visits import GivenMenu, OpenVisit
from konbini.ward_server.residents.dates import to_number

__all__ = ["Orders"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """An ORDER that belongs to an open visit and to its menu."""

    visit: OpenVisit
    given: GivenMenu
    order: Order
    signed: bytes
    key_id: bytes
    order_hash: bytes


class Orders:
    """The use case."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._steps = desk.steps

    async def take(self, kiosk: str, body: bytes) -> Reply:
        """Answer an ORDER of the kiosk `kiosk`.

        Returns:
            DOCUMENT (or a sealed refusal of its size), or LINK_REFUSED where no such visit is open.
        """
        now = self._desk.now()
        try:
            order_body = from_bytes(OrderBody, body)
            async with self._desk.visits.turn(order_body.visit):
                visit = self._desk.visits.get(order_body.visit, kiosk, now.seconds)
                return await self._answer(visit, order_body, hashlib.sha256(body).digest(), now)
        except Refused as refused:
            self._steps.refused(UNREAD, refused.code)
            entry = AuditEntry(moment=now.milliseconds, event=AuditEvent.ORDER_REFUSED, about=kiosk, code=refused.code)
            await self._desk.ledger.record(entry)
            return link_refusal(refused.code, body)

    async def _answer(self, visit: OpenVisit, body: OrderBody, order_hash: bytes, now: Question) -> Reply:
        known = await self._desk.ledger.issuances.find(visit.opened.visit, body.ordinal)
        if known is not None:
            return await self._again(visit, body, known, order_hash, now)
        kind: CertificateKind | str = UNREAD
        try:
            with self._steps.one("rules"):
                taken = await self._read(visit, body, order_hash, now)
                kind = taken.order.kind
                new_order, outage = await self._judge(taken, now)
            with self._steps.one("reserve"):
                number = await self._reserve(taken, new_order, now)
        except Refused as refused:
            self._steps.refused(kind, refused.code)
            if refused.code in STOPPING:
                stopped = self._entry(visit, body.ordinal, AuditEvent.ISSUING_STOPPED, now, refused.code)
                await self._desk.ledger.stop.set(stopped, "a mismatch inside the ward")
            await self._desk.ledger.record(
                self._entry(visit, body.ordinal, AuditEvent.ORDER_REFUSED, now, refused.code)
            )
            return self._refuse(visit, body.ordinal, refused.code)
        return await self._issue(taken, number, now, in_outage=outage is not None)

    async def _again(
        self, visit: OpenVisit, body: OrderBody, known: Issuance, order_hash: bytes, now: Question
    ) -> Reply:
        if known.order_hash != order_hash:
            self._steps.refused(UNREAD, Code.ORDER_CONFLICT)
            entry = self._entry(visit, body.ordinal, AuditEvent.ORDER_REFUSED, now, Code.ORDER_CONFLICT)
            await self._desk.ledger.record(entry)
            return self._refuse(visit, body.ordinal, Code.ORDER_CONFLICT)
        self._steps.again()
        if known.document is not None:
            return Reply(kind=MessageKind.DOCUMENT, body=known.document)
        if known.state is IssuanceState.VOID and known.refused is not None:
            return self._refuse(visit, body.ordinal, Code(known.refused))
        return self._refuse(visit, body.ordinal, Code.DOCUMENT_LATE)

    async def _read(self, visit: OpenVisit, body: OrderBody, order_hash: bytes, now: Question) -> _Taken:
        """Open the seal and check signature, menu, turn and time."""
        given = visit.given
        if given is None:
            raise Refused(Code.ORDER_OUT_OF_TURN, "no menu was given")
        context = order_context(
            kiosk=visit.opened.ticket.kiosk,
            ward=self._desk.ward,
            visit=visit.opened.visit,
            ordinal=body.ordinal,
            key_id=body.key_id,
        )
        signed = self._desk.prekeys.named(body.key_id, now.seconds).opening.open(body.sealed, context)
        order = read_order(signed, visit.opened, given.digest, context)
        if now.seconds >= given.menu.good_until:
            raise Refused(Code.MENU_EXPIRED)
        if not now.seconds - PRINT_SECONDS < order.sent <= now.seconds + CLOCK_SKEW_SECONDS:
            raise Refused(Code.DOCUMENT_LATE, "an order of another time")
        await self._desk.ledger.receipts.in_turn(visit.opened.visit, order.ordinal)
        return _Taken(visit=visit, given=given, order=order, signed=signed, key_id=body.key_id, order_hash=order_hash)

    async def _judge(self, taken: _Taken, now: Question) -> tuple[NewOrder, Outage | None]:
        """Step 1; gives the order for which a number may be reserved, and the outage that is in force."""
        order, visit, terms = taken.order, taken.visit, self._desk.terms(now)
        ticket = visit.opened.ticket
        serving = await self._desk.check_serving(now, ticket.kiosk)
        serving.check(order.kind, Options(order.options))
        outage = serving.outage
        self._desk.register.find(ticket.kiosk, ticket.device_key_id, now.seconds)
        _check_offered(order, taken.given.menu)
        now.settings.check_open(now.japan, order.kind)
        await self._desk.ledger.receipts.check_left(visit.opened.visit, terms.rules.certificates_a_visit)
        copied = await self._desk.copy.household_of(visit.holder)
        people = self._named(taken, household(copied, visit.holder), now)
        wish = Wish(kind=order.kind, scope=order.scope, options=Options(order.options), residents=frozenset())
        if terms.of(order.kind).yen != order.fee:
            raise Refused(Code.CHANGED_LOOK_AGAIN, "another fee")
        if not can_draw(self._desk, people, wish, now, outage):
            raise Refused(Code.NOT_OFFERED, "the form cannot hold it")
        new_order = NewOrder(
            visit=visit.opened.visit,
            ordinal=order.ordinal,
            kiosk=ticket.kiosk,
            link=self._desk.offices.link_of(ticket.kiosk),
            t=visit.opened.t,
            kind=order.kind,
            fee=order.fee,
            order_hash=taken.order_hash,
            reserved=now.seconds,
        )
        return new_order, outage

    async def _reserve(self, taken: _Taken, order: NewOrder, now: Question) -> str:
        """Step 2; gives the number."""
        entry = self._entry(taken.visit, order.ordinal, AuditEvent.ORDER_SEALING, now)
        return await self._desk.ledger.issuances.reserve(order, entry, now.day_number)

    def _named(self, taken: _Taken, people: Household, now: Question) -> tuple[Person, ...]:
        """Give whom the handles name in this household, through the rules.

        Raises:
            Refused: what the rules say, or `CHANGED_LOOK_AGAIN`.
        """
        terms = self._desk.terms(now)
        check_visit(people, terms, now.day)
        visit_id = taken.visit.opened.ticket.visit_id
        by_handle = {
            handle_of(self._desk.handle_key, visit_id, person.record.resident): person.record.resident
            for person in people.members
        }
        named = [by_handle.get(handle) for handle in taken.order.handles]
        residents = frozenset(resident for resident in named if resident is not None)
        if len(residents) != len(named):
            raise Refused(Code.CHANGED_LOOK_AGAIN, "a handle names nobody of the household now")
        order = taken.order
        if kind_reasons(order.kind, people, terms, now.day):
            raise Refused(Code.CHANGED_LOOK_AGAIN, "this kind would not be on the menu now")
        wish = Wish(kind=order.kind, scope=order.scope, options=Options(order.options), residents=residents)
        return may_issue(wish, people, terms, now.day)

    async def _issue(self, taken: _Taken, number: str, now: Question, *, in_outage: bool) -> Reply:
        """Steps 3 to 6; whatever fails here voids the number."""
        visit, ordinal = taken.visit, taken.order.ordinal
        try:
            with self._steps.one("certify"):
                certified = await self._desk.clerk.certify(await self._evidence(taken, number, now))
            with self._steps.one("draw"):
                pdf, pages = await self._draw(certified, number)
            with self._steps.one("seal"):
                sealed = await self._desk.clerk.seal(certified.order, pdf)
            pdf += sealed.suffix
            document = self._document(taken, number, pdf, pages)
            answer = self._desk.answers.document(visit.message_key, visit.opened, ordinal, document, pdf)
            completion = Completion(
                number=number,
                link=self._desk.offices.link_of(visit.opened.ticket.kiosk),
                holder=visit.holder,
                card=visit.card,
                day=to_number(self._desk.terms(now).link_day(now.day)),
                versions=certified.versions,
                whole=taken.order.scope is Scope.WHOLE,
                seal_registration=certified.seal_registration,
                document=answer.sealed,
                pdf_hash=document.pdf_hash,
                print_by=document.print_by,
                in_outage=in_outage,
            )
            entry = self._entry(visit, ordinal, AuditEvent.ORDER_SEALED, now, number=number, digest=document.pdf_hash)
            with self._steps.one("complete"):
                await self._desk.ledger.issuances.complete(completion, entry)
        except Refused as refused:
            return await self._void(taken, number, refused.code, now)
        except (ConnectionError, TimeoutError):
            return await self._void(taken, number, Code.BUSY, now)
        self._steps.issued(taken.order.kind)
        return Reply(kind=MessageKind.DOCUMENT, body=answer.sealed)

    async def _evidence(self, taken: _Taken, number: str, now: Question) -> Evidence:
        """Read the copy once more: what changed since step 1 is refused here or by the clerk."""
        visit = taken.visit
        copied = await self._desk.copy.household_of(visit.holder)
        by_resident = {person.signed.record.resident: person for person in copied}
        people = self._named(taken, household(copied, visit.holder), now)
        signed = [by_resident[person.record.resident].signed for person in people]
        seal = by_resident[visit.holder].seal if taken.order.kind is CertificateKind.SEAL_REGISTRATION else None
        asked = Options.INDIVIDUAL_NUMBER in Options(taken.order.options)
        numbers = [
            await self._desk.individual_numbers(one.record.resident, one.record.individual_number)
            if asked and one.record.individual_number is not None
            else None
            for one in signed
        ]
        return Evidence(
            ticket=visit.ticket,
            opening=visit.opening,
            revocation=visit.revocation,
            menu=taken.given.signed,
            order=taken.signed,
            order_key_id=taken.key_id,
            ordinal=taken.order.ordinal,
            number=number,
            records=tuple(one.data for one in signed),
            individual_numbers=tuple(numbers),
            seal_registration=None if seal is None else seal.data,
        )

    async def _draw(self, certified: Certified, number: str) -> tuple[bytes, int]:
        """Step 4: the form drawn from the clerk's facts with its page seals, in a thread beside the event loop."""
        form = self._desk.forms.get(form_of(certified.facts))
        if form is None:
            raise Refused(Code.EVIDENCE_MISMATCH, "a form that this process does not have")
        facts = FORM_KINDS[form.template.kind].read(certified.facts)
        if facts.number != number:
            raise Refused(Code.EVIDENCE_MISMATCH, "facts of another number")
        async with self._desk.drawing:
            pdf = await asyncio.to_thread(form.draw, facts, binding=certified.binding, seals=certified.seals)
            return pdf, form.pages(facts)

    def _document(self, taken: _Taken, number: str, pdf: bytes, pages: int) -> Document:
        return Document(
            t=taken.visit.opened.t,
            ordinal=taken.order.ordinal,
            number=number,
            pdf_hash=hashlib.sha256(pdf).digest(),
            fee=taken.order.fee,
            pages=pages,
            print_by=taken.order.sent + PRINT_SECONDS,
        )

    async def _void(self, taken: _Taken, number: str, code: Code, now: Question) -> Reply:
        visit, ordinal = taken.visit, taken.order.ordinal
        self._steps.void(taken.order.kind, code)
        if code in STOPPING or code is Code.WARD_STOPPED:  # a clerk that is stopped stops issuing too
            stopped = self._entry(visit, ordinal, AuditEvent.ISSUING_STOPPED, now, code, number=number)
            await self._desk.ledger.stop.set(stopped, "a mismatch inside the ward")
        code = Code.CHANGED_LOOK_AGAIN if code is Code.RECORD_STALE else code
        entry = self._entry(visit, ordinal, AuditEvent.ORDER_VOIDED, now, code, number=number)
        await self._desk.ledger.issuances.void(number, entry)
        return self._refuse(visit, ordinal, code)

    def _refuse(self, visit: OpenVisit, ordinal: int, code: Code) -> Reply:
        visit.look_again = visit.look_again or code is Code.CHANGED_LOOK_AGAIN
        answer = self._desk.answers.document(visit.message_key, visit.opened, ordinal, outward(code))
        return Reply(kind=MessageKind.DOCUMENT, body=answer.sealed)

    def _entry(  # noqa: PLR0913 - the fields of an entry
        self,
        visit: OpenVisit,
        ordinal: int,
        event: AuditEvent,
        now: Question,
        code: int = 0,
        *,
        number: str = "",
        digest: bytes = b"",
    ) -> AuditEntry:
        return AuditEntry(
            moment=now.milliseconds,
            event=event,
            visit=visit.opened.visit,
            ordinal=ordinal,
            number=number,
            about=visit.opened.ticket.kiosk,
            code=code,
            digest=digest,
        )


def _check_offered(order: Order, menu: Menu) -> None:
    """Hold an order against the menu that it names.

    Raises:
        Refused: `NOT_OFFERED`, `CHANGED_LOOK_AGAIN` where the fee shown is not the menu's.
    """
    offers = [offer for offer in menu.offers if offer.kind is order.kind]
    if not offers or order.scope not in offers[0].scopes or order.options & ~offers[0].options:
        raise Refused(Code.NOT_OFFERED, "kind, scope or options")
    if order.fee != offers[0].fee:
        raise Refused(Code.CHANGED_LOOK_AGAIN, "another fee than the menu's")
    if len(set(order.handles)) != len(order.handles) or not order.handles:
        raise Refused(Code.NOT_OFFERED, "nobody, or somebody twice")
    if not set(order.handles) <= {member.handle for member in menu.members}:
        raise Refused(Code.NOT_OFFERED, "somebody who is not on the menu")
