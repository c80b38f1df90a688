"""The made-up residents of the gallery: households by seed, and people who try the cells of a form.

Owns facts as they are printed, not records: what a cell can hold is the form's question, not the registry's. Limit:
days and places agree with each other only as far as a reader of a specimen would look.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Final

from konbini.pdf.facts import ForeignItems, JapaneseItems, Mark, PersonFacts
from konbini.pdf.specimen.household import PEOPLE
from konbini.simulation.town.family_names import family_name
from konbini.simulation.town.given_names import given_name
from konbini.simulation.town.numbers import individual_number, resident_code

__all__ = ["LONG_PLACE", "family", "foreign", "omitting", "showing", "variants", "with_former_name", "with_long_places"]

LONG_PLACE: Final = (
    "埼玉県武蔵原市大字上桜沢字中谷戸１２３４番地の５６　グランドパークレジデンス桜沢イーストタワー２３０５号室"
)
_FIGURES: Final = str.maketrans("0123456789", "０１２３４５６７８９")
_KATAKANA: Final = {point: chr(point + 0x60) for point in range(0x3041, 0x3097)}  # hiragana to katakana
_PLACES: Final = ("澄川本町", "朝霧台", "桜沢", "若葉町", "南澄川", "霧島", "緑が丘", "川端")
_PARENTS: Final = (("男", "世帯主"), ("女", "妻"))
_CHILDREN: Final = (("女", "子"), ("男", "子"))
_VARIANTS: Final = (
    ("葛\U000e0102城　葛\U000e0103乃", "カツラギ　カズラノ", "女", "昭和６０年１２月３１日"),
    ("辻\U000e0102　辻\U000e0103太郎", "ツジ　ツジタロウ", "男", "昭和６２年４月３日"),
    ("渡邉\U000e0110　邉\U000e0118子", "ワタナベ　ナベコ", "女", "昭和６１年１月８日"),
    ("𠮷野　𠮷之助", "ヨシノ　キチノスケ", "男", "平成４年２月２９日"),
)


def family(chance: random.Random, count: int) -> tuple[PersonFacts, ...]:
    """Return a household of so many Japanese residents, its head first."""
    surname = family_name(chance)
    roles = (_PARENTS + _CHILDREN * count)[:count]
    people = [_member(chance, surname, role) for role in roles]
    moved, before = _day(chance, "令和", 6), f"埼玉県武蔵原市{_place(chance)}"
    items = JapaneseItems(
        became_resident_on=moved,
        register_head=people[0].name,
        registered_domicile=f"東京都澄川区{_place(chance)}",
    )
    return tuple(
        replace(one, items=items, settled_on=moved, notified_on=moved, previous_address=before) for one in people
    )


def foreign(alias: str | Mark = "有明　翔") -> PersonFacts:
    """Return a foreign resident with a name of 60 letters."""
    items = PEOPLE[-1].items
    if not isinstance(items, ForeignItems):
        raise TypeError("the specimen's last person is a foreign resident")
    return replace(PEOPLE[-1], individual_number=Mark.OMITTED, items=replace(items, alias=alias))


def variants() -> tuple[PersonFacts, ...]:
    """Return people whose names differ from others by a variation selector or stand in the second plane."""
    return tuple(
        replace(
            PEOPLE[0],
            name=name,
            name_reading=reading,
            sex=sex,
            birth_date=born,
            relationship="同居人" if place else "世帯主",
            items=_registered_alone(name),
        )
        for place, (name, reading, sex, born) in enumerate(_VARIANTS)
    )


def _registered_alone(name: str) -> JapaneseItems:
    return JapaneseItems(
        became_resident_on="平成２２年１０月１日",
        register_head=name,
        registered_domicile="東京都澄川区澄川本町一丁目２番地３",
    )


def with_former_name(person: PersonFacts) -> PersonFacts:
    """Return a person who keeps a former family name (旧氏) of two variant characters."""
    return replace(person, former_name="渡邉\U000e0118", former_name_reading="ワタナベ")


def with_long_places(person: PersonFacts) -> PersonFacts:
    """Return a person whose places have a long building (方書)."""
    items = person.items
    if isinstance(items, JapaneseItems):
        items = replace(items, registered_domicile=LONG_PLACE.partition("　")[0])
    return replace(person, previous_address=LONG_PLACE, items=items)


def showing(person: PersonFacts, ordinal: int) -> PersonFacts:
    """Return a person of whom everything is shown that an order can ask for; the ordinal chooses the numbers."""
    return replace(
        person,
        individual_number=individual_number(ordinal),
        resident_code=resident_code(ordinal),
        remarks="令和７年５月２６日　氏名の振り仮名を職権により記載",
    )


def omitting(person: PersonFacts) -> PersonFacts:
    """Return a person of whom everything is omitted that an order can leave out."""
    items = person.items
    if isinstance(items, JapaneseItems):
        items = replace(items, register_head=Mark.OMITTED, registered_domicile=Mark.OMITTED)
    else:
        items = replace(
            items,
            nationality=Mark.OMITTED,
            category=Mark.OMITTED,
            residence_status=Mark.OMITTED,
            residence_period=Mark.OMITTED,
            period_ends_on=Mark.OMITTED,
            card_number=Mark.OMITTED,
        )
    return replace(
        person,
        individual_number=Mark.OMITTED,
        resident_code=Mark.OMITTED,
        relationship=Mark.OMITTED,
        previous_address=Mark.OMITTED,
        items=items,
    )


def _member(chance: random.Random, surname: tuple[str, str], role: tuple[str, str]) -> PersonFacts:
    sex, relationship = role
    parent = role in _PARENTS
    given, reading = given_name(chance, 1985 if parent else 2015, woman=sex == "女")
    return replace(
        PEOPLE[0],
        name=f"{surname[0]}　{given}",
        name_reading=f"{surname[1]}　{reading}".translate(_KATAKANA),
        birth_date=_day(chance, "昭和", 63, first=55) if parent else _day(chance, "平成", 30, first=22),
        sex=sex,
        relationship=relationship,
    )


def _figure(chance: random.Random, most: int) -> str:
    return str(chance.randint(1, most)).translate(_FIGURES)


def _day(chance: random.Random, era: str, last: int, first: int = 2) -> str:
    year = str(chance.randint(first, last)).translate(_FIGURES)
    return f"{era}{year}年{_figure(chance, 12)}月{_figure(chance, 28)}日"


def _place(chance: random.Random) -> str:
    return f"{chance.choice(_PLACES)}{_figure(chance, 9)}丁目{_figure(chance, 30)}番{_figure(chance, 20)}号"
