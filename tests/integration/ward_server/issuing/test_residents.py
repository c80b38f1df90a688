"""Who gets nothing at a kiosk: each reason through the whole ward, and none told from another by what goes out."""

from __future__ import annotations

import json

import pytest

from konbini.protocol.errors import Code
from konbini.protocol.kinds import MessageKind
from konbini.simulation.town.people import CardCondition, HeldCard
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.residents.changes import CardEnded, CardLinked, ChangeKind, LeavingPlanned, Restriction
from konbini.ward_server.residents.record import Presence
from tests.integration.ward_server.people import (
    AFTER_MOVE,
    ALONE,
    BESIDE_PROTECTED,
    CARD_OF_TOMORROW,
    CARDS,
    HEAD,
    LEAVING,
    MEASURE,
    NAME_PENDING,
    NEW_CARD,
    PROTECTED,
    SPOUSE,
    TEEN,
)
from tests.integration.ward_server.ward import Ward

HOLDERS = {
    TEEN: Code.UNDER_AGE,
    PROTECTED: Code.ASK_AT_COUNTER,
    BESIDE_PROTECTED: Code.ASK_AT_COUNTER,
    AFTER_MOVE: Code.ASK_AT_COUNTER,
    NAME_PENDING: Code.ASK_AT_COUNTER,
    LEAVING: Code.ASK_AT_COUNTER,
    CARD_OF_TOMORROW: Code.CARD_UNLINKED,
}


async def refuses(ward: Ward, holder: str, code: Code) -> None:
    """Check that a resident's visit is refused, in the size of a menu, and nothing is opened for it."""
    opened = ward.rows("issuing", "SELECT count(*) FROM visit")
    told = await ward.visit(holder).open()
    assert (told.kind, told.code, told.menu) == (MessageKind.MENU, code, None)
    assert ward.rows("issuing", "SELECT count(*) FROM visit") == opened
    assert ward.events("issuing")[-1] == (AuditEvent.VISIT_REFUSED, code)


async def test_those_who_are_sent_to_the_counter(ward: Ward) -> None:
    """All refusals, and a menu, go out in one size and one kind."""
    sizes = set()
    for holder, code in HOLDERS.items():
        told = await ward.visit(holder).open()
        assert (told.kind, told.code) == (MessageKind.MENU, code), holder
        sizes.add(len(told.body))
    sizes.add(len((await ward.visit(HEAD).open()).body))
    assert len(sizes) == 1
    assert ward.issuances() == []


@pytest.mark.parametrize("reason", [Presence.MOVED_OUT, Presence.DIED])
async def test_a_record_that_was_removed(ward: Ward, reason: Presence) -> None:
    """The card's link outlives the record; the next visit is refused, and the household goes on without."""
    assert (await ward.visit(SPOUSE).open()).menu is not None
    await ward.register.remove(SPOUSE, reason)
    await refuses(ward, SPOUSE, Code.ASK_AT_COUNTER)
    members = (await ward.visit(HEAD).open()).given_menu.members
    assert len(members) == 3


async def test_a_planned_move_out_and_its_calling_off(ward: Ward) -> None:
    """From the notification on, for the whole household, until it is called off."""
    day = LeavingPlanned(day=20261201)
    await ward.register.change(ChangeKind.LEAVING, SPOUSE, day, 1)
    await refuses(ward, HEAD, Code.ASK_AT_COUNTER)
    await ward.register.change(ChangeKind.LEAVING, SPOUSE, LeavingPlanned(day=None), 2)
    assert (await ward.visit(HEAD).open()).menu is not None


async def test_a_measure_bars_the_household_until_it_is_released(ward: Ward) -> None:
    """Renewed it goes on; released it ends; of two the other goes on barring."""
    await ward.register.change(
        ChangeKind.MEASURE_RENEWED, PROTECTED, Restriction(name=MEASURE, planned_end=20271120), 1
    )
    await refuses(ward, BESIDE_PROTECTED, Code.ASK_AT_COUNTER)
    await ward.register.change(ChangeKind.HOLD_SET, BESIDE_PROTECTED, Restriction(name="H-1", planned_end=None), 0)
    await ward.register.change(ChangeKind.MEASURE_RELEASED, PROTECTED, Restriction(name=MEASURE, planned_end=None), 2)
    await refuses(ward, PROTECTED, Code.ASK_AT_COUNTER)
    await ward.register.change(ChangeKind.HOLD_RELEASED, BESIDE_PROTECTED, Restriction(name="H-1", planned_end=None), 1)
    assert (await ward.visit(PROTECTED).open()).menu is not None


async def test_who_was_protected_and_has_left_bars_nobody(ward: Ward) -> None:
    """A certificate of those who stayed shows nothing of one whose record was removed."""
    await ward.register.remove(PROTECTED)
    visit = ward.visit(BESIDE_PROTECTED)
    assert len((await visit.open()).given_menu.members) == 1
    assert (await visit.order()).document is not None


async def test_a_card_in_the_place_of_another(ward: Ward) -> None:
    """The old one ends at once, the new one counts from the next day."""
    authority = ward.town.card_authority
    fresh = HeldCard(serial=NEW_CARD, pin="1234", condition=CardCondition.GOOD, counts_from=20261121)
    linked = CardLinked(card=authority.card_serial(fresh.serial), replaces=authority.card_serial(CARDS[ALONE].serial))
    await ward.register.change(ChangeKind.CARD_LINKED, ALONE, linked, 0)
    await refuses(ward, ALONE, Code.CARD_UNLINKED)
    new = ward.visit(ALONE)
    new.card = ward.town.stock().content(fresh)
    assert (await new.open()).code is Code.CARD_UNLINKED
    await ward.set_clock(20 * 60)
    tomorrow = ward.visit(ALONE)
    tomorrow.card = new.card
    assert (await tomorrow.open()).menu is not None
    await ward.register.change(ChangeKind.CARD_ENDED, ALONE, CardEnded(card=authority.card_serial(fresh.serial)), 1)
    later = ward.visit(ALONE)
    later.card = new.card
    assert (await later.open()).code is Code.CARD_UNLINKED


async def test_fifteen_is_reached_on_the_day_before_the_birthday(ward: Ward) -> None:
    """年齢計算ニ関する法律: born on 21 November 2011, the child is fifteen on the evening of the 20th."""
    await ward.register.rewrite(TEEN, birth=20111122)
    await refuses(ward, TEEN, Code.UNDER_AGE)
    await ward.register.rewrite(TEEN, birth=20111121)
    assert (await ward.visit(TEEN).open()).menu is not None


async def test_a_character_without_a_glyph_is_named_to_the_operator(
    ward: Ward, capsys: pytest.CaptureFixture[str]
) -> None:
    """An Adobe-Japan1 selector, which no face has: the counter's words go out, its code points stay in the log."""
    await ward.register.rewrite(ALONE, name="葛\U000e0100城　一", head="葛\U000e0100城　一")
    capsys.readouterr()
    await refuses(ward, ALONE, Code.ASK_AT_COUNTER)
    lines = [line for line in map(json.loads, capsys.readouterr().err.splitlines()) if "detail" in line]
    assert {(line["code"], line["detail"]) for line in lines} == {
        ("glyph_missing", "no glyph for U+845B U+E0100 in IPAmjMincho")
    }
    assert not any("visit" in line or "kiosk" in line for line in lines)
