"""OWNLIST: a card's holder finds everything that was issued on the card, wherever and whatever its kiosk said of it."""

from __future__ import annotations

import datetime as dt

import pytest

from konbini.process.statements import Connection
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import CertificateKind, IssuanceFate, MessageKind, Outcome
from konbini.protocol.own_list import MOST_OWN_ISSUANCES, MOST_OWN_LISTS
from konbini.simulation.town.town import OWN_MACHINE
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.desk import Now
from konbini.ward_server.issuing.ledger import own_lists
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.residents.record import Presence
from tests.integration.ward_server.kiosk import Told, Visit
from tests.integration.ward_server.people import ALONE, HEAD, SPOUSE
from tests.integration.ward_server.ward import Ward
from tests.places import SqlitePlace


async def opened(ward: Ward, holder: str = HEAD, kiosk: str = "K-0001") -> Visit:
    """Open a visit with a resident's card."""
    visit = ward.visit(holder, ward.kiosk(kiosk))
    assert (await visit.open()).menu is not None
    return visit


async def a_paper(ward: Ward, kiosk: str, outcome: Outcome, holder: str = HEAD) -> str:
    """Have one paper issued in a visit of its own, say what became of it, and go; gives its number."""
    visit = await opened(ward, holder, kiosk)
    document = (await visit.order()).given_document
    taken = document.fee if outcome in (Outcome.PRINTED, Outcome.IN_DOUBT) else 0
    await visit.settle(visit.receipt(outcome, number=document.number, taken=taken))
    await visit.settle(visit.goodbye(), 0)
    await ward.pass_time(2)
    return document.number


def sealed_refusal(told: Told, code: Code) -> None:
    """Hold an answer to be a refusal under the visit's seal, as long as a list."""
    assert (told.kind, told.code) == (MessageKind.OWNLIST, code)


async def test_everything_on_the_card_at_every_kiosk(ward: Ward) -> None:
    """Newest first, printed or not, with place, kind and moment; this visit's own too, of which nobody spoke yet."""
    began = ward.clock.now() // 1000
    printed = await a_paper(ward, "K-0001", Outcome.PRINTED)
    void = await a_paper(ward, "K-0002", Outcome.VOID)
    doubt = await a_paper(ward, "K-0002", Outcome.IN_DOUBT)
    await a_paper(ward, "K-0001", Outcome.PRINTED, SPOUSE)
    visit = await opened(ward)
    present = (await visit.order()).given_document.number
    told = await visit.own_list()
    found = told.given_list
    assert [(one.number, one.kiosk, one.fate) for one in found.entries] == [
        (present, "K-0001", IssuanceFate.IN_DOUBT),
        (doubt, "K-0002", IssuanceFate.IN_DOUBT),
        (void, "K-0002", IssuanceFate.VOID),
        (printed, "K-0001", IssuanceFate.PRINTED),
    ]
    assert {(one.kind, one.operator) for one in found.entries} == {
        (CertificateKind.RESIDENT_RECORD, "Test shops of konbini")
    }
    assert all(began <= one.issued <= visit.seconds for one in found.entries)
    assert (found.t, found.ordinal, found.older) == (visit.t, 1, 0)


async def test_another_card_shows_nothing_of_it(ward: Ward) -> None:
    """Not even the card of somebody of the same household whom the paper shows."""
    await a_paper(ward, "K-0001", Outcome.PRINTED)
    for holder in (SPOUSE, ALONE):
        visit = await opened(ward, holder)
        assert (await visit.own_list()).given_list.entries == ()
        await visit.settle(visit.goodbye(), 0)


async def test_a_number_that_was_taken_back_says_so(ward: Ward) -> None:
    """Two persons withdrew it."""
    number = await a_paper(ward, "K-0001", Outcome.PRINTED)
    await ward.decide("issuing", "withdraw-certificate", number)
    visit = await opened(ward)
    (entry,) = (await visit.own_list()).given_list.entries
    assert (entry.number, entry.fate) == (number, IssuanceFate.WITHDRAWN)


