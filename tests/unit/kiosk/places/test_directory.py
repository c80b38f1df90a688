"""The directory as it comes with the package, and as anybody else might write one."""

import re
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.places.bundled import MUNICIPALITIES, POSTCODES, bundled
from konbini.kiosk.places.directory import Places
from konbini.kiosk.places.municipality import Municipality, Region
from konbini.kiosk.places.postcodes import Postcodes
from konbini.kiosk.places.rows import MOST_CHOICES, initials, letters, pages
from konbini.simulation.town.ward import SUMIKAWA

PLACES = bundled()
ALL = tuple(PLACES)
# Codes and names, with the wards of designated cities, that the made-up town's places are compared with.
LISTED = Path(__file__).parents[2] / "simulation" / "town" / "municipalities.tsv"
TWO = "130001\t東京都\tとうきょうと\t\tTokyo\n131041\t新宿区\tしんじゅくく\t\tShinjuku-ku\n"


def names(found: tuple[Municipality, ...]) -> list[str]:
    """Return the full names."""
    return [member.full_name for member in found]


def sumikawa() -> Municipality:
    """Return the demo's ward."""
    tokyo = next(prefecture for prefecture in PLACES.prefectures() if prefecture.code == "130001")
    return Municipality(code=SUMIKAWA.code, prefecture=tokyo, name="澄川区", kana="すみかわく", latin="Sumikawa-ku")


def test_all_municipalities_of_japan_are_there() -> None:
    """1,741: 23 special wards, and 1,718 cities, towns and villages; 47 prefectures, each with some."""
    assert len(PLACES) == len(ALL) == 1741
    assert len(PLACES.prefectures()) == 47
    kinds = {kind: sum(member.name.endswith(kind) for member in ALL) for kind in "市区町村"}
    assert kinds == {"市": 792, "区": 23, "町": 743, "村": 183}
    assert all(PLACES.in_prefecture(prefecture.code) for prefecture in PLACES.prefectures())
    assert len(PLACES.in_prefecture("130001")) == 62
    assert PLACES.in_prefecture("131041") == ()


@pytest.mark.parametrize(
    ("code", "full_name", "kana", "latin"),
    [
        ("131041", "東京都新宿区", "しんじゅくく", "Shinjuku-ku"),
        ("131105", "東京都目黒区", "めぐろく", "Meguro-ku"),
        ("011002", "北海道札幌市", "さっぽろし", "Sapporo-shi"),
        ("401005", "福岡県北九州市", "きたきゅうしゅうし", "Kitakyushu-shi"),
        ("221309", "静岡県浜松市", "はままつし", "Hamamatsu-shi"),
        ("271403", "大阪府堺市", "さかいし", "Sakai-shi"),
        ("343021", "広島県安芸郡府中町", "ふちゅうちょう", "Fuchu-cho"),
        ("134015", "東京都八丈町", "はちじょうまち", "Hachijo-machi"),
        ("331007", "岡山県岡山市", "おかやまし", "Okayama-shi"),
        ("422088", "長崎県松浦市", "まつうらし", "Matsuura-shi"),
        ("472018", "沖縄県那覇市", "なはし", "Naha-shi"),
    ],
)
def test_known_ones(code: str, full_name: str, kana: str, latin: str) -> None:
    """Special wards, designated cities, a town in a county, one on an island."""
    member = PLACES.municipality(code)
    assert member is not None
    assert (member.full_name, member.kana, member.latin) == (full_name, kana, latin)


def test_no_village_of_the_northern_territories_is_there() -> None:
    """色丹村, 泊村 (国後), 留夜別村, 留別村, 紗那村, 蘂取村: 01695 to 01700; nobody lives there."""
    assert not [member for member in ALL if "01695" <= member.code[:5] <= "01700"]
    assert [member.code for member in ALL if member.full_name.startswith("北海道") and member.name == "泊村"] == [
        "014036"
    ]


def test_it_agrees_with_the_other_list() -> None:
    """Name for name and code for code, where a designated city stands for its wards."""
    listed = dict(line.split("\t") for line in LISTED.read_text(encoding="utf-8").splitlines())
    ward = re.compile(r"(.+?[都道府県].+?市).+区")
    plain = {code: name for code, name in listed.items() if not ward.fullmatch(name)}
    cities = {found[1] for name in listed.values() if (found := ward.fullmatch(name))}
    here = {member.code[:5]: member.full_name for member in ALL}
    assert {code: here.get(code) for code in plain} == {
        code: re.sub("三宅島|八丈島", "", name) for code, name in plain.items()
    }
    assert {name for code, name in here.items() if code not in plain} == cities
    assert len(cities) == 20


