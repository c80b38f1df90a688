"""The private daemon: several at once, and none left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from konbini.simulation.card.pcsc import PrivatePcscd

LIST_READERS = (
    "import smartcard.scard as s\n"
    "c = s.SCardEstablishContext(s.SCARD_SCOPE_SYSTEM)[1]\n"
    "print(s.SCardListReaders(c, [])[1][0])\n"
)
HOLD_ONE = (
    "import asyncio\n"
    "from konbini.simulation.card.pcsc import PrivatePcscd\n"
    "async def hold():\n"
    "    daemon = PrivatePcscd()\n"
    "    await daemon.start()\n"
    "    print(daemon.process_id, daemon.socket_name, flush=True)\n"
    "    await asyncio.sleep(60)\n"
    "asyncio.run(hold())\n"
)


async def first_reader(daemon: PrivatePcscd) -> str:
    """What a client process is told is there."""
    client = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", LIST_READERS),
        env={**os.environ, "PCSCLITE_CSOCK_NAME": daemon.socket_name},
        stdout=asyncio.subprocess.PIPE,
    )
    written, _ = await client.communicate()
    return written.decode().strip()


def runs(process_id: int) -> bool:
    """Whether there is such a process, and it is no mere zombie."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_several_at_once() -> None:
    """Each has its own socket, its own ports and its own reader; afterwards neither process nor folder is left."""
    async with PrivatePcscd(reader_name="One") as one, PrivatePcscd(reader_name="Other") as other:
        assert not set(one.ports) & set(other.ports)
        assert [await first_reader(one), await first_reader(other)] == ["One 00 00", "Other 00 00"]
        processes = one.process_id, other.process_id
        folders = Path(one.socket_name).parent, Path(other.socket_name).parent
    assert not any(runs(process) for process in processes)
    assert not any(folder.exists() for folder in folders)


async def test_it_ends_with_a_killed_owner() -> None:
    """Who was killed cannot clean up; the daemon does not stay on all the same."""
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLD_ONE, stdout=asyncio.subprocess.PIPE)
    assert owner.stdout is not None
    process, socket_name = (await owner.stdout.readline()).decode().split()
    assert runs(int(process))
    owner.send_signal(signal.SIGKILL)
    await owner.wait()
    async with asyncio.timeout(5):
        while runs(int(process)):  # noqa: ASYNC110 - another process's end is no event of this loop
            await asyncio.sleep(0.02)
    folder = Path(socket_name).parent
    for left in sorted(folder.rglob("*"), reverse=True):
        left.rmdir() if left.is_dir() else left.unlink()
    folder.rmdir()
