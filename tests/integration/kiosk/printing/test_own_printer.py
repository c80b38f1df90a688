"""What `ippeveprinter` cannot show: named stops, lies, wrong counts, another job, another paper, the network gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from konbini.kiosk.printing.outcome import Outcome, OutcomeKind
from konbini.kiosk.printing.ports import PagePrinted, PrinterState, PrintProgress
from konbini.kiosk.printing.printer import Pace
from konbini.protocol.errors import Code, Refused
from konbini.simulation.printer.jobs import Lie
from konbini.simulation.printer.own import OwnPrinter
from tests.integration.kiosk.printing.conftest import PACE, Bench, Stand

_B5 = "jis_b5_182x257mm"
_PRINTED, _VOID, _JAM, _DOUBT = OutcomeKind.PRINTED, OutcomeKind.VOID, OutcomeKind.JAM, OutcomeKind.IN_DOUBT


@pytest.fixture
async def own_bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench for the printer of our own alone."""
    async with AsyncExitStack() as stack:
        yield Bench(tmp_path, stack, OwnPrinter)


async def _stand(bench: Bench) -> tuple[Stand, OwnPrinter]:
    """Give a stand whose kiosk watches the exit too, and its printer."""
    stand = await bench.stand()
    assert isinstance(stand.device, OwnPrinter)
    watching = await bench.kiosk_side(stand.device, watches_exit=True)
    return Stand(device=stand.device, printer=watching), stand.device


def _open_cover(device: OwnPrinter) -> None:
    device.mechanism.cover_open = True


def _take_toner(device: OwnPrinter) -> None:
    device.mechanism.toner_out = True


def _load_b5(device: OwnPrinter) -> None:
    device.mechanism.medium = _B5


def _pause(device: OwnPrinter) -> None:
    device.spooler.paused = True


_BEFORE: dict[str, tuple[Callable[[OwnPrinter], None], Code]] = {
    "cover open": (_open_cover, Code.COVER_OPEN),
    "toner out": (_take_toner, Code.TONER_OUT),
    "B5 loaded": (_load_b5, Code.WRONG_PAPER),
    "no paper": (lambda device: setattr(device.mechanism, "paper", 0), Code.PAPER_OUT),
    "stopped at its panel": (_pause, Code.PRINTER_UNAVAILABLE),
    "another job": (lambda device: device.spooler.take_foreign_job(), Code.PRINTER_BUSY),
}


@pytest.mark.parametrize(("fault", "code"), _BEFORE.values(), ids=_BEFORE.keys())
async def test_no_visit_begins_and_the_fault_has_its_own_name(
    own_bench: Bench, fault: Callable[[OwnPrinter], None], code: Code
) -> None:
    """What the shop can mend is named; a document is handed nothing of, whoever tries."""
    stand, device = await _stand(own_bench)
    fault(device)
    with pytest.raises(Refused) as refused:
        await stand.printer.ready()
    assert refused.value.code is code
    with pytest.raises(Refused) as handed:
        await anext(stand.printer.print_document(own_bench.document(1, 1), 1, 0))
    assert handed.value.code is code
    assert stand.paper() == []


async def test_a_printer_off_the_network_is_offline(own_bench: Bench) -> None:
    """Refused, then back: offline has a code of its own, and the printer serves again by itself."""
    stand, device = await _stand(own_bench)
    await device.unplug()
    with pytest.raises(Refused) as refused:
        await stand.printer.ready()
    assert refused.value.code is Code.PRINTER_OFFLINE
    await device.plug_in()
    assert (await stand.print(2, 1)).outcome.kind is _PRINTED


_MIDWAY: dict[str, tuple[Callable[[OwnPrinter], None], str]] = {
    "cover": (_open_cover, "cover-open"),
    "toner": (_take_toner, "toner-empty"),
    "paper": (lambda device: setattr(device.mechanism, "paper", 0), "media-empty"),
    "panel": (_pause, "paused"),
}


@pytest.mark.parametrize(("fault", "reason"), _MIDWAY.values(), ids=_MIDWAY.keys())
async def test_stopped_behind_page_one(own_bench: Bench, fault: Callable[[OwnPrinter], None], reason: str) -> None:
    """The printer stops with the job in hand and says so: void from page two on, and page two never comes."""
    stand, device = await _stand(own_bench)
    device.spooler.page_seconds = 0.2

    async def on(progress: PrintProgress) -> None:
        if isinstance(progress, PagePrinted) and progress.page == 1:
            fault(device)
            await asyncio.sleep(0.1)
            assert (await stand.printer.status()).state is PrinterState.STOPPED

    stopped = await stand.print(3, 3, on=on)
    assert stopped.outcome == Outcome(kind=_JAM, pages=len(stand.paper()))
    assert 1 <= stopped.outcome.pages < 3
    assert reason in stopped.settled.faults
    device.mechanism.cover_open = device.mechanism.toner_out = device.spooler.paused = False
    await device.refill()
    device.take_paper()
    assert (await stand.print(4, 1)).outcome.kind is _PRINTED
    assert stand.paper()[-1] == (4, 1)


