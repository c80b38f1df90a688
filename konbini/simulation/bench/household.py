"""The households whose certificates are measured: four people each, another household for each document.

Names are those of the made-up town, as far as every peer can draw them: without variation selectors and within the
first plane. Each index gives another number, binding, family, address and set of glyphs, so that nobody gains by
remembering the document before.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from datetime import date
from typing import Final

from konbini.pdf.facts import CertificateFacts, JapaneseItems, PersonFacts
from konbini.pdf.specimen.household import FORM, PEOPLE
from konbini.protocol.kinds import Scope
from konbini.protocol.numbers import IssuanceNumber
from konbini.simulation.town.family_names import FAMILY_NAMES, FamilyName
from konbini.simulation.town.given_names import GIVEN_NAMES

__all__ = ["binding_of_document", "household"]

_LAST_OF_FIRST_PLANE: Final = "\uffff"
_ISSUED_ON: Final = date(2025, 11, 22)
_PLACES: Final = ("澄川本町", "朝霧台", "桜沢", "若葉町", "南澄川", "霧島", "緑が丘", "川端")
_FIGURES: Final = str.maketrans("0123456789", "０１２３４５６７８９")


def household(index: int) -> CertificateFacts:
    """Return the facts of document `index`: the whole household, Japanese, domicile and head shown."""
    chance = random.Random(index)  # noqa: S311 - made-up people
    family = _family(chance)
    head = f"{family.forms[0]}　{_given(chance, woman=False)[0]}"
    address = f"東京都澄川区{chance.choice(_PLACES)}{_number(chance)}丁目{_number(chance)}番{_number(chance)}号"
    roles = (("男", "世帯主"), ("女", "妻"), ("女", "子"), ("男", "子"))
    return CertificateFacts(
        number=str(IssuanceNumber.of("131997", _ISSUED_ON, 1, index + 1)),
        form=FORM,
        issued_on=_ISSUED_ON,
        scope=Scope.WHOLE,
        address=address,
        head=head,
        people=tuple(_person(chance, family, head, role) for role in roles),
    )


def binding_of_document(index: int) -> bytes:
    """Return the 32 bytes that tie document `index` to its order."""
    return hashlib.sha256(b"bench %d" % index).digest()


def _person(chance: random.Random, family: FamilyName, head: str, role: tuple[str, str]) -> PersonFacts:
    sex, relationship = role
    given, reading = _given(chance, woman=sex == "女")
    name = head if relationship == "世帯主" else f"{family.forms[0]}　{given}"
    moved = f"令和{_number(chance)}年{_number(chance)}月{_number(chance)}日"
    return replace(
        PEOPLE[0],
        name=name,
        name_reading=f"{family.reading}　{reading}",
        settled_on=moved,
        notified_on=moved,
        birth_date=f"平成{_number(chance)}年{_number(chance)}月{_number(chance)}日",
        sex=sex,
        relationship=relationship,
        previous_address=f"埼玉県武蔵原市{chance.choice(_PLACES)}{_number(chance)}丁目{_number(chance)}番{_number(chance)}号",
        items=JapaneseItems(
            became_resident_on=moved,
            register_head=head,
            registered_domicile=f"東京都澄川区{chance.choice(_PLACES)}{_number(chance)}丁目{_number(chance)}番地",
        ),
    )


def _number(chance: random.Random) -> str:
    return str(chance.randint(1, 9)).translate(_FIGURES)


def _family(chance: random.Random) -> FamilyName:
    return chance.choice([name for name in FAMILY_NAMES if _drawn_by_everybody(name.forms[0])])


def _given(chance: random.Random, *, woman: bool) -> tuple[str, str]:
    generation = chance.choice(GIVEN_NAMES)
    names = generation.women if woman else generation.men
    return chance.choice([pair for pair in names if _drawn_by_everybody(pair[0])])


def _drawn_by_everybody(text: str) -> bool:
    return max(text) <= _LAST_OF_FIRST_PLANE
