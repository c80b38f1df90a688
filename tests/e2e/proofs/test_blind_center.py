"""Blind center: no name, address or byte of a document in its memory, its ledger or its log, over real visits.

A scripted kiosk goes from the card to the document, so that this process holds in the open what the center must not:
names, addresses and slices of each PDF are the canaries. That the same scan does find a relayed body which the center
holds at that moment is shown where bodies can be stalled (the center's own tests); here it finds every canary in this
process, and the visit ids, which belong there, in the center's ledger.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from itertools import cycle, islice
from pathlib import Path

import pytest
import pytest_asyncio

from konbini.kiosk.config import read_config
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.evidence.markers import Marker, found, of_bytes, of_text
from konbini.simulation.evidence.memory import scan, stopped
from tests.e2e.proofs.scripted import ScriptedKiosk, scripted_kiosk

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(os.geteuid() != 0, reason="reading the center's memory is root's"),
]

SLICES = 2
ROUND = 25


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
    """Run visits; give their canaries, and how many documents came."""
    holders = list(town.town.population.plain_holders())
    canaries: dict[bytes, Marker] = {}
    documents = 0
    for number, person in enumerate(islice(cycle(holders), count), 1):
        assert person.card is not None
        document = await kiosk.visit(town.town.stock().content(person.card))
        assert document.pdf.startswith(b"%PDF-")
        documents += 1
        everybody = town.town.population.people
        household = [each.record for each in everybody if each.record.household == person.record.household]
        texts = [each.name for each in household if len(each.name) > 3] + [person.record.address]
        for text in texts:
            canaries |= {marker.octets: marker for marker in of_text(f"text {number}", text)}
        canaries |= {marker.octets: marker for marker in of_bytes(f"document {number}", document.pdf, SLICES)}
    return list(canaries.values()), documents


def in_center(town: RunningTown, canaries: list[Marker]) -> tuple[frozenset[str], int]:
    """Look in the center's memory, held still, its ledger with its write-ahead log, and its log."""
    pid = town.processes["center"]
    with stopped(pid):
        seen = scan(pid, canaries)
        paths = [town.logs / "center.log", *town.town.data.glob("ledger.db*")]
        contents = [path.read_bytes() for path in paths]
    assert len(paths) >= 3
    return seen.markers.union(*(found(canaries, content) for content in contents)), seen.octets


async def blind_after(town: RunningTown, kiosk: ScriptedKiosk, count: int) -> None:
    """Run visits, and look for all of them at once; this process must be found to hold what is looked for."""
    canaries, documents = await visits(town, kiosk, count)
    assert documents == count
    assert len(canaries) > 2 * count
    names, octets = in_center(town, canaries)
    assert octets > 10 << 20
    assert names == frozenset()
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
    """Positive control: the same look finds the ward's code, which the center's rows do bear, in memory and files."""
    await visits(town, kiosk, 1)
    names, _ = in_center(town, [Marker(name="kiosk and ward", octets=b"konbini.issuance_center")])
    assert names == {"kiosk and ward"}
