"""What the rounds of the relay's benchmark come to, by hand."""

from __future__ import annotations

import json

import pytest

from konbini.simulation.bench.relay.figures import Figures, Storm, back_seconds, gib, percentile, rows
from konbini.simulation.bench.relay.report import last_line, lines

DIRECT = Figures(small=(), large=(), handshake=(), idle_kib=None, storm=None, latencies=(0.001,) * 100)


def figures(times: float, latency: float, *, kib: float = 10.0) -> Figures:
    """Give figures so many times a peer's."""
    return Figures(
        small=(60e-6 * times, 40e-6 * times, 9.0),
        large=(330e-6 * times, 9.0, 0.0),
        handshake=(1e-3 * times,) * 3,
        idle_kib=kib,
        storm=Storm(kiosks=1000, seconds=2.0, cpu=(1.0 * times,)),
        latencies=(0.001,) * 98 + (latency,) * 2,
    )


def test_an_exchange_is_two_small_messages_or_a_small_and_a_large_one() -> None:
    """Medians of the rounds: a round that was disturbed does not count."""
    found = figures(1, 0.002)
    assert found.small_message == pytest.approx(30e-6)
    assert found.large_message == pytest.approx(300e-6)


def test_rows_hold_each_way_against_nginx_and_its_latency_against_none() -> None:
    """Ratios, the p99 that a relay adds, memory with what a listed kiosk takes at a center alone."""
    found = {"direct": DIRECT, "nginx": figures(1, 0.002), "center": figures(3, 0.011, kib=20.0)}
    given = {(row.variant, row.measure): row.value for row in rows(found, "direct", 2.0)}
    assert given["center", "200 KB, ratio"] == pytest.approx(3)
    assert given["center", "handshake"] == pytest.approx(3)
    assert given["center", "p99 added"] == pytest.approx(10)
    assert (given["nginx", "idle link"], given["center", "idle link"]) == (10.0, 22.0)
    assert ("direct", "1 KB") not in given


def test_all_are_back_when_the_busiest_process_is_done() -> None:
    """A process computes on one core at a time; two that share the work use both."""
    assert back_seconds(Storm(kiosks=1000, seconds=9, cpu=(2.0,))) == pytest.approx(112)
    assert back_seconds(Storm(kiosks=1000, seconds=9, cpu=(1.0, 1.0))) == pytest.approx(56)
    assert back_seconds(Storm(kiosks=1000, seconds=9, cpu=(1.5, 0.5))) == pytest.approx(84)


def test_memory_and_percentiles() -> None:
    """56,000 of so many KiB in GiB; the nearest rank."""
    assert gib(18.724571) == pytest.approx(1.0)
    assert percentile(list(range(1, 101)), 99) == 99
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 99)


def test_the_report_has_a_line_for_each_way_and_a_last_one_for_programs() -> None:
    """Each figure once, under its way; what was not measured is a dash."""
    found = tuple(rows({"direct": DIRECT, "nginx": figures(1, 0.002)}, "direct", 2.0))
    head, direct, nginx = lines(found)
    assert "200 KB µs" in head
    assert direct.split()[:3] == ["direct", "-", "-"]
    assert nginx.split()[:3] == ["nginx", "30", "1.00"]
    last = json.loads(last_line(found, 1.25))
    assert last["load"] == 1.2
    assert last["rows"][0] == {"variant": "direct", "measure": "p50", "value": 1.0, "unit": "ms"}
