"""An `issuing` that lies to its clerk: every lie is found, and both processes stop until two persons release them.

The clerk is handed what `issuing` handed it, but for one thing. What an honest `issuing` may meet by a hair (a record
that is a version older) is refused without a stop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from konbini.process.calls import AnswerLost
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind, Options, Scope
from konbini.protocol.numbers import IssuanceNumber
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.clerk.evidence import Evidence
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.menus import MENU_SECONDS
from konbini.ward_server.residents.record import SignedRecord
from tests.integration.ward_server.clerks import Lying, Silent, evidence_of
from tests.integration.ward_server.kiosk import Visit
from tests.integration.ward_server.people import ALONE, HEAD, SPOUSE, TEEN
from tests.integration.ward_server.ward import Ward
from tests.records import written

Lie = Callable[[Evidence], Evidence]


async def record_of(ward: Ward, resident: str) -> bytes:
    """Give a resident's signed record, as the copy has it."""
    people = await ward.desk.copy.household_of(resident)
    return next(one.signed.data for one in people if one.signed.record.resident == resident)


async def lie(ward: Ward, change: Lie, scope: Scope = Scope.SELF, options: Options = Options(0)) -> Visit:  # noqa: B008 - a flag is a value
    """Order honestly, with an `issuing` that changes the evidence on its way."""
    visit = ward.visit(HEAD)
    await visit.open()
    ward.desk = replace(ward.desk, clerk=Lying(ward.desk.clerk, evidence=change))
    told = await visit.order(scope=scope, options=options)
    assert (told.kind, told.document) == (MessageKind.DOCUMENT, None)
    return visit


def stopped(ward: Ward, code: Code) -> None:
    """Check that nothing was issued and both processes stopped for this code, each on record."""
    assert ward.issuances()[-1] == (IssuanceState.VOID, code)
    assert ward.stops() == {"issuing": code, "clerk": code}
    assert ward.events("clerk")[-2:] == [(AuditEvent.CERTIFY_REFUSED, code), (AuditEvent.CLERK_STOPPED, code)]
    assert (AuditEvent.ISSUING_STOPPED, code) in ward.events("issuing")
    assert AuditEvent.SEALED not in [event for event, _ in ward.events("clerk")]


async def _other_visit(ward: Ward) -> Lie:
    other = await evidence_of(ward, ALONE)
    return lambda evidence: replace(other, number=evidence.number)


async def _other_opening(ward: Ward) -> Lie:
    other = await evidence_of(ward, ALONE)
    return lambda evidence: replace(evidence, opening=other.opening)


async def _other_ticket(ward: Ward) -> Lie:
    other = await evidence_of(ward, ALONE)
    return lambda evidence: replace(evidence, ticket=other.ticket)


async def _other_menu(ward: Ward) -> Lie:
    other = await evidence_of(ward, ALONE)
    return lambda evidence: replace(evidence, menu=other.menu)


async def _other_order(ward: Ward) -> Lie:
    other = await evidence_of(ward, ALONE)
    return lambda evidence: replace(evidence, order=other.order, order_key_id=other.order_key_id)


async def _other_ordinal(_ward: Ward) -> Lie:
    return lambda evidence: replace(evidence, ordinal=2)


async def _other_prekey(_ward: Ward) -> Lie:
    return lambda evidence: replace(evidence, order_key_id=bytes(8))


async def _number_of_another_ward(ward: Ward) -> Lie:
    number = str(IssuanceNumber.of("131024", ward.desk.now().day, 1, 1))
    return lambda evidence: replace(evidence, number=number)


async def _no_number(_ward: Ward) -> Lie:
    return lambda evidence: replace(evidence, number=f"{evidence.number[:-1]}{(int(evidence.number[-1]) + 1) % 10}")


async def _number_twice(ward: Ward) -> Lie:
    other = await evidence_of(ward, ALONE)
    return lambda evidence: replace(evidence, number=other.number)


async def _unpaired(_ward: Ward) -> Lie:
    return lambda evidence: replace(evidence, individual_numbers=())


EVIDENCE: dict[str, Callable[[Ward], Awaitable[Lie]]] = {
    "of another visit, whole": _other_visit,
    "another visit's card and keys": _other_opening,
    "another visit's ticket": _other_ticket,
    "another visit's menu": _other_menu,
    "another visit's order": _other_order,
    "another ordinal": _other_ordinal,
    "another prekey": _other_prekey,
    "a number of another ward": _number_of_another_ward,
    "a number with a wrong check digit": _no_number,
    "a number that another order has": _number_twice,
    "records and numbers that do not pair": _unpaired,
}


