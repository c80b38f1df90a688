"""The directory as the screens leaf through it: everybody can be reached, and no list outgrows a screen."""

from __future__ import annotations

from konbini.kiosk.places.bundled import bundled
from konbini.kiosk.visit.atlas import Atlas

ATLAS = Atlas(bundled())
MOST_ON_A_SCREEN = 20


def test_every_municipality_stands_in_one_row_of_its_prefecture() -> None:
    """1,741 of them, each once, by region, prefecture and row; no screen has more than it can show."""
    reached = []
    for region in ATLAS.regions():
        for prefecture in ATLAS.prefectures(region):
            rows = ATLAS.rows(prefecture.code)
            assert len(set(rows)) == len(rows), prefecture
            for row in rows:
                towns = ATLAS.towns(prefecture.code, row)
                assert 0 < len(towns) <= MOST_ON_A_SCREEN, (prefecture, row)
                reached += [town.code for town in towns]
    assert sorted(reached) == sorted(one.code for one in bundled())
    assert len(reached) == 1741


def test_a_postcode_names_the_prefecture_too() -> None:
    """Whoever typed a wrong digit sees it."""
    (town,) = ATLAS.with_postcode("1600023")
    assert town.detail is not None
    assert (town.name.written, town.detail.written) == ("新宿区", "東京都")
