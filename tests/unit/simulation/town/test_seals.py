"""The town's seals: each may stand beside its resident's record, and is drawn at exactly its size."""

from __future__ import annotations

import datetime as dt
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from konbini.simulation.town.people import HeldSeal, Population, Townsperson
from konbini.simulation.town.populate import FEWEST, populate
from konbini.simulation.town.seals import draw_seal, town_seal
from konbini.simulation.town.typeface import TYPEFACE
from konbini.ward_server.residents.dates import to_number
from konbini.ward_server.residents.seal import NameForm, SealRegistration, stands
from tests.impressions import seal_image


def registration(person: Townsperson, seal: HeldSeal) -> SealRegistration:
    """Write the registration that the registry would make, with any picture."""
    return SealRegistration(
        municipality=person.record.municipality,
        resident=person.record.resident,
        version=1,
        in_force=True,
        number=seal.number,
        registered=seal.registered,
        form=seal.form,
        text=seal.text,
        name=person.record.name,
        katakana=seal.katakana,
        image_digest=seal_image().digest,
        image=seal_image(),
    )


def sealed(population: Population) -> list[tuple[Townsperson, HeldSeal]]:
    """Give those who have one."""
    return [(person, person.seal) for person in population.people if person.seal is not None]


def test_most_of_those_of_age_have_one_of_every_form(population: Population) -> None:
    """Six in ten; every form of name, no number twice, several sizes."""
    found = sealed(population)
    of_age = sum(person.age(population.today) >= 15 for person in population.people)
    assert 0.57 < len(found) / of_age < 0.63
    assert {seal.form for _, seal in found} == set(NameForm)
    assert len({seal.number for _, seal in found}) == len(found)
    assert len({seal.millimetres for _, seal in found}) > 3


@settings(max_examples=15, deadline=None)
@given(st.integers(), st.dates(dt.date(2013, 1, 1), dt.date(2035, 12, 31)))
def test_each_may_stand(seed: int, today: dt.date) -> None:
    """Of age on the day of registration, which is no day to come, and reading the name of its form."""
    for person, seal in sealed(populate(seed, FEWEST, today)):
        assert stands(registration(person, seal), person.record)
        assert seal.registered <= to_number(today)


def test_each_is_drawn_at_its_size(population: Population) -> None:
    """The registry takes every one of the cast's: ink to all four edges of its square, and no two alike."""
    pictures = set()
    for _, seal in sealed(population)[:60]:
        town = town_seal(seal, TYPEFACE)
        impression = town.seal.image.impression()
        assert (impression.width_mm, impression.height_mm) == pytest.approx((seal.millimetres, seal.millimetres))
        drawn = Image.open(BytesIO(town.seal.image.png))
        assert ImageChops.invert(drawn.convert("L")).getbbox() == (0, 0, *drawn.size)
        pictures.add(town.seal.image.png)
    assert len(pictures) == 60


def test_the_same_seal_is_drawn_alike(population: Population) -> None:
    """Byte for byte."""
    _, seal = sealed(population)[0]
    assert draw_seal(seal, TYPEFACE) == draw_seal(seal, TYPEFACE)
