"""The clerk's two calls. Steps are numbered as the design of a visit numbers them inside the ward.

1. (issuing: the rules)  2. (issuing: a number reserved, the intent recorded)
3. `certify(evidence) -> facts, page seals`: who asked is proved again, the subjects are read from records that the
   registry signed, and each page is sealed from these facts
4. (issuing: the form drawn from these facts with these seals)
5. `seal(order, PDF) -> suffix`: every page is read back against the facts, then the very buffer that was read is signed
6. (issuing: the completing transaction)

Invariants: one number an order and one order a number, for ever; one place in the status list and one set of page
seals an order; the same order and the same bytes get the same signature, other bytes none; nothing is certified or
sealed while the clerk is stopped, its feed is broken, or its lease has run out; outage mode, declared to the clerk
itself, relaxes the lease alone, and its papers say as of when.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from konbini.pdf.facts import PrintedFacts
from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.pdf.paper_seal.contents import page_seals
from konbini.pdf.paper_seal.fitting import check_fits
from konbini.pdf.paper_seal.page_seal import PageSeal
from konbini.pdf.template import Template
from konbini.process.clock import Clock, to_seconds
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.ports import Measures, timed
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Options
from konbini.protocol.numbers import IssuanceNumber, binding
from konbini.protocol.tickets import ticket_hash
from konbini.ward_server.asking.revocation import RevocationAnswer, RevocationSource
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.certificates.kinds import CERTIFICATES, template_of
from konbini.ward_server.certificates.resident_record import Particulars, Subject
from konbini.ward_server.clerk.evidence import Certified, Evidence, Sealed, Version
from konbini.ward_server.clerk.index import Index
from konbini.ward_server.clerk.judging import Asked, Beliefs, judge_asking, judge_subjects
from konbini.ward_server.clerk.page_sealing import PageSealer
from konbini.ward_server.clerk.store import ClerkStore, StoredSeal
from konbini.ward_server.decisions.stop import Stop
from konbini.ward_server.following.current import Current
from konbini.ward_server.residents.dates import to_day, today

__all__ = ["Clerk", "PaperReader", "PaperSigner"]

_MISMATCHES = frozenset(
    (
        Code.EVIDENCE_MISMATCH,
        Code.RECORD_NOT_SIGNED,
        Code.SUBJECT_MISMATCH,
        Code.PAGE_MISMATCH,
        Code.SEALED_OTHERWISE,
    )
)
"""What the ward can check itself and must not happen: it stops all issuing until two persons release it."""
_MOST_WAITING = 256
_JUDGED = RevocationAnswer(source=RevocationSource.LIST, content=b"")
"""In the place of an answer that was judged: a list is long, and many orders may wait."""

PaperReader = Callable[[bytes, PrintedFacts, Template, bytes, Sequence[bytes]], None]
"""Reads a PDF back against facts, template, binding and page seals; raises `Refused(PAGE_MISMATCH)`."""


class PaperSigner(Protocol):
    """Signs papers with the ward's document key."""

    def __call__(self, pdf: bytes, moment: int) -> bytes:
        """Give the PDF with one signed revision after the very bytes handed in; `moment` is Unix seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """An order between `certify` and `seal`, in memory alone."""

    evidence: Evidence
    asked: Asked
    facts: PrintedFacts
    template: Template
    binding: bytes
    seals: tuple[bytes, ...]
    entry: AuditEntry
    in_outage: bool


class Clerk:
    """The clerk (交付前の審査)."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        beliefs: Beliefs,
        index: Index,
        store: ClerkStore,
        current: Current,
        stop: Stop,
        clock: Clock,
        templates: Sequence[Template],
        read: PaperReader,
        seal_pages: PageSealer,
        sign: PaperSigner,
        measures: Measures,
    ) -> None:
        self._beliefs = beliefs
        self._index = index
        self._store = store
        self._current = current
        self._stop = stop
        self._clock = clock
        self._templates = templates
        self._read = read
        self._pages = seal_pages
        self._sign = sign
        self._measures = measures
        self._waiting: OrderedDict[bytes, _Waiting] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many orders were certified and not sealed yet, as far as they are kept."""
        return len(self._waiting)

    async def certify(self, evidence: Evidence) -> Certified:
        """Prove again who asked, and give the facts to draw.

        Raises:
            Refused: `WARD_STOPPED`, `WARD_NOT_CURRENT` or what broke the feed, a mismatch (which stops the clerk), or
                what came too late.
        """
        entry = AuditEntry(
            moment=self._clock.now(),
            event=AuditEvent.CERTIFYING,
            visit=ticket_hash(evidence.ticket),
            ordinal=evidence.ordinal,
            number=evidence.number,
        )
        await self._store.record(entry)
        try:
            with timed(self._measures, self._clock, Metric.CLERK_SECONDS, step="certify"):
                return await self._certify(evidence, entry)
        except Refused as refused:
            self._measures.count(Metric.REFUSALS, at="certify", code=refused.code)
            await self._refuse(entry, AuditEvent.CERTIFY_REFUSED, refused.code)
            raise

    async def seal(self, order: bytes, pdf: bytes) -> Sealed:
        """Read every page back, then sign the very buffer that was read.

        Args:
            order: the order's key, as `certify` gave it.
            pdf: the unsigned document.

        Raises:
            Refused: `ORDER_OUT_OF_TURN` (nothing certified, or not since this process started), `WARD_STOPPED`,
                `WARD_NOT_CURRENT`, or a mismatch, which stops the clerk.
        """
        waiting = self._waiting.get(order)
        if waiting is None:
            raise Refused(Code.ORDER_OUT_OF_TURN, "certify comes before seal")
        try:
            with timed(self._measures, self._clock, Metric.CLERK_SECONDS, step="seal"):
                return await self._seal(order, pdf, waiting)
        except Refused as refused:
            self._measures.count(Metric.REFUSALS, at="seal", code=refused.code)
            await self._refuse(waiting.entry, AuditEvent.SEAL_REFUSED, refused.code)
            raise

    async def _certify(self, evidence: Evidence, entry: AuditEntry) -> Certified:
        outage = await self._current.check()
        now = self._clock.now()
        day = today(now)
        asked = await judge_asking(evidence, self._beliefs, to_seconds(now))
        number = self._number(evidence.number)
        if number.date != to_day(day):
            raise Refused(Code.CHANGED_LOOK_AGAIN, "a number of another day")
        subjects = await judge_subjects(evidence, asked, self._beliefs, self._index, to_day(day))
        kind = asked.order.kind
        if outage is not None:
            outage.check(kind, Options(asked.order.options))
        template = template_of(kind, self._templates, municipality=self._beliefs.entry.ward, day=to_day(day))
        particulars = Particulars(
            number=evidence.number,
            form=template.form,
            issued_on=to_day(day),
            scope=asked.order.scope,
            options=Options(asked.order.options),
            as_of=None if outage is None else outage.as_of_moment,
        )
        facts = CERTIFICATES[kind].statement(subjects, particulars)
        bound = binding(asked.opened.t, evidence.ordinal, evidence.number)
        key = evidence.order_key()
        certified = _with(entry, AuditEvent.CERTIFIED, digest=facts.digest())
        seals = await self._page_seals(key, certified, facts, template, kind)
        self._wait(
            key,
            _Waiting(
                evidence=replace(evidence, revocation=_JUDGED),
                asked=asked,
                facts=facts,
                template=template,
                binding=bound,
                seals=seals,
                entry=entry,
                in_outage=outage is not None,
            ),
        )
        return Certified(
            order=key,
            facts=facts.to_wire(),
            binding=bound,
            seals=seals,
            versions=tuple(
                Version(resident=subject.record.resident, version=subject.record.version) for subject in subjects
            ),
            seal_registration=_seal_shown(subjects),
        )

    async def _page_seals(
        self, key: bytes, entry: AuditEntry, facts: PrintedFacts, template: Template, kind: CertificateKind
    ) -> tuple[bytes, ...]:
        """Record the order with its place in the status list, and seal each page from the clerk's own facts, once."""
        self._pages.check_in_force(facts.issued_on)
        items = FORM_KINDS[template.kind].sealed_items(facts)

        def pages(place: int) -> tuple[PageSeal, ...]:
            return page_seals(facts, items, kind=kind, status_index=place)

        def sign(place: int) -> list[bytes]:
            check_fits(facts, items, kind)
            return [self._pages.sign(page) for page in pages(place)]

        incarnation = IssuanceNumber.parse(facts.number).incarnation
        kept = await self._store.certify(key, entry, incarnation, sign)
        pairs = zip(pages(kept.status_index), kept.signatures, strict=True)
        return tuple(self._pages.sealed(page, signature) for page, signature in pairs)

    def _number(self, text: str) -> IssuanceNumber:
        try:
            number = IssuanceNumber.parse(text)
        except Refused as refused:
            raise Refused(Code.EVIDENCE_MISMATCH, refused.detail) from refused
        if number.ward != self._beliefs.entry.ward:
            raise Refused(Code.EVIDENCE_MISMATCH, "a number of another ward")
        return number

    async def _seal(self, order: bytes, pdf: bytes, waiting: _Waiting) -> Sealed:
        outage = await self._current.check()
        if waiting.in_outage is (outage is None):
            raise Refused(Code.CHANGED_LOOK_AGAIN, "an outage began or ended since the facts were certified")
        pdf_hash = hashlib.sha256(pdf).digest()
        known = await self._store.sealed(order)
        if known is None:
            await asyncio.to_thread(self._read, pdf, waiting.facts, waiting.template, waiting.binding, waiting.seals)
            await self._check_still(waiting)
            await self._store.record(_with(waiting.entry, AuditEvent.SEALING, digest=pdf_hash))
            signed = await asyncio.to_thread(self._sign, pdf, to_seconds(self._clock.now()))
            if not signed.startswith(pdf):
                raise Refused(Code.INTERNAL, "the signature does not follow the buffer that was read")
            fresh = StoredSeal(pdf_hash=pdf_hash, suffix=signed[len(pdf) :])
            known = await self._store.seal(order, fresh, _with(waiting.entry, AuditEvent.SEALED, digest=pdf_hash))
        if known.pdf_hash != pdf_hash:
            raise Refused(Code.SEALED_OTHERWISE, "this order was sealed with other bytes")
        return Sealed(suffix=known.suffix, pdf_hash=pdf_hash)

    async def _check_still(self, waiting: _Waiting) -> None:
        """Judge the subjects once more: facts that were certified a while ago are signed only if they still hold."""
        now = self._clock.now()
        if to_seconds(now) > waiting.asked.opened.last_moment:
            raise Refused(Code.VISIT_OVER, "certified for a visit that is over")
        day = waiting.facts.issued_on  # terms are those of the paper's own date, also a second after midnight
        await judge_subjects(waiting.evidence, waiting.asked, self._beliefs, self._index, day)

    async def _refuse(self, entry: AuditEntry, event: AuditEvent, code: Code) -> None:
        refused = _with(entry, event, code=code)
        if code in _MISMATCHES:
            await self._stop.set(refused, "a mismatch inside the ward", refused)
        else:
            await self._store.record(refused)

    def _wait(self, key: bytes, waiting: _Waiting) -> None:
        """Keep what waits to be sealed, and forget what can be sealed no more: it names people."""
        now = to_seconds(self._clock.now())
        for over in [key for key, kept in self._waiting.items() if now > kept.asked.opened.last_moment]:
            del self._waiting[over]
        self._waiting[key] = waiting
        while len(self._waiting) > _MOST_WAITING:
            self._waiting.popitem(last=False)


def _seal_shown(subjects: Sequence[Subject]) -> Version | None:
    shown = [subject.seal for subject in subjects if subject.seal is not None]
    return Version(resident=shown[0].resident, version=shown[0].version) if shown else None


def _with(entry: AuditEntry, event: AuditEvent, *, code: int = 0, digest: bytes = b"") -> AuditEntry:
    return AuditEntry(
        moment=entry.moment,
        event=event,
        visit=entry.visit,
        ordinal=entry.ordinal,
        number=entry.number,
        code=code,
        digest=digest,
    )
