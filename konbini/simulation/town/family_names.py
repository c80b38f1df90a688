"""Family names (氏) with their readings, how common they are, and the variant forms that registers hold.

A form is written with the selector in braces: `葛{E0103}城` is 葛 with the ideographic variation selector U+E0103, the
glyph MJ022336 of the Moji Joho collection. Only sequences that IPAmj Mincho carries are named (a test draws each).
The reading of a name is the same in all of its forms.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from itertools import accumulate

from konbini.simulation.town.tables import read_table

__all__ = ["FAMILY_NAMES", "FamilyName", "expand", "family_name"]

_SELECTOR = re.compile(r"\{([0-9A-F]{4,5})\}")
# How often a family is registered under another form than the common one, where the name has any.
_VARIANT = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyName:
    """A family name: the common form first, then the variants; reading in hiragana."""

    forms: tuple[str, ...]
    reading: str
    weight: int


def expand(written: str) -> str:
    """Put the variation selectors in where braces name them."""
    return _SELECTOR.sub(lambda found: chr(int(found[1], 16)), written)


def _parse(table: str) -> tuple[FamilyName, ...]:
    names = []
    for line in table.strip().splitlines():
        weight, *entries = line.split()
        for entry in entries:
            forms, reading = entry.split(":")
            written = tuple(expand(form) for form in forms.split("/"))
            names.append(FamilyName(forms=written, reading=reading, weight=int(weight)))
    return tuple(names)


FAMILY_NAMES = _parse(read_table("family_names")["table"])
_WEIGHTS_SO_FAR = list(accumulate(name.weight for name in FAMILY_NAMES))


def family_name(chance: random.Random) -> tuple[str, str]:
    """Choose a family name: the form as registered, and its reading."""
    name = chance.choices(FAMILY_NAMES, cum_weights=_WEIGHTS_SO_FAR)[0]
    if len(name.forms) > 1 and chance.random() < _VARIANT:
        return chance.choice(name.forms[1:]), name.reading
    return name.forms[0], name.reading
