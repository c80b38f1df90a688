"""Two persons hold, release, close, settle and take back; nothing closes by itself, and nothing final changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CENTER, CertificateKind, Outcome
from konbini.protocol.visits import PRINT_SECONDS
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.notices import Notices
from konbini.ward_server.issuing.settling import ASK_AFTER_SECONDS
from tests.integration.ward_server.issuing.test_mismatches import OTHER, barred, handed, issued, signed_anew
from tests.integration.ward_server.people import ALONE, HEAD, SPOUSE
from tests.integration.ward_server.ward import Ward


async def refused(ward: Ward, *words: str) -> Code:
    """Give the code with which a command is refused."""
    with pytest.raises(Refused) as refusal:
        await ward.say("issuing", *words, "--reason", "a test")
    return refusal.value.code


async def test_two_persons_release_a_kiosk_and_its_case_stays(ward: Ward) -> None:
    """One alone releases nothing; "retried and printed" closes nothing; a finding of two persons does."""
    visit, told = await issued(ward)
    await visit.report(handed(told))
    (decision,) = await ward.say("issuing", "release-part", "kiosk", "K-0001", "--reason", "its printer was changed")
    with pytest.raises(Refused) as refusal:
        await ward.say("issuing", "agree", decision)
    assert refusal.value.code is Code.SAME_PERSON
    assert len(barred(ward)) == 1
    await ward.say("issuing", "agree", decision, operator="bando")
    assert barred(ward) == []
    assert (await ward.visit(ALONE).one_paper()).document is not None
    assert len(ward.cases()) == 1
    (released,) = [entry for entry in ward.audit("issuing") if entry.event is AuditEvent.PART_RELEASED]
    assert (released.operators, released.about, released.code) == (
        ("aoki", "bando"),
        "kiosk K-0001",
        Code.DOCUMENT_INVALID,
    )
    await ward.decide("issuing", "close-case", "1")
    assert ward.cases() == []
    (line,) = await ward.say("issuing", "cases", "--closed")
    assert line.endswith("a test")
    assert await refused(ward, "close-case", "1") is Code.CHANGE_UNKNOWN


async def test_a_case_is_listed_with_what_is_known(ward: Ward) -> None:
    """Number, kind, kiosk, the order's number, since when, how often, the code and the place in the log."""
    visit, told = await issued(ward)
    noted = await visit.report(handed(told))
    (line,) = await ward.say("issuing", "cases")
    for part in ("mismatch_reported", "K-0001", told.given_document.number, f"entry {noted.log_index}", visit.v.hex()):
        assert part in line


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("kiosk", "K-0001"), Code.KIOSK_STOPPED),
        (("link", CENTER), Code.KIOSK_STOPPED),
        (("ward",), Code.WARD_MAINTENANCE),
    ],
)
async def test_what_two_persons_hold_gets_nothing(ward: Ward, words: tuple[str, ...], code: Code) -> None:
    """Before a visit and within one, until two persons release it; NOTICE says so at once."""
    within = ward.visit(HEAD)
    await within.open()
    await ward.decide("issuing", "hold-part", *words)
    assert (await within.order()).code is code
    assert (await ward.visit(ALONE).open()).code is code
    held = ward.desk.prekeys.newest
    assert held is not None
    notice = await Notices(ward.desk, "1").of(held.message_key, ward.desk.now())
    told = notice.refusal(ward.clock.now() // 1000, "K-0001", CENTER)
    assert told is (Code.WARD_CLOSED if code is Code.WARD_MAINTENANCE else code)
    assert notice.in_maintenance(ward.clock.now() // 1000) is (code is Code.WARD_MAINTENANCE)
    assert await refused(ward, "hold-part", *words) is Code.CHANGE_INVALID
    await ward.decide("issuing", "release-part", *words)
    assert (await within.order()).document is not None
    assert ward.stops()["issuing"] is None


async def test_a_kind_that_is_held_is_on_no_menu(ward: Ward) -> None:
    """It leaves the menu and the notice; an order of before it is told to look again."""
    within = ward.visit(HEAD)
    await within.open()
    kind = CertificateKind.RESIDENT_RECORD
    await ward.decide("issuing", "hold-part", "kind", str(int(kind)))
    assert (await within.order()).code is Code.CHANGED_LOOK_AGAIN
    menu = (await ward.visit(SPOUSE, ward.kiosk(OTHER)).open()).given_menu
    assert kind not in {offer.kind for offer in menu.offers}
    held = ward.desk.prekeys.newest
    assert held is not None
    assert kind in (await Notices(ward.desk, "1").of(held.message_key, ward.desk.now())).held
    await ward.decide("issuing", "release-part", "kind", str(int(kind)))
    menu = (await ward.visit(ALONE).open()).given_menu
    assert kind in {offer.kind for offer in menu.offers}


async def test_what_is_no_part_of_this_ward(ward: Ward) -> None:
    """A kiosk that nobody knows, another link, a kind that does not exist, a ward with a name; what is served."""
    for words in (("kiosk", "K-9999"), ("link", "elsewhere"), ("kind", "9"), ("kind", "x"), ("ward", "131997")):
        assert await refused(ward, "hold-part", *words) is Code.CHANGE_INVALID, words
    assert await refused(ward, "release-part", "kiosk", "K-0001") is Code.CHANGE_INVALID


async def test_an_order_in_doubt_is_settled_by_two_persons(ward: Ward) -> None:
    """Listed with what its kiosk said; final once settled, and a kiosk that says something else later is a case."""
    visit, told = await issued(ward)
    number = told.given_document.number
    await visit.settle(visit.receipt(Outcome.IN_DOUBT, number=number, taken=200))
    (line,) = await ward.say("issuing", "doubts")
    for part in (visit.v.hex(), number, "K-0001", "said in_doubt", "counter 100 to 100", "taken 200"):
        assert part in line
    order = (visit.v.hex(), "1")
    assert await refused(ward, "settle-order", *order, "printed", "--taken", "100") is Code.CHANGE_INVALID
    assert await refused(ward, "settle-order", *order, "jam", "--taken", "200", "--owed", "200") is Code.CHANGE_INVALID
    assert await refused(ward, "settle-order", visit.v.hex(), "2", "void") is Code.CHANGE_UNKNOWN
    await ward.decide("issuing", "settle-order", *order, "void", "--taken", "200", "--owed", "200")
    assert ward.issuances() == [(IssuanceState.SETTLED, None)]
    assert ward.rows("issuing", "SELECT outcome, owed FROM receipt") == [(int(Outcome.VOID), 200)]
    assert await ward.say("issuing", "doubts") == []
    assert await refused(ward, "settle-order", *order, "printed", "--taken", "200") is Code.CHANGE_UNKNOWN
    await visit.settle(visit.receipt(Outcome.IN_DOUBT, number=number, taken=200))
    assert ward.cases() == []
    await visit.settle(visit.receipt(Outcome.PRINTED, number=number, taken=200))
    assert ward.cases() == [(AuditEvent.RECEIPT_CONTRADICTED.name, "K-0001")]
    assert ward.rows("issuing", "SELECT outcome FROM receipt") == [(int(Outcome.VOID),)]


async def test_an_order_of_which_nothing_was_heard(ward: Ward) -> None:
    """Overdue, it is in doubt too; a kiosk that comes back and says the same agrees, and is no case."""
    visit, told = await issued(ward)
    number = told.given_document.number
    order = (visit.v.hex(), "1")
    assert await refused(ward, "settle-order", *order, "printed", "--taken", "200") is Code.CHANGE_UNKNOWN
    await ward.set_clock((PRINT_SECONDS + ASK_AFTER_SECONDS + 1) / 60)
    (line,) = await ward.say("issuing", "doubts")
    assert "nothing said" in line
    await ward.decide("issuing", "settle-order", *order, "printed", "--taken", "200")
    first = await visit.settle(visit.receipt(Outcome.PRINTED, number=number, taken=200))
    assert ward.audit("issuing")[first.log_index].event is AuditEvent.RECEIPT_TAKEN
    assert ward.cases() == []
    view = await ward.desk.ledger.summary(1)
    today = await ward.desk.ledger.today(ward.desk.now().day_began)
    assert (today.printed, today.fees, view.unsettled) == (1, 200, 0)


async def test_the_adachi_replay(ward: Ward) -> None:
    """Three error notices, each closed as "retried, printed OK": here each keeps its case, and its kiosk waits."""
    kiosk = ward.kiosk()
    for day in range(1, 4):
        visit, told = await issued(ward, (HEAD, SPOUSE, ALONE)[day - 1], kiosk.name)
        await visit.report(handed(told))
        await visit.settle(visit.receipt(Outcome.VOID, taken=200, returned=200))
        await visit.settle(visit.goodbye(), ordinal=0)
        assert (await ward.visit(ALONE, kiosk).open()).code is Code.KIOSK_STOPPED  # retried: not here
        again = ward.visit(ALONE, ward.kiosk(OTHER))
        assert (await again.one_paper()).document is not None  # printed OK elsewhere: closes nothing
        assert len(ward.cases()) == day
        await ward.decide("issuing", "release-part", "kiosk", kiosk.name)
        assert len(ward.cases()) == day
    visit, told = await issued(ward, HEAD, kiosk.name)
    torn = replace(told.given_document, t=bytes(32))  # the torn read of that incident, under the ward's signature
    await visit.report(signed_anew(ward, visit, told, torn))
    assert ward.stops()["issuing"] is Code.SIGNED_OTHERWISE
    assert len(ward.cases()) == 4
