"""Blind center: no name, address or byte of a document in its memory, its ledger or its log, over real visits.

A scripted kiosk goes from the card to the document, so that this process holds in the open what the center must not:
names, addresses and slices of each PDF are the canaries. That the same scan does find a relayed body which the center
holds at that moment is shown where bodies can be stalled (the center's own tests); here it finds every canary in this
process, and the visit ids, which belong there, in the center's memory and ledger.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import deque
from collections.abc import AsyncIterator
from itertools import cycle, islice
from pathlib import Path

import pytest
import pytest_asyncio

from konbini.issuance_center.center import FRAMES_A_MINUTE
from konbini.kiosk.config import read_config
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.evidence.markers import Marker, found, of_bytes, of_text, tells
from konbini.simulation.evidence.memory import Seen, scan, stopped
from tests.e2e.proofs.scripted import ScriptedKiosk, scripted_kiosk

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(os.geteuid() != 0, reason="reading the center's memory is root's"),
]

SLICES = 2
FRAMES_A_VISIT = 6
"""HELLO, OPEN, ORDER, a receipt for the order and one for the visit; and one that may be repeated."""
VISITS_A_MINUTE = FRAMES_A_MINUTE // FRAMES_A_VISIT
MINUTE = 60.0


@pytest_asyncio.fixture(loop_scope="module")
async def kiosk(town: RunningTown) -> AsyncIterator[ScriptedKiosk]:
    """The scripted kiosk, in the place of the town's own, which has ended."""
    pid = town.processes["kiosk"]
    if Path(f"/proc/{pid}/fd").exists() and is_running(pid):
        os.kill(pid, signal.SIGTERM)
        async with asyncio.timeout(20):
            while is_running(pid):  # noqa: ASYNC110 - the event is in another program
                await asyncio.sleep(0.05)
    config = read_config(town.town.configs / "K-0001.toml")
    async with scripted_kiosk(config, town.town.ward.code) as scripted:
        yield scripted


def is_running(pid: int) -> bool:
    """Whether a process is there and not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


async def visits(town: RunningTown, kiosk: ScriptedKiosk, count: int) -> tuple[list[Marker], int]:
    """Run visits, no faster than the center lets one kiosk; give their canaries, and how many documents came."""
    holders = list(town.town.population.plain_holders())
    canaries: dict[bytes, Marker] = {}
    documents = 0
    begun: deque[float] = deque(maxlen=VISITS_A_MINUTE)
    for number, person in enumerate(islice(cycle(holders), count), 1):
        assert person.card is not None
        if len(begun) == VISITS_A_MINUTE:
            await asyncio.sleep(max(0.0, begun[0] + MINUTE - time.monotonic()))
        begun.append(time.monotonic())
        document = await kiosk.visit(town.town.stock().content(person.card), os.urandom(16))
        assert document.pdf.startswith(b"%PDF-")
        documents += 1
        everybody = town.town.population.people
        household = [each.record for each in everybody if each.record.household == person.record.household]
        texts = [each.name for each in household if tells(each.name)] + [person.record.address]
        for text in texts:
            canaries |= {marker.octets: marker for marker in of_text(f"text {number}", text)}
        canaries |= {marker.octets: marker for marker in of_bytes(f"document {number}", document.pdf, SLICES)}
    return list(canaries.values()), documents


def in_center(town: RunningTown, canaries: list[Marker]) -> tuple[Seen, frozenset[str]]:
    """Look in the center's memory, held still, and in its files: the ledger with its write-ahead log, and the log."""
    pid = town.processes["center"]
    with stopped(pid):
        seen = scan(pid, canaries)
        paths = [town.logs / "center.log", *town.town.data.glob("ledger.db*")]
        contents = [path.read_bytes() for path in paths]
    assert len(paths) >= 3
    return seen, frozenset[str]().union(*(found(canaries, content) for content in contents))


async def blind_after(town: RunningTown, kiosk: ScriptedKiosk, count: int) -> None:
    """Run visits, and look for all of them at once; this process must be found to hold what is looked for."""
    canaries, documents = await visits(town, kiosk, count)
    assert documents == count
    assert len(canaries) > 2 * count
    memory, files = in_center(town, canaries)
    assert memory.octets > 10 << 20
    assert (memory.markers, files) == (frozenset(), frozenset())
    sample = canaries[:: max(1, len(canaries) // 10)]
    assert scan(os.getpid(), sample).markers == {marker.name for marker in sample}


@pytest.mark.timeout(180)
async def test_five_visits(town: RunningTown, kiosk: ScriptedKiosk) -> None:
    """Names, addresses and documents of five visits: nowhere at the center."""
    await blind_after(town, kiosk, 5)


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_two_hundred_visits(town: RunningTown, kiosk: ScriptedKiosk) -> None:
    """The count that the claim is made for."""
    await blind_after(town, kiosk, 200)


async def test_what_belongs_there_is_found(town: RunningTown, kiosk: ScriptedKiosk) -> None:
    """Positive control: the same look finds the ids of the visits, in the center's memory and in its ledger."""
    ids = [Marker(name=f"visit {number}", octets=os.urandom(16)) for number in range(3)]
    for marker, person in zip(ids, town.town.population.plain_holders(), strict=False):
        assert person.card is not None
        await kiosk.visit(town.town.stock().content(person.card), marker.octets)
    never = Marker(name="no visit", octets=os.urandom(16))
    memory, files = in_center(town, [*ids, never])
    assert memory.markers == files == frozenset(each.name for each in ids)