SHORT = frozenset(
    (
        *("of another visit, whole", "another visit's card and keys", "a number that another order has"),
        *("another member of the household", "somebody of another household"),
    )
)
"""A representative; the others are the whole matrix."""


def matrix(names: Iterable[str]) -> list[Any]:
    """Give every case, those that are no representative marked as long."""
    return [pytest.param(name, marks=() if name in SHORT else pytest.mark.long) for name in sorted(names)]


@pytest.mark.parametrize("what", matrix(EVIDENCE))
async def test_evidence_that_does_not_hold(ward: Ward, what: str) -> None:
    """`EVIDENCE_MISMATCH`, and nothing more is issued to anybody."""
    await lie(ward, await EVIDENCE[what](ward))
    stopped(ward, Code.EVIDENCE_MISMATCH)
    assert (await ward.visit(SPOUSE).open()).code is Code.WARD_STOPPED


async def _household_members_record(ward: Ward) -> Lie:
    record = await record_of(ward, SPOUSE)
    return lambda evidence: replace(evidence, records=(record,))


async def _strangers_record(ward: Ward) -> Lie:
    record = await record_of(ward, ALONE)
    return lambda evidence: replace(evidence, records=(record,))


async def _one_more(ward: Ward) -> Lie:
    record = await record_of(ward, SPOUSE)
    return lambda evidence: replace(
        evidence, records=(*evidence.records, record), individual_numbers=(*evidence.individual_numbers, None)
    )


async def _twice(_ward: Ward) -> Lie:
    return lambda evidence: replace(
        evidence, records=evidence.records * 2, individual_numbers=evidence.individual_numbers * 2
    )


async def _nobody(_ward: Ward) -> Lie:
    return lambda evidence: replace(evidence, records=(), individual_numbers=())


SUBJECTS: dict[str, Callable[[Ward], Awaitable[Lie]]] = {
    "another member of the household": _household_members_record,
    "somebody of another household": _strangers_record,
    "one more than was ordered": _one_more,
    "the same twice": _twice,
    "nobody": _nobody,
}


@pytest.mark.parametrize("what", matrix(SUBJECTS))
async def test_subjects_whom_the_handles_do_not_name(ward: Ward, what: str) -> None:
    """`SUBJECT_MISMATCH`: the order's handles say who is shown, and the clerk keys them itself."""
    await lie(ward, await SUBJECTS[what](ward))
    stopped(ward, Code.SUBJECT_MISMATCH)


async def test_a_record_that_the_registry_did_not_sign(ward: Ward) -> None:
    """A forged one, and one with a byte turned."""
    forged = SignedRecord.sign(written(HEAD, name="他人"), SigningKey.generate()).data
    await lie(ward, lambda evidence: replace(evidence, records=(forged,)))
    stopped(ward, Code.RECORD_NOT_SIGNED)


async def test_a_record_with_a_byte_turned(ward: Ward) -> None:
    """The signature is over every byte."""
    true = await record_of(ward, HEAD)
    turned = true[:-80] + bytes([true[-80] ^ 1]) + true[-79:]
    await lie(ward, lambda evidence: replace(evidence, records=(turned,)))
    stopped(ward, Code.RECORD_NOT_SIGNED)


async def test_another_persons_individual_number(ward: Ward) -> None:
    """The record commits to the number that is printed."""
    record = next(
        one.signed.record for one in await ward.desk.copy.household_of(SPOUSE) if one.signed.record.resident == SPOUSE
    )
    assert record.individual_number is not None
    part = await ward.desk.individual_numbers(SPOUSE, record.individual_number)
    await lie(ward, lambda evidence: replace(evidence, individual_numbers=(part,)), options=Options.INDIVIDUAL_NUMBER)
    stopped(ward, Code.RECORD_NOT_SIGNED)


async def test_an_individual_number_that_was_not_asked_for(ward: Ward) -> None:
    """What the order did not ask for is not printed, whatever comes beside the record."""
    record = next(one.signed.record for one in await ward.desk.copy.household_of(HEAD))
    assert record.individual_number is not None
    part = await ward.desk.individual_numbers(HEAD, record.individual_number)
    visit = ward.visit(HEAD)
    await visit.open()
    ward.desk = replace(
        ward.desk,
        clerk=Lying(ward.desk.clerk, evidence=lambda evidence: replace(evidence, individual_numbers=(part,))),
    )
    await visit.order()
    stopped(ward, Code.EVIDENCE_MISMATCH)


