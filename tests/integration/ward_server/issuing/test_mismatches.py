"""What is only asserted closes the kiosk that says it; what the ward signed against its own rows closes the ward.

"Retried and printed" closes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest

from konbini.process.statements import Connection
from konbini.protocol.cose import Context, SigningKey
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CENTER, MessageKind, Mismatched, Outcome
from konbini.protocol.receipts import HandedBack
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.service import MOST_BARRED
from konbini.protocol.trust import Enrolment
from konbini.protocol.visits import Document, answer
from konbini.ward_server.asking.opening import KioskRegister
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.desk import ClerkCalls
from konbini.ward_server.issuing.notices import Notices
from tests.integration.ward_server.kiosk import Kiosk, Told, Visit
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward

OTHER = "K-0002"


async def issued(ward: Ward, holder: str = HEAD, kiosk: str = "K-0001") -> tuple[Visit, Told]:
    """Open a visit and have one paper issued in it."""
    visit = ward.visit(holder, ward.kiosk(kiosk))
    await visit.open()
    told = await visit.order()
    assert told.document is not None
    return visit, told


def handed(told: Told) -> HandedBack:
    """Give what a kiosk can hand back."""
    assert told.handed is not None
    return told.handed


def signed_anew(ward: Ward, visit: Visit, told: Told, document: Document) -> HandedBack:
    """Sign another document with the ward's own message key, as a fault in the ward would have."""
    held = ward.desk.prekeys.newest
    assert held is not None
    context = document_context(ward, visit, told, document.ordinal)
    return replace(handed(told), signed=held.message_key.signing.sign(answer(document), context))


def document_context(ward: Ward, visit: Visit, told: Told, ordinal: int) -> Context:
    """Give the context of a DOCUMENT of this visit."""
    return Context(
        kind=MessageKind.DOCUMENT,
        sender=ward.code,
        receiver=visit.kiosk.name,
        visit=visit.v,
        ordinal=ordinal,
        key_id=handed(told).key_id,
    )


def barred(ward: Ward) -> list[tuple[int, str, int]]:
    """Give what gets nothing: scope, name, code."""
    return [tuple(row) for row in ward.rows("issuing", "SELECT scope, name, code FROM barred ORDER BY scope, name")]


async def test_a_document_that_did_not_pass_closes_its_kiosk_alone(ward: Ward) -> None:
    """What was handed back agrees with the rows: a case, and that kiosk gets nothing; another is served."""
    visit, told = await issued(ward)
    noted = await visit.report(handed(told))
    assert ward.audit("issuing")[noted.log_index].event is AuditEvent.MISMATCH_REPORTED
    assert ward.cases() == [(AuditEvent.MISMATCH_REPORTED.name, "K-0001")]
    assert barred(ward) == [(1, "K-0001", Code.DOCUMENT_INVALID)]
    assert ward.stops()["issuing"] is None
    await visit.settle(visit.receipt(Outcome.VOID, taken=200, returned=200))
    assert (await visit.order(2)).code is Code.KIOSK_STOPPED
    assert (await ward.visit(HEAD).open()).code is Code.KIOSK_STOPPED
    assert (await ward.visit(ALONE, ward.kiosk(OTHER)).one_paper()).document is not None


async def test_an_order_under_way_is_not_completed(ward: Ward) -> None:
    """The completing transaction reads it too: a kiosk that is barred between certifying and sealing gets no paper."""
    visit, told = await issued(ward)
    open_yet = ward.visit(ALONE)
    await open_yet.open()
    honest = ward.desk.clerk

    class Meanwhile:
        """The clerk, while whose seal the kiosk's report comes in."""

        certify = staticmethod(honest.certify)

        @staticmethod
        async def seal(order: bytes, pdf: bytes) -> object:
            await visit.report(handed(told))
            return await honest.seal(order, pdf)

    ward.desk = replace(ward.desk, clerk=cast("ClerkCalls", Meanwhile()))
    assert (await open_yet.order()).code is Code.KIOSK_STOPPED
    assert ward.issuances()[-1][1] is Code.KIOSK_STOPPED


async def test_a_thousand_mismatches_close_one_kiosk(ward: Ward) -> None:
    """One line in the list of cases, however often it is said; everybody else goes on."""
    visit, told = await issued(ward)
    for _ in range(1000):
        await visit.report(handed(told))
    assert ward.cases() == [(AuditEvent.MISMATCH_REPORTED.name, "K-0001")]
    assert ward.rows("issuing", "SELECT times FROM ward_case") == [(1000,)]
    assert barred(ward) == [(1, "K-0001", Code.DOCUMENT_INVALID)]
    assert ward.stops() == {"issuing": None, "clerk": None}
    assert (await ward.visit(ALONE, ward.kiosk(OTHER)).one_paper()).document is not None


