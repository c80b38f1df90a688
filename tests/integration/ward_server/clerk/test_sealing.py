"""What the clerk signs: the very bytes that it read back as the facts that it certified, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from konbini.pdf.facts import CertificateFacts, Mark
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.clerk.evidence import Certified
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from tests.integration.ward_server.clerks import Lying, evidence_of
from tests.integration.ward_server.people import ALONE, HEAD, SPOUSE
from tests.integration.ward_server.ward import Ward


async def certified(ward: Ward, holder: str = ALONE) -> Certified:
    """Have an order certified."""
    return await ward.desk.clerk.certify(await evidence_of(ward, holder))


def facts_of(one: Certified) -> CertificateFacts:
    """Give the facts."""
    return CertificateFacts.from_wire(one.facts)


def draw(
    ward: Ward,
    one: Certified,
    *,
    facts: CertificateFacts | None = None,
    binding: bytes | None = None,
    seals: Sequence[bytes] | None = None,
) -> bytes:
    """Draw as `issuing` does, or with something else in place of what was certified."""
    facts = facts or facts_of(one)
    form = ward.desk.forms[facts.form]
    seals = seals or (one.seals * form.pages(facts))[: form.pages(facts)]
    return form.draw(facts, binding=binding or one.binding, seals=seals)


def person(facts: CertificateFacts, **cells: object) -> CertificateFacts:
    """Change cells of the first person."""
    first, *others = facts.people
    return replace(facts, people=(replace(first, **cells), *others))  # type: ignore[arg-type] # cells by name


async def refuses(ward: Ward, order: bytes, pdf: bytes, code: Code) -> None:
    """Check that the clerk does not sign, and whether it stopped."""
    with pytest.raises(Refused) as caught:
        await ward.desk.clerk.seal(order, pdf)
    assert caught.value.code is code
    assert ward.rows("clerk", "SELECT count(*) FROM certified WHERE suffix IS NOT NULL") == [(0,)]


TAMPERED: dict[str, Callable[[CertificateFacts], CertificateFacts]] = {
    "another name": lambda facts: person(facts, name="他人"),
    "another address": lambda facts: replace(facts, address=facts.address + "４号"),
    "a cell that was not asked for": lambda facts: person(facts, relationship="世帯主"),
    "a cell left out": lambda facts: person(facts, birth_date=Mark.OMITTED),
    "another number": lambda facts: replace(facts, number=facts.number[:-1] + "X"),
    "another day": lambda facts: replace(facts, issued_on=facts.issued_on.replace(day=1)),
    "one person more": lambda facts: replace(facts, people=facts.people * 2),
    "two pages": lambda facts: replace(facts, people=facts.people * 5),
}


SHORT = frozenset(("another name", "a cell that was not asked for", "one person more"))
"""A representative; the others are the whole matrix."""


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=() if what in SHORT else pytest.mark.long) for what in sorted(TAMPERED)]
)
async def test_a_paper_that_says_something_else(ward: Ward, what: str) -> None:
    """Read back cell by cell; the clerk stops and signs nothing for anybody."""
    one = await certified(ward)
    pdf = draw(ward, one, facts=TAMPERED[what](facts_of(one)))
    await refuses(ward, one.order, pdf, Code.PAGE_MISMATCH)
    assert ward.stops()["clerk"] is Code.PAGE_MISMATCH
    assert ward.events("clerk")[-2:] == [
        (AuditEvent.SEAL_REFUSED, Code.PAGE_MISMATCH),
        (AuditEvent.CLERK_STOPPED, Code.PAGE_MISMATCH),
    ]
    await refuses(ward, one.order, draw(ward, one), Code.WARD_STOPPED)


async def test_a_paper_of_another_order(ward: Ward) -> None:
    """A right paper of the wrong person."""
    one, other = await certified(ward, ALONE), await certified(ward, HEAD)
    await refuses(ward, one.order, draw(ward, other), Code.PAGE_MISMATCH)


async def test_another_binding(ward: Ward) -> None:
    """The right words, tied to another order."""
    one = await certified(ward)
    await refuses(ward, one.order, draw(ward, one, binding=bytes(32)), Code.PAGE_MISMATCH)


@pytest.mark.parametrize("part", [0, 2])
async def test_what_is_no_finished_paper(ward: Ward, part: int) -> None:
    """Nothing, and a half."""
    one = await certified(ward)
    pdf = draw(ward, one)
    await refuses(ward, one.order, pdf[: len(pdf) // part] if part else b"", Code.PAGE_MISMATCH)


async def test_a_signed_paper_is_not_signed_again(ward: Ward) -> None:
    """A second revision is no paper to be sealed: other bytes under the same order."""
    one = await certified(ward)
    pdf = draw(ward, one)
    signed = pdf + (await ward.desk.clerk.seal(one.order, pdf)).suffix
    with pytest.raises(Refused) as caught:
        await ward.desk.clerk.seal(one.order, signed)
    assert caught.value.code is Code.SEALED_OTHERWISE
    assert ward.stops()["clerk"] is Code.SEALED_OTHERWISE


async def test_an_order_that_nobody_certified(ward: Ward) -> None:
    """`seal` comes after `certify`; it is no mismatch, and stops nobody."""
    await refuses(ward, bytes(32), b"%PDF", Code.ORDER_OUT_OF_TURN)
    assert ward.stops()["clerk"] is None


async def test_a_clerk_without_a_lease(ward: Ward) -> None:
    """Neither certifies nor seals, and goes on when the registry is back."""
    evidence = await evidence_of(ward, ALONE)
    one = await ward.desk.clerk.certify(evidence)
    pdf = draw(ward, one)
    await ward.stop("registry")
    await ward.clock.advance(61)
    await refuses(ward, one.order, pdf, Code.WARD_NOT_CURRENT)
    with pytest.raises(Refused) as caught:
        await ward.desk.clerk.certify(evidence)
    assert caught.value.code is Code.WARD_NOT_CURRENT
    await ward.start_registry()
    await ward.caught_up()
    assert (await ward.desk.clerk.seal(one.order, pdf)).suffix


async def test_what_can_be_sealed_no_more_is_forgotten(ward: Ward) -> None:
    """The clerk keeps nobody's facts longer than it may sign them."""
    old = await certified(ward, ALONE)
    await ward.pass_time(16 * 60)
    await certified(ward, HEAD)
    assert len(ward.clerk._waiting) == 1
    await refuses(ward, old.order, draw(ward, old), Code.ORDER_OUT_OF_TURN)
    assert ward.stops()["clerk"] is None


