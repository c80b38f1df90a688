"""The Meguro timeline of 2025 through a whole ward, and cards that do not count.

Listed in April; renewed, or applied for anew, on 8 May; released from the list on 14 May; asked for at a kiosk on the
16th. Here one change at a time.
"""

from __future__ import annotations

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.simulation.town.people import CardCondition, HeldCard
from konbini.ward_server.residents.bodies import (
    CardLinked,
    CardResumed,
    CardWithheld,
    NumberCardChanged,
    Restriction,
    Withheld,
)
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.entry import NumberCard, NumberCardStatus
from tests.integration.ward_server.people import ALONE, BESIDE_PROTECTED, CARDS, MEASURE, NEW_CARD, PROTECTED
from tests.integration.ward_server.ward import Ward

LISTED_VERSION = 1
"""The measure's version as the list of April has it."""
RELEASE = Restriction(name=MEASURE, planned_end=None)
TWO_DAYS = 2 * 24 * 60


async def asked(ward: Ward, holder: str) -> Code | None:
    """Give the code with which a visit is refused."""
    return (await ward.visit(holder).open()).code


async def test_a_release_from_an_old_list_is_refused_and_so_is_the_request(ward: Ward) -> None:
    """Renewed on 8 May: the release of 14 May met version 1 on the list, and meets version 2 in the register."""
    renewal = Restriction(name=MEASURE, planned_end=20271120)
    await ward.register.change(ChangeKind.MEASURE_RENEWED, PROTECTED, renewal, LISTED_VERSION)
    with pytest.raises(Refused) as refusal:
        await ward.register.change(ChangeKind.MEASURE_RELEASED, PROTECTED, RELEASE, LISTED_VERSION)
    assert refusal.value.code is Code.CHANGED_MEANWHILE
    for holder in (PROTECTED, BESIDE_PROTECTED):
        assert await asked(ward, holder) is Code.ASK_AT_COUNTER
    assert ward.issuances() == []


async def test_a_new_application_protects_whatever_becomes_of_the_old_one(ward: Ward) -> None:
    """Applied for anew on 8 May under another number: the release of the old one is in force, and nothing is issued."""
    anew = Restriction(name="S-2026-0101", planned_end=20271120)
    await ward.register.change(ChangeKind.MEASURE_ANEW, PROTECTED, anew, 0)
    await ward.register.change(ChangeKind.MEASURE_RELEASED, PROTECTED, RELEASE, LISTED_VERSION)
    for holder in (PROTECTED, BESIDE_PROTECTED):
        assert await asked(ward, holder) is Code.ASK_AT_COUNTER
    await ward.register.change(ChangeKind.MEASURE_RELEASED, PROTECTED, anew, 1)
    assert (await ward.visit(PROTECTED).open()).menu is not None


async def test_an_expired_link_does_not_count(ward: Ward) -> None:
    """The day after the last day of its certificate it stands for nobody, at `issuing` and at the clerk."""
    authority = ward.town.card_authority
    card = HeldCard(serial=NEW_CARD, pin="1234", condition=CardCondition.GOOD, counts_from=20261121)
    serial = authority.card_serial(card.serial)
    await ward.register.change(
        ChangeKind.CARD_LINKED, ALONE, CardLinked(card=serial, replaces=None, valid_until=20261121), 0
    )
    for follower in ("issuing", "clerk"):
        found = ward.rows(follower, "SELECT counts_from, counts_until FROM card_link WHERE counts_until IS NOT NULL")
        assert found == [(20261121, 20261121)]
    await ward.set_clock(TWO_DAYS)
    visit = ward.visit(ALONE)
    visit.card = ward.town.stock().content(card)
    assert (await visit.open()).code is Code.CARD_UNLINKED
    assert (await ward.visit(ALONE).open()).menu is not None  # the other card of the same resident counts on


async def test_a_lost_card_does_not_count_until_it_is_found(ward: Ward) -> None:
    """By its own serial, and by the state of the individual-number card."""
    serial = ward.town.card_authority.card_serial(CARDS[ALONE].serial)
    await ward.register.change(ChangeKind.CARD_WITHHELD, ALONE, CardWithheld(card=serial, why=Withheld.LOST), 1)
    assert await asked(ward, ALONE) is Code.CARD_UNLINKED
    await ward.register.change(ChangeKind.CARD_RESUMED, ALONE, CardResumed(card=serial), 2)
    assert (await ward.visit(ALONE).open()).menu is not None
    for version, status in enumerate((NumberCardStatus.SUSPENDED, NumberCardStatus.IN_USE)):
        state = NumberCardChanged(card=NumberCard(status=status))
        await ward.register.change(ChangeKind.NUMBER_CARD, ALONE, state, version)
        counts = (await ward.visit(ALONE).open()).menu is not None
        assert counts == (status is NumberCardStatus.IN_USE)
