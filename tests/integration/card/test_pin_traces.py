"""Where the PIN can still be found: in the process of the visit never, in pcscd until its next command."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from konbini.simulation.card.applet import Card, CardContent
from konbini.simulation.card.pcsc import PrivatePcscd
from konbini.simulation.card.specimen import SpecimenIssuer

PIN = b"7294"
VERIFY = bytes.fromhex("0020008004") + PIN
VISITOR = Path(__file__).with_name("visitor.py")


def holds(process_id: int, pattern: bytes) -> bool:
    """Whether a process has these octets anywhere in the memory that it can write to (proc(5))."""
    maps = Path(f"/proc/{process_id}/maps").read_text("utf-8").splitlines()
    with Path(f"/proc/{process_id}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            addresses, permissions = line.split()[:2]
            if not permissions.startswith("rw"):
                continue
            begin, end = (int(address, 16) for address in addresses.split("-"))
            memory.seek(begin)
            if pattern in memory.read(end - begin):
                return True
    return False


@pytest.fixture(scope="module")
def content() -> CardContent:
    """A card with a PIN that nothing else in these processes spells."""
    return SpecimenIssuer().content("HANAKO", pin=PIN)


@pytest.mark.parametrize(
    ("typed", "steps"),
    [(PIN, ["opened", "verified", "signed", "closed"]), (b"7290", ["opened", "PIN_WRONG", "closed"])],
    ids=["right", "wrong"],
)
async def test_the_pin_leaves_no_trace(
    pcscd: PrivatePcscd,
    lay: Callable[[Card], Awaitable[None]],
    content: CardContent,
    typed: bytes,
    steps: list[str],
) -> None:
    """In pcscd right after VERIFY, which shows that the search can see; nowhere before, nor once the visit is over."""
    await lay(Card(content))
    pattern = VERIFY[:5] + typed
    visitor = await asyncio.create_subprocess_exec(
        *(sys.executable, str(VISITOR), "Virtual PCD 00 00", *(str(digit - ord("0") + 10) for digit in typed)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert visitor.stdin is not None
    assert visitor.stdout is not None
    found = []
    while line := (await visitor.stdout.readline()).decode().strip():
        found.append((line, holds(visitor.pid, pattern), holds(pcscd.process_id, pattern)))
        visitor.stdin.write(b"\n")
    assert await visitor.wait() == 0
    assert found == [(step, False, number == 1) for number, step in enumerate(steps)]
