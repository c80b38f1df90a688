"""The printer of the simulated world under production's judgement: what it does, what it says, what is made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace

import pytest

from konbini.kiosk.printing.outcome import Claim, OutcomeKind
from konbini.kiosk.printing.ports import Judged, Settled
from konbini.kiosk.printing.printer import IppPrinter, Pace
from konbini.kiosk.printing.raster import ColourSpace
from konbini.protocol.errors import Code, Refused
from konbini.simulation.clock import SettableClock
from konbini.simulation.printer.jobs import Lie
from konbini.simulation.world.counter.kiosk import Counter
from konbini.simulation.world.counter.life import PlainBeing
from konbini.simulation.world.counter.printer import SimulatedPrinter, Temper
from konbini.simulation.world.counter.witness import Records
from tests.unit.simulation.world.counter.passing import passing

PAGES = (b"page one", b"page two", b"page three")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pages:
    texts: tuple[bytes, ...]

    @property
    def pages(self) -> int:
        return len(self.texts)

    def page(self, index: int) -> bytes:
        return self.texts[index]


@contextmanager
def lines(pdf: bytes | bytearray | memoryview, space: ColourSpace, *, two_sided: bool = False) -> Iterator[_Pages]:
    """Take each line of a buffer for a page."""
    del space, two_sided
    yield _Pages(texts=tuple(bytes(pdf).split(b"\n")))


def used(counter: Counter, being: PlainBeing | None = None, *, patience: float = 60.0) -> IppPrinter:
    """Give the printer as a process uses it."""
    pace = Pace(still=2.0, patience=patience)
    return IppPrinter(counter.printer.line(being), counter.clock, pace, paper_exit=counter.exit, rasterise=lines)


async def printed(printer: IppPrinter) -> Settled:
    """Print three pages and give the judgement."""
    before = (await printer.ready()).impressions
    async with aclosing(printer.print_document(b"\n".join(PAGES), len(PAGES), before)) as printing:
        async for progress in printing:
            if isinstance(progress, Judged):
                return progress.settled
    raise AssertionError("no judgement")


async def test_pages_come_out_as_they_were_handed(clock: SettableClock, counter: Counter, records: Records) -> None:
    """In order, once each, before who stood there; the counter says so."""
    settled = await passing(clock, printed(used(counter)))
    assert (settled.outcome.kind, settled.after) == (OutcomeKind.PRINTED, len(PAGES))
    assert tuple(sheet.content for sheet in records.sheets) == PAGES
    assert {(sheet.before, sheet.taken_by) for sheet in records.sheets} == {("somebody", "")}
    assert [sheet.taken_by for sheet in counter.printer.take("somebody")] == ["somebody"] * len(PAGES)
    assert not await counter.exit.occupied()


def _jam(printer: SimulatedPrinter) -> None:
    printer.jam_after(1)


def _empty(printer: SimulatedPrinter) -> None:
    printer.empty_after(2)


def _stop(printer: SimulatedPrinter) -> None:
    printer.upon(0, lambda: setattr(printer, "paused", True))


def _vanish(printer: SimulatedPrinter) -> None:
    printer.upon(1, printer.switch_off)


def _lying(lie: Lie) -> Callable[[SimulatedPrinter], None]:
    return lambda printer: setattr(printer, "lies", (lie,))


@pytest.mark.parametrize(
    ("fault", "kind", "sides"),
    [
        pytest.param(_jam, OutcomeKind.JAM, 1, id="jams after a page"),
        pytest.param(_empty, OutcomeKind.JAM, 2, id="runs out of paper"),
        pytest.param(_stop, OutcomeKind.VOID, 0, id="is stopped"),
        pytest.param(_vanish, OutcomeKind.IN_DOUBT, 1, id="vanishes"),
        pytest.param(_lying(Lie.COUNTER_STANDS), OutcomeKind.IN_DOUBT, 3, id="does not count"),
        pytest.param(_lying(Lie.COUNTS_TWICE), OutcomeKind.IN_DOUBT, 3, id="counts twice"),
        pytest.param(_lying(Lie.COMPLETES_EARLY), OutcomeKind.IN_DOUBT, 1, id="forgets pages"),
    ],
)
async def test_what_goes_wrong_is_judged(
    clock: SettableClock,
    counter: Counter,
    fault: Callable[[SimulatedPrinter], None],
    kind: OutcomeKind,
    sides: int,
) -> None:
    """Whatever it says, no judgement but in doubt says another number of pages than came out."""
    fault(counter.printer)
    settled = await passing(clock, printed(used(counter)))
    assert (settled.outcome.kind, counter.printer.sides) == (kind, sides)


async def test_a_cancelled_job_is_printed_later(clock: SettableClock, counter: Counter, records: Records) -> None:
    """It says that nothing is held, and puts the page out once it can: the counter tells."""
    printer, process = counter.printer, used(counter)
    printer.lies = (Lie.PRINTS_CANCELLED,)
    printer.jam_after(0)
    assert (await passing(clock, printed(process))).outcome.kind is OutcomeKind.VOID
    assert not printer.held
    printer.jammed = False
    printer.moved()
    await clock.advance(10)
    assert len(records.sheets) == len(PAGES)
    settled = await passing(clock, process.settle(Claim(before=0, due=3, sent=True, fault_seen=True)))
    assert settled.outcome.kind is OutcomeKind.PRINTED


@pytest.mark.parametrize(
    ("as_it_comes", "kind", "sides"),
    [
        pytest.param(False, OutcomeKind.VOID, 0, id="whole jobs alone"),
        pytest.param(True, OutcomeKind.IN_DOUBT, 1, id="as it comes"),
    ],
)
async def test_an_upload_that_is_cut_by_death(
    clock: SettableClock,
    counter: Counter,
    as_it_comes: bool,  # noqa: FBT001 - a case
    kind: OutcomeKind,
    sides: int,
) -> None:
    """The process dies behind the first page; what came of it is settled by another."""
    counter.printer.temper = replace(Temper(), as_it_comes=as_it_comes, hand_seconds=0.5)
    being = PlainBeing()
    work = being.start(printed(used(counter, being)))
    await clock.advance(3.2)
    being.kill()
    await asyncio.wait((work,))
    settled = await passing(clock, used(counter).settle(Claim(before=0, due=3, sent=False, fault_seen=False)))
    assert (settled.outcome.kind, counter.printer.sides) == (kind, sides)


async def test_the_dead_ask_nothing(counter: Counter) -> None:
    """A process that is dead neither cancels nor prints."""
    being = PlainBeing()
    line = counter.printer.line(being)
    being.kill()
    with pytest.raises(asyncio.CancelledError):
        await line.status()


async def test_a_printer_that_is_silent_or_off_is_offline(clock: SettableClock, counter: Counter) -> None:
    """Silence takes as long as production waits."""
    counter.printer.silent = True
    begun = clock.monotonic()
    with pytest.raises(Refused) as refused:
        await passing(clock, counter.printer.line(None).status())
    assert (refused.value.code, clock.monotonic() - begun >= 5) == (Code.PRINTER_OFFLINE, True)
    counter.printer.silent, counter.printer.on = False, False
    with pytest.raises(Refused) as refused:
        await counter.printer.line(None).status()
    assert refused.value.code is Code.PRINTER_OFFLINE