def test_names_codes_and_readings_are_those_of_one_only() -> None:
    """No two of a prefecture have one name; who has chosen prefecture and name has chosen one."""
    assert len({member.full_name for member in ALL}) == len({(m.prefecture, m.name) for m in ALL}) == len(ALL)
    assert [member.code for member in ALL] == sorted(member.code for member in ALL)
    assert all(re.fullmatch(r"[A-Z][a-z]+-(shi|ku|machi|cho|mura|son)", member.latin) for member in ALL)


def test_everybody_is_reached_by_touch() -> None:
    """Region, prefecture, row, letter where the row is long, page: never more than twelve choices, nobody left out."""
    reached = set()
    for region in Region:
        inside = [prefecture for prefecture in PLACES.prefectures() if prefecture.region is region]
        assert 1 <= len(inside) <= MOST_CHOICES
        for prefecture in inside:
            rows = PLACES.rows(prefecture.code)
            assert 1 <= len(rows) <= 10
            for row in rows:
                groups = letters(row.members) if len(row.members) > MOST_CHOICES else (row,)
                assert len(groups) <= 5
                leaves = [pages(group.members) for group in groups]
                assert max(map(len, leaves)) <= 2
                reached |= {member for leaf in leaves for page in leaf for member in page}
    assert reached == set(ALL)


def test_everybody_is_reached_in_latin_letters() -> None:
    """A prefecture's initials are 21 at most: two screens of letters; each leads to four pages at most."""
    for prefecture in PLACES.prefectures():
        groups = initials(PLACES.in_prefecture(prefecture.code))
        assert len(groups) <= 2 * MOST_CHOICES
        assert max(len(pages(group.members)) for group in groups) <= 4
        assert sum(len(group.members) for group in groups) == len(PLACES.in_prefecture(prefecture.code))


def test_everybody_has_a_postcode() -> None:
    """All 1,741, and nobody else."""
    assert Postcodes(runs()).owners() == {member.code for member in ALL}


def runs() -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Return the runs of the file, read here once more."""
    for line in POSTCODES.read_text(encoding="utf-8").splitlines()[1:]:
        first, last, owners = line.split("\t")
        yield int(first), int(last), tuple(owners.split())


def test_every_run_answers_with_its_owners() -> None:
    """At both ends and in the middle, and by its first three digits."""
    for first, last, owners in runs():
        for number in {first, (first + last) // 2, last}:
            assert tuple(member.code for member in PLACES.by_postcode(f"{number:07d}")) == owners
        assert set(owners) <= {member.code for member in PLACES.by_postcode(f"{first:07d}"[:3])}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("160-0022", ["東京都新宿区"]),
        ("〒１５３－００５１", ["東京都目黒区"]),
        ("0600001", ["北海道札幌市"]),
        ("160", ["東京都新宿区"]),
        ("0000000", []),
        ("16", []),
        ("16000220", []),
        ("", []),
        ("新宿", []),
    ],
)
def test_by_postcode(text: str, found: list[str]) -> None:
    """Seven digits or three; too few, too many and others are nobody's."""
    assert names(PLACES.by_postcode(text)) == found


def test_a_postcode_may_be_of_several() -> None:
    """Across a border of prefectures too."""
    shared = [owners for _, _, owners in runs() if len(owners) > 1]
    assert len(shared) > 50
    assert any(len({code[:2] for code in owners}) > 1 for owners in shared)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("しんじゅく", "東京都新宿区"),
        ("シンジュク", "東京都新宿区"),
        ("新宿", "東京都新宿区"),
        ("Shinjuku", "東京都新宿区"),
        ("Shinjuku City", "東京都新宿区"),
        ("Sinzyuku", "東京都新宿区"),
        ("東京都新宿区西新宿2-8-1", "東京都新宿区"),
        ("つ", "三重県津市"),
        ("津", "三重県津市"),
        ("tsu", "三重県津市"),
        ("札幌市中央区北1条西2丁目", "北海道札幌市"),
        ("Ōsaka", "大阪府大阪市"),
        ("Mombetsu", "北海道紋別市"),
        ("竜ヶ崎", "茨城県龍ケ崎市"),
        ("四条畷", "大阪府四條畷市"),
        ("須恵", "福岡県糟屋郡須惠町"),
        ("安芸郡府中町", "広島県安芸郡府中町"),
        ("広島県府中町", "広島県安芸郡府中町"),
        ("広島県安芸郡府中町大通", "広島県安芸郡府中町"),
        ("東村山市本町", "東京都東村山市"),
        ("東村平良", "沖縄県国頭郡東村"),
    ],
)
def test_find(text: str, first: str) -> None:
    """By kana, Chinese characters, Latin letters in several spellings, and as the beginning of an address."""
    assert names(PLACES.find(text))[0] == first


