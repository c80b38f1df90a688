"""Writes a resident record for each member of a household, and names the cards."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Collection
from dataclasses import dataclass, replace

from konbini.simulation.town.dates import Since, settle
from konbini.simulation.town.foreign_items import foreign_items
from konbini.simulation.town.households import Household, Member
from konbini.simulation.town.naming import CAST_FAMILIES, Name, alias, former_family, name_members
from konbini.simulation.town.numbers import individual_number, resident_code
from konbini.simulation.town.people import CardCondition, HeldCard, Townsperson
from konbini.simulation.town.places import Place, place_elsewhere, place_in_ward
from konbini.simulation.town.registers import Register, registers
from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.residents.dates import to_number
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.record import ForeignItems, Presence, ResidentRecord, Sex

__all__ = ["Registrar"]

_CARDS = 0.75
_FORMER_NAMES = 0.06
_ALIASES = 0.12
_FROM_ABROAD = 0.5
_FIRST_SERIAL = 0x0100_0000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """All that one record is written from."""

    household: str
    order: int
    member: Member
    name: Name
    head: str
    address: Place
    since: Since
    before: str
    register: Register | None
    mixed: bool


class Registrar:
    """Enters one household after the other and numbers the residents from 0.

    Args:
        chance: where every choice comes from.
        today: the day in Japan.
        moved_in_today: places of the households that did.
    """

    def __init__(self, chance: random.Random, today: dt.date, moved_in_today: Collection[int]) -> None:
        self._chance = chance
        self._today = today
        self._moved_in_today = frozenset(moved_in_today)
        self._ordinal = -1

    def enter(self, place: int, home: Household) -> list[Townsperson]:
        """Enter one household; `place` counts households from 0."""
        chance = self._chance
        names = name_members(chance, home, CAST_FAMILIES[place] if place < len(CAST_FAMILIES) else None)
        address = place_in_ward(chance, names[0].family)
        since = settle(chance, home, self._today, moved_in_today=place in self._moved_in_today)
        before = place_elsewhere(chance)
        domiciles = registers(chance, home, names)
        return [
            self._person(
                _Entry(
                    household=f"20{place:08d}",
                    order=order,
                    member=home.members[order],
                    name=names[order],
                    head=names[0].full,
                    address=address,
                    since=since[order],
                    before=before,
                    register=domiciles[order],
                    mixed=any(member.nationality is None for member in home.members),
                )
            )
            for order in range(len(home.members))
        ]

    def _person(self, entry: _Entry) -> Townsperson:
        self._ordinal += 1
        chance = self._chance
        record = self._record(entry, self._items(entry))
        kept = RegisterEntry(postcode=entry.address.postal_code.replace("-", ""))
        if entry.member.nationality is None and entry.member.married and entry.member.woman:
            if chance.random() < _FORMER_NAMES:
                former = former_family(chance, entry.name)
                record = replace(record, former_name=former.full, former_name_reading=former.reading)
        elif entry.member.nationality is not None and chance.random() < _ALIASES:
            used = alias(chance, entry.member)
            record, kept = replace(record, alias=used.full), replace(kept, alias_reading=used.reading)
        return Townsperson(
            record=record,
            entry=kept,
            individual_number=individual_number(self._ordinal),
            card=self._card() if chance.random() < _CARDS else None,
            measure=None,
        )

    def _items(self, entry: _Entry) -> ForeignItems | None:
        if entry.member.nationality is None:
            return None
        return foreign_items(
            self._chance,
            entry.member,
            entry.since,
            self._ordinal,
            self._today,
            married_to_japanese=entry.member.married and entry.mixed,
        )

    def _record(self, entry: _Entry, items: ForeignItems | None) -> ResidentRecord:
        member, since, register = entry.member, entry.since, entry.register
        before = entry.before if since.moved_in else None
        if before and items and self._chance.random() < _FROM_ABROAD:
            before = items.nationality
        return ResidentRecord(
            municipality=SUMIKAWA.code,
            resident=f"10{self._ordinal:08d}",
            version=1,
            household=entry.household,
            order=entry.order + 1,
            name=entry.name.full,
            reading=entry.name.reading,
            former_name=None,
            former_name_reading=None,
            alias=None,
            birth=to_number(member.birth),
            sex=Sex.FEMALE if member.woman else Sex.MALE,
            relationship=member.relationship,
            head=entry.head,
            address=entry.address.address,
            address_detail=entry.address.building or None,
            domicile=register.domicile if register else None,
            domicile_head=register.head if register else None,
            previous_address=before,
            became_resident=to_number(since.became_resident),
            address_set=to_number(since.address_set),
            notified=to_number(since.notified),
            moved_in=to_number(since.moved_in) if since.moved_in else None,
            presence=Presence.PRESENT,
            leaving=None,
            name_in_registration=False,
            resident_code=resident_code(self._ordinal),
            individual_number=None,
            foreign=items,
            remarks="",
        )

    def _card(self) -> HeldCard:
        linked = self._today - dt.timedelta(days=self._chance.randint(2, 1500))
        return HeldCard(
            serial=_FIRST_SERIAL + self._ordinal * 7 + self._chance.randint(0, 6),
            pin=f"{self._chance.randint(0, 9999):04d}",
            condition=CardCondition.GOOD,
            counts_from=to_number(linked),
        )