async def test_who_runs_the_kiosk(ward: Ward) -> None:
    """The ward's own machine is the ward's, by its name; of one that left the register only the id is known."""
    own, gone = [await a_paper(ward, "K-0002", Outcome.PRINTED) for _ in range(2)]

    def move(connection: Connection) -> None:
        for number, kiosk in ((own, OWN_MACHINE), (gone, "K-9999")):
            connection.execute("UPDATE issuance SET kiosk = ? WHERE number = ?", (kiosk, number))

    await ward.desk.ledger._rows.write(move, step="test")
    entries = (await (await opened(ward)).own_list()).given_list.entries
    assert [(one.kiosk, one.operator) for one in entries] == [("K-9999", ""), (OWN_MACHINE, ward.entry.name)]


async def test_a_year_and_no_longer(ward: Ward) -> None:
    """A visit of the same day a year ago stands in it, one of the day before that does not."""
    older, oldest = [await a_paper(ward, "K-0002", Outcome.PRINTED) for _ in range(2)]
    visit = await opened(ward)
    since = (await visit.own_list()).given_list.since
    assert since == dt.datetime(2025, 11, 20, tzinfo=JAPAN).timestamp()

    def age(connection: Connection) -> None:
        for number, moment in ((older, since), (oldest, since - 1)):
            connection.execute(
                "UPDATE visit SET opened = ? WHERE visit = (SELECT visit FROM issuance WHERE number = ?)",
                (moment, number),
            )

    await ward.desk.ledger._rows.write(age, step="test")
    found = (await visit.own_list(2)).given_list
    assert [one.number for one in found.entries] == [older]
    assert found.older == 0


async def test_of_more_than_a_list_holds_it_says_how_many(ward: Ward) -> None:
    """The newest twenty, and the count of the others."""
    await a_paper(ward, "K-0001", Outcome.PRINTED)

    def fill(connection: Connection) -> None:
        for serial in range(MOST_OWN_ISSUANCES + 4):
            connection.execute(
                "INSERT INTO issuance (number, visit, ordinal, kiosk, t, kind, fee, order_hash, reserved, epoch, state)"
                " SELECT ?1, visit, 10 + ?2, kiosk, t, kind, fee, order_hash, reserved + ?2, epoch, 3 FROM issuance"
                " WHERE ordinal = 1",
                (f"made-{serial:02}", serial),
            )

    await ward.desk.ledger._rows.write(fill, step="test")
    found = (await (await opened(ward)).own_list()).given_list
    assert [one.number for one in found.entries] == [f"made-{serial:02}" for serial in range(23, 3, -1)]
    assert found.older == 5
    assert {one.fate for one in found.entries} == {IssuanceFate.VOID}


async def test_the_same_bytes_get_the_same_list(ward: Ward) -> None:
    """Though more was issued meanwhile; other bytes under the same ordinal are refused."""
    visit = await opened(ward)
    body = visit.own_list_body()
    first = await visit.send_own_list(body)
    await visit.order()
    assert (await visit.send_own_list(body)).body == first.body
    sealed_refusal(await visit.send_own_list(visit.own_list_body()), Code.ORDER_CONFLICT)
    assert len((await visit.own_list(2)).given_list.entries) == 1


async def test_a_visit_has_three_lists(ward: Ward) -> None:
    """The fourth is out of turn, and so is one below the last; the visit goes on."""
    visit = await opened(ward)
    assert (await visit.own_list(2)).own_list is not None
    sealed_refusal(await visit.own_list(1), Code.ORDER_OUT_OF_TURN)
    assert (await visit.own_list(MOST_OWN_LISTS)).own_list is not None
    sealed_refusal(await visit.own_list(MOST_OWN_LISTS + 1), Code.ORDER_OUT_OF_TURN)
    assert (await visit.order()).document is not None


