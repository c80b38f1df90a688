"""The made-up special ward (特別区) of the demo: its name, code, mayor's line, hours and fee.

No municipality of Japan has this name or this code: special wards hold 13101 to 13123, and 13199, the last number of
their range, is assigned to none (a test compares both with a list of all municipalities).
"""

from __future__ import annotations

from dataclasses import dataclass

from konbini.kiosk.places.municipality import with_check_digit

__all__ = ["SUMIKAWA", "Ward"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """What a ward says of itself on its certificates and in its notices.

    Attributes:
        code: municipality code (全国地方公共団体コード), six digits with its check digit.
        name: with its prefecture, as addresses begin.
        name_english: for the kiosk's English screens.
        head: the line of the head of the municipality, as it stands under the certifying sentence.
        opens: first minute of the day at which kiosks issue, Japan's time.
        closes: first minute of the day at which they do not any more.
        fee: yen for a copy of the resident record (住民票の写し), and for a certificate of items in it.
        seal_fee: yen for a seal registration certificate (印鑑登録証明書).
    """

    code: str
    name: str
    name_english: str
    head: str
    opens: int
    closes: int
    fee: int
    seal_fee: int

    def __post_init__(self) -> None:
        """Refuse a code that is none.

        Raises:
            ValueError: not six digits with the right check digit.
        """
        if with_check_digit(self.code[:-1]) != self.code:
            raise ValueError("a municipality code has five digits and their check digit")


SUMIKAWA = Ward(
    code="131997",
    name="東京都澄川区",
    name_english="Sumikawa City, Tokyo",
    head="東京都澄川区長　霧島　千尋",
    opens=0,  # a made-up ward never closes: who tries the demo at night must not meet a closed kiosk
    closes=24 * 60,
    fee=200,
    seal_fee=300,
)
"""澄川区: special wards call themselves cities in English."""
