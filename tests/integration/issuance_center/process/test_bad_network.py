"""A bad network on either side of the real center: what arrives is what was sent, and links come back by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from konbini.issuance_center.ledger import Ledger, ledger_file
from konbini.protocol.errors import Refused
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from tests.fault_proxy import Fault, FaultProxy, proxied
from tests.integration.issuance_center.conftest import End
from tests.integration.issuance_center.process.conftest import CenterProcess

pytestmark = pytest.mark.faults

WARD, KIOSK = "999991", "K-0001"
_DOCUMENT_TIMES = 4_000
"""A document of 128 KB, as one page has: many chunks, so that a cut falls into the middle of a frame."""
_BREAKING = {Fault.CORRUPT, Fault.CUT, Fault.RESET}
"""After these the connection is another one."""
_SHORT = {("kiosk", Fault.CORRUPT), ("ward", Fault.CUT)}


@dataclass(slots=True, kw_only=True)
class Traffic:
    """Visits of one kiosk at one ward, again and again; `wrong`: answers that are not those of the ward."""

    process: CenterProcess
    kiosk: End
    ward: End
    whole: int = 0
    broken: int = 0
    wrong: int = 0

    async def answer(self) -> None:
        """Answer as a ward whose every answer can be told from the question."""
        answers = {MessageKind.OPEN: MessageKind.MENU, MessageKind.ORDER: MessageKind.DOCUMENT}
        while True:
            frame = await self.ward.came.get()
            if frame.kind in answers:
                body = answer_to(frame.body, _DOCUMENT_TIMES if frame.kind is MessageKind.ORDER else 1)
                with contextlib.suppress(Refused):
                    self.ward.send(
                        Frame(
                            kind=answers[frame.kind],
                            visit_id=frame.visit_id,
                            kiosk=frame.kiosk,
                            ward=frame.ward,
                            body=body,
                        )
                    )

    async def visits(self) -> None:
        """Go through visit after visit, whatever becomes of each."""
        while True:
            try:
                async with asyncio.timeout(2):
                    await self._visit()
            except (Refused, TimeoutError):
                self.broken += 1
                await asyncio.sleep(0.05)
            else:
                self.whole += 1

    async def _visit(self) -> None:
        keys, visit_id = self.process.town.kiosks[KIOSK], os.urandom(16)
        self.kiosk.send(keys.hello(WARD, visit_id))
        await self._next(MessageKind.TICKET, visit_id)
        for asked, answered, times in (
            (MessageKind.OPEN, MessageKind.MENU, 1),
            (MessageKind.ORDER, MessageKind.DOCUMENT, _DOCUMENT_TIMES),
        ):
            question = os.urandom(5000)
            self.kiosk.send(keys.frame(asked, WARD, visit_id, question))
            body = await self._next(answered, visit_id)
            self.wrong += body != answer_to(question, times)

    async def _next(self, kind: MessageKind, visit_id: bytes) -> bytes:
        while True:
            frame = await self.kiosk.next(kind)
            if frame.visit_id == visit_id:
                return frame.body

    async def until_whole(self, more: int) -> None:
        """Wait for so many whole visits more."""
        enough = self.whole + more
        async with asyncio.timeout(60):
            while self.whole < enough:  # noqa: ASYNC110 - a counter sets no event
                await asyncio.sleep(0.02)


def answer_to(question: bytes, times: int) -> bytes:
    """Give what the ward answers to a question."""
    return hashlib.sha256(question).digest() * times


@contextlib.asynccontextmanager
async def traffic(process: CenterProcess) -> AsyncIterator[tuple[Traffic, dict[str, FaultProxy]]]:
    """Run visits through a proxy on each link."""
    process.town.configure(tickets_an_hour=3600)
    await process.end()
    await process.start()
    async with proxied(process.kiosk_port) as at_kiosks, proxied(process.ward_port) as at_wards:
        process.kiosk_port, process.ward_port = at_kiosks.port, at_wards.port
        ward = await process.connect(WARD)
        running = Traffic(process=process, kiosk=await process.connect(KIOSK), ward=ward)
        tasks = [asyncio.create_task(work) for work in (running.answer(), running.visits(), renewed(process, ward))]
        try:
            yield running, {"kiosk": at_kiosks, "ward": at_wards}
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await process.hang_up()


async def renewed(process: CenterProcess, ward: End) -> None:
    """Send a PREKEY whenever the ward's link is up again, as a ward does."""
    while True:
        await ward.down.wait()
        ward.down.clear()
        await ward.up.wait()
        with contextlib.suppress(Refused):
            ward.send(process.town.wards[WARD].prekey(int(time.time())))


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        pytest.param(
            *(link, fault),
            id=f"{link}-{fault.value}",
            marks=() if (link, fault) in _SHORT else pytest.mark.long,
        )
        for link in ("kiosk", "ward")
        for fault in Fault
        if fault is not Fault.NONE
    ],
)
async def test_what_arrives_is_what_was_sent(process: CenterProcess, link: str, fault: Fault) -> None:
    """Whole visits before, what comes of them meanwhile, and whole visits once the network is well again."""
    async with traffic(process) as (visits, proxies):
        proxy = proxies[link]
        await visits.until_whole(2)
        dialled = proxy.dialled
        proxy.set(fault, seconds=0.02, least=0 if fault in {Fault.DELAY, Fault.BLACK_HOLE} else 1000)
        await asyncio.sleep(1.5)
        proxy.mend()
        await visits.until_whole(3)
        assert proxy.harmed > 0
        assert visits.wrong == 0
        assert (proxy.dialled > dialled) is (fault in _BREAKING), (dialled, proxy.dialled)
    await process.end()
    ledger = Ledger.open(ledger_file(process.town.folder / "ledger.db"))
    assert await ledger.counts(0, int(time.time()) + 60)
    await ledger.close()