async def test_only_the_visit_itself_asks(ward: Ward) -> None:
    """Another visit's key, another t, an ordinal that was not signed: refused, and no ordinal is used up by it."""
    visit = await opened(ward)
    sealed_refusal(
        await visit.send_own_list(visit.own_list_body(signing=SigningKey.generate())), Code.SIGNATURE_INVALID
    )
    sealed_refusal(await visit.send_own_list(visit.own_list_body(t=bytes(32))), Code.ORDER_OUT_OF_TURN)
    sealed_refusal(await visit.send_own_list(visit.own_list_body(signed_ordinal=2)), Code.ORDER_OUT_OF_TURN)
    other = await opened(ward, ALONE, "K-0002")
    sealed_refusal(await visit.send_own_list(visit.own_list_body(signing=other.signing)), Code.SIGNATURE_INVALID)
    assert (await visit.own_list()).own_list is not None


async def test_at_another_kiosk_or_after_the_end_no_visit_is_open(ward: Ward) -> None:
    """Refused in the open: nobody can be sealed to."""
    visit = await opened(ward)
    body = visit.own_list_body()
    visit.kiosk = ward.kiosk("K-0002")
    told = await visit.send_own_list(body)
    assert (told.kind, told.code) == (MessageKind.LINK_REFUSED, Code.VISIT_OVER)
    visit.kiosk = ward.kiosk("K-0001")
    assert (await visit.send_own_list(body)).own_list is not None
    await visit.settle(visit.goodbye(), 0)
    told = await visit.send_own_list(body)
    assert (told.kind, told.code) == (MessageKind.LINK_REFUSED, Code.VISIT_OVER)


async def test_bytes_that_are_no_ask(ward: Ward) -> None:
    """A body that is none is refused in the open; a seal that does not open, under the visit's."""
    visit = await opened(ward)
    reply = await ward.front.own_list(visit.kiosk.name, b"\x80")
    assert reply.kind is MessageKind.LINK_REFUSED
    order = visit.order_body()
    told = await visit.send_own_list(order)  # an ORDER has the same shape of body, and another context
    sealed_refusal(told, Code.MALFORMED)


async def test_a_measure_that_is_set_meanwhile_is_not_told(ward: Ward) -> None:
    """What OPEN would say, in the size of a list, and the same as of whoever moved out: no word of why."""
    await a_paper(ward, "K-0001", Outcome.PRINTED)
    visit, other = await opened(ward), await opened(ward, ALONE, "K-0002")
    shown = await visit.own_list()
    await ward.register.protect(HEAD)
    await ward.register.remove(ALONE, Presence.MOVED_OUT)
    refused, moved_out = await visit.own_list(2), await other.own_list()
    sealed_refusal(refused, Code.ASK_AT_COUNTER)
    sealed_refusal(moved_out, refused.code or Code.INTERNAL)
    assert len(refused.body) == len(moved_out.body) == len(shown.body)
    assert (await ward.visit(HEAD).open()).code is Code.ASK_AT_COUNTER


async def test_a_ward_that_issues_nothing_shows_nothing(ward: Ward) -> None:
    """Stopped, or at a kiosk that two persons hold: what an order would be told."""
    visit = await opened(ward)
    await ward.decide("issuing", "hold-part", "kiosk", "K-0001")
    sealed_refusal(await visit.own_list(), Code.KIOSK_STOPPED)
    await ward.decide("issuing", "release-part", "kiosk", "K-0001")
    await ward.say("issuing", "stop", "--reason", "a test")
    sealed_refusal(await visit.own_list(), Code.WARD_STOPPED)


async def test_what_is_written_down(ward: Ward) -> None:
    """Before the list is made and after it was signed, by visit and kiosk; a refusal with its code; never of whom."""
    visit = await opened(ward)
    told = await visit.own_list()
    await visit.send_own_list(visit.own_list_body(2, t=bytes(32)))
    kinds = (AuditEvent.OWN_LIST_ASKED, AuditEvent.OWN_LIST_ANSWERED)
    entries = [entry for entry in ward.audit("issuing") if entry.event in kinds]
    assert [(entry.event, entry.visit, entry.about, entry.code) for entry in entries] == [
        (AuditEvent.OWN_LIST_ASKED, visit.v, "K-0001", 0),
        (AuditEvent.OWN_LIST_ANSWERED, visit.v, "K-0001", 0),
        (AuditEvent.OWN_LIST_ANSWERED, visit.v, "K-0001", Code.ORDER_OUT_OF_TURN),
    ]
    assert [entry.digest for entry in entries] == [b"", told.digest, b""]


