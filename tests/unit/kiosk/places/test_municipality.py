"""Codes and readings: what is no municipality is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.places.municipality import Municipality, Prefecture, Region, with_check_digit

TOKYO = Prefecture(code="130001", name="東京都", kana="とうきょうと", latin="Tokyo")


def made(*, code: str = "131997", kana: str = "すみかわく", prefecture: Prefecture = TOKYO) -> Municipality:
    """Return the demo's ward, or something that is none."""
    return Municipality(code=code, prefecture=prefecture, name="澄川区", kana=kana, latin="Sumikawa-ku")


@pytest.mark.parametrize(
    "code", ["131016", "131041", "131105", "011002", "473821", "221309", "010006", "130001", "470007"]
)
def test_check_digit_of_real_codes(code: str) -> None:
    """Chiyoda, Shinjuku, Meguro, Sapporo, Yonaguni, Hamamatsu and three prefectures, as the national list has them."""
    assert with_check_digit(code[:5]) == code


@pytest.mark.parametrize("five", ["1310", "131011", "1310a", "１３１０１", "13101\n"])
def test_what_begins_no_code(five: str) -> None:
    """Only five ASCII digits begin a code."""
    with pytest.raises(ValueError, match="five digits"):
        with_check_digit(five)


@given(st.from_regex(r"[0-9]{5}", fullmatch=True), st.integers(0, 4), st.integers(1, 9))
def test_a_wrong_digit_is_seen(five: str, place: int, more: int) -> None:
    """Another digit in one place gives another code; only remainders 0 and 10 share a check digit, 1."""
    other = f"{five[:place]}{(int(five[place]) + more) % 10}{five[place + 1 :]}"
    assert with_check_digit(other)[:5] != five
    assert with_check_digit(five)[5] != with_check_digit(other)[5] or with_check_digit(five)[5] == "1"


def test_a_made_up_ward_can_be_written_down() -> None:
    """A code that is assigned to none is still a code."""
    assert made().full_name == "東京都澄川区"


def test_a_county_stands_in_the_full_name() -> None:
    """As addresses have it."""
    hiroshima = Prefecture(code="340006", name="広島県", kana="ひろしまけん", latin="Hiroshima")
    town = Municipality(
        code="343021", prefecture=hiroshima, county="安芸郡", name="府中町", kana="ふちゅうちょう", latin="Fuchu-cho"
    )
    assert town.full_name == "広島県安芸郡府中町"


@pytest.mark.parametrize("code", ["131998", "13199", "011002", "130001"])
def test_what_is_no_municipality(code: str) -> None:
    """A wrong check digit, too short, another prefecture's, a prefecture."""
    with pytest.raises(ValueError, match="code"):
        made(code=code)


@pytest.mark.parametrize("kana", ["", "スミカワク", "すみかわ区", "すみかわく "])
def test_a_reading_is_hiragana(kana: str) -> None:
    """A row of the screen is found by it."""
    with pytest.raises(ValueError, match="hiragana"):
        made(kana=kana)


def test_what_is_no_prefecture() -> None:
    """A municipality's code."""
    with pytest.raises(ValueError, match="prefecture"):
        Prefecture(code="131041", name="新宿区", kana="しんじゅくく", latin="Shinjuku")


def test_each_prefecture_is_in_one_region() -> None:
    """1 to 47, each once, in eight regions that fit on a screen."""
    assert sorted(number for region in Region for number in region.value) == list(range(1, 48))
    assert len(Region) == 8
    assert max(len(region.value) for region in Region) == 9
    assert TOKYO.region is Region.KANTO
