"""Addresses (住所) in the made-up ward, and places elsewhere that people come from, go to and are registered in.

Prefectures and countries are real, municipalities and towns are not: a test compares every municipality named here
with a list of all that Japan has. Postal codes begin with 139, which no post office uses. Digits of block and
house are full-width, as resident records print them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from konbini.simulation.town.tables import read_table
from konbini.simulation.town.ward import SUMIKAWA

__all__ = [
    "ELSEWHERE",
    "TOWNS",
    "Place",
    "Town",
    "domicile_elsewhere",
    "domicile_in_ward",
    "place_elsewhere",
    "place_in_ward",
]

_KANJI_DIGITS = "〇一二三四五六七八九"
_FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """One town (町) of the ward: its name, its number of 丁目 (0: it has none), how many live there, relatively."""

    name: str
    chome: int
    weight: int


def _town(line: str) -> Town:
    name, chome, weight = line.split()
    return Town(name=name, chome=int(chome), weight=int(weight))


_TABLES = read_table("places")
TOWNS = tuple(_town(line) for line in _TABLES["towns"].strip().splitlines())
ELSEWHERE = tuple(_TABLES["elsewhere"].split())
"""Made-up municipalities of real prefectures."""
_TOWNS_ELSEWHERE = tuple(_TABLES["towns_elsewhere"].split())
_BUILDINGS_BEFORE = tuple(_TABLES["buildings_before"].split())
_BUILDINGS_AFTER = tuple(_TABLES["buildings_after"].split())
_LONG_BUILDINGS: tuple[str, ...] = tuple(_TABLES["long_buildings"])
_WEIGHTS = tuple(town.weight for town in TOWNS)
_HOUSES_WITHOUT_BUILDING = 0.36
_LONG = 0.004
_OF_SOMEBODY = 0.01  # 様方: lodging with somebody


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address in parts: up to the house number, the building and room (方書, may be empty), the postal code."""

    address: str
    building: str
    postal_code: str

    def line(self) -> str:
        """Give the whole address as a certificate prints it."""
        return f"{self.address}　{self.building}" if self.building else self.address


def place_in_ward(chance: random.Random, host: str) -> Place:
    """Make an address in the ward.

    Args:
        chance: where the choice comes from.
        host: a family name, for those who lodge with somebody (様方).
    """
    town = chance.choices(TOWNS, weights=_WEIGHTS)[0]
    chome = chance.randint(1, town.chome) if town.chome else 0
    house = _chome(chome) + _house(chance)
    return Place(
        address=f"{SUMIKAWA.name}{town.name}{house}",
        building=_building(chance, town.name, host),
        postal_code=f"139-{(TOWNS.index(town) + 1) * 10 + chome:04d}",
    )


def place_elsewhere(chance: random.Random) -> str:
    """Make an address outside the ward, in one line."""
    if chance.random() < _HOUSES_WITHOUT_BUILDING:
        lot = str(chance.randint(1, 4200)).translate(_FULL_WIDTH)
        return f"{chance.choice(ELSEWHERE)}{chance.choice(_TOWNS_ELSEWHERE)}{lot}番地"
    town = chance.choice(_TOWNS_ELSEWHERE)
    address = f"{chance.choice(ELSEWHERE)}{town}{_chome(chance.randint(1, 6))}{_house(chance)}"
    return f"{address}　{_plain_building(chance, town)}"


def domicile_elsewhere(chance: random.Random) -> str:
    """Make a registered domicile (本籍) outside the ward: a lot number (番地), as most have, or a block number (番)."""
    kind, most = ("番", 40) if chance.random() < _HOUSES_WITHOUT_BUILDING else ("番地", 4200)
    lot = str(chance.randint(1, most)).translate(_FULL_WIDTH)
    return f"{chance.choice(ELSEWHERE)}{chance.choice(_TOWNS_ELSEWHERE)}{lot}{kind}"


def domicile_in_ward(chance: random.Random) -> str:
    """Make a registered domicile (本籍) in the ward."""
    town = chance.choice(TOWNS)
    lot = str(chance.randint(1, 40)).translate(_FULL_WIDTH)
    return f"{SUMIKAWA.name}{town.name}{_chome(chance.randint(1, town.chome) if town.chome else 0)}{lot}番"


def _chome(number: int) -> str:
    return f"{_KANJI_DIGITS[number]}丁目" if number else ""


def _house(chance: random.Random) -> str:
    return f"{chance.randint(1, 38)}番{chance.randint(1, 24)}号".translate(_FULL_WIDTH)


def _building(chance: random.Random, town: str, host: str) -> str:
    kind = chance.random()
    if kind < _LONG:
        return chance.choice(_LONG_BUILDINGS) + f"　{_room(chance)}"
    if kind < _LONG + _OF_SOMEBODY:
        return f"{host}様方"
    if kind < _LONG + _OF_SOMEBODY + _HOUSES_WITHOUT_BUILDING:
        return ""
    return _plain_building(chance, town)


def _plain_building(chance: random.Random, town: str) -> str:
    name = chance.choice(_BUILDINGS_BEFORE) + town
    if chance.random() < _HOUSES_WITHOUT_BUILDING:
        name += chance.choice(_BUILDINGS_AFTER)
    return f"{name}{_room(chance)}"


def _room(chance: random.Random) -> str:
    room = chance.randint(1, 14) * 100 + chance.randint(1, 12)
    return f"{room}号室".translate(_FULL_WIDTH)