def test_find_gives_all_of_a_name_and_the_nearest_first() -> None:
    """Two cities and a town are 府中; a prefecture narrows it."""
    assert names(PLACES.find("府中")) == ["東京都府中市", "広島県府中市", "広島県安芸郡府中町"]
    assert names(PLACES.find("広島県ふちゅう")) == ["広島県府中市", "広島県安芸郡府中町"]
    assert names(PLACES.find("東村山市本町")) == ["東京都東村山市"]
    assert PLACES.find("東京都") == PLACES.in_prefecture("130001")


@pytest.mark.parametrize("text", ["", " ", "　", "zzz", "ん", "架空", "-", "123", "City"])
def test_find_nobody(text: str) -> None:
    """Nothing typed and what begins no name find nobody."""
    assert PLACES.find(text) == ()


@given(st.sampled_from(ALL), st.data())
def test_every_beginning_of_a_name_finds_it(member: Municipality, data: st.DataObject) -> None:
    """In kana, Chinese characters, Latin letters and with m for n, with whatever stands before it, letter by letter."""
    with_m = re.sub("n(?=[bmp])", "m", member.latin)
    spelled = (member.kana, member.name, member.latin, member.latin.upper(), with_m, f"{member.county}{member.name}")
    name = data.draw(st.sampled_from(spelled))
    assert member in PLACES.find(name[: data.draw(st.integers(1, len(name)))])
    assert member in PLACES.find(f"{member.prefecture.name}{member.name}")
    assert PLACES.find(f"{member.full_name}1丁目2-3") == (member,)


@given(st.text(max_size=10))
def test_any_text_may_be_typed(text: str) -> None:
    """Whatever it is, nothing is raised."""
    assert set(PLACES.find(text)) <= set(ALL)
    assert set(PLACES.by_postcode(text)) <= set(ALL)


def test_a_ward_on_offer_stands_beside_the_real_ones() -> None:
    """The demo's is found in every way but by postcode, and the directory without it is as it was."""
    assert PLACES.municipality(SUMIKAWA.code) is None
    more = PLACES.beside([sumikawa()])
    assert len(more) == 1742
    assert more.municipality(SUMIKAWA.code) == sumikawa()
    assert names(more.find("すみか"))[0] == names(more.find("sumik"))[0] == SUMIKAWA.name
    assert sumikawa() in more.in_prefecture("130001")
    assert sumikawa() in next(row.members for row in more.rows("130001") if row.label == "さ")
    assert more.by_postcode("160") == PLACES.by_postcode("160")
    assert len(PLACES) == 1741


def test_a_real_ward_on_offer_is_there_already() -> None:
    """What the official list says of it stays."""
    shinjuku = PLACES.municipality("131041")
    assert shinjuku is not None
    other = Municipality(
        code="131041", prefecture=shinjuku.prefecture, name="新宿", kana="しんじゅく", latin="Shinjuku"
    )
    assert PLACES.beside([other]).municipality("131041") == shinjuku


@pytest.mark.parametrize(
    ("municipalities", "postcodes", "fault"),
    [
        (TWO.splitlines()[1], "", "stands before"),
        (TWO + TWO, "", "one code"),
        (TWO.replace("\t\t", "\t"), "", "unpack"),
        (TWO, "1600000\t1600022\t131105", "belongs to"),
        (TWO, "1600022\t1600000\t131041", "ascending"),
        (TWO, "1600000\t1600022\t131041\n1600022\t1600023\t131041", "ascending"),
        (TWO, "1600000\t1600022\t", "somebody's"),
        (TWO, "160000x\t1600022\t131041", "invalid literal"),
    ],
)
def test_what_is_no_directory(municipalities: str, postcodes: str, fault: str) -> None:
    """A directory is whole or refused when it is read."""
    with pytest.raises(ValueError, match=fault):
        Places.read(municipalities, postcodes)


def test_it_is_small_and_soon_there() -> None:
    """Below 2 MB with its index of names; the aim of 20 ms is doubled for a machine that others use as well."""
    tracemalloc.start()
    kept = bundled()
    kept.find("し")
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 2_000_000
    assert MUNICIPALITIES.stat().st_size + POSTCODES.stat().st_size < 200_000
    assert min(_seconds() for _ in range(10)) < 0.040


def _seconds() -> float:
    began = time.process_time()
    bundled()
    return time.process_time() - began
