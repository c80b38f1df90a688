"""A small country for the search: two regions, three prefectures, and a postcode that two towns have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from konbini.kiosk.session.place_views import PlaceName, WardName

__all__ = ["Atlas"]

_REGIONS = {"tohoku": ("02", "03"), "kanto": ("13",)}
_PREFECTURES = {"02": "見本森県", "03": "見本手県", "13": "見本京都"}
_TOWNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "02": {"あ": ("020001",), "さ": ("020002",)},
    "03": {"か": ("030001",)},
    "13": {"さ": ("999990", "130002")},
}
_POSTCODES = {"0200001": ("020001",), "1300001": ("999990", "130002")}


def _named(code: str) -> PlaceName:
    return PlaceName(code=code, name=WardName(written=_PREFECTURES.get(code, f"見本{code}市"), latin=f"Mihon {code}"))


class Atlas:
    """Implements `konbini.kiosk.session.search.Places`."""

    def regions(self) -> Sequence[str]:
        """Give the two."""
        return tuple(_REGIONS)

    def prefectures(self, region: str) -> Sequence[PlaceName]:
        """Give those of a region."""
        return tuple(map(_named, _REGIONS[region]))

    def rows(self, prefecture: str) -> Sequence[str]:
        """Give the rows that have towns."""
        return tuple(_TOWNS[prefecture])

    def towns(self, prefecture: str, row: str) -> Sequence[PlaceName]:
        """Give the towns of one row."""
        return tuple(map(_named, _TOWNS[prefecture][row]))

    def with_postcode(self, digits: str) -> Sequence[PlaceName]:
        """Give the towns of a postcode."""
        return tuple(map(_named, _POSTCODES.get(digits, ())))
