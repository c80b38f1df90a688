"""The headphone jack over its socket: surely in, or not in."""

from __future__ import annotations

from pathlib import Path

from konbini.kiosk.speech.jack import HeadphoneJack
from konbini.simulation.headphones.jack import SimulatedJack


async def test_in_and_out(tmp_path: Path) -> None:
    """What the hand does is what is seen."""
    async with SimulatedJack(tmp_path / "jack") as jack:
        sensor = HeadphoneJack(jack.path)
        assert not await sensor.plugged()
        jack.is_in = True
        assert await sensor.plugged()


async def test_only_a_clear_answer_is_in(tmp_path: Path) -> None:
    """A loose contact, a controller that is gone, and one that never was: nothing is private."""
    async with SimulatedJack(tmp_path / "jack") as jack:
        jack.is_in = jack.is_loose = True
        assert not await HeadphoneJack(jack.path).plugged()
    assert not await HeadphoneJack(tmp_path / "jack").plugged()
    assert not await HeadphoneJack(tmp_path / "none").plugged()
