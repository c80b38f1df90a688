"""What a character on a certificate is, and how a document says which one each of its codes stands for.

A character is a *sequence*: a base character, or a base character and a variation selector (Unicode 3.2's FE00-FE0F,
ideographic E0100-E01EF). Those who draw and those who read back split texts here alike; neither shapes, normalises or
substitutes anything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import count
from operator import add
from typing import Final

__all__ = ["code_digits", "code_points", "is_printable", "is_selector", "sequences", "text_map"]

_UNPRINTABLE: Final = frozenset(("Cc", "Cf", "Cn", "Cs", "Mc", "Me", "Mn", "Zl", "Zp"))
_SELECTOR: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_MAP_ENTRIES_AT_ONCE: Final = 100
_LAST_CODE: Final = 0xFFFF
_USUAL_CODES: Final = tuple(f"{code:04X}" for code in range(512))
_USUAL_HEADS: Final = tuple(f"<{code}> " for code in _USUAL_CODES)


def is_selector(character: str) -> bool:
    """Say whether a character is a variation selector."""
    return _SELECTOR.match(character) is not None


def is_printable(base: str) -> bool:
    """Say whether a character can stand on paper by itself: no control, no combining mark, not unassigned."""
    return unicodedata.category(base) not in _UNPRINTABLE


def sequences(text: str) -> Sequence[str]:
    """Split a text into its sequences; a selector without a base stands alone (and has no glyph)."""
    if _SELECTOR.search(text) is None:
        return text  # is one sequence a character
    found: list[str] = []
    for character in text:
        if found and is_selector(character) and not is_selector(found[-1][-1]):
            found[-1] += character
        else:
            found.append(character)
    return found


def code_points(sequence: str) -> str:
    """Name a sequence as Unicode does: `U+845B U+E0102`."""
    return " ".join(f"U+{ord(character):04X}" for character in sequence)


def code_digits(code: int) -> str:
    """Write a code in its four hexadecimal digits."""
    return _USUAL_CODES[code] if code < len(_USUAL_CODES) else f"{code:04X}"


def text_map(found: Sequence[str]) -> str:
    """Write the ToUnicode map (ISO 32000-1, 9.10.3): each code from 1 on to its sequence in UTF-16BE."""
    heads: Iterable[str] = _USUAL_HEADS[1:]
    if len(found) >= len(_USUAL_HEADS):
        heads = (f"<{code_digits(code)}> " for code in count(1))
    lines = list(map(add, heads, map(_utf_16, found)))
    portions = [lines[start : start + _MAP_ENTRIES_AT_ONCE] for start in range(0, len(lines), _MAP_ENTRIES_AT_ONCE)]
    entries = "\n".join([f"{len(some)} beginbfchar\n" + "\n".join(some) + "\nendbfchar" for some in portions])
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <{_LAST_CODE:04X}>\nendcodespacerange\n{entries}\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    )


@lru_cache(maxsize=1 << 14)  # single characters, whoever's name they are from
def _utf_16(sequence: str) -> str:
    return f"<{sequence.encode('utf-16-be').hex().upper()}>"
