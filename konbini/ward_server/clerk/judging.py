"""What the clerk believes, and how it judges evidence: everything again, from the signed bytes.

`issuing` has made the same checks, so whatever does not hold here is a mismatch inside the ward and stops it
(`EVIDENCE_MISMATCH`, `SUBJECT_MISMATCH`, `RECORD_NOT_SIGNED`); what only came too late is said as what it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from konbini.protocol.cose import Context, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, MessageKind, Options, Scope
from konbini.protocol.sealing import SealingKey
from konbini.protocol.tickets import CLOCK_SKEW_SECONDS, Prekey, ticket_hash
from konbini.protocol.trust import WardEntry
from konbini.protocol.visits import Menu, Order, message_hash, read_answer
from konbini.ward_server.asking.card import CardIssuer, usable_at
from konbini.ward_server.asking.card_judge import X509_CARDS, CardJudge
from konbini.ward_server.asking.offices import TicketOffices
from konbini.ward_server.asking.opening import (
    KioskRegister,
    Opened,
    handle_of,
    open_context,
    order_context,
    read_opening,
    read_order,
)
from konbini.ward_server.asking.revocation import RevocationPolicy
from konbini.ward_server.certificates.conditions import CONDITIONS
from konbini.ward_server.certificates.resident_record import Subject
from konbini.ward_server.clerk.evidence import Evidence
from konbini.ward_server.clerk.index import Index
from konbini.ward_server.residents.dates import age_on, to_number
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.record import IndividualNumberPart, SignedRecord
from konbini.ward_server.residents.seal import SealRegistration, SignedSeal, stands
from konbini.ward_server.settings.settings import Settings, Terms

__all__ = ["Asked", "Beliefs", "judge_asking", "judge_subjects"]

_MOMENT_CODES = frozenset((Code.KIOSK_UNKNOWN, Code.VISIT_OVER, Code.CARD_EXPIRED, Code.REVOCATION_UNKNOWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Beliefs:
    """The roots that this clerk was started with.

    Attributes:
        entry: the ward's own entry of the ward directory.
        offices: whose ticket counts for which kiosk.
        register: the ward's register of kiosks.
        issuers: pinned card issuers.
        record_key: the registry's record key.
        handle_key: what handles are keyed with, 32 bytes.
        in_force: gives the municipality's settings, as this process keeps them.
        revocation: which revocation answers count.
        cards: judges a card's certificate, its revocation answer and what the card signed.
    """

    entry: WardEntry
    offices: TicketOffices
    register: KioskRegister
    issuers: Sequence[CardIssuer]
    record_key: VerifyingKey
    handle_key: bytes
    in_force: Callable[[], Settings]
    revocation: RevocationPolicy
    cards: CardJudge = X509_CARDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asked for what, as the evidence proves it."""

    opened: Opened
    order: Order
    card: CardSerial


async def judge_asking(evidence: Evidence, beliefs: Beliefs, moment: int) -> Asked:
    """Verify ticket, kiosk, visit keys, card, revocation answer, MENU and ORDER.

    Raises:
        Refused: `EVIDENCE_MISMATCH`, or what came too late: `VISIT_OVER`, `CARD_EXPIRED`, `REVOCATION_UNKNOWN`.
    """
    try:
        return await _judge_asking(evidence, beliefs, moment)
    except Refused as refused:
        if refused.code in _MOMENT_CODES:
            raise
        raise Refused(Code.EVIDENCE_MISMATCH, f"{refused.code.name}: {refused.detail}") from refused


