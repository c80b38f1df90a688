"""Each row of docs/refusals.md through a running ward: its code, its size, and the resident's sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from konbini.kiosk.session.look import Language
from konbini.kiosk.ui.catalogue import catalogues
from konbini.protocol.cose import SigningKey
from konbini.protocol.kinds import CertificateKind, MessageKind, Options, Scope
from konbini.simulation.town.pki.authority import Life
from konbini.simulation.town.pki.revocations import Reason
from konbini.simulation.town.responder import Behaviour, Manner
from konbini.ward_server.residents.changes import ChangeKind, LeavingPlanned, Restriction
from konbini.ward_server.residents.record import Presence
from konbini.ward_server.settings.calendar import Period
from konbini.ward_server.settings.hours import Hours, Maintenance, Span
from konbini.ward_server.settings.settings import Settings
from tests.integration.ward_server.kiosk import Kiosk, Told
from tests.integration.ward_server.people import (
    AFTER_MOVE,
    ALONE,
    BESIDE_PROTECTED,
    CARD_OF_TOMORROW,
    CARDS,
    FOREIGNER,
    HEAD,
    LEAVING,
    NAME_PENDING,
    PROTECTED,
    SPOUSE,
    TEEN,
    TODAY,
    UNLINKED,
)
from tests.integration.ward_server.ward import Ward
from tests.refusals import ROWS

Act = Callable[[Ward], Awaitable[Told]]
RECORD, ITEMS = CertificateKind.RESIDENT_RECORD, CertificateKind.RESIDENT_RECORD_ITEMS
BY_KEY = {row.key: row for row in ROWS}
LONG_AGO = Period(begins=dt.date(2000, 1, 1))


def of(holder: str) -> Act:
    """Open a visit with a resident's card."""
    return lambda ward: ward.visit(holder).open()


def rewritten(holder: str, **changes: object) -> Act:
    """Open a visit of a resident after a correction."""

    async def act(ward: Ward) -> Told:
        await ward.register.rewrite(holder, **changes)
        return await ward.visit(holder).open()

    return act


def removed(holder: str, reason: Presence) -> Act:
    """Open a visit of a resident whose record was removed."""

    async def act(ward: Ward) -> Told:
        await ward.register.remove(holder, reason)
        return await ward.visit(holder).open()

    return act


def by_settings(change: Callable[[Settings], Settings]) -> Act:
    """Open a visit under other settings."""

    async def act(ward: Ward) -> Told:
        ward.put_in_force(change(ward.desk.settings))
        return await ward.visit(HEAD).open()

    return act


async def leaving_in_the_household(ward: Ward) -> Told:
    """The spouse has given notice of moving out."""
    await ward.register.change(ChangeKind.LEAVING, SPOUSE, LeavingPlanned(day=20261201), 1)
    return await ward.visit(HEAD).open()


async def held(ward: Ward) -> Told:
    """A hold on the resident."""
    await ward.register.change(ChangeKind.HOLD_SET, ALONE, Restriction(name="H-9", planned_end=None), 0)
    return await ward.visit(ALONE).open()


async def card_expired(ward: Ward) -> Told:
    """The certificate's five years are over; the ticket and all else are of that day."""
    card = ward.card(HEAD)
    public = card.auth_key.public_key()
    now = ward.clock.now() // 1000
    life = Life.around(now, before=dt.timedelta(days=1800), after=dt.timedelta(days=-1))
    fresh = ward.town.card_authority.issue(public, CARDS[HEAD].serial, life)
    visit = ward.visit(HEAD)
    visit.card = replace(card, auth_certificate=fresh.public_bytes(Encoding.DER))
    return await visit.open()


