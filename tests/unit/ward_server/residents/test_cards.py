"""Cards: validity, lost and found, the state of the individual-number card, and the ward's own card."""

from __future__ import annotations

from dataclasses import replace

import pytest

from konbini.protocol.errors import Code
from konbini.ward_server.residents.bodies import (
    CardEnded,
    CardKind,
    CardLinked,
    CardResumed,
    CardWithheld,
    NumberCardChanged,
    Withheld,
)
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.entry import NumberCard, NumberCardStatus
from konbini.ward_server.residents.feed import CardSerial
from tests.unit.ward_server.residents.acts import act, entries, refused
from tests.unit.ward_server.residents.conftest import TODAY, Office

ONE, TWO = "000000000000001", "000000000000002"
TOMORROW = 20260922
CARD, PHONE, WARD_CARD, NEW_WARD_CARD = (
    CardSerial(issuer_key_id=issuer, serial=bytes([serial]))
    for issuer, serial in ((bytes(20), 1), (bytes(20), 2), (b"131997", 1), (b"131997", 2))
)


async def counting(office: Office, day: int = TOMORROW) -> set[CardSerial]:
    """Give the cards that count on a day, as a follower of the feed sees it."""
    counts = {}
    for entry in await entries(office):
        if entry.kind.name == "LINK":
            counts[entry.link().card] = entry.link().counts(day)
    return {card for card, holds in counts.items() if holds}


async def linked(office: Office, card: CardSerial, carrier: CardKind, **more: object) -> None:
    """Link a card."""
    body = replace(CardLinked(card=card, replaces=None, carrier=carrier), **more)  # type: ignore[arg-type] # by name
    await act(office, ChangeKind.CARD_LINKED, ONE, body, 0)


async def test_a_card_counts_until_the_last_day_of_its_certificate(office: Office) -> None:
    """And never where that day is past when it would begin to count."""
    await office.take_in(ONE)
    await linked(office, CARD, CardKind.NUMBER_CARD, valid_until=20261231)
    assert await counting(office, TODAY) == set()
    assert await counting(office, 20261231) == {CARD}
    assert await counting(office, 20270101) == set()
    late = CardLinked(card=PHONE, replaces=None, valid_until=TODAY)
    assert await refused(office, ChangeKind.CARD_LINKED, ONE, late, 0) is Code.CHANGE_INVALID


async def test_a_lost_card_does_not_count_until_it_is_found(office: Office) -> None:
    """Withheld, resumed, ended: each compares the link's version, and an ended one stays ended."""
    await office.take_in(ONE)
    await office.take_in(TWO)
    await linked(office, WARD_CARD, CardKind.WARD_CARD)
    lost = CardWithheld(card=WARD_CARD, why=Withheld.LOST)
    found, ended = CardResumed(card=WARD_CARD), CardEnded(card=WARD_CARD)
    assert await refused(office, ChangeKind.CARD_RESUMED, ONE, found, 1) is Code.CHANGE_INVALID
    assert await refused(office, ChangeKind.CARD_WITHHELD, TWO, lost, 1) is Code.CHANGE_INVALID
    assert await refused(office, ChangeKind.CARD_WITHHELD, ONE, lost, 2) is Code.CHANGED_MEANWHILE
    await act(office, ChangeKind.CARD_WITHHELD, ONE, lost, 1)
    assert await counting(office) == set()
    assert await refused(office, ChangeKind.CARD_WITHHELD, ONE, lost, 2) is Code.CHANGE_INVALID
    await act(office, ChangeKind.CARD_RESUMED, ONE, found, 2)
    assert await counting(office) == {WARD_CARD}
    await act(office, ChangeKind.CARD_WITHHELD, ONE, lost, 3)
    await act(office, ChangeKind.CARD_ENDED, ONE, ended, 4)
    assert await refused(office, ChangeKind.CARD_RESUMED, ONE, found, 5) is Code.CHANGED_MEANWHILE
    assert await counting(office) == set()


