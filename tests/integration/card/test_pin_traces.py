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
from konbini.simulation.evidence.markers import Marker
from konbini.simulation.evidence.memory import scan, stopped

PIN = b"7294"
VERIFY = bytes.fromhex("0020008004") + PIN
VISITOR = Path(__file__).with_name("visitor.py")


def holds(process_id: int, marker: Marker) -> bool:
    """Whether a process has these octets anywhere in its memory; it is held still while it is read."""
    with stopped(process_id):
        return bool(scan(process_id, [marker]).markers)


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
    marker = Marker(name="PIN in VERIFY", octets=VERIFY[:5] + typed)
    visitor = await asyncio.create_subprocess_exec(
        *(sys.executable, str(VISITOR), "Virtual PCD 00 00", *(str(digit - ord("0") + 10) for digit in typed)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert visitor.stdin is not None
    assert visitor.stdout is not None
    found = []
    while line := (await visitor.stdout.readline()).decode().strip():
        found.append((line, holds(visitor.pid, marker), holds(pcscd.process_id, marker)))
        visitor.stdin.write(b"\n")
    assert await visitor.wait() == 0
    assert found == [(step, False, number == 1) for number, step in enumerate(steps)]
