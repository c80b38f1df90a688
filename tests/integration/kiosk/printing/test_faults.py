"""Jams, missing paper, cut cables, dead printers: the money's side of each is what the counter proves, no more."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self

import pytest

from konbini.kiosk.printing.client import certificate_pin
from konbini.kiosk.printing.outcome import Outcome, OutcomeKind
from konbini.kiosk.printing.ports import Judged, PageHanded, PagePrinted, PrintProgress
from konbini.kiosk.printing.raster import GREY, PageRaster
from konbini.protocol.errors import Code, Refused
from konbini.simulation.printer.engine import Habits
from tests.integration.kiosk.printing.conftest import Bench


async def test_a_jam_after_the_first_page_of_two(bench: Bench) -> None:
    """Judged as it is; no visit begins while it lasts; after the repair only the next document comes out."""
    stand = await bench.stand()
    stand.device.jam_after(1)
    jammed = await stand.print(41, 2)
    assert jammed.outcome == Outcome(kind=OutcomeKind.JAM, pages=1)
    assert jammed.readings == (0, 1)
    assert jammed.settled.faults == {"media-jam"}
    with pytest.raises(Refused) as refused:
        await stand.printer.ready()
    assert refused.value.code is Code.JAM
    await stand.device.clear_jam()
    assert (await stand.print(42, 1)).outcome.kind is OutcomeKind.PRINTED
    assert stand.paper() == [(41, 1), (42, 1)]


async def test_a_jam_on_the_first_page_is_void(bench: Bench) -> None:
    """Nothing came out and nothing will: void, not "jam after page 0"."""
    stand = await bench.stand()
    stand.device.jam_after(0)
    assert (await stand.print(43, 2)).outcome == Outcome(kind=OutcomeKind.VOID, pages=0)
    assert stand.paper() == []


async def test_no_visit_begins_without_paper(bench: Bench) -> None:
    """An empty tray is known before anything is asked for, and again when it is filled."""
    stand = await bench.stand(paper=0)
    with pytest.raises(Refused) as refused:
        await stand.printer.ready()
    assert refused.value.code is Code.PAPER_OUT
    await stand.device.refill()
    assert (await stand.print(44, 1)).outcome.kind is OutcomeKind.PRINTED


async def test_paper_refilled_after_a_void_prints_nothing_of_it(bench: Bench) -> None:
    """The tray runs out before page one; cancelled and void; the refill brings the next resident's pages only."""
    stand = await bench.stand()
    await stand.print(45, 1)
    before = (await stand.printer.ready()).impressions
    stream = stand.printer.print_document(bench.document(46, 2), 2, before)
    stand.device.run_out_of_paper()
    last = [progress async for progress in stream][-1]
    assert isinstance(last, Judged)
    assert last.settled.outcome == Outcome(kind=OutcomeKind.VOID, pages=0)
    assert last.settled.faults >= {"media-empty"}
    await stand.device.refill()
    assert (await stand.print(47, 1)).outcome.kind is OutcomeKind.PRINTED
    assert stand.paper() == [(45, 1), (47, 1)]


async def test_the_last_sheet_is_no_fault_of_a_document_that_is_out(bench: Bench) -> None:
    """The tray is empty at the very moment the last page comes: printed all the same."""
    stand = await bench.stand(paper=2)
    assert (await stand.print(48, 2)).outcome.kind is OutcomeKind.PRINTED


async def test_a_printer_that_prints_what_was_cancelled_holds_up_the_next_visit(bench: Bench) -> None:
    """It keeps the cancelled job while it waits for paper: in doubt, no visit begins, and the refill brings page two.

    Only then is the order settled, as printed: whatever was paid back meanwhile is a case for a person.
    """
    stand = await bench.stand(Habits(honours_cancel=False), paper=1)
    doubtful = await stand.print(49, 2)
    assert doubtful.outcome == Outcome(kind=OutcomeKind.IN_DOUBT, pages=1)
    with pytest.raises(Refused) as refused:
        await stand.printer.ready()
    assert refused.value.code is Code.PAPER_OUT
    await stand.device.refill()
    host = await bench.kiosk_side(stand.device)
    settled = await host.settle(bench.claim(0, 2, fault_seen=True))
    assert settled.outcome == Outcome(kind=OutcomeKind.PRINTED, pages=2)
    assert (await host.ready()).impressions == 2
    assert stand.paper() == [(49, 1), (49, 2)]


