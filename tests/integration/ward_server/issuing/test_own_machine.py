"""The ward's own machine: a ticket without the center, the ward's own card, and whoever would like to have either."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import cast

import pytest

from konbini.kiosk.card.profiles import PROFILES
from konbini.kiosk.channel.messages import FailedCheck, Opened
from konbini.kiosk.host.day_reports import DayReports
from konbini.kiosk.host.day_rows import DayRows
from konbini.kiosk.host.journal import Journal
from konbini.kiosk.host.left_rows import LeftRows
from konbini.kiosk.host.mismatch_rows import MismatchRows
from konbini.kiosk.host.owing import Owing
from konbini.pdf.verification import verify
from konbini.process.sqlite.rows import SqliteRows
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind, Mismatched
from konbini.protocol.numbers import binding
from konbini.protocol.tickets import Hello, Ticket
from konbini.simulation.card.applet import Card
from konbini.simulation.town.town import OWN_MACHINE
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.card_check import CheckedCard
from konbini.ward_server.issuing.gateway import Gateway
from konbini.ward_server.issuing.link_errors import LinkErrors
from konbini.ward_server.issuing.message_keys import MessageKeys
from konbini.ward_server.issuing.notices import Notices
from konbini.ward_server.issuing.own_tickets import TICKETS_AN_HOUR, OwnTickets
from konbini.ward_server.issuing.states import KioskStates
from konbini.ward_server.residents.bodies import CardEnded, CardKind, CardLinked, CardResumed, CardWithheld, Withheld
from konbini.ward_server.residents.changes import ChangeKind
from tests.integration.ward_server.kiosk import Center, Visit
from tests.integration.ward_server.own_machine import (
    OwnMachine,
    WardCard,
    claiming,
    dialled,
    new_ward_card,
    own_machine,
    prove,
)
from tests.integration.ward_server.people import HEAD, SPOUSE
from tests.integration.ward_server.ward import Ward

YESTERDAY = 20261119
SHOP = "K-0001"


async def code_of(doing: object) -> Code:
    """The code that this is refused with."""
    with pytest.raises(Refused) as caught:
        await doing  # type: ignore[misc] # any awaitable
    return caught.value.code


async def linked(ward: Ward, holder: str, *, replaces: WardCard | None = None) -> WardCard:
    """Prepare a ward card, and have two operators link it so that it counts today."""
    card = new_ward_card(ward)
    old = None if replaces is None else replaces.issued.card
    body = CardLinked(card=card.issued.card, replaces=old, carrier=CardKind.WARD_CARD)
    await ward.register.change(ChangeKind.CARD_LINKED, holder, body, 0, effective=YESTERDAY)
    return card


async def test_a_ward_card_gets_a_certificate_at_the_wards_own_machine(ward: Ward) -> None:
    """From the ward's own authority to a paper that a kiosk verifies; the center has no part in it."""
    card = await linked(ward, HEAD)
    async with own_machine(ward) as machine:
        visit, given = await machine.visit(card.card())
        assert given.menu.members[0].name == "葛\U000e0102城　文"
        ordered = await machine.order(visit, given)
        document = ordered.document
        verify(
            ordered.pdf,
            authorities=ward.entry.paper_authorities,
            moment=machine.seconds,
            number=document.number,
            binding=binding(visit.t, 1, document.number),
            pages=document.pages,
        )
    assert [event for event, _ in ward.events("issuing")] == [
        AuditEvent.OWN_TICKET_GIVEN,
        AuditEvent.VISIT_OPENED,
        AuditEvent.ORDER_SEALING,
        AuditEvent.ORDER_SEALED,
    ]
    assert [event for event, _ in ward.events("clerk")][-1] is AuditEvent.SEALED