async def _judge_asking(evidence: Evidence, beliefs: Beliefs, moment: int) -> Asked:
    ward = beliefs.entry.ward
    ticket = beliefs.offices.read(evidence.ticket)
    if ticket.ward != ward or ticket.issued > moment + CLOCK_SKEW_SECONDS:
        raise Refused(Code.TICKET_INVALID, "of another ward, or post-dated")
    enrolment = beliefs.register.find(ticket.kiosk, ticket.device_key_id, moment)
    prekey, message_key = Prekey.open(ticket.prekey, beliefs.entry, ticket.issued)
    v = ticket_hash(evidence.ticket)
    context = open_context(kiosk=ticket.kiosk, ward=ward, visit=v, key_id=prekey.key_id)
    opened = read_opening(evidence.opening, evidence.ticket, ticket, enrolment, context, cards=beliefs.cards)
    if moment > opened.last_moment + CLOCK_SKEW_SECONDS:
        raise Refused(Code.VISIT_OVER)
    card = await beliefs.cards.check_certificate(
        opened.opening.certificate,
        evidence.revocation,
        usable_at(beliefs.issuers, own_machine=beliefs.offices.is_own(ticket.kiosk)),
        moment=moment,
        policy=beliefs.revocation,
        slack_seconds=60 * opened.opening.most_minutes,
    )
    menu = _menu(evidence.menu, opened, ward, message_key)
    context = order_context(
        kiosk=ticket.kiosk, ward=ward, visit=v, ordinal=evidence.ordinal, key_id=evidence.order_key_id
    )
    order = read_order(evidence.order, opened, message_hash(evidence.menu), context)
    if not set(order.handles) <= {member.handle for member in menu.members}:
        raise Refused(Code.EVIDENCE_MISMATCH, "a handle that was not on the menu")
    return Asked(opened=opened, order=order, card=card)


def _menu(signed: bytes, opened: Opened, ward: str, message_key: VerifyingKey) -> Menu:
    context = Context(
        kind=MessageKind.MENU,
        sender=ward,
        receiver=opened.ticket.kiosk,
        visit=opened.visit,
        key_id=SealingKey(opened.opening.visit_keys.sealing).key_id,
    )
    return read_answer(Menu, message_key.open(signed, context))


async def judge_subjects(
    evidence: Evidence, asked: Asked, beliefs: Beliefs, index: Index, day: dt.date
) -> list[Subject]:
    """Take only records that the registry signed, at their newest version, of those whom the handles name.

    A seal registration is taken in the same way, where one is asked for: the holder's own, in force.

    Args:
        evidence: the records, and the seal registration.
        asked: what the evidence proved.
        beliefs: keys.
        index: the clerk's own index, which also names the card's holder.
        day: of issue, in Japan.

    Returns:
        The people on the paper in the order of the household.

    Raises:
        Refused: `RECORD_NOT_SIGNED`, `SUBJECT_MISMATCH`, `EVIDENCE_MISMATCH`; `NOT_OFFERED` where the settings of this
            process have another answer than `issuing` had; `RECORD_STALE` or `CARD_UNLINKED` where
            something changed meanwhile; `ASK_AT_COUNTER` where somebody of the household is barred.
    """
    terms = beliefs.in_force().terms(day)
    holder = await index.holder(asked.card, to_number(terms.link_day(day)))
    household = {person.resident: person for person in await index.household_of(holder)}
    if holder not in household:
        raise Refused(Code.CARD_UNLINKED, "the card's holder has no record")
    if any(person.barred for person in household.values()):
        raise Refused(Code.ASK_AT_COUNTER, "somebody of the household is barred")
    present = {person.resident for person in household.values() if person.present}
    if holder not in present:
        raise Refused(Code.RECORD_STALE, "the record of the card's holder was removed")
    _check_numbers(evidence, asked.order)
    _check_terms(asked.order, terms)
    subjects = await _subjects(evidence, beliefs, index)
    _check_handles(asked, beliefs, subjects)
    if any(subject.record.household != household[holder].household for subject in subjects):
        # The handles name them, so they were of one household when the menu was made: the holder has moved since.
        raise Refused(Code.RECORD_STALE, "the holder and the subjects are no longer of one household")
    shown = {subject.record.resident for subject in subjects}
    _check_scope(asked.order.scope, holder, shown, present)
    _check_age(asked.order, holder, subjects, terms, day)
    if asked.order.kind is CertificateKind.SEAL_REGISTRATION:
        return [await _sealed(evidence, asked.order, beliefs, index, subjects[0])]
    if evidence.seal_registration is not None:
        raise Refused(Code.EVIDENCE_MISMATCH, "a seal registration that was not asked for")
    return sorted(subjects, key=lambda subject: subject.record.order)


def _check_terms(order: Order, terms: Terms) -> None:
    """Hold the order against the kind's own conditions and against what the municipality offers today.

    What no settings allow is a mismatch. Settings are changed at each process by itself, so that `issuing` may have
    others for a while: what these forbid is not signed, and stops nobody.
    """
    conditions = CONDITIONS[order.kind]
    if order.scope not in conditions.scopes or Options(order.options) & ~conditions.options:
        raise Refused(Code.EVIDENCE_MISMATCH, "a scope or an option that the kind does not have")
    if Options(order.options) & terms.of(order.kind).barred_options:
        raise Refused(Code.NOT_OFFERED, "an option that is barred by the settings here")


