"""Blind center: what it relays is not in its memory, its files or its log afterwards.

What it relays is sealed between kiosk and ward, and this rests on HPKE, not on this test. Here the bodies are canaries
in the open, so that a body which the center kept would be seen, sealed or not. That freed memory is overwritten rests
on the environment which the unit sets (PYTHONMALLOC, MALLOC_PERTURB_, GLIBC_TUNABLES); the scans stop the process.
"""

from __future__ import annotations

import asyncio
import os

import pytest

from konbini.protocol.errors import Code
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from konbini.simulation.evidence.markers import Marker, found
from konbini.simulation.evidence.memory import extract, scan, stopped
from tests.integration.issuance_center.conftest import End, needs_haproxy
from tests.integration.issuance_center.process.conftest import CenterProcess

A = "999991"
EVERY = 1024


class Canary:
    """Two random words, and bodies that bear them once in each kibibyte, each time with another number between."""

    def __init__(self) -> None:
        self.begin, self.end = os.urandom(16), os.urandom(16)
        self.marks = 0

    @property
    def words(self) -> tuple[Marker, Marker]:
        """Either word, so that a torn mark is seen too."""
        return Marker(name="begin", octets=self.begin), Marker(name="end", octets=self.end)

    def body(self, size: int) -> bytes:
        """Give a body of about this size."""
        parts = []
        for _ in range(size // EVERY):
            self.marks += 1
            mark = self.begin + self.marks.to_bytes(4) + self.end
            parts.append(mark + os.urandom(EVERY - len(mark)))
        return b"".join(parts)


def found_in_memory(pid: int, canary: Canary) -> int:
    """Count the different marks that stand in a process's memory, held still meanwhile; 0: not even a word of one."""
    with stopped(pid):
        seen = scan(pid, canary.words)
        marks = extract(pid, canary.begin, canary.end)
    assert seen.octets > 1 << 20
    return max(len(seen.markers), len(marks))


def found_in_files(process: CenterProcess, canary: Canary) -> frozenset[str]:
    """Look for either word in the ledger's files and the log."""
    return frozenset().union(*(found(canary.words, content) for content in files(process)))


def files(process: CenterProcess) -> list[bytes]:
    """Read the ledger's files and the log."""
    paths = [process.log, *process.town.folder.glob("ledger.db*")]
    assert len(paths) >= 3
    return [path.read_bytes() for path in paths]


class Damaged(Frame):
    """A frame that encodes to what it was given."""

    __slots__ = ()

    def __init__(self, data: bytes) -> None:
        super().__init__(kind=MessageKind.STATE, body=data)

    def to_bytes(self) -> bytes:
        """Give the bytes, which are no frame."""
        return self.body


async def opened(process: CenterProcess, name: str, kiosk: End, ward: End, body: bytes) -> bytes:
    """Open a visit with a body; give its id."""
    visit_id, keys = os.urandom(16), process.town.kiosks[name]
    kiosk.send(keys.hello(A, visit_id))
    await kiosk.next(MessageKind.TICKET)
    kiosk.send(keys.frame(MessageKind.OPEN, A, visit_id, body))
    assert (await ward.next()).body == body
    return visit_id


async def visit(process: CenterProcess, name: str, kiosk: End, ward: End, canary: Canary) -> None:
    """Run one visit, a refused frame in its middle."""
    visit_id = await opened(process, name, kiosk, ward, canary.body(17_000))
    keys = process.town.kiosks[name]
    for sent, answered, size in (
        (None, MessageKind.MENU, 18_000),
        (MessageKind.ORDER, MessageKind.DOCUMENT, 132_000),
        (MessageKind.RECEIPT, MessageKind.FINAL, 5_300),
    ):
        if sent is not None:
            kiosk.send(order := keys.frame(sent, A, visit_id, canary.body(5_300)))
            assert await ward.next() == order
        answer = Frame(kind=answered, visit_id=visit_id, kiosk=name, ward=A, body=canary.body(size))
        ward.send(answer)
        assert await kiosk.next() == answer
    kiosk.send(keys.frame(MessageKind.ORDER, "999992", visit_id, canary.body(30_000)))
    assert await kiosk.refused() is Code.MISROUTED


async def blind_after(process: CenterProcess, visits: int) -> None:
    """Run visits at three kiosks and look for all of them."""
    ward, canary = await process.connect(A), Canary()
    kiosks = {name: await process.connect(name) for name in process.town.kiosks}
    for number in range(visits):
        name = list(kiosks)[number % 3]
        await visit(process, name, kiosks[name], ward, canary)
    assert canary.marks > 200 * visits
    assert found_in_memory(process.pid, canary) == 0
    assert found_in_files(process, canary) == frozenset()


async def test_nothing_relayed_is_left(process: CenterProcess) -> None:
    """Ten visits, each with all its kinds, and a frame that is refused."""
    await blind_after(process, 10)


@needs_haproxy
async def test_nothing_relayed_is_left_behind_an_edge(process_behind_edge: CenterProcess) -> None:
    """There the bodies cross a plain socket, without a layer of TLS whose buffers hold them enciphered."""
    await blind_after(process_behind_edge, 10)


@pytest.mark.long
async def test_nothing_relayed_is_left_after_two_hundred_visits(process: CenterProcess) -> None:
    """The count that the claim is made for."""
    process.town.configure(tickets_an_hour=100)
    await process.end()
    await process.start()
    await blind_after(process, 200)


async def test_the_scan_finds_a_body_that_is_held(process: CenterProcess) -> None:
    """Positive control: while a kiosk does not read, its documents stand in the center; cut off, they do not."""
    ward, kiosk, canary = await process.connect(A), await process.connect("K-0001"), Canary()
    visit_id = await opened(process, "K-0001", kiosk, ward, b"open")
    kiosk.stop_reading()
    body = canary.body(512 * 1024)
    document = Frame(kind=MessageKind.DOCUMENT, visit_id=visit_id, kiosk="K-0001", ward=A, body=body)
    held = 0
    async with asyncio.timeout(60):
        while ward.came.empty():
            ward.send(document)
            await asyncio.sleep(0.1)
            held = max(held, found_in_memory(process.pid, canary))
    assert await ward.refused() is Code.KIOSK_UNREACHABLE
    assert held == canary.marks
    assert found_in_memory(process.pid, canary) == 0
    assert found_in_files(process, canary) == frozenset()


async def test_bytes_that_are_no_frame_are_not_left(process: CenterProcess) -> None:
    """Damaged frames, from a kiosk and from a ward, are forgotten with their links."""
    canary = Canary()
    for name in ("K-0001", A):
        end = await process.connect(name)
        end.link.send(Damaged(canary.body(20_000)))
        await end.next(MessageKind.LINK_REFUSED)
    assert canary.marks
    assert found_in_memory(process.pid, canary) == 0


async def test_the_scan_finds_what_stands_in_a_ledger(process: CenterProcess) -> None:
    """Positive control for the files: a visit id, which does belong there, is found."""
    ward, kiosk = await process.connect(A), await process.connect("K-0001")
    visit_id = await opened(process, "K-0001", kiosk, ward, b"open")
    assert any(visit_id in content for content in files(process))
