"""What a figure is: its name, how it behaves, who gives it, and the closed sets that its labels take their values from.

Invariant: a label's values are a closed set, written in the catalogue or given once by a register that the process was
started with (kiosks, wards, followers). So no label can carry a name, a number of a person or anything else that a
message brought, and the number of series is bounded before the first is counted. Times are seconds, sizes bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, StrEnum, unique

__all__ = ["Kind", "Label", "ServiceName", "Shape", "counter", "gauge", "histogram", "one_of", "timing", "word"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@unique
class Kind(StrEnum):
    """How a figure behaves."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@unique
class ServiceName(StrEnum):
    """The processes that give figures."""

    REGISTRY = "registry"
    ISSUING = "issuing"
    CLERK = "clerk"
    CENTER = "center"
    KIOSK = "kiosk"


def word(value: object) -> str:
    """Give a label's value as it is shown: an enumeration's member by its name in small letters."""
    return value.name.lower() if isinstance(value, Enum) and not isinstance(value, StrEnum) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label. `values` is closed; None: the process gives them from a register when it starts."""

    name: str
    values: tuple[str, ...] | None
    allowed: frozenset[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "allowed", frozenset(self.values or ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One figure.

    Attributes:
        name: as it is shown; a counter's ends in `_total`.
        kind: how it behaves.
        meaning: what it says.
        services: who gives it.
        labels: in the order in which they are shown.
        unit: seconds, bytes, or what is counted.
        bounds: upper bounds of a histogram's buckets.
    """

    name: str
    kind: Kind
    meaning: str
    services: tuple[ServiceName, ...]
    labels: tuple[Label, ...] = ()
    unit: str = ""
    bounds: tuple[float, ...] = ()


def one_of(name: str, values: Iterable[object]) -> Label:
    """Give a label with these values alone."""
    return Label(name=name, values=tuple(word(value) for value in values))


def counter(name: str, meaning: str, services: tuple[ServiceName, ...], *labels: Label, unit: str = "") -> Shape:
    """Give a figure that only grows; its name ends in `_total`."""
    return Shape(name=name, kind=Kind.COUNTER, meaning=meaning, services=services, labels=labels, unit=unit)


def gauge(name: str, meaning: str, services: tuple[ServiceName, ...], *labels: Label, unit: str = "") -> Shape:
    """Give a figure that says how something stands."""
    return Shape(name=name, kind=Kind.GAUGE, meaning=meaning, services=services, labels=labels, unit=unit)


def histogram(
    name: str, meaning: str, services: tuple[ServiceName, ...], *labels: Label, unit: str, bounds: tuple[float, ...]
) -> Shape:
    """Give a figure that is observed again and again, in buckets up to these bounds."""
    return Shape(
        name=name, kind=Kind.HISTOGRAM, meaning=meaning, services=services, labels=labels, unit=unit, bounds=bounds
    )


def timing(name: str, meaning: str, services: tuple[ServiceName, ...], *labels: Label) -> Shape:
    """Give the histogram of how long something takes."""
    return histogram(name, meaning, services, *labels, unit="seconds", bounds=_SECONDS)
