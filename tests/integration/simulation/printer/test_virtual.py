"""The simulated printer as a device: what it remembers, and that nothing of it outlives its owner."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from konbini.kiosk.printing.client import IppClient, certificate_pin
from konbini.simulation.printer.filling import LOW_TRAY, keep_filled
from konbini.simulation.printer.mechanism import FULL_TRAY
from konbini.simulation.printer.own import OwnPrinter
from konbini.simulation.printer.virtual import VirtualPrinter

_OWNER = """
import asyncio, sys
from pathlib import Path
from konbini.simulation.printer.virtual import VirtualPrinter

async def own():
    async with VirtualPrinter(tray=Path(sys.argv[1])) as printer:
        print(printer.port, printer.spool.parent, flush=True)
        await asyncio.sleep(60)

asyncio.run(own())
"""


async def test_certificate_and_counter_stay_with_the_device(tmp_path: Path) -> None:
    """Unpacked twice from the same home it is the same printer; from another home it is another one."""
    homes = [tmp_path / "one", tmp_path / "one", tmp_path / "two"]
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "impressions").write_text("4711", "ascii")
    seen = []
    for home in homes:
        async with VirtualPrinter(tray=tmp_path / "tray", home=home) as device:
            pin = certificate_pin(device.certificate)
            async with IppClient(device.uri, pin=pin, counter=device.counter) as client:
                seen.append((pin, (await client.status()).impressions))
    assert seen[0] == seen[1]
    assert seen[0][1] == 4711
    assert seen[2][1] == 0
    assert seen[2][0] != seen[0][0]


async def test_nothing_is_left_when_it_is_put_away(tmp_path: Path) -> None:
    """Processes, port and the folder on /dev/shm end with the context."""
    async with VirtualPrinter(tray=tmp_path / "tray") as device:
        port, run = device.port, device.spool.parent
        assert run.exists()
    assert not run.exists()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.parametrize("make", [VirtualPrinter, OwnPrinter])
async def test_a_low_tray_is_filled_between_two_customers(
    tmp_path: Path, make: type[VirtualPrinter | OwnPrinter]
) -> None:
    """A row of visits longer than a tray holds sheets does not end at an empty one."""
    async with make(tray=tmp_path / "tray", paper=LOW_TRAY) as device:
        await keep_filled(device)
        assert device.sheets == LOW_TRAY
        await device.load(LOW_TRAY - 1)
        await keep_filled(device)
        assert device.sheets == FULL_TRAY


async def test_the_server_ends_with_an_owner_that_is_killed(tmp_path: Path) -> None:
    """Kill -9 of the owner leaves no server that would hold the port or a document."""
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _OWNER, str(tmp_path / "tray"), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    port, run = (await owner.stdout.readline()).decode().split()
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", int(port))
        writer.close()
        os.kill(owner.pid, signal.SIGKILL)
        await owner.wait()
        async with asyncio.timeout(10):
            while await _answers(int(port)):  # noqa: ASYNC110 - the event is in another program
                await asyncio.sleep(0.05)
    finally:
        shutil.rmtree(run)


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    writer.close()
    return True