async def test_an_issuing_that_hands_over_another_paper(ward: Ward) -> None:
    """Through the whole ward: nothing is issued, both stop, and the kiosk is told no more than that it failed."""
    visit = ward.visit(HEAD)
    await visit.open()
    one = await certified(ward, ALONE)
    other = draw(ward, one)
    ward.desk = replace(ward.desk, clerk=Lying(ward.desk.clerk, pdf=lambda _pdf: other))
    told = await visit.order()
    assert (told.code, told.document) == (Code.INTERNAL, None)
    assert ward.issuances()[-1] == (IssuanceState.VOID, Code.PAGE_MISMATCH)
    assert ward.stops() == {"issuing": Code.PAGE_MISMATCH, "clerk": Code.PAGE_MISMATCH}


async def test_a_clerk_that_stopped_stops_issuing(ward: Ward) -> None:
    """Whatever stopped the clerk, `issuing` stops with it at the next order."""
    one = await certified(ward)
    await refuses(ward, one.order, b"", Code.PAGE_MISMATCH)
    visit = ward.visit(SPOUSE)
    await visit.open()
    assert (await visit.order()).code is Code.WARD_STOPPED
    assert ward.stops() == {"issuing": Code.WARD_STOPPED, "clerk": Code.PAGE_MISMATCH}
    assert (await ward.visit(HEAD, ward.kiosk("K-0002")).open()).code is Code.WARD_STOPPED


async def test_stopped_stays_stopped(ward: Ward) -> None:
    """Neither a restart of the clerk nor one of issuing releases it."""
    one = await certified(ward)
    await refuses(ward, one.order, b"", Code.PAGE_MISMATCH)
    visit = ward.visit(HEAD)
    await visit.open()
    await visit.order()
    for process, start in (("issuing", ward.start_issuing), ("clerk", ward.start_clerk)):
        await ward.stop(process)
        await start()
    await ward.caught_up()
    assert (await ward.visit(SPOUSE).open()).code is Code.WARD_STOPPED
    assert ward.stops() == {"issuing": Code.WARD_STOPPED, "clerk": Code.PAGE_MISMATCH}


async def test_a_clerk_that_restarted_between_its_calls(ward: Ward) -> None:
    """What it certified is in its file, what it waits for is not: `seal` is out of turn, `certify` may come again."""
    evidence = await evidence_of(ward, ALONE)
    one = await ward.desk.clerk.certify(evidence)
    pdf = draw(ward, one)
    await ward.stop("clerk")
    await ward.start_clerk()
    await ward.caught_up()
    await refuses(ward, one.order, pdf, Code.ORDER_OUT_OF_TURN)
    again = await ward.desk.clerk.certify(evidence)
    assert again == one
    sealed = await ward.desk.clerk.seal(one.order, pdf)
    await ward.stop("clerk")
    await ward.start_clerk()
    await ward.caught_up()
    await ward.desk.clerk.certify(evidence)
    assert await ward.desk.clerk.seal(one.order, pdf) == sealed
