"""Individual numbers (個人番号), resident-record codes (住民票コード) and residence-card numbers of made-up people.

No range of these numbers is set aside for samples, so none can be proved to belong to nobody. The made-up ones are
visible as such by at least five leading zeros and carry right check digits, so that every check of the services works
on them as on real ones. Given a list of distinct ordinals all three are distinct.
"""

from __future__ import annotations

import random

__all__ = ["MOST_ORDINAL", "check_digit", "individual_number", "residence_card_number", "resident_code"]

MOST_ORDINAL = 99_999
"""Ordinals run from 0 to this."""
_SCATTER = 31_337  # without a common factor with 100,000: neighbours in a household have numbers far apart
_LETTERS = "ABCDEFGHJKLMNPRSTUWXYZ"


def individual_number(ordinal: int) -> str:
    """Give the individual number of the person with this ordinal: twelve digits beginning with `000000`.

    The check digit is that of the ordinance on individual numbers (平成26年総務省令第85号), article 5.

    Raises:
        ValueError: the ordinal is out of its range.
    """
    digits = f"000000{_scattered(ordinal):05d}"
    return digits + check_digit(digits)


def resident_code(ordinal: int) -> str:
    """Give the resident-record code: eleven digits beginning with `00000`, check digit by the same rule.

    Raises:
        ValueError: the ordinal is out of its range.
    """
    digits = f"00000{_scattered(ordinal, shift=50_000):05d}"
    return digits + check_digit(digits)


def residence_card_number(ordinal: int, chance: random.Random) -> str:
    """Give a residence card's number (在留カード番号): two letters, eight digits (here `000` first), two letters.

    Raises:
        ValueError: the ordinal is out of its range.
    """
    letters = "".join(chance.choice(_LETTERS) for _ in range(4))
    return f"{letters[:2]}000{_scattered(ordinal):05d}{letters[2:]}"


def _scattered(ordinal: int, *, shift: int = 0) -> int:
    if not 0 <= ordinal <= MOST_ORDINAL:
        raise ValueError("an ordinal is 0 to 99,999")
    return (ordinal + shift) * _SCATTER % (MOST_ORDINAL + 1)


def check_digit(digits: str) -> str:
    """Weigh the digits from the last one on with 2 to 7 and again from 2; modulus 11."""
    rest = sum(int(digit) * (place % 6 + 2) for place, digit in enumerate(reversed(digits))) % 11
    return str(11 - rest if rest > 1 else 0)
