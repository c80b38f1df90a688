"""What the rounds come to: medians of each way, ratios to nginx, what 56,000 kiosks would take. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["CORES", "KIOSKS", "Figures", "Row", "Storm", "back_seconds", "gib", "percentile", "rows"]

KIOSKS: Final = 56_000
CORES: Final = 2
_PEER: Final = "nginx"
_KIB_A_GIB: Final = 1 << 20
_MICROSECONDS: Final = 1e6
_MILLISECONDS: Final = 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What a cut of all links brought: how many kiosks, seconds until all were back, CPU seconds of each process."""

    kiosks: int
    seconds: float
    cpu: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one way; each list has a value a round.

    Attributes:
        small: CPU seconds of the relay for an order of 1 KB answered with 1 KB.
        large: the same, answered with 200 KB.
        handshake: CPU seconds for a link that comes up and goes.
        idle_kib: memory for each idle link; None where there is no relay.
        storm: see there.
        latencies: seconds of each order at the steady pace, from its due moment to its answer.
    """

    small: Sequence[float]
    large: Sequence[float]
    handshake: Sequence[float]
    idle_kib: float | None
    storm: Storm | None
    latencies: Sequence[float]

    @property
    def small_message(self) -> float:
        """CPU seconds of one message of 1 KB: an exchange has two."""
        return statistics.median(self.small) / 2

    @property
    def large_message(self) -> float:
        """CPU seconds of one message of 200 KB: its exchange without the order."""
        return statistics.median(self.large) - self.small_message


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of one way."""

    variant: str
    measure: str
    value: float
    unit: str


def percentile(values: Sequence[float], percent: int) -> float:
    """Give the nearest-rank percentile: one that was measured.

    Raises:
        ValueError: there is none.
    """
    if not values:
        raise ValueError("nothing was measured")
    return sorted(values)[-(-len(values) * percent // 100) - 1]


def gib(kib_a_kiosk: float) -> float:
    """Give the memory of all kiosks, in GiB."""
    return kib_a_kiosk * KIOSKS / _KIB_A_GIB


def back_seconds(storm: Storm) -> float:
    """Give how long `KIOSKS` would take to be back on `CORES`: no process here computes on more than one at a time."""
    a_kiosk = [seconds / storm.kiosks for seconds in storm.cpu]
    return max(sum(a_kiosk) / CORES, *a_kiosk, 0.0) * KIOSKS


def rows(found: Mapping[str, Figures], direct: str, listed_kib: float) -> Iterator[Row]:
    """Give every figure of every way.

    Args:
        found: the figures of each way, nginx among them.
        direct: the way without a relay, against which latencies are held.
        listed_kib: what a center takes for a kiosk that is on its list and not connected.
    """
    base = percentile(found[direct].latencies, 99)
    for name, figures in found.items():
        yield Row(variant=name, measure="p50", value=percentile(figures.latencies, 50) * _MILLISECONDS, unit="ms")
        p99 = percentile(figures.latencies, 99)
        yield Row(variant=name, measure="p99", value=p99 * _MILLISECONDS, unit="ms")
        if name != direct:
            yield Row(variant=name, measure="p99 added", value=(p99 - base) * _MILLISECONDS, unit="ms")
            yield from _of_relay(name, figures, found[_PEER], listed_kib if name in _CENTERS else 0.0)


_CENTERS: Final = frozenset({"center", "edge"})


def _of_relay(name: str, figures: Figures, peer: Figures, listed_kib: float) -> Iterator[Row]:
    for measure, scale, unit, ours, theirs in (
        ("1 KB", _MICROSECONDS, "µs", figures.small_message, peer.small_message),
        ("200 KB", _MICROSECONDS, "µs", figures.large_message, peer.large_message),
        (
            "handshake",
            _MILLISECONDS,
            "ms",
            statistics.median(figures.handshake),
            statistics.median(peer.handshake),
        ),
    ):
        yield Row(variant=name, measure=measure, value=ours * scale, unit=unit)
        yield Row(variant=name, measure=f"{measure}, ratio", value=ours / theirs, unit=_PEER)
    if figures.idle_kib is not None:
        kib = figures.idle_kib + listed_kib
        yield Row(variant=name, measure="idle link", value=kib, unit="KiB")
        yield Row(variant=name, measure=f"{KIOSKS} idle links", value=gib(kib), unit="GiB")
    if figures.storm is not None:
        cpu = sum(figures.storm.cpu) / figures.storm.kiosks
        yield Row(variant=name, measure="storm, all back", value=figures.storm.seconds, unit="s")
        yield Row(variant=name, measure="storm, CPU a kiosk", value=cpu * _MILLISECONDS, unit="ms")
        yield Row(variant=name, measure=f"{KIOSKS} back", value=back_seconds(figures.storm), unit="s")
