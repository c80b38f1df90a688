"""What is looked for: named octets, texts in both encodings that programs keep them in.

A marker is long enough that chance does not make it: eight octets at least. A PIN of four digits is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

__all__ = ["Marker", "found", "of_bytes", "of_text", "tells"]

LEAST = 8
_LEAST_CHARACTERS = 4
_SLICE = 48
_BEGINNING = 6
_LEAST_KINDS_OF_OCTETS = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Octets, and what they are; the name may be shown, the octets not.

    Raises:
        ValueError: too short to mean anything.
    """

    name: str
    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) < LEAST:
            raise ValueError(f"{self.name}: too short for a marker")


def tells(text: str) -> bool:
    """Whether a text can be a marker and is no ordinary short word: four characters and eight octets at least."""
    return len(text) >= _LEAST_CHARACTERS and len(text.encode()) >= LEAST


def of_text(name: str, text: str) -> Iterator[Marker]:
    """Give a text as UTF-8 and as UTF-16LE, which browsers keep."""
    yield Marker(name=f"{name}, UTF-8", octets=text.encode())
    yield Marker(name=f"{name}, UTF-16LE", octets=text.encode("utf-16-le"))


def of_bytes(name: str, data: bytes, most: int, *, public: bytes = b"") -> Iterator[Marker]:
    """Give up to `most` slices of 48 octets, spread over `data`, each of many different octets, as compressed data is.

    Args:
        name: what they are slices of.
        data: what to find again.
        most: how many.
        public: what anybody may hold, as a font that a document carries a part of; its slices mark nothing.

    Raises:
        ValueError: nothing in `data` can be a marker.
    """
    places = range(0, len(data) - _SLICE, _SLICE)
    slices = [data[place : place + _SLICE] for place in places]
    dense = [each for each in slices if len(set(each)) >= _LEAST_KINDS_OF_OCTETS and data.count(each) == 1]
    if not dense:
        raise ValueError(f"{name}: nothing of it is a marker")
    own = (each for each in _spread(dense, most) if each not in public)
    for number, each in enumerate(islice(own, most), 1):
        yield Marker(name=f"{name} {number}", octets=each)


def _spread(slices: Sequence[bytes], most: int) -> Iterator[bytes]:
    """Give `most` slices from everywhere first, and then what lies between them."""
    step = max(1, len(slices) // most)
    for first in range(step):
        yield from slices[first::step]


def found(markers: Iterable[Marker], data: bytes) -> frozenset[str]:
    """Give the names of the markers that stand in `data`; what begins alike, as names of a family, is tried as one."""
    alike: dict[bytes, list[Marker]] = {}
    for marker in markers:
        alike.setdefault(marker.octets[:_BEGINNING], []).append(marker)
    here = (those for beginning, those in alike.items() if beginning in data)
    return frozenset(marker.name for those in here for marker in those if marker.octets in data)
