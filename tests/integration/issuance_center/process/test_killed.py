"""The center's process is killed in the middle: no row that was acknowledged is lost, and visits go on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time

import pytest

from konbini.issuance_center.ledger import Ledger, ledger_file
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from tests.integration.issuance_center.conftest import End
from tests.integration.issuance_center.process.conftest import CenterProcess

pytestmark = pytest.mark.faults

A, B = "999991", "999992"


class Seen:
    """What came out of the center before it was killed: each is the acknowledgement of a row."""

    def __init__(self) -> None:
        self.passed: list[tuple[bytes, MessageKind]] = []

    async def kiosk(self, process: CenterProcess, name: str, ward: str, end: End) -> None:
        """Run visits until the link goes."""
        keys = process.town.kiosks[name]
        with contextlib.suppress(Refused, TimeoutError):
            while end.link.up:
                visit_id = os.urandom(16)
                end.send(keys.hello(ward, visit_id))
                await self._came(end, MessageKind.TICKET)
                end.send(keys.frame(MessageKind.OPEN, ward, visit_id, os.urandom(5000)))
                await self._came(end, MessageKind.MENU)
                end.send(keys.frame(MessageKind.ORDER, ward, visit_id, os.urandom(5000)))
                await self._came(end, MessageKind.DOCUMENT)

    async def ward(self, end: End) -> None:
        """Answer whatever comes."""
        answers = {MessageKind.OPEN: MessageKind.MENU, MessageKind.ORDER: MessageKind.DOCUMENT}
        while True:
            frame = await end.came.get()
            self.passed.append((frame.visit_id, frame.kind))
            with contextlib.suppress(Refused):
                end.send(
                    Frame(
                        kind=answers[frame.kind],
                        visit_id=frame.visit_id,
                        kiosk=frame.kiosk,
                        ward=frame.ward,
                        body=os.urandom(20_000),
                    )
                )

    async def _came(self, end: End, kind: MessageKind) -> None:
        async with asyncio.timeout(1):
            frame = await end.next(kind)
        self.passed.append((frame.visit_id, frame.kind))


@pytest.mark.parametrize("seconds", [0.3, 0.7])
async def test_no_acknowledged_row_is_lost(process: CenterProcess, seconds: float) -> None:
    """Kill -9 under the load of three kiosks and two wards; what came out stands in the ledger."""
    process.town.configure(tickets_an_hour=3600)
    await process.end()
    await process.start()
    seen = Seen()
    wards = [asyncio.create_task(seen.ward(await process.connect(code))) for code in (A, B)]
    kiosks = [
        asyncio.create_task(seen.kiosk(process, name, ward, await process.connect(name)))
        for name, ward in zip(process.town.kiosks, (A, B, A), strict=True)
    ]
    await asyncio.sleep(seconds)
    assert await process.end(signal.SIGKILL) == -signal.SIGKILL
    await asyncio.gather(*kiosks)
    for task in wards:
        task.cancel()
    assert len(seen.passed) > 20
    ledger = Ledger.open(ledger_file(process.town.folder / "ledger.db"))
    for visit_id, kind in seen.passed:
        row = await ledger.row(visit_id, int(time.time()))
        assert row is not None
        assert kind is MessageKind.TICKET or kind in dict(row.passages)
    await ledger.close()


async def test_a_visit_goes_on_after_a_kill(process: CenterProcess) -> None:
    """A ticket that was received opens its visit at the next process; one that was used is used there too."""
    await process.connect(A)
    kiosk, keys, visit_id = await process.connect("K-0001"), process.town.kiosks["K-0001"], os.urandom(16)
    kiosk.send(keys.hello(A, visit_id))
    await kiosk.next(MessageKind.TICKET)
    for body in (b"first open", b"order"):
        await process.end(signal.SIGKILL)
        await process.hang_up()
        await process.start()
        ward, kiosk = await process.connect(A), await process.connect("K-0001")
        kind = MessageKind.ORDER if body == b"order" else MessageKind.OPEN
        kiosk.send(keys.frame(kind, A, visit_id, body))
        assert (await ward.next()).body == body
    kiosk.send(keys.hello(A, visit_id))
    assert await kiosk.refused() is Code.VISIT_CONFLICT


async def test_the_process_ends_in_order_when_told(process: CenterProcess) -> None:
    """SIGTERM with links open: exit code 0, and its links are down."""
    kiosk = await process.connect("K-0001")
    assert await process.end(signal.SIGTERM) == 0
    async with asyncio.timeout(5):
        await kiosk.down.wait()


async def test_a_second_center_on_one_ledger_does_not_start(process: CenterProcess) -> None:
    """It says why, and ends with 2."""
    second = type(process)(process.town)
    with pytest.raises(AssertionError, match="cannot start"):
        await second.start()
    assert await second.end() == 2


async def test_a_ticket_key_that_others_may_read_stops_the_start(process: CenterProcess) -> None:
    """A key that is open to others is not used."""
    await process.end()
    (process.town.folder / "ticket.key").chmod(0o604)
    with pytest.raises(AssertionError, match="open to others"):
        await process.start()