def _check_age(order: Order, holder: str, subjects: Sequence[Subject], terms: Terms, day: dt.date) -> None:
    """Where the holder is on the paper, its record says how old the holder is."""
    ages = [age_on(one.record.birth, day) for one in subjects if one.record.resident == holder]
    if any(age < CONDITIONS[order.kind].least_age for age in ages):
        raise Refused(Code.EVIDENCE_MISMATCH, "a holder below the kind's age by law")
    if any(age < terms.of(order.kind).under_age for age in ages):
        raise Refused(Code.NOT_OFFERED, "a holder below the kind's age by the settings here")


def _check_numbers(evidence: Evidence, order: Order) -> None:
    if len(evidence.individual_numbers) != len(evidence.records):
        raise Refused(Code.EVIDENCE_MISMATCH, "records and individual numbers differ in count")
    if Options.INDIVIDUAL_NUMBER not in Options(order.options) and any(evidence.individual_numbers):
        raise Refused(Code.EVIDENCE_MISMATCH, "an individual number that was not asked for")


async def _subjects(evidence: Evidence, beliefs: Beliefs, index: Index) -> list[Subject]:
    subjects = []
    for data, number in zip(evidence.records, evidence.individual_numbers, strict=True):
        signed = SignedRecord.open(data, beliefs.record_key, beliefs.entry.ward)
        # The version first: whoever moved to another household meanwhile is no mismatch, only too late.
        indexed = await index.person(signed.record.resident)
        if (signed.record.version, signed.digest) != (indexed.version, indexed.record_hash):
            raise Refused(Code.RECORD_STALE, "not the newest version of a record")
        part = None if number is None else IndividualNumberPart.open(number, signed.record)
        subjects.append(Subject(record=signed.record, individual_number=part))
    return subjects


async def _sealed(evidence: Evidence, order: Order, beliefs: Beliefs, index: Index, subject: Subject) -> Subject:
    """Give the one subject with the seal registration that the clerk's own index names as newest and in force."""
    if evidence.seal_registration is None or order.scope is not Scope.SELF or order.options:
        raise Refused(Code.EVIDENCE_MISMATCH, "a seal is certified for oneself, without options, from its registration")
    signed = SignedSeal.open(evidence.seal_registration, beliefs.record_key, beliefs.entry.ward)
    _check_whose(signed.registration, subject)
    indexed = await index.seal(subject.record.resident)
    newest = indexed is not None and (indexed.version, indexed.registration_hash) == (
        signed.registration.version,
        signed.digest,
    )
    if indexed is None or not newest or not indexed.in_force:
        raise Refused(Code.RECORD_STALE, "not the newest version of a seal registration, or a cancelled one")
    return replace(subject, seal=signed.registration)


def _check_whose(registration: SealRegistration, subject: Subject) -> None:
    if registration.resident != subject.record.resident:
        raise Refused(Code.SUBJECT_MISMATCH, "another person's seal")
    if registration.in_force and not stands(registration, subject.record):
        raise Refused(Code.EVIDENCE_MISMATCH, "a seal that may not stand beside the record")


def _check_handles(asked: Asked, beliefs: Beliefs, subjects: Sequence[Subject]) -> None:
    visit_id = asked.opened.ticket.visit_id
    given = [handle_of(beliefs.handle_key, visit_id, subject.record.resident) for subject in subjects]
    if len(set(given)) != len(given) or sorted(given) != sorted(asked.order.handles):
        raise Refused(Code.SUBJECT_MISMATCH, "the subjects are not whom the handles name")


def _check_scope(scope: Scope, holder: str, shown: set[str], present: set[str]) -> None:
    if not shown <= present:
        raise Refused(Code.SUBJECT_MISMATCH, "somebody whose record was removed")
    if scope is Scope.WHOLE and shown < present:
        raise Refused(Code.RECORD_STALE, "the household has grown meanwhile")
    if scope is Scope.SELF and shown != {holder}:
        raise Refused(Code.SUBJECT_MISMATCH, "another person than the card's holder")
    if not shown:
        raise Refused(Code.SUBJECT_MISMATCH, "nobody")