def revoked(reason: Reason) -> Act:
    """The card's issuer says revoked, or held."""

    async def act(ward: Ward) -> Told:
        ward.revocations.revoke(CARDS[HEAD].serial, ward.clock.now() // 1000 - 60, reason)
        return await ward.visit(HEAD).open()

    return act


async def revocation_unknown(ward: Ward) -> Told:
    """Neither an answer nor a list."""
    ward.responder.manner = Manner(behaviour=Behaviour.DOWN)
    return await ward.visit(HEAD).open()


async def card_of_another_issuer(ward: Ward) -> Told:
    """The same number, from an authority that nobody pinned."""
    visit = ward.visit(HEAD)
    visit.card = ward.town.foreign_stock().content(CARDS[HEAD])
    return await visit.open()


async def closed(ward: Ward) -> Told:
    """At 23:10."""
    await ward.set_clock(11 * 60 + 10)
    return await ward.visit(HEAD).open()


async def kind_closed(ward: Ward) -> Told:
    """The menu had the kind; when the order comes its own office hours are over."""
    visit = ward.visit(HEAD)
    await visit.open()
    noon = Hours(period=LONG_AGO, kinds=frozenset((ITEMS,)), week=(Span(opens=0, closes=12 * 60),) * 7)
    settings = ward.desk.settings
    ward.put_in_force(replace(settings, hours=(*settings.hours, noon)))
    return await visit.send_order(visit.order_body(kind=ITEMS))


def in_maintenance(settings: Settings) -> Settings:
    """Plan an interruption for the day."""
    begins = dt.datetime(2026, 11, 20, 10)  # noqa: DTZ001 - as a settings file has it, in Japan
    window = Maintenance(begins=begins, ends=begins + dt.timedelta(hours=8), kinds=frozenset())
    return replace(settings, maintenance=(window,))


def offering_nothing(settings: Settings) -> Settings:
    """Offer every kind from next year on."""
    later = Period(begins=dt.date(2027, 1, 1))
    return replace(settings, offered=[replace(one, period=later) for one in settings.offered])


async def visit_elsewhere(ward: Ward) -> Told:
    """The card's visit at another kiosk goes on."""
    await ward.visit(HEAD).open()
    return await ward.visit(HEAD, ward.kiosk("K-0002")).open()


def rules(**changes: object) -> Callable[[Settings], Settings]:
    """Change the rules of all kinds."""
    return lambda settings: replace(settings, rules=[replace(one, **changes) for one in settings.rules])  # type: ignore[arg-type] # fields by name


async def daily_limit(ward: Ward) -> Told:
    """One visit a day."""
    ward.put_in_force(rules(visits_a_day=1)(ward.desk.settings))
    await ward.visit(HEAD).open()
    return await ward.visit(HEAD).open()


async def visit_limit(ward: Ward) -> Told:
    """One certificate a visit: after it, no menu for another, and no order by the old one."""
    ward.put_in_force(rules(certificates_a_visit=1)(ward.desk.settings))
    visit = ward.visit(HEAD)
    visit.admit()
    body = visit.open_body()
    await visit.send_open(body)
    await visit.printed(await visit.order())
    again = await visit.order(ordinal=2)
    assert again.code is BY_KEY["visit limit"].code
    return await visit.send_open(body)


async def kiosk_unknown(ward: Ward) -> Told:
    """Another device key than the register's."""
    known = ward.kiosk()
    return await ward.visit(HEAD, Kiosk(name=known.name, signing=SigningKey.generate(), sealing=known.sealing)).open()


async def fee_changed(ward: Ward) -> Told:
    """Between menu and order."""
    visit = ward.visit(HEAD)
    await visit.open()
    fees = [replace(fee, yen=300) for fee in ward.desk.settings.fees]
    ward.put_in_force(replace(ward.desk.settings, fees=fees))
    return await visit.order()


async def household_changed(ward: Ward) -> Told:
    """Somebody of it moved out between menu and order."""
    visit = ward.visit(HEAD)
    await visit.open()
    await ward.register.remove(SPOUSE)
    return await visit.order(scope=Scope.WHOLE)


async def option_barred(ward: Ward) -> Told:
    """The resident-record code."""
    visit = ward.visit(HEAD)
    await visit.open()
    return await visit.order(options=Options.RESIDENT_CODE)


ACTS: dict[str, Act] = {
    "leaving": of(LEAVING),
    "leaving in the household": leaving_in_the_household,
    "moved in today": of(AFTER_MOVE),
    "address notice today": rewritten(ALONE, notified=TODAY),
    "moved out": removed(SPOUSE, Presence.MOVED_OUT),
    "died": removed(SPOUSE, Presence.DIED),
    "protected": of(PROTECTED),
    "beside a protected person": of(BESIDE_PROTECTED),
    "held": held,
    "name in registration": of(NAME_PENDING),
    "name too long": rewritten(ALONE, name="澄" * 100),
    "address too long": rewritten(ALONE, address="東京都澄川区" + "緑" * 290, address_detail="号" * 290),
    "birth unknown": rewritten(ALONE, birth=19550000),
    "under age": of(TEEN),
    "card expired": card_expired,
    "card revoked": revoked(Reason.REVOKED),
    "card held": revoked(Reason.HELD),
    "revocation unknown": revocation_unknown,
    "card of another issuer": card_of_another_issuer,
    "card unlinked": of(UNLINKED),
    "card linked today": of(CARD_OF_TOMORROW),
    "closed": closed,
    "kind closed": kind_closed,
    "maintenance": by_settings(in_maintenance),
    "offers nothing": by_settings(offering_nothing),
    "visit elsewhere": visit_elsewhere,
    "daily limit": daily_limit,
    "visit limit": visit_limit,
    "kiosk unknown": kiosk_unknown,
    "fee changed": fee_changed,
    "household changed": household_changed,
    "option barred": option_barred,
}
SHORT = ("protected", "leaving", "address notice today", "kind closed", "visit limit", "offers nothing")
"""A representative; the others are the whole table."""


def table(keys: Sequence[str]) -> list[object]:
    """Give every row, those that are no representative marked as long."""
    return [pytest.param(key, marks=() if key in SHORT else pytest.mark.long) for key in sorted(keys)]


def test_every_row_of_a_running_ward_is_shown() -> None:
    """No row of the document without an act here, and none here that the document does not name."""
    here = "integration/ward_server/issuing/test_refusals.py"
    assert set(ACTS) == {row.key for row in ROWS if row.shown == here}


@pytest.mark.parametrize("key", table(tuple(ACTS)))
async def test_a_row(ward: Ward, key: str) -> None:
    """The exact code, a sentence in both languages, the size of what it stands for, nothing issued for it."""
    plain = await ward.visit(FOREIGNER, ward.kiosk("K-0002")).open()
    assert plain.menu is not None
    told = await ACTS[key](ward)
    row = BY_KEY[key]
    assert (told.code, told.menu, told.document) == (row.code, None, None)
    assert row.code is not None
    for language in Language:
        texts = catalogues()[language].texts
        assert texts[f"code.{row.code.name}.what"]
        assert texts[f"code.{row.code.name}.next"]
    if told.kind is MessageKind.MENU:
        assert len(told.body) == len(plain.body)
    assert ward.stops() == {"issuing": None, "clerk": None}


async def test_a_card_linked_today_where_it_counts_at_once(ward: Ward) -> None:
    """The other side of the setting: menu, order, clerk and completing transaction all take it."""
    for process in ("clerk", "issuing"):
        await ward.change_settings(process, '"next-day"', '"same-day"')
    visit = ward.visit(CARD_OF_TOMORROW)
    assert (await visit.open()).menu is not None
    assert (await visit.order()).document is not None