async def test_a_resident_holds_one_card_of_the_ward(office: Office) -> None:
    """専用カード: a new one takes the place of the old one, or comes after its end."""
    await office.take_in(ONE)
    await linked(office, WARD_CARD, CardKind.WARD_CARD)
    second = CardLinked(card=NEW_WARD_CARD, replaces=None, carrier=CardKind.WARD_CARD)
    assert await refused(office, ChangeKind.CARD_LINKED, ONE, second, 0) is Code.CHANGE_INVALID
    await act(office, ChangeKind.CARD_LINKED, ONE, replace(second, replaces=WARD_CARD), 0)
    assert await counting(office) == {NEW_WARD_CARD}


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        (NumberCardStatus.SUSPENDED, False),
        (NumberCardStatus.LOST, False),
        (NumberCardStatus.EXPIRED, False),
        (NumberCardStatus.RETURNED, False),
        (NumberCardStatus.REVOKED, False),
        (NumberCardStatus.NOT_ISSUED, True),
    ],
)
async def test_the_state_of_the_number_card_and_its_serials_are_one_fact(
    office: Office, status: NumberCardStatus, *, counts: bool
) -> None:
    """個人番号カード運用状況: one change writes both; the ward's own card is not touched."""
    await office.take_in(ONE)
    for card, carrier in ((CARD, CardKind.NUMBER_CARD), (PHONE, CardKind.PHONE), (WARD_CARD, CardKind.WARD_CARD)):
        await linked(office, card, carrier)
    used = NumberCard(status=NumberCardStatus.IN_USE, issued=20240401, valid_until=20340401)
    await act(office, ChangeKind.NUMBER_CARD, ONE, NumberCardChanged(card=used), 0)
    assert await counting(office) == {CARD, PHONE, WARD_CARD}
    await act(office, ChangeKind.NUMBER_CARD, ONE, NumberCardChanged(card=replace(used, status=status)), 1)
    assert await counting(office) == ({CARD, PHONE, WARD_CARD} if counts else {WARD_CARD})


async def test_a_suspended_card_is_used_again_and_an_ended_one_is_not(office: Office) -> None:
    """A new card has another day of issue, and serials of its own."""
    await office.take_in(ONE)
    await linked(office, CARD, CardKind.NUMBER_CARD)
    used = NumberCard(status=NumberCardStatus.IN_USE, issued=20240401)
    states = (used, replace(used, status=NumberCardStatus.LOST), used)
    for version, state in enumerate(states):
        await act(office, ChangeKind.NUMBER_CARD, ONE, NumberCardChanged(card=state), version)
    assert await counting(office) == {CARD}
    same = NumberCardChanged(card=used)
    assert await refused(office, ChangeKind.NUMBER_CARD, ONE, same, 3) is Code.CHANGE_INVALID
    assert await refused(office, ChangeKind.NUMBER_CARD, ONE, same, 2) is Code.CHANGED_MEANWHILE
    ended = NumberCardChanged(card=replace(used, status=NumberCardStatus.REVOKED))
    await act(office, ChangeKind.NUMBER_CARD, ONE, ended, 3)
    assert await refused(office, ChangeKind.NUMBER_CARD, ONE, same, 4) is Code.CHANGE_INVALID
    fresh = NumberCardChanged(card=replace(used, issued=20260921))
    await act(office, ChangeKind.NUMBER_CARD, ONE, fresh, 4)
    assert await counting(office) == set()


async def test_nobodys_card_has_no_state(office: Office) -> None:
    """A resident without a record."""
    for kind, body in (
        (ChangeKind.NUMBER_CARD, NumberCardChanged(card=NumberCard(status=NumberCardStatus.LOST))),
        (ChangeKind.CARD_WITHHELD, CardWithheld(card=CARD, why=Withheld.LOST)),
    ):
        assert await refused(office, kind, ONE, body, 0) is Code.RESIDENT_UNKNOWN
