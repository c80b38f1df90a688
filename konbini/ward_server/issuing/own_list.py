"""OWNLIST -> OWNLIST: what was issued on the visit's card in the last year, at every kiosk of the ward.

The card's signature over t opened the visit, so that nobody but whoever holds card and PIN reads the list; the rules of
OPEN are asked again, since a measure that was set meanwhile must keep from everybody where the card was used. Every
refusal after the visit is known is sealed and has the size of a list. The same bytes get the same bytes; an ordinal is
used once, and never below one that was used.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from konbini.process.measures.catalogue import Metric
from konbini.protocol.cose import Context
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind
from konbini.protocol.own_list import MOST_OWN_LISTS, OwnIssuance, OwnList, OwnListAsk, OwnListBody
from konbini.protocol.shape import from_bytes
from konbini.protocol.visits import message_hash
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.issuing.answers import STOPPING, outward
from konbini.ward_server.issuing.desk import Desk, Question, Reply, household
from konbini.ward_server.issuing.ledger.own_lists import IssuedOnCard
from konbini.ward_server.issuing.opening import link_refusal
from konbini.ward_server.issuing.rules import check_visit
from konbini.ward_server.issuing.visits import GivenOwnList, OpenVisit
from konbini.ward_server.residents.dates import to_number

__all__ = ["OwnLists"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """An ask that belongs to an open visit."""

    visit: OpenVisit
    ordinal: int
    body_hash: bytes


class OwnLists:
    """The use case."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def take(self, kiosk: str, body: bytes) -> Reply:
        """Answer an OWNLIST of the kiosk `kiosk`.

        Returns:
            OWNLIST (the list, or a sealed refusal of its size), or LINK_REFUSED where no such visit is open.
        """
        now = self._desk.now()
        try:
            read = from_bytes(OwnListBody, body)
            async with self._desk.visits.turn(read.visit):
                visit = self._desk.visits.get(read.visit, kiosk, now.seconds)
                asked = _Asked(visit=visit, ordinal=read.ordinal, body_hash=hashlib.sha256(body).digest())
                return await self._answer(asked, read, now)
        except Refused as refused:
            self._desk.measures.count(Metric.REFUSALS, at="own_list", code=refused.code)
            entry = AuditEntry(
                moment=now.milliseconds, event=AuditEvent.OWN_LIST_ANSWERED, about=kiosk, code=refused.code
            )
            await self._desk.ledger.record(entry)
            return link_refusal(refused.code, body)

    async def _answer(self, asked: _Asked, body: OwnListBody, now: Question) -> Reply:
        known = next((given for given in asked.visit.own_lists if given.ordinal == asked.ordinal), None)
        if known is not None and known.body_hash == asked.body_hash:
            return Reply(kind=MessageKind.OWNLIST, body=known.sealed)
        if known is not None:
            return await self._refuse(asked, Code.ORDER_CONFLICT, now)
        try:
            self._read(asked, body, now)
            await self._judge(asked.visit, now)
        except Refused as refused:
            return await self._refuse(asked, refused.code, now)
        return await self._give(asked, now)

    def _read(self, asked: _Asked, body: OwnListBody, now: Question) -> None:
        """Open the seal and check signature, visit and turn.

        Raises:
            Refused: `PREKEY_UNKNOWN`, `SIGNATURE_INVALID`, `MALFORMED`, `ORDER_OUT_OF_TURN`.
        """
        opened = asked.visit.opened
        context = Context(
            kind=MessageKind.OWNLIST,
            sender=opened.ticket.kiosk,
            receiver=self._desk.ward,
            visit=opened.visit,
            ordinal=body.ordinal,
            key_id=body.key_id,
        )
        message = self._desk.prekeys.named(body.key_id, now.seconds).opening.open(body.sealed, context)
        ask = from_bytes(OwnListAsk, opened.visit_signing.open(message, context))
        if (ask.t, ask.ordinal) != (opened.t, body.ordinal):
            raise Refused(Code.ORDER_OUT_OF_TURN, "of another visit or ordinal")
        last = max((given.ordinal for given in asked.visit.own_lists), default=0)
        if not last < ask.ordinal <= MOST_OWN_LISTS:
            raise Refused(Code.ORDER_OUT_OF_TURN, "below one that was used, or more lists than a visit has")

    async def _judge(self, visit: OpenVisit, now: Question) -> None:
        """Ask again what OPEN asked: kiosk, ward, the card's link, the rules over its household.

        Raises:
            Refused: as an OPEN.
        """
        ticket, terms = visit.opened.ticket, self._desk.terms(now)
        await self._desk.check_serving(now, ticket.kiosk)
        self._desk.register.find(ticket.kiosk, ticket.device_key_id, now.seconds)
        holder = await self._desk.copy.holder(visit.card, to_number(terms.link_day(now.day)))
        if holder != visit.holder:
            raise Refused(Code.CARD_UNLINKED, "the card stands for somebody else now")
        check_visit(household(await self._desk.copy.household_of(holder), holder), terms, now.day)

    async def _give(self, asked: _Asked, now: Question) -> Reply:
        visit, since = asked.visit, now.year_before
        found = await self._desk.ledger.own_lists.look(
            visit.card, since, self._entry(asked, AuditEvent.OWN_LIST_ASKED, now)
        )
        listed = OwnList(
            t=visit.opened.t,
            ordinal=asked.ordinal,
            since=since,
            entries=tuple(map(self._line, found.newest)),
            older=found.older,
        )
        answer = self._desk.answers.own_list(visit.message_key, visit.opened, asked.ordinal, listed)
        given = self._entry(asked, AuditEvent.OWN_LIST_ANSWERED, now, digest=message_hash(answer.signed))
        await self._desk.ledger.record(given)
        visit.own_lists += (GivenOwnList(ordinal=asked.ordinal, body_hash=asked.body_hash, sealed=answer.sealed),)
        return Reply(kind=MessageKind.OWNLIST, body=answer.sealed)

    def _line(self, one: IssuedOnCard) -> OwnIssuance:
        return OwnIssuance(
            number=one.number,
            kind=one.kind,
            issued=one.reserved,
            kiosk=one.kiosk,
            operator=self._operator_of(one.kiosk),
            fate=one.fate,
        )

    def _operator_of(self, kiosk: str) -> str:
        """Name who runs a kiosk as a resident knows them: the ward by its name."""
        return self._desk.entry.name if self._desk.offices.is_own(kiosk) else self._desk.register.operator_of(kiosk)

    async def _refuse(self, asked: _Asked, code: Code, now: Question) -> Reply:
        """Refuse under the visit's seal; what the ward finds wrong with itself stops it."""
        self._desk.measures.count(Metric.REFUSALS, at="own_list", code=code)
        entry = self._entry(asked, AuditEvent.OWN_LIST_ANSWERED, now, code)
        if code in STOPPING:
            stopped = self._entry(asked, AuditEvent.ISSUING_STOPPED, now, code)
            await self._desk.ledger.stop.set(stopped, "a mismatch inside the ward")
        await self._desk.ledger.record(entry)
        visit = asked.visit
        answer = self._desk.answers.own_list(visit.message_key, visit.opened, asked.ordinal, outward(code))
        return Reply(kind=MessageKind.OWNLIST, body=answer.sealed)

    def _entry(
        self, asked: _Asked, event: AuditEvent, now: Question, code: int = 0, *, digest: bytes = b""
    ) -> AuditEntry:
        return AuditEntry(
            moment=now.milliseconds,
            event=event,
            visit=asked.visit.opened.visit,
            about=asked.visit.opened.ticket.kiosk,
            code=code,
            digest=digest,
        )