async def test_an_upload_that_ends_too_early_is_marked_and_never_printed(ippeve_bench: Bench) -> None:
    """The visit dies after page one of two: the printer marks what arrived and calls it completed; we never do."""
    stand = await ippeve_bench.stand(Habits(honours_cancel=False))
    stream = stand.printer.print_document(ippeve_bench.document(50, 2, hatched=True), 2, 0)
    async for progress in stream:
        if isinstance(progress, PageHanded):
            break
    await stream.aclose()
    settled = await (await ippeve_bench.kiosk_side(stand.device)).settle(ippeve_bench.claim(0, 2, sent=False))
    assert settled.outcome.kind is OutcomeKind.IN_DOUBT
    assert settled.outcome.pages == len(stand.device.pages()) > 0


async def test_a_cable_cut_inside_page_two_blocks_the_printer_until_it_is_restarted(ippeve_bench: Bench) -> None:
    """The printer waits for the rest for ever: in doubt, and no visit begins; void once it holds nothing."""
    stand = await ippeve_bench.stand()
    pdf = ippeve_bench.document(53, 2, hatched=True)
    with PageRaster(pdf, GREY) as raster:
        inside_page_two = len(raster.page(0)) + len(raster.page(1)) // 2
    async with _CutCable(stand.device.port, after=inside_page_two) as cable:
        kiosk = await ippeve_bench.kiosk_side(stand.device, uri=f"ipps://localhost:{cable.port}/ipp/print")
        printed = await ippeve_bench.follow(kiosk, pdf, 2)
    assert cable.cuts == 1
    assert printed.outcome == Outcome(kind=OutcomeKind.IN_DOUBT, pages=0)
    with pytest.raises(Refused):
        await stand.printer.ready()
    await stand.device.unplug()
    await stand.device.plug_in()
    settled = await stand.printer.settle(ippeve_bench.claim(0, 2, sent=False))
    assert settled.outcome == Outcome(kind=OutcomeKind.VOID, pages=0)
    assert stand.device.pages() == []


async def test_a_printer_switched_off_half_way_is_judged_when_it_is_back(bench: Bench) -> None:
    """The power goes after page one of three: in doubt now; still in doubt when the counter shows one of three."""
    stand = await bench.stand(Habits(page_seconds=0.2))

    async def cut(progress: PrintProgress) -> None:
        if isinstance(progress, PagePrinted) and progress.page == 1:
            await stand.device.unplug()

    dark = await stand.print(51, 3, on=cut)
    assert dark.outcome.kind is OutcomeKind.IN_DOUBT
    with pytest.raises(Refused) as refused:
        await stand.printer.status()
    assert refused.value.code is Code.PRINTER_OFFLINE
    await stand.device.plug_in()
    settled = await stand.printer.settle(bench.claim(0, 3))
    assert settled.outcome.kind is OutcomeKind.IN_DOUBT
    assert settled.after == len(stand.paper())


async def test_a_printer_with_another_certificate_gets_nothing(bench: Bench) -> None:
    """The pin is compared before a byte of a request leaves."""
    stand = await bench.stand()
    impostor = await bench.kiosk_side(stand.device, pin=certificate_pin(b"another"))
    with pytest.raises(Refused) as refused:
        await bench.follow(impostor, bench.document(52, 1), 1)
    assert refused.value.code is Code.PRINTER_UNAVAILABLE
    assert stand.paper() == []


class _CutCable:
    """A TCP proxy that breaks a connection off when it has carried this many bytes towards the printer."""

    def __init__(self, port: int, *, after: int) -> None:
        self._target = port
        self._after = after
        self._server: asyncio.Server | None = None
        self.port = 0
        self.cuts = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        back = asyncio.create_task(_pump(far_reader, writer, None))
        self.cuts += await _pump(reader, far_writer, self._after)
        far_writer.transport.abort()
        writer.transport.abort()
        await back


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, most: int | None) -> bool:
    """Carry bytes until the source ends; True when they were too many."""
    carried = 0
    with contextlib.suppress(ConnectionError):
        while data := await source.read(4096):
            carried += len(data)
            if most is not None and carried > most:
                return True
            sink.write(data)
            await sink.drain()
    return False