async def test_a_number_card_is_taken_there_too(ward: Ward) -> None:
    """Revocation is asked of its own issuer, as in a shop."""
    async with own_machine(ward) as machine:
        visit, given = await machine.visit(Card(ward.card(SPOUSE)))
        assert (await machine.order(visit, given)).document.number
    ward.revocations.revoke(int(SPOUSE), ward.clock.now() // 1000)
    async with own_machine(ward) as machine:
        assert await code_of(machine.visit(Card(ward.card(SPOUSE)))) is Code.CARD_REVOKED


async def test_a_lost_replaced_or_ended_ward_card_opens_nothing(ward: Ward) -> None:
    """Each is one change by two persons, in force at once; a card that is found again is used again."""
    card = await linked(ward, HEAD)
    serial = card.issued.card
    async with own_machine(ward) as machine:
        await machine.visit(card.card())
        lost = CardWithheld(card=serial, why=Withheld.LOST)
        await ward.register.change(ChangeKind.CARD_WITHHELD, HEAD, lost, 1)
        assert await code_of(machine.visit(card.card())) is Code.CARD_UNLINKED
        await ward.register.change(ChangeKind.CARD_RESUMED, HEAD, CardResumed(card=serial), 2)
        await machine.visit(card.card())
        following = await linked(ward, HEAD, replaces=card)
        assert await code_of(machine.visit(card.card())) is Code.CARD_UNLINKED
        await machine.visit(following.card())
        await ward.register.change(ChangeKind.CARD_ENDED, HEAD, CardEnded(card=following.issued.card), 1)
        assert await code_of(machine.visit(following.card())) is Code.CARD_UNLINKED


async def test_a_card_that_is_lost_between_menu_and_order_completes_nothing(ward: Ward) -> None:
    """The link is looked at again in the completing transaction, and by the clerk."""
    card = await linked(ward, HEAD)
    async with own_machine(ward) as machine:
        visit, given = await machine.visit(card.card())
        lost = CardWithheld(card=card.issued.card, why=Withheld.LOST)
        await ward.register.change(ChangeKind.CARD_WITHHELD, HEAD, lost, 1)
        assert await code_of(machine.order(visit, given)) is Code.CARD_UNLINKED
    assert ward.stops() == {"issuing": None, "clerk": None}


async def test_a_ward_card_without_a_link_opens_nothing(ward: Ward) -> None:
    """The authority's certificate alone says of nobody whose it is."""
    async with own_machine(ward) as machine:
        assert await code_of(machine.visit(new_ward_card(ward).card())) is Code.CARD_UNLINKED


async def test_a_ward_card_in_a_shop_is_refused_three_times(ward: Ward) -> None:
    """By the kiosk's reader; by the ward where the kiosk lies; by the clerk where `issuing` lies too."""
    card = await linked(ward, HEAD)
    own = OwnMachine(ward, claiming(ward, SHOP))
    with pytest.raises(Refused) as caught:
        prove(card.card(), PROFILES, own.begin())
    assert caught.value.code is Code.WRONG_CARD
    told = await Visit(ward, ward.kiosk(SHOP), card.content, ward.entropy.token(16)).open()
    assert told.code is Code.CARD_ISSUER_UNKNOWN
    check = ward.desk.check_card

    async def lax(certificate: bytes, moment: int, *, own_machine: bool = False) -> CheckedCard:
        assert not own_machine
        return await check(certificate, moment, own_machine=True)

    ward.desk = replace(ward.desk, check_card=lax)
    lying = Visit(ward, ward.kiosk(SHOP), card.content, ward.entropy.token(16))
    assert (await lying.open()).menu is not None
    assert (await lying.order()).document is None
    assert ward.stops()["clerk"] is Code.EVIDENCE_MISMATCH


async def test_a_kiosk_in_a_shop_that_says_it_is_the_wards_own(ward: Ward) -> None:
    """Its certificate is of the right authority, and its name is not on the list: it gets no link."""
    machine = OwnMachine(ward, claiming(ward, SHOP))
    async with dialled(machine):
        await asyncio.sleep(1.0)
        assert not machine.link.up
        assert await code_of(machine.visit(Card(ward.card(HEAD)))) is Code.CENTER_UNREACHABLE
    assert ward.events("issuing") == []


async def test_each_kiosks_tickets_come_from_its_own_office(ward: Ward) -> None:
    """A ward's ticket opens nothing for a shop, nor the center's for the ward's own machine, whoever carries them."""
    held = ward.desk.prekeys.newest
    assert held is not None

    class OwnOffice(Center):
        def ticket(self, ticket: Ticket) -> bytes:
            return ticket.sign(self.key, office=ward.code)

    ours = OwnOffice(key=held.message_key.signing)
    for name, office, code in (
        (SHOP, ours, Code.TICKET_INVALID),
        (OWN_MACHINE, ward.center, Code.TICKET_INVALID),
        (OWN_MACHINE, OwnOffice(key=ward.center.key), Code.TICKET_INVALID),
        (OWN_MACHINE, ours, None),
    ):
        visit = Visit(ward, ward.kiosk(name), ward.card(HEAD), ward.entropy.token(16))
        visit.admit(center=office)
        assert (await visit.send_open(visit.open_body())).code is code, (name, office)


async def test_a_machine_has_one_way_to_its_ward(ward: Ward) -> None:
    """What the center hands on in the name of an own machine is dropped, and bars its link: shops wait."""
    told: list[Frame] = []

    class Link:
        def send(self, frame: Frame) -> None:
            told.append(frame)

    gateway = Gateway(
        ward.desk,
        message_keys=cast("MessageKeys", None),
        notices=cast("Notices", None),
        states=KioskStates(ward.desk),
        link_errors=LinkErrors(ward.desk.register),
        clock=ward.clock,
    )
    gateway.attach(Link())
    for name in (OWN_MACHINE, SHOP):
        await gateway.received(Frame(kind=MessageKind.OPEN, visit_id=bytes(16), kiosk=name, ward=ward.code, body=b""))
    await gateway.finish()
    assert [frame.kiosk for frame in told] == [SHOP]
    assert ward.cases() == [(AuditEvent.LINK_MISMATCH.name, "")]
    assert (await ward.visit(HEAD).open()).code is Code.KIOSK_STOPPED
    machine = Visit(ward, ward.kiosk(OWN_MACHINE), ward.card(HEAD), ward.entropy.token(16))
    assert (await ward.desk.check_serving(ward.desk.now(), machine.kiosk.name)).held == frozenset()


async def test_a_superseded_ticket_opens_nothing(ward: Ward) -> None:
    """One unexpired ticket at a time; the same HELLO gets the same ticket."""
    async with own_machine(ward) as machine:
        first, second = machine.begin(), machine.begin()
        await first.admit(machine.seconds)
        ticket = first.visit
        await first.admit(machine.seconds)
        assert first.visit == ticket
        await second.admit(machine.seconds)
        card = Card(ward.card(HEAD))
        assert await code_of(first.open(prove(card, machine.config.cards, first))) is Code.TICKET_INVALID
        card.reset()
        await second.open(prove(card, machine.config.cards, second))


async def test_tickets_are_counted(ward: Ward) -> None:
    """A machine that asks and asks has its quota; an hour later it is served again."""
    tickets, kiosk = OwnTickets(ward.desk), ward.kiosk(OWN_MACHINE)

    def hello() -> Frame:
        body = Hello(
            visit_id=ward.entropy.token(16),
            kiosk=OWN_MACHINE,
            device_key_id=kiosk.signing.verifying.key_id,
            ward=ward.code,
            visit_keys=bytes(32),
        )
        signed = body.sign(kiosk.signing, office=ward.code)
        return Frame(kind=MessageKind.HELLO, visit_id=body.visit_id, kiosk=OWN_MACHINE, ward=ward.code, body=signed)

    for _ in range(TICKETS_AN_HOUR):
        await tickets.grant(OWN_MACHINE, hello())
    assert await code_of(tickets.grant(OWN_MACHINE, hello())) is Code.QUOTA
    await ward.set_clock(61)
    await ward.caught_up()
    assert await tickets.grant(OWN_MACHINE, hello())


async def test_a_hello_for_the_center_is_none_for_the_ward(ward: Ward) -> None:
    """What one office was asked is no question to the other."""
    tickets, kiosk = OwnTickets(ward.desk), ward.kiosk(OWN_MACHINE)
    body = Hello(
        visit_id=bytes(16),
        kiosk=OWN_MACHINE,
        device_key_id=kiosk.signing.verifying.key_id,
        ward=ward.code,
        visit_keys=bytes(32),
    )
    frame = Frame(
        kind=MessageKind.HELLO, visit_id=bytes(16), kiosk=OWN_MACHINE, ward=ward.code, body=body.sign(kiosk.signing)
    )
    assert await code_of(tickets.grant(OWN_MACHINE, frame)) is Code.SIGNATURE_INVALID
    assert await code_of(tickets.grant(SHOP, frame)) is Code.KIOSK_UNKNOWN


async def test_a_kiosks_own_code_tells_its_day_and_what_failed(ward: Ward, tmp_path: Path) -> None:
    """Journal, signature, seal, link and the ward's word on both, as they are in the kiosk's long-lived process."""
    rows = SqliteRows.open(tmp_path / "journal.db", files("konbini.kiosk.host") / "migrations")
    journal, mismatches, days = Journal(rows), MismatchRows(rows), DayRows(rows, OWN_MACHINE)
    async with own_machine(ward) as machine:
        visit, given = await machine.visit(Card(ward.card(HEAD)))
        ordered = await machine.order(visit, given)
        opened = Opened(visit_id=visit.visit_id, visit=visit.visit, t=visit.t, ward=ward.code, ticketed=visit.ticketed)
        await journal.opened(opened)
        keys = {
            "kiosk": OWN_MACHINE,
            "signing": machine.device.signing,
            "opening": ward.kiosk(OWN_MACHINE).sealing,
            "wards": machine.wards,
            "link": machine.link,
            "clock": ward.clock,
        }
        owing = Owing(journal=journal, left=LeftRows(rows), mismatches=mismatches, **keys)  # type: ignore[arg-type] # by name
        reports = DayReports(rows=days, **keys)  # type: ignore[arg-type] # by name
        failed = FailedCheck(visit_id=visit.visit_id, ordinal=1, found=Mismatched.PAPER, handed=ordered.handed)
        await mismatches.found(failed, owing.sign_mismatch)
        await journal.close(visit.visit_id, owing.sign)
        telling = asyncio.create_task(owing.run())
        async with asyncio.timeout(20):
            while await mismatches.owed() or await journal.owed():  # noqa: ASYNC110 - rows set no event here
                await asyncio.sleep(0.01)
        assert ward.cases() == [(AuditEvent.MISMATCH_REPORTED.name, OWN_MACHINE)]
        telling.cancel()
        await reports.tell()
        assert await days.owed() == ()  # the day is not over
        await ward.set_clock(24 * 60)
        async with asyncio.timeout(20):
            while not ward.rows("issuing", "SELECT 1 FROM day_figures"):
                await reports.tell()
                await asyncio.sleep(0.01)
        assert await days.owed() == ()
    await rows.close()
