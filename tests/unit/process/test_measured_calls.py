"""Calls as figures: each is counted once, by how it ended."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext

import pytest

from konbini.process.calls import AnswerLost, PeerUnreachable
from konbini.process.clock import SystemClock
from konbini.process.measured_calls import measured_call
from konbini.process.measures.figures import Figures
from konbini.process.measures.shapes import ServiceName
from konbini.protocol.errors import Code, Refused


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (None, "answered"),
        (Refused(Code.BUSY), "refused"),
        (PeerUnreachable(), "unreachable"),
        (AnswerLost(), "lost"),
        (TimeoutError(), "late"),
    ],
)
def test_a_call_is_counted_by_how_it_ends(fault: Exception | None, outcome: str) -> None:
    """Once; what it raised goes on to the caller."""
    figures = Figures(ServiceName.CLERK)
    raises = nullcontext() if fault is None else pytest.raises(type(fault))
    with raises, measured_call(figures, "registry", SystemClock()):
        if fault is not None:
            raise fault
    counted = [line for line in figures.shown().decode().splitlines() if line.startswith("konbini_calls_total{")]
    assert counted == [f'konbini_calls_total{{outcome="{outcome}",peer="registry"}} 1.0']


def test_a_call_whose_caller_left_is_not_counted() -> None:
    """Its time is: the peer may have taken long."""
    figures = Figures(ServiceName.CLERK)
    with pytest.raises(asyncio.CancelledError), measured_call(figures, "registry", SystemClock()):
        raise asyncio.CancelledError
    shown = figures.shown().decode()
    assert "konbini_calls_total{" not in shown
    assert 'konbini_call_seconds_count{peer="registry"} 1.0' in shown