async def test_what_a_barred_kiosk_invents_fills_one_line(ward: Ward) -> None:
    """Receipts for orders that nobody ever made are added to the case that barred it."""
    visit, _told = await issued(ward)
    await visit.settle(visit.receipt(Outcome.PRINTED, number=None, taken=1))
    for _ in range(5):
        strange = ward.visit(HEAD)
        strange.admit()
        strange.t = bytes(32)
        await strange.settle(strange.receipt(Outcome.PRINTED, taken=200))
    assert ward.rows("issuing", "SELECT kind, times FROM ward_case") == [(AuditEvent.RECEIPT_CONTRADICTED.name, 6)]


async def test_a_contradiction_that_this_ward_signed_stops_it(ward: Ward) -> None:
    """Proof against the ward itself: everything stops, on all its servers, and the kiosk is served again after."""
    visit, told = await issued(ward)
    wrong = replace(told.given_document, pdf_hash=bytes(32))
    await visit.report(signed_anew(ward, visit, told, wrong), found=Mismatched.HASH)
    assert ward.cases() == [(AuditEvent.MISMATCH_PROVEN.name, "K-0001")]
    assert ward.stops()["issuing"] is Code.SIGNED_OTHERWISE
    assert barred(ward) == []
    assert (await ward.visit(ALONE, ward.kiosk(OTHER)).open()).code is Code.WARD_STOPPED
    await ward.decide("issuing", "release")
    await visit.report(signed_anew(ward, visit, told, told.given_document))
    assert ward.stops()["issuing"] is None


@pytest.mark.parametrize("field", ["t", "number", "fee", "print_by", "ordinal"])
async def test_every_field_that_was_signed_is_compared(ward: Ward, field: str) -> None:
    """A document of another t, number, fee, time or place than the rows have."""
    visit, told = await issued(ward)
    other = {
        "t": bytes(32),
        "number": f"{ward.code}-261120-10000099-0",
        "fee": 1,
        "print_by": 1,
        "ordinal": 2,
    }
    document = replace(told.given_document, **{field: other[field]})  # type: ignore[arg-type] # a field by name
    signed = signed_anew(ward, visit, told, replace(document, ordinal=1))
    if field == "ordinal":
        signed = signed_anew(ward, visit, told, document)
        await visit.report(signed, ordinal=2)
    else:
        await visit.report(signed)
    assert ward.stops()["issuing"] is Code.SIGNED_OTHERWISE


async def test_the_same_proof_again_stops_nothing_that_was_released(ward: Ward) -> None:
    """Two persons have seen this document: it proves nothing new to them, however it is sent again."""
    visit, told = await issued(ward)
    proof = signed_anew(ward, visit, told, replace(told.given_document, fee=1))
    await visit.report(proof)
    await ward.decide("issuing", "release")
    await visit.report(proof)
    assert ward.stops()["issuing"] is None
    assert len(ward.cases()) == 1


async def test_a_forged_proof_is_the_kiosks_own_word(ward: Ward) -> None:
    """A signature that is not the ward's, or a certificate that its identity key never gave, closes the forger."""
    visit, told = await issued(ward)
    wrong = replace(told.given_document, fee=1)
    by_another = SigningKey.generate().sign(answer(wrong), document_context(ward, visit, told, 1))
    await visit.report(replace(handed(told), signed=by_another))
    await visit.report(replace(handed(told), message_key=b"no certificate"))
    assert ward.stops()["issuing"] is None
    assert barred(ward) == [(1, "K-0001", Code.DOCUMENT_INVALID)]


async def test_three_kiosks_of_different_operators_stop_the_ward(ward: Ward) -> None:
    """Within ten minutes; two of one operator are one voice, and so is a kiosk that says it twice."""
    kiosks = enrolled(ward, ("one", "one", "two", "three"))
    for kiosk in kiosks[:3]:
        await invent(ward, kiosk)
        await invent(ward, kiosk)
    assert ward.stops()["issuing"] is None
    await invent(ward, kiosks[3])
    assert ward.stops()["issuing"] is Code.KIOSKS_AGREE
    assert len(barred(ward)) == 4


