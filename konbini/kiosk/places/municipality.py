"""What a municipality is: its code, its names, and its place among prefectures (都道府県) and regions (地方)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from operator import mul

__all__ = ["Municipality", "Prefecture", "Region", "is_kana", "with_check_digit"]

_WEIGHTS = (6, 5, 4, 3, 2)
_FIVE = re.compile(r"[0-9]{5}")
_KANA = re.compile(r"[ぁ-ゖ]+")


def with_check_digit(five: str) -> str:
    """Give the six-digit municipality code (全国地方公共団体コード) for its first five digits (JIS X 0401 and 0402).

    The sixth is the check digit of 総務省's code: weights 6 to 2, modulus 11, of 11 minus the remainder the last digit.

    Raises:
        ValueError: not five digits.
    """
    if not _FIVE.fullmatch(five):
        raise ValueError("a municipality code begins with five digits")
    rest = sum(map(mul, _WEIGHTS, map(int, five))) % 11
    return f"{five}{(11 - rest) % 10}"


def is_kana(text: str) -> bool:
    """Tell whether `text` is hiragana and nothing else."""
    return _KANA.fullmatch(text) is not None


def _checked(code: str, kana: str) -> None:
    if with_check_digit(code[:-1]) != code:
        raise ValueError("a municipality code has five digits and their check digit")
    if not is_kana(kana):
        raise ValueError("a reading is written in hiragana")


class Region(Enum):
    """The eight regions (八地方区分) and the first two digits of their prefectures: how 47 fit on a screen."""

    HOKKAIDO = range(1, 2)
    TOHOKU = range(2, 8)
    KANTO = range(8, 15)
    CHUBU = range(15, 24)
    KINKI = range(24, 31)
    CHUGOKU = range(31, 36)
    SHIKOKU = range(36, 40)
    KYUSHU = range(40, 48)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefecture:
    """One of the 47 (都道府県).

    Attributes:
        code: six digits, the third to fifth `000`, the last the check digit.
        name: as addresses begin.
        kana: its reading, hiragana.
        latin: without 都, 府 or 県: `Tokyo`.
    """

    code: str
    name: str
    kana: str
    latin: str

    def __post_init__(self) -> None:
        """Refuse what is no prefecture.

        Raises:
            ValueError: no code of a prefecture, or no reading.
        """
        _checked(self.code, self.kana)
        if self.code[2:5] != "000":
            raise ValueError("a prefecture's code ends with 000 and the check digit")

    @property
    def region(self) -> Region:
        """Say where it is."""
        return next(region for region in Region if int(self.code[:2]) in region.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """A city, special ward, town or village (市, 特別区, 町, 村); the wards of a designated city are part of it.

    Attributes:
        code: six digits with the check digit; the first two are the prefecture's.
        prefecture: where it is.
        county: 郡 of a town or village, as addresses have it between prefecture and name; empty where there is none.
        name: without prefecture and county.
        kana: the reading of `name`, hiragana.
        latin: `name` in Latin letters, with `-shi`, `-ku`, `-machi`, `-cho`, `-mura` or `-son`.
    """

    code: str
    prefecture: Prefecture
    county: str = ""
    name: str
    kana: str
    latin: str

    def __post_init__(self) -> None:
        """Refuse what is no municipality.

        Raises:
            ValueError: a code that is none or of another prefecture, or no reading.
        """
        _checked(self.code, self.kana)
        if self.code[:2] != self.prefecture.code[:2] or self.code[2:5] == "000":
            raise ValueError("a municipality's code begins with its prefecture's and does not go on with 000")

    @property
    def full_name(self) -> str:
        """Give the name as addresses begin: 広島県安芸郡府中町."""
        return f"{self.prefecture.name}{self.county}{self.name}"