async def test_an_old_version_of_a_record(ward: Ward) -> None:
    """Too late by a hair, or a lie: refused either way, and looked at again; no stop, since it may be honest."""
    old = await record_of(ward, HEAD)
    await ward.register.rewrite(HEAD, remarks="修正")
    await lie(ward, lambda evidence: replace(evidence, records=(old,)))
    assert ward.issuances() == [(IssuanceState.VOID, Code.CHANGED_LOOK_AGAIN)]
    assert ward.events("clerk")[-1] == (AuditEvent.CERTIFY_REFUSED, Code.RECORD_STALE)
    assert ward.stops() == {"issuing": None, "clerk": None}


async def test_a_number_of_yesterday(ward: Ward) -> None:
    """Midnight may pass between reserving and certifying: refused, no stop."""
    await lie(ward, lambda evidence: replace(evidence, number=_yesterday(evidence.number)))
    assert ward.events("clerk")[-1] == (AuditEvent.CERTIFY_REFUSED, Code.CHANGED_LOOK_AGAIN)
    assert ward.stops() == {"issuing": None, "clerk": None}


def _yesterday(number: str) -> str:
    parsed = IssuanceNumber.parse(number)
    return str(replace(parsed, date=parsed.date.replace(day=parsed.date.day - 1)))


async def test_an_order_under_a_second_number(ward: Ward) -> None:
    """One order, one number, for ever."""
    evidence = await evidence_of(ward, ALONE)
    parsed = IssuanceNumber.parse(evidence.number)
    other = str(replace(parsed, counter=parsed.counter + 1))
    with pytest.raises(Refused) as caught:
        await ward.clerk.certify(replace(evidence, number=other))
    assert caught.value.code is Code.EVIDENCE_MISMATCH
    assert ward.stops()["clerk"] is Code.EVIDENCE_MISMATCH


async def test_a_holder_who_was_removed(ward: Ward) -> None:
    """An `issuing` that has forgotten its rules has nothing certified for one who has moved out."""
    visit, silent = ward.visit(HEAD), Silent(ward.desk.clerk, AnswerLost("cut"), call="certify")
    menu = (await visit.open()).given_menu
    ward.desk = replace(ward.desk, clerk=silent)
    await visit.send_order(visit.order_body(scope=Scope.PART, handles=[menu.members[1].handle]))
    await ward.register.remove(HEAD)
    with pytest.raises(Refused) as caught:
        await ward.clerk.certify(silent.evidence[0])
    assert caught.value.code is Code.RECORD_STALE


async def test_a_protected_member_whom_issuing_does_not_know(ward: Ward) -> None:
    """Rules and clerk both look: the clerk finds the measure in its own index."""
    visit, silent = ward.visit(HEAD), Silent(ward.desk.clerk, AnswerLost("cut"), call="certify")
    await visit.open()
    ward.desk = replace(ward.desk, clerk=silent)
    await visit.order()
    await ward.register.protect(TEEN)
    with pytest.raises(Refused) as caught:
        await ward.clerk.certify(silent.evidence[0])
    assert caught.value.code is Code.ASK_AT_COUNTER


async def test_a_menu_that_the_order_does_not_name(ward: Ward) -> None:
    """An older menu of the same visit: `issuing` compared it before, so that it is no accident."""
    visit = ward.visit(HEAD)
    visit.admit()
    body = visit.open_body()
    await visit.send_open(body)
    open_visit = ward.desk.visits.get(visit.v, visit.kiosk.name, visit.seconds)
    assert open_visit.given is not None
    older = open_visit.given.signed
    await ward.pass_time(MENU_SECONDS + 1)
    await visit.send_open(body)
    ward.desk = replace(
        ward.desk, clerk=Lying(ward.desk.clerk, evidence=lambda evidence: replace(evidence, menu=older))
    )
    await visit.order()
    stopped(ward, Code.EVIDENCE_MISMATCH)


async def test_what_came_too_late_is_no_lie(ward: Ward) -> None:
    """The same evidence after the visit's minutes: refused, no stop."""
    evidence = await evidence_of(ward, ALONE)
    await ward.pass_time(16 * 60)
    with pytest.raises(Refused) as caught:
        await ward.clerk.certify(evidence)
    assert caught.value.code is Code.VISIT_OVER
    assert ward.stops()["clerk"] is None
