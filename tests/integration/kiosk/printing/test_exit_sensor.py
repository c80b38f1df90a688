"""The paper exit: a page lies there from when it came out until somebody takes it, and silence is never "clear"."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from konbini.kiosk.printing.exit_sensor import ExitSensor
from konbini.process.clock import SystemClock
from konbini.protocol.errors import Code, Refused
from tests.integration.kiosk.printing.conftest import Bench


async def test_pages_lie_until_they_are_taken(bench: Bench) -> None:
    """Clear, two pages, taken; the pictures stay in the tray."""
    stand = await bench.stand()
    sensor = ExitSensor(stand.device.exit_socket, SystemClock(), poll=0.02)
    await sensor.taken()
    await stand.print(60, 2)
    assert await sensor.occupied()
    waiting = asyncio.create_task(sensor.taken())
    await asyncio.sleep(0.1)
    assert not waiting.done()
    assert stand.device.take_paper() == 2
    await waiting
    assert not await sensor.occupied()
    assert stand.paper() == [(60, 1), (60, 2)]


async def test_a_sensor_that_is_not_there_is_not_clear(tmp_path: Path) -> None:
    """No socket, and nobody knows what lies there."""
    with pytest.raises(Refused) as refused:
        await ExitSensor(tmp_path / "none", SystemClock()).taken()
    assert refused.value.code is Code.PRINTER_UNAVAILABLE


@pytest.mark.parametrize("answer", [b"", b"CLEAR", b"clear\n", b"CLEAR \n", b"X" * 100 + b"\n"])
async def test_a_sensor_that_talks_nonsense_is_not_clear(tmp_path: Path, answer: bytes) -> None:
    """Only the two words are believed, whole."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        writer.close()

    async with await asyncio.start_unix_server(speak, tmp_path / "exit"):
        with pytest.raises(Refused) as refused:
            await ExitSensor(tmp_path / "exit", SystemClock(), patience=1.0).occupied()
    assert refused.value.code is Code.PRINTER_UNAVAILABLE