async def test_three_operators_within_a_longer_time_are_no_agreement(ward: Ward) -> None:
    """Each closes its own kiosk; the ten minutes have passed before the third."""
    first, second, third = enrolled(ward, ("one", "two", "three"))
    await invent(ward, first)
    await invent(ward, second)
    await ward.set_clock(10)
    await invent(ward, third)
    assert ward.stops()["issuing"] is None
    assert len(barred(ward)) == 3


def enrolled(ward: Ward, operators: Sequence[str]) -> list[Kiosk]:
    """Make kiosks of these operators and enter them in the ward's register."""
    authority, now = SigningKey.generate(), ward.clock.now() // 1000
    kiosks = [
        Kiosk(name=f"K-1{place:03d}", signing=SigningKey.generate(), sealing=OpeningKey.generate())
        for place in range(len(operators))
    ]
    signed = [
        Enrolment(
            kiosk=kiosk.name,
            operator=operator,
            signing=kiosk.signing.verifying.point,
            sealing=kiosk.sealing.sealing.public,
            begins=now - 1,
            ends=now + 86_400,
        ).sign(authority)
        for kiosk, operator in zip(kiosks, operators, strict=True)
    ]
    ward.desk = replace(ward.desk, register=KioskRegister(signed, authority.verifying))
    return kiosks


async def invent(ward: Ward, kiosk: Kiosk) -> None:
    """Have a kiosk say that it printed what this ward never issued."""
    visit = ward.visit(HEAD, kiosk)
    visit.admit()
    visit.t = bytes(32)
    await visit.settle(visit.receipt(Outcome.PRINTED, taken=200))


async def test_other_bytes_that_a_device_signed_are_held_against_it(ward: Ward) -> None:
    """One visit id for two OPENs: the kiosk's own signature is on both, and it stands still."""
    visit = ward.visit(HEAD)
    await visit.open()
    assert (await visit.send_open(visit.open_body())).code is Code.VISIT_CONFLICT
    assert ward.cases() == [(AuditEvent.VISIT_CONFLICT.name, "K-0001")]
    assert barred(ward) == [(1, "K-0001", Code.VISIT_CONFLICT)]


async def test_damaged_bytes_are_nobodys_word(ward: Ward) -> None:
    """The center, or the way, can damage an OPEN: it is refused, and no case is opened."""
    visit = ward.visit(HEAD)
    visit.admit()
    body = visit.open_body()
    await visit.send_open(body)
    assert (await visit.send_open(body[:-40] + bytes(40))).code is Code.VISIT_CONFLICT
    assert ward.cases() == []
    assert barred(ward) == []


async def test_a_barred_kiosk_is_told_before_the_card_is_asked_for(ward: Ward) -> None:
    """NOTICE names it; so do the list of what stands still and the refusal of its next visit."""
    visit, told = await issued(ward)
    await visit.report(handed(told))
    held = ward.desk.prekeys.newest
    assert held is not None
    notice = await Notices(ward.desk, "1").of(held.message_key, ward.desk.now())
    assert notice.barred == ("K-0001",)
    moment = ward.clock.now() // 1000
    assert notice.refusal(moment, "K-0001", CENTER) is Code.KIOSK_STOPPED
    assert notice.refusal(moment, OTHER, CENTER) is None
    (one,) = (await ward.desk.ledger.summary(1)).barred
    assert str(one.part) == "kiosk K-0001"


async def test_notice_names_the_newest_alone(ward: Ward) -> None:
    """As many as it has room for; the others are refused all the same."""
    kiosks = enrolled(ward, ["one"] * (MOST_BARRED + 8))
    for kiosk in kiosks:
        ward.clock.set_wall(ward.clock.now() + 1)
        await invent(ward, kiosk)
    held = ward.desk.prekeys.newest
    assert held is not None
    notice = await Notices(ward.desk, "1").of(held.message_key, ward.desk.now())
    assert notice.barred == tuple(kiosk.name for kiosk in kiosks[-MOST_BARRED:])
    assert len(notice.sign(held.message_key.signing)) < 4096


async def test_a_record_that_does_not_open_stops_the_ward_before_a_number_is_reserved(ward: Ward) -> None:
    """Between MENU and ORDER a row of the copy was written by somebody else: found at the order's first step."""
    visit = ward.visit(HEAD)
    await visit.open()

    def tamper(connection: Connection) -> int:
        return connection.execute("UPDATE person SET sealed = ? WHERE resident = ?", (bytes(200), HEAD)).rowcount

    assert await ward.desk.copy._rows.write(tamper, step="tamper") == 1
    assert (await visit.order()).code is Code.INTERNAL
    assert ward.stops()["issuing"] is Code.SEAL_BROKEN
    assert ward.issuances() == []
