"""Printing on a real IPP server: what lies in the tray is what was sent, and the counter says so."""

from __future__ import annotations

import asyncio
import ctypes
import os
from pathlib import Path

import pytest
from PIL import Image

from konbini.kiosk.printing.outcome import Outcome, OutcomeKind
from konbini.kiosk.printing.ports import PrintProgress
from konbini.kiosk.printing.raster import GREY, HEIGHT, SYNC, WIDTH, PageRaster
from konbini.protocol.errors import Code, Refused
from konbini.simulation.printer.engine import Habits
from konbini.simulation.printer.virtual import VirtualPrinter
from tests.integration.kiosk.printing.conftest import Bench


async def test_documents_come_out_whole_and_in_order(bench: Bench) -> None:
    """One page, then three: each page once, marked as sent, A4 at 300 dots per inch, and judged printed."""
    stand = await bench.stand()
    one = await stand.print(17, 1)
    three = await stand.print(202, 3)
    assert (one.handed, one.printed, one.outcome) == ([1], [1], Outcome(kind=OutcomeKind.PRINTED, pages=1))
    assert three.handed == three.printed == [1, 2, 3]
    assert three.outcome == Outcome(kind=OutcomeKind.PRINTED, pages=3)
    assert (one.readings, three.readings) == ((0, 1), (1, 4))
    assert stand.paper() == [(17, 1), (202, 1), (202, 2), (202, 3)]
    with Image.open(stand.device.pages()[0]) as picture:
        assert picture.size == (WIDTH, HEIGHT)


async def test_a_colour_printer_gets_colour(bench: Bench) -> None:
    """What the printer says of itself decides the raster."""
    stand = await bench.stand(Habits(colour=True))
    assert (await stand.print(9, 1)).outcome.kind is OutcomeKind.PRINTED
    with Image.open(stand.device.pages()[0]) as picture:
        assert picture.mode == "RGB"
    assert stand.paper() == [(9, 1)]


async def test_the_spool_is_empty_while_and_after_pages_are_marked(ippeve_bench: Bench) -> None:
    """The document's file is unlinked before the first page, and nothing of it stays on /dev/shm."""
    stand = await ippeve_bench.stand(Habits(page_seconds=0.2))
    assert isinstance(stand.device, VirtualPrinter)
    spool = stand.device.spool
    seen: list[int] = []

    async def look(progress: PrintProgress) -> None:
        if type(progress).__name__ == "PagePrinted":
            seen.append(len(list(spool.iterdir())))

    await stand.print(5, 2, on=look)
    assert seen == [0, 0]
    assert list(spool.iterdir()) == []


async def test_the_counter_outlives_the_power(bench: Bench) -> None:
    """The printer's memory keeps the count over a cut of the power, so that a judgement can wait for it."""
    stand = await bench.stand()
    await stand.print(1, 2)
    await stand.device.unplug()
    await stand.device.plug_in()
    assert (await stand.printer.ready()).impressions == 2
    assert (await stand.print(2, 1)).readings == (2, 3)


async def test_a_process_that_never_saw_the_document_judges_it(bench: Bench) -> None:
    """The long-lived process has the journalled claim and the printer, and comes to the same word."""
    stand = await bench.stand()
    printed = await stand.print(3, 2)
    host = await bench.kiosk_side(stand.device)
    assert await host.settle(bench.claim(0, 2)) == printed.settled
    assert (await host.settle(bench.claim(2, 1))).outcome.kind is OutcomeKind.VOID
    assert (await host.settle(bench.claim(0, 2, sent=False))).outcome.kind is OutcomeKind.IN_DOUBT


async def test_a_visit_that_dies_half_way_is_settled_by_the_host(bench: Bench) -> None:
    """The iteration is dropped after the first printed page; the job is cancelled and page two never comes."""
    stand = await bench.stand(Habits(page_seconds=0.3))
    stream = stand.printer.print_document(bench.document(8, 3), 3, (await stand.printer.ready()).impressions)
    async for progress in stream:
        if type(progress).__name__ == "PagePrinted":
            break
    await stream.aclose()
    host = await bench.kiosk_side(stand.device)
    settled = await host.settle(bench.claim(0, 3))
    assert settled.outcome.kind is OutcomeKind.IN_DOUBT  # it stopped short, and no fault was seen
    assert settled.outcome.pages == len(stand.paper()) < 3
    assert (await host.ready()).impressions == settled.outcome.pages


async def test_nothing_is_handed_over_unless_all_is_as_journalled(bench: Bench) -> None:
    """Wrong number of pages, no document, or a counter that moved: refused before the first byte."""
    stand = await bench.stand()
    await stand.print(1, 1)
    cases = [(bench.document(2, 2), 1, 1, Code.DOCUMENT_INVALID), (b"no", 1, 1, Code.DOCUMENT_INVALID)]
    cases.append((bench.document(2, 1), 1, 0, Code.PRINTER_UNAVAILABLE))
    for pdf, pages, before, code in cases:
        with pytest.raises(Refused) as refused:
            await anext(stand.printer.print_document(pdf, pages, before))
        assert refused.value.code is code
    assert (await stand.printer.ready()).impressions == 1
    assert stand.paper() == [(1, 1)]


async def test_two_kiosks_are_not_mixed(bench: Bench) -> None:
    """Two printers side by side, printing at the same moment."""
    first, second = await bench.stand(), await bench.stand()
    results = await asyncio.gather(first.print(11, 2), second.print(22, 2))
    assert [result.outcome.kind for result in results] == [OutcomeKind.PRINTED] * 2
    assert first.paper() == [(11, 1), (11, 2)]
    assert second.paper() == [(22, 1), (22, 2)]


def test_the_field_s_own_library_reads_our_raster(ippeve_bench: Bench) -> None:
    """libcups, which every CUPS filter reads raster with, finds the same pages and the same pixels."""
    number, pages = 77, 2
    path = ippeve_bench.folder / "document.pwg"
    with PageRaster(ippeve_bench.document(number, pages), GREY) as raster:
        path.write_bytes(SYNC + b"".join(raster.page(index) for index in range(pages)))
        bitmaps = []
        for index in range(pages):
            raster.page(index)
            bitmaps.append(bytes(raster._bitmap))
    assert _read_with_libcups(path) == bitmaps


def _read_with_libcups(path: Path) -> list[bytes]:
    cups = ctypes.CDLL("libcups.so.2")
    cups.cupsRasterOpen.restype = ctypes.c_void_p
    held = os.open(path, os.O_RDONLY)
    try:
        stream = ctypes.c_void_p(cups.cupsRasterOpen(held, 0))
        header = ctypes.create_string_buffer(4096)
        pages = []
        while cups.cupsRasterReadHeader2(stream, header):
            pixels = ctypes.create_string_buffer(WIDTH * HEIGHT)
            assert cups.cupsRasterReadPixels(stream, pixels, WIDTH * HEIGHT) == WIDTH * HEIGHT
            pages.append(pixels.raw)
        cups.cupsRasterClose(stream)
    finally:
        os.close(held)
    return pages
