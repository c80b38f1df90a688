"""The made-up ward and its places are on no map of Japan."""

from pathlib import Path

from konbini.simulation.town.places import ELSEWHERE, TOWNS
from konbini.simulation.town.ward import SUMIKAWA

# Codes (five digits) and names of all municipalities and of the wards of designated cities, from Japan Post's list.
_LINES = Path(__file__).with_name("municipalities.tsv").read_text("utf-8").splitlines()
MUNICIPALITIES = dict(line.split("\t") for line in _LINES)


def test_the_list_is_whole() -> None:
    """All 47 prefectures and the 23 special wards are on the list that the others are compared with."""
    assert {code[:2] for code in MUNICIPALITIES} == {f"{number:02d}" for number in range(1, 48)}
    assert {f"131{number:02d}" for number in range(1, 24)} < set(MUNICIPALITIES)
    assert len(MUNICIPALITIES) > 1_870


def test_no_municipality_has_the_wards_name() -> None:
    """澄川区 is no municipality and no ward of a city."""
    assert not [name for name in MUNICIPALITIES.values() if "澄川" in name]


def test_no_municipality_has_the_wards_code() -> None:
    """The code lies in the range of special wards of Tokyo and is assigned to none."""
    assert SUMIKAWA.code.startswith("131")
    assert SUMIKAWA.code[:5] not in MUNICIPALITIES


def test_places_elsewhere_are_made_up() -> None:
    """Real prefectures, but no municipality of Japan."""
    names = set(MUNICIPALITIES.values())
    prefectures = {name[: 4 if name[3] == "県" else 3] for name in names}
    for place in ELSEWHERE:
        prefecture = place[: 4 if place[3] == "県" else 3]
        assert prefecture in prefectures
        assert not [name for name in names if name.endswith(place.removeprefix(prefecture))]


def test_towns_are_distinct() -> None:
    """Postal codes are made of a town's place in the list, so that no two may be one."""
    assert len({town.name for town in TOWNS}) == len(TOWNS)
    assert all(town.chome < 10 for town in TOWNS)
