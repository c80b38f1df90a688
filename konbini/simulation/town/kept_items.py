"""What a register keeps of the town's people beyond what certificates print, and where they lived before in the ward.

Chosen apart from the people themselves: the same seed gives the same people whether or not this is asked for. An
individual-number card's items follow the card that the person holds, other offices' items the person's age.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

from konbini.simulation.town.people import Townsperson
from konbini.simulation.town.places import place_in_ward
from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.residents.entry import (
    Administrative,
    AliasPeriod,
    Coverage,
    ForeignKept,
    MailName,
    NumberCard,
    NumberCardStatus,
    Registered,
)
from konbini.ward_server.residents.record import ResidentRecord

__all__ = ["with_kept_items"]

_HEALTH_INSURED = 0.3
_ADULT, _PENSION, _CARE, _ELDERLY = 18, 20, 65, 75
_PENSION_CLASSES = (1, 2, 3)
_CARD_YEARS = 10
_LEAP_DAY = 229
_LETTERS_UNDER_ALIAS = 0.5
_WARD_OFFICE = f"{SUMIKAWA.name}役所"


def with_kept_items(chance: random.Random, person: Townsperson, today: dt.date) -> Townsperson:
    """Give a resident with what the register keeps of them."""
    record = person.record
    if record.address_set != record.became_resident:
        before = place_in_ward(chance, record.name.split("　")[0])
        record = replace(record, earlier_address=before.line())
    entry = replace(
        person.entry,
        katakana=None if record.foreign is None else record.reading,
        number_card=_number_card(person),
        foreign=_foreign(chance, record),
        aliases=_aliases(record, person.entry.alias_reading),
        administrative=_administrative(chance, record, person.age(today)),
    )
    return replace(person, record=record, entry=entry)


def _number_card(person: Townsperson) -> NumberCard:
    if person.card is None:
        return NumberCard(status=NumberCardStatus.NOT_ISSUED)
    issued = person.card.counts_from
    return NumberCard(
        status=NumberCardStatus.IN_USE,
        issued=issued,
        valid_until=_anniversary(issued, _CARD_YEARS),
        issued_at=_WARD_OFFICE,
    )


def _foreign(chance: random.Random, record: ResidentRecord) -> ForeignKept | None:
    if record.foreign is None or record.became_resident is None or record.address_set is None:
        return None
    reason = "転入" if record.moved_in else "出生"
    return ForeignKept(
        mail_name=MailName.ALIAS if record.alias and chance.random() < _LETTERS_UNDER_ALIAS else MailName.NAME,
        became_resident=Registered(day=record.became_resident, reason=reason, notified=record.notified),
        address_set=Registered(day=record.address_set, reason=reason, notified=record.notified),
    )


def _aliases(record: ResidentRecord, reading: str | None) -> tuple[AliasPeriod, ...]:
    if record.alias is None or record.became_resident is None:
        return ()
    line = AliasPeriod(
        alias=record.alias,
        reading=reading or "",
        entered_on=record.became_resident,
        entered_at=SUMIKAWA.name,
    )
    return (line,)


def _administrative(chance: random.Random, record: ResidentRecord, age: int) -> Administrative:
    since = record.became_resident
    japanese = record.foreign is None
    insured = age < _ELDERLY and chance.random() < _HEALTH_INSURED
    pension = _PENSION <= age < _CARE
    return Administrative(
        voter=japanese and age >= _ADULT,
        health=Coverage(since=since) if insured else Coverage(),
        elderly=Coverage(since=_anniversary(record.birth, _ELDERLY)) if age >= _ELDERLY else Coverage(),
        pension=Coverage(since=_anniversary(record.birth, _PENSION)) if pension else Coverage(),
        pension_class=chance.choice(_PENSION_CLASSES) if pension else None,
        pension_number=f"0000{chance.randint(0, 999_999):06d}" if pension else None,
        care=Coverage(since=_anniversary(record.birth, _CARE)) if age >= _CARE else Coverage(),
        child_allowance_from=since // 100 if since and age < _ADULT else None,
    )


def _anniversary(day: int, years: int) -> int:
    """Give the same day so many years later; 28 February for a 29th."""
    later = day + years * 10000
    return later - 1 if day % 10000 == _LEAP_DAY else later
