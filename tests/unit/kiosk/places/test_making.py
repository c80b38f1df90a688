"""The tool that makes the files: what it joins, splits and writes."""

from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.places.making import Area, joined, municipality_lines, postcode_lines, split
from konbini.kiosk.places.postcodes import Postcodes


def area(code: str, name: str, kana: str) -> Area:
    """Return an area as the list has it."""
    return Area(code=code, prefecture="静岡県", prefecture_kana="しずおかけん", name=name, kana=kana)


HAMAMATSU = [
    area("22140", "浜松市天竜区", "はままつしてんりゅうく"),
    area("22138", "浜松市中央区", "はままつしちゅうおうく"),
    area("22139", "浜松市浜名区", "はままつしはまなく"),
]
SHIMIZU = area("22341", "駿東郡清水町", "すんとうぐんしみずちょう")


def test_wards_become_their_city() -> None:
    """With the city's code, name and reading; a town stays itself."""
    found, belongs = joined([*HAMAMATSU, SHIMIZU])
    assert found == {"22130": area("22130", "浜松市", "はままつし"), "22341": SHIMIZU}
    assert belongs == {"22138": "22130", "22139": "22130", "22140": "22130", "22341": "22341"}


def test_a_county_is_split_off() -> None:
    """郡 and ぐん in the right place, be they in the town's or the county's name as well."""
    assert split(SHIMIZU) == ("駿東郡", "清水町", "しみずちょう")
    assert split(area("28481", "赤穂郡上郡町", "あこうぐんかみごおりちょう")) == (
        "赤穂郡",
        "上郡町",
        "かみごおりちょう",
    )
    assert split(area("10344", "北群馬郡榛東村", "きたぐんまぐんしんとうむら")) == (
        "北群馬郡",
        "榛東村",
        "しんとうむら",
    )
    assert split(area("29203", "大和郡山市", "やまとこおりやまし")) == ("", "大和郡山市", "やまとこおりやまし")


def test_an_island_is_left_out() -> None:
    """No address has it."""
    assert split(area("13381", "三宅島三宅村", "みやけじまみやけむら")) == ("", "三宅村", "みやけむら")


def test_lines_of_municipalities() -> None:
    """The prefecture first; codes with their check digit."""
    found, _ = joined([*HAMAMATSU, SHIMIZU])
    assert list(municipality_lines(found)) == [
        "220001\t静岡県\tしずおかけん\t\tShizuoka",
        "221309\t浜松市\tはままつし\t\tHamamatsu-shi",
        "223417\t清水町\tしみずちょう\t駿東郡\tShimizu-cho",
    ]


def test_runs_end_where_another_owner_or_three_other_digits_begin() -> None:
    """A number that two share is a run of its own."""
    shizuoka, hamamatsu = "22100", "22130"
    owners = {
        "4300001": {hamamatsu},
        "4300009": {hamamatsu},
        "4310001": {hamamatsu},
        "4310002": {hamamatsu, shizuoka},
        "4310003": {hamamatsu},
    }
    assert list(postcode_lines(owners)) == [
        "4300001\t4300009\t221309",
        "4310001\t4310001\t221309",
        "4310002\t4310002\t221007 221309",
        "4310003\t4310003\t221309",
    ]


@given(
    st.dictionaries(
        st.integers(4_300_000, 4_320_000).map(str), st.sets(st.sampled_from(["22100", "22130", "22341"]), min_size=1)
    )
)
def test_every_postcode_is_found_again(owners: dict[str, set[str]]) -> None:
    """What was written answers for each number of the list with exactly its owners, and for three digits with all."""
    lines = [line.split("\t") for line in postcode_lines(owners)]
    written = Postcodes((int(first), int(last), tuple(codes.split())) for first, last, codes in lines)
    for postcode, codes in owners.items():
        assert [code[:5] for code in written.find(postcode)] == sorted(codes)
    for three in ("430", "431", "432"):
        belonging = set().union(*(codes for postcode, codes in owners.items() if postcode.startswith(three)))
        assert {code[:5] for code in written.find(three)} == belonging