async def test_it_is_found_by_indexes(ward: Ward) -> None:
    """No table is walked through, however many visits there are."""
    if not isinstance(ward.place, SqlitePlace):
        pytest.skip("a plan over so few rows says nothing there; the indexes are the same")
    await a_paper(ward, "K-0001", Outcome.PRINTED)
    for statement, parameters in ((own_lists._NEWEST, 3), (own_lists._COUNT, 2)):
        text = statement
        for value in ("x'00'", "0", "20")[:parameters]:
            text = text.replace("?", value, 1)
        steps = [str(row[3]) for row in ward.rows("issuing", f"EXPLAIN QUERY PLAN {text}")]
        assert any("USING" in step and "INDEX visit_card (card_hash=? AND opened>?)" in step for step in steps)
        assert [step for step in steps if step.startswith("SCAN")] == []


async def test_it_outlives_a_restart(ward: Ward) -> None:
    """It is read from the rows, not from what a process remembers."""
    number = await a_paper(ward, "K-0001", Outcome.PRINTED)
    await ward.stop("issuing")
    await ward.start("issuing")
    await ward.caught_up()
    visit = await opened(ward)
    assert [one.number for one in (await visit.own_list()).given_list.entries] == [number]


@pytest.mark.parametrize(
    ("now", "began"),
    [
        (dt.datetime(2026, 11, 30, 23, 59, tzinfo=JAPAN), dt.datetime(2025, 11, 30, tzinfo=JAPAN)),
        (dt.datetime(2026, 11, 30, 0, 0, tzinfo=JAPAN), dt.datetime(2025, 11, 30, tzinfo=JAPAN)),
        (dt.datetime(2028, 2, 29, 12, 0, tzinfo=JAPAN), dt.datetime(2027, 2, 28, tzinfo=JAPAN)),
        (dt.datetime(2029, 2, 28, 12, 0, tzinfo=JAPAN), dt.datetime(2028, 2, 28, tzinfo=JAPAN)),
        (dt.datetime(2026, 1, 1, 8, 0, tzinfo=JAPAN), dt.datetime(2025, 1, 1, tzinfo=JAPAN)),
    ],
)
def test_the_same_day_of_the_year_before(now: dt.datetime, began: dt.datetime) -> None:
    """By Japan's days; the last of February stands for one that is not there."""
    assert Now(milliseconds=int(now.timestamp() * 1000)).year_before == began.timestamp()


def test_a_fate_for_every_outcome() -> None:
    """What nobody spoke of is in doubt, unless it was void before it was sent; taken back is taken back."""
    settled = IssuanceState.SETTLED
    told = {outcome: own_lists.fate_of(settled, outcome, withdrawn=False) for outcome in Outcome}
    assert told == {
        Outcome.CANCELLED: IssuanceFate.VOID,
        Outcome.PRINTED: IssuanceFate.PRINTED,
        Outcome.VOID: IssuanceFate.VOID,
        Outcome.JAM: IssuanceFate.VOID,
        Outcome.IN_DOUBT: IssuanceFate.IN_DOUBT,
    }
    silent = {one: own_lists.fate_of(one, None, withdrawn=False) for one in IssuanceState}
    assert {one for one, fate in silent.items() if fate is IssuanceFate.VOID} == {IssuanceState.VOID}
    assert set(silent.values()) == {IssuanceFate.VOID, IssuanceFate.IN_DOUBT}
    assert own_lists.fate_of(settled, Outcome.PRINTED, withdrawn=True) is IssuanceFate.WITHDRAWN
