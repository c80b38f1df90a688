"""OPEN -> MENU.

Checks in the design's order, cheap ones first: size and form, ticket, own name, kiosk, prekey, visit id; then the seal
is opened; t; card; path, purpose, dates and revocation; serial -> resident; the rules; limits. Up to the opening of the
seal a refusal goes out in the open (`LINK_REFUSED`), since nobody can be sealed to; from then on it is sealed and has
the size of a menu.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from konbini.process.measures.catalogue import Metric
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import LinkRefusal
from konbini.protocol.kinds import MessageKind
from konbini.protocol.receipt_code import ReceiptCode
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.tickets import CLOCK_SKEW_SECONDS, Ticket, ticket_hash
from konbini.protocol.trust import Enrolment
from konbini.protocol.visits import Menu, OpenBody, message_hash
from konbini.ward_server.asking.opening import Opened, open_context, read_opening
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.issuing.answers import STOPPING, outward
from konbini.ward_server.issuing.desk import Desk, Question, Reply, Serving, household
from konbini.ward_server.issuing.ledger.visits import NewVisit
from konbini.ward_server.issuing.menus import make_menu
from konbini.ward_server.issuing.prekeys import MessageKey
from konbini.ward_server.issuing.rules import check_visit
from konbini.ward_server.issuing.visits import GivenMenu, OpenVisit
from konbini.ward_server.residents.dates import to_number
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["Openings", "link_refusal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrived:
    """An OPEN that the checks before the seal let through."""

    ticket: Ticket
    ticket_bytes: bytes
    visit: bytes
    body_hash: bytes
    enrolment: Enrolment
    message_key: MessageKey
    opened: Opened
    opening: bytes


class Openings:
    """The use case."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def take(self, kiosk: str, visit_id: bytes, body: bytes) -> Reply:
        """Answer an OPEN of the kiosk `kiosk`; repeats of the same bytes are answered alike.

        Returns:
            MENU (or a sealed refusal of its size), or LINK_REFUSED.
        """
        now = self._desk.now()
        try:
            open_body = from_bytes(OpenBody, body)
            ticket = self._ticket(open_body, kiosk, visit_id)
            async with self._desk.visits.turn(ticket_hash(open_body.ticket)):
                return await self._take(open_body, ticket, hashlib.sha256(body).digest(), now)
        except Refused as refused:
            self._count_refusal(refused.code)
            await self._desk.ledger.record(
                _entry(now, AuditEvent.VISIT_REFUSED, visit_id, kiosk=kiosk, code=refused.code)
            )
            return link_refusal(refused.code, body)

    def _ticket(self, body: OpenBody, kiosk: str, visit_id: bytes) -> Ticket:
        ticket = self._desk.offices.read(body.ticket)
        if (ticket.ward, ticket.kiosk, ticket.visit_id) != (self._desk.ward, kiosk, visit_id):
            raise Refused(Code.MISROUTED, "a ticket of another ward, kiosk or visit")
        return ticket

    async def _take(self, body: OpenBody, ticket: Ticket, body_hash: bytes, now: Question) -> Reply:
        known = self._desk.visits.find(ticket_hash(body.ticket), now.seconds)
        if known is not None and known.body_hash == body_hash:
            return await self._again(known, now)
        await self._check_new(body, ticket, body_hash, now)
        arrived = self._unseal(body, ticket, body_hash, now)
        return await self._judge(arrived, now)

    async def _check_new(self, body: OpenBody, ticket: Ticket, body_hash: bytes, now: Question) -> None:
        """Report a visit id that stands for other bytes already, before a card is looked at."""
        before = await self._desk.ledger.visits.body_of(ticket.visit_id)
        if before is not None and before != body_hash:
            await self._conflict(body, ticket, body_hash, now)
            raise Refused(Code.VISIT_CONFLICT, "the same visit with other bytes")
        if ticket.issued > now.seconds + CLOCK_SKEW_SECONDS:
            raise Refused(Code.TICKET_INVALID, "post-dated")
        if now.seconds >= ticket.expires + CLOCK_SKEW_SECONDS:
            raise Refused(Code.TICKET_EXPIRED)

    async def _conflict(self, body: OpenBody, ticket: Ticket, body_hash: bytes, now: Question) -> None:
        """Hold the other bytes against their kiosk, if its device signed them; damaged ones are nobody's word."""
        try:
            arrived = self._unseal(body, ticket, body_hash, now)
        except Refused:
            return
        entry = _entry(now, AuditEvent.VISIT_CONFLICT, ticket.visit_id, kiosk=ticket.kiosk, code=Code.VISIT_CONFLICT)
        await self._desk.ledger.visits.conflict(replace(entry, digest=body_hash), arrived.enrolment)

    def _unseal(self, body: OpenBody, ticket: Ticket, body_hash: bytes, now: Question) -> _Arrived:
        enrolment = self._desk.register.find(ticket.kiosk, ticket.device_key_id, now.seconds)
        held = self._desk.prekeys.own(ticket.prekey, now.seconds)
        # The clerk judges the prekey at the moment of the ticket, so a ticket from outside the prekey's time ends here.
        if not held.begins - CLOCK_SKEW_SECONDS <= ticket.issued < held.ends:
            raise Refused(Code.TICKET_INVALID, "dated outside its prekey's time")
        visit = ticket_hash(body.ticket)
        context = open_context(kiosk=ticket.kiosk, ward=self._desk.ward, visit=visit, key_id=held.key_id)
        message = held.opening.open(body.sealed, context)
        opened = read_opening(message, body.ticket, ticket, enrolment, context, cards=self._desk.cards)
        return _Arrived(
            ticket=ticket,
            ticket_bytes=body.ticket,
            visit=visit,
            body_hash=body_hash,
            enrolment=enrolment,
            message_key=held.message_key,
            opened=opened,
            opening=message,
        )

    async def _judge(self, arrived: _Arrived, now: Question) -> Reply:
        """Judge the card and the rules; whatever refuses now is answered under the visit's own seal."""
        try:
            serving = await self._desk.check_serving(now, arrived.ticket.kiosk)
            visit = await self._identify(arrived, now)
            menu = await self._menu(visit, now, serving)
            await self._desk.ledger.visits.open(
                self._new_visit(arrived, visit.card, now),
                _entry(now, AuditEvent.VISIT_OPENED, arrived.visit, kiosk=arrived.ticket.kiosk),
            )
        except Refused as refused:
            return await self._refuse(arrived.opened, arrived.message_key, refused.code, now)
        self._desk.visits.put(visit, now.seconds)
        self._desk.measures.count(Metric.VISITS, outcome="opened")
        return self._give(visit, menu)

    async def _identify(self, arrived: _Arrived, now: Question) -> OpenVisit:
        certificate = arrived.opened.opening.certificate
        own_machine = self._desk.offices.is_own(arrived.ticket.kiosk)
        checked = await self._desk.check_card(certificate, now.seconds, own_machine=own_machine)
        return OpenVisit(
            opened=arrived.opened,
            enrolment=arrived.enrolment,
            message_key=arrived.message_key,
            ticket=arrived.ticket_bytes,
            opening=arrived.opening,
            revocation=checked.revocation,
            body_hash=arrived.body_hash,
            card=checked.card,
            holder=await self._desk.copy.holder(checked.card, to_number(self._desk.terms(now).link_day(now.day))),
        )

    async def _menu(self, visit: OpenVisit, now: Question, serving: Serving) -> Menu:
        people = household(await self._desk.copy.household_of(visit.holder), visit.holder)
        check_visit(people, self._desk.terms(now), now.day)
        return make_menu(
            self._desk, visit.opened.ticket.visit_id, visit.opened.last_moment, people, now=now, serving=serving
        )

    def _new_visit(self, arrived: _Arrived, card: CardSerial, now: Question) -> NewVisit:
        return NewVisit(
            visit_id=arrived.ticket.visit_id,
            visit=arrived.visit,
            kiosk=arrived.ticket.kiosk,
            link=self._desk.offices.link_of(arrived.ticket.kiosk),
            body_hash=arrived.body_hash,
            card=card,
            ticketed=arrived.ticket.issued,
            opened=now.seconds,
            ends=arrived.opened.last_moment,
            day_began=now.day_began,
            receipt_code=ReceiptCode.of(arrived.visit, arrived.opened.opening.visit_keys).digits,
            most_a_day=self._desk.terms(now).rules.visits_a_day,
        )

    async def _again(self, visit: OpenVisit, now: Question) -> Reply:
        """Give the same MENU until it has run out or is to be looked at again; then a fresh one."""
        try:
            most = self._desk.terms(now).rules.certificates_a_visit
            await self._desk.ledger.receipts.check_left(visit.opened.visit, most)
            if visit.given is not None and not visit.look_again and now.seconds < visit.given.menu.good_until:
                self._desk.measures.count(Metric.VISITS, outcome="again")
                return Reply(kind=MessageKind.MENU, body=visit.given.sealed)
            serving = await self._desk.check_serving(now, visit.opened.ticket.kiosk)
            menu = await self._menu(visit, now, serving)
        except Refused as refused:
            return await self._refuse(visit.opened, visit.message_key, refused.code, now)
        self._desk.measures.count(Metric.VISITS, outcome="again")
        return self._give(visit, menu)

    async def _refuse(self, opened: Opened, message_key: MessageKey, code: Code, now: Question) -> Reply:
        """Refuse under the visit's seal; what the ward finds wrong with itself stops it."""
        self._count_refusal(code)
        entry = _entry(now, AuditEvent.VISIT_REFUSED, opened.visit, kiosk=opened.ticket.kiosk, code=code)
        if code in STOPPING:
            await self._desk.ledger.stop.set(entry, "a mismatch inside the ward")
        await self._desk.ledger.record(entry)
        sealed = self._desk.answers.menu(message_key, opened, outward(code)).sealed
        return Reply(kind=MessageKind.MENU, body=sealed)

    def _count_refusal(self, code: Code) -> None:
        self._desk.measures.count(Metric.VISITS, outcome="refused")
        self._desk.measures.count(Metric.REFUSALS, at="open", code=code)

    def _give(self, visit: OpenVisit, menu: Menu) -> Reply:
        answer = self._desk.answers.menu(visit.message_key, visit.opened, menu)
        visit.given = GivenMenu(
            menu=menu, signed=answer.signed, digest=message_hash(answer.signed), sealed=answer.sealed
        )
        visit.look_again = False
        return Reply(kind=MessageKind.MENU, body=answer.sealed)


def link_refusal(code: Code, body: bytes) -> Reply:
    """Refuse a body in the open, before anything sealed in it was read."""
    refusal = LinkRefusal(code=int(outward(code)), answered=hashlib.sha256(body).digest())
    return Reply(kind=MessageKind.LINK_REFUSED, body=to_bytes(refusal))


def _entry(now: Question, event: AuditEvent, visit: bytes, *, kiosk: str, code: int = 0) -> AuditEntry:
    return AuditEntry(moment=now.milliseconds, event=event, visit=visit, about=kiosk, code=code)
