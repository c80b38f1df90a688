"""The few residents of the ward in these tests: each is there for one rule."""

from __future__ import annotations

from dataclasses import replace

from konbini.simulation.town.numbers import individual_number, resident_code
from konbini.simulation.town.people import CardCondition, HeldCard
from konbini.simulation.town.pki.cards import CardAuthority
from konbini.ward_server.residents.changes import Restriction
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.record import ResidentRecord, Sex
from konbini.ward_server.residents.seal import NameForm
from konbini.ward_server.residents.town import TownCard, TownRow, TownSeal
from tests.impressions import seal_of
from tests.records import FOREIGN, written

__all__ = [
    "AFTER_MOVE",
    "ALONE",
    "BESIDE_PROTECTED",
    "CARDS",
    "CARD_OF_TOMORROW",
    "CHILD",
    "FOREIGNER",
    "HEAD",
    "LEAVING",
    "MEASURE",
    "NAME_PENDING",
    "NEW_CARD",
    "PROTECTED",
    "SEALS",
    "SPOUSE",
    "TEEN",
    "TODAY",
    "UNLINKED",
    "card_of",
    "rows",
]

TODAY = 20261120

HEAD, SPOUSE, TEEN, CHILD = "1000000001", "1000000002", "1000000003", "1000000004"
"""One household of four: a couple, a child of 14 with a card, a child of 5."""
ALONE = "1000000005"
FOREIGNER = "1000000006"
BESIDE_PROTECTED, PROTECTED = "1000000007", "1000000008"
"""A household of two, the second under a protective measure."""
AFTER_MOVE = "1000000009"
"""Moved in today."""
NAME_PENDING = "1000000010"
LEAVING = "1000000011"
CARD_OF_TOMORROW = "1000000012"
"""Linked today, so that the card counts from tomorrow."""
UNLINKED = "1000000099"
"""A card of the right issuer that stands for nobody here."""

NEW_CARD = 7_000_000_001
"""The serial of a card that nobody holds yet."""

MEASURE = "S-2026-0001"
FOREIGNERS_ENTRY = RegisterEntry(postcode="1390001", alias_reading="ドウモト　クレ", katakana="デュポン　クレール")
_LINKED = 20240401


def _member(resident: str, household: str, order: int, **changes: object) -> ResidentRecord:
    return written(resident, household=household, order=order, **changes)


def _household() -> tuple[ResidentRecord, ...]:
    home = f"2{HEAD[1:]}"
    return (
        _member(HEAD, home, 1),
        _member(
            *(SPOUSE, home, 2), name="葛\U000e0102城　悟", reading="カツラギ　サトル", relationship="夫", sex=Sex.MALE
        ),
        _member(
            TEEN, home, 3, name="葛\U000e0102城　葵", reading="カツラギ　アオイ", relationship="子", birth=20120501
        ),
        _member(CHILD, home, 4, name="葛\U000e0102城　蓮", reading="カツラギ　レン", relationship="子", birth=20210707),
    )


def _foreigner() -> ResidentRecord:
    return written(
        FOREIGNER,
        name="DUPONT CLAIRE",
        reading="デュポン　クレール",
        alias="堂本　暮",
        head="DUPONT CLAIRE",
        domicile=None,
        domicile_head=None,
        became_resident=None,
        foreign=FOREIGN,
    )


def _records() -> tuple[ResidentRecord, ...]:
    beside = f"2{BESIDE_PROTECTED[1:]}"
    return (
        *_household(),
        written(ALONE, name="澄川　一", reading="スミカワ　ハジメ", head="澄川　一"),
        _foreigner(),
        _member(BESIDE_PROTECTED, beside, 1),
        _member(PROTECTED, beside, 2, relationship="子", birth=20010101),
        written(AFTER_MOVE, moved_in=TODAY, address_set=TODAY, notified=TODAY, became_resident=TODAY),
        written(NAME_PENDING, name_in_registration=True),
        written(LEAVING, leaving=20261125),
        written(CARD_OF_TOMORROW),
    )


CARDS = {
    holder: HeldCard(
        serial=int(holder),
        pin="1234",
        condition=CardCondition.GOOD,
        counts_from=20261121 if holder == CARD_OF_TOMORROW else _LINKED,
    )
    for holder in (
        *(HEAD, SPOUSE, TEEN, ALONE, FOREIGNER, BESIDE_PROTECTED, PROTECTED),
        *(AFTER_MOVE, NAME_PENDING, LEAVING, CARD_OF_TOMORROW, UNLINKED),
    )
}
"""Who holds a card; its serial is the holder's number."""


SEALS = {
    HEAD: seal_of("葛城文", number="1", millimetres=20.0),
    ALONE: seal_of("澄川", number="2", millimetres=12.5),
    FOREIGNER: seal_of("クレール", number="3", form=NameForm.KATAKANA, katakana="デュポン　クレール", millimetres=15.0),
    BESIDE_PROTECTED: seal_of("葛城", number="4"),
}
"""Who has a seal registered."""


def card_of(holder: str) -> HeldCard:
    """Give a resident's card."""
    return CARDS[holder]


def rows(authority: CardAuthority) -> tuple[TownRow, ...]:
    """Give the residents as the registry takes them over."""
    return tuple(
        TownRow(
            record=record,
            individual_number=individual_number(_ordinal(record)),
            cards=tuple(
                TownCard(card=authority.card_serial(card.serial), counts_from=card.counts_from)
                for card in (CARDS.get(record.resident),)
                if card is not None
            ),
            measures=(Restriction(name=MEASURE, planned_end=None),) if record.resident == PROTECTED else (),
            entry=FOREIGNERS_ENTRY if record.resident == FOREIGNER else None,
            seal=TownSeal(registered=_LINKED, seal=SEALS[record.resident]) if record.resident in SEALS else None,
        )
        for record in (replace(one, resident_code=resident_code(_ordinal(one))) for one in _records())
    )


def _ordinal(record: ResidentRecord) -> int:
    return int(record.resident[1:])