async def test_a_stop_without_a_reason_is_a_fault(own_bench: Bench) -> None:
    """processing-stopped with printer-state-reasons none: nobody waits a minute for it."""
    stand, device = await _stand(own_bench)
    device.spooler.lies.add(Lie.NAMES_NO_REASON)
    device.jam_after(1)
    stopped = await stand.print(5, 2)
    assert stopped.outcome == Outcome(kind=_JAM, pages=1)
    assert stopped.settled.faults == {"stopped"}


_LIES = {
    Lie.COMPLETES_EARLY: (_DOUBT, 1, 1),
    Lie.COUNTS_TWICE: (_DOUBT, 4, 2),
    Lie.COUNTER_STANDS: (_DOUBT, 0, 2),
}


@pytest.mark.parametrize("lie", _LIES)
async def test_what_a_lying_printer_says_is_not_believed(own_bench: Bench, lie: Lie) -> None:
    """Completed with a page missing, a counter that runs or stands: in doubt, never printed and never void."""
    kind, counted, came = _LIES[lie]
    stand, device = await _stand(own_bench)
    device.spooler.lies.add(lie)
    printed = await stand.print(6, 2)
    assert printed.outcome == Outcome(kind=kind, pages=counted)
    assert len(stand.paper()) == came


async def test_a_counter_that_stands_is_no_witness_where_paper_lay_before(own_bench: Bench) -> None:
    """The exit speaks for a document only if it was clear before it: what lay there is no page of this one."""
    stand, device = await _stand(own_bench)
    await stand.print(7, 1)
    device.jam_after(0)
    assert (await stand.print(8, 1)).outcome == Outcome(kind=_VOID, pages=0)


async def test_a_cancelled_job_that_prints_all_the_same(own_bench: Bench) -> None:
    """The queue is empty and the counter stands while the cover is open: void. The page comes when it is closed.

    No visit begins before the counter stood still again; that the page is taken first, the long-lived process sees to.
    """
    _, device = await _stand(own_bench)
    slow = Pace(poll=0.03, still=2.0, patience=5.0, settling=8.0)  # a page takes a while on a busy machine
    stand = Stand(device=device, printer=await own_bench.kiosk_side(device, pace=slow))
    device.spooler.lies.add(Lie.PRINTS_CANCELLED)
    device.spooler.page_seconds = 0.1
    device.jam_after(0)
    assert (await stand.print(9, 1)).outcome == Outcome(kind=_VOID, pages=0)
    with pytest.raises(Refused):
        await stand.printer.ready()
    await device.clear_jam()
    ready = await stand.printer.ready()
    assert (ready.impressions, device.lying, stand.paper()) == (1, 1, [(9, 1)])


async def test_vanished_behind_page_one_and_back(own_bench: Bench) -> None:
    """Off the network with the job in hand, it prints on: in doubt while it is silent, printed when it is back."""
    stand, device = await _stand(own_bench)
    device.vanish_after(1)
    dark = await stand.print(10, 2)
    assert dark.outcome.kind is _DOUBT
    await device.join_link()
    settled = await stand.printer.settle(own_bench.claim(0, 2))
    assert settled.outcome == Outcome(kind=_PRINTED, pages=2)
    assert stand.paper() == [(10, 1), (10, 2)]


async def test_a_slow_printer_is_waited_for(own_bench: Bench) -> None:
    """Each page takes longer than the counter must stand still, and no page is given up."""
    stand, device = await _stand(own_bench)
    device.spooler.page_seconds = PACE.still * 2
    assert (await stand.print(11, 2)).outcome.kind is _PRINTED


async def test_one_side_is_asked_for_where_two_are_the_default(own_bench: Bench, tmp_path: Path) -> None:
    """Nothing is left to the printer's default; set to two sides, two pages are one sheet, and sides count."""
    device = OwnPrinter(tray=tmp_path / "duplex", two_sided_default=True)
    async with device:
        single = Stand(device=device, printer=await own_bench.kiosk_side(device))
        assert (await single.print(12, 2)).outcome.kind is _PRINTED
        assert device.take_paper() == 2
        double = Stand(device=device, printer=await own_bench.kiosk_side(device, two_sided=True))
        printed = await double.print(13, 3)
        assert printed.outcome == Outcome(kind=_PRINTED, pages=3)
        assert device.take_paper() == 2
        assert [page.stem.endswith("-back") for page in device.pages()] == [False, False, False, True, False]
