"""A simulated printer with the kiosk's side in front of it, and documents whose pages tell themselves apart.

There are two printers: `ippeveprinter`, which nobody here wrote, and the one of our own. What both can show, both are
judged by.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from konbini.kiosk.printing.client import IppClient, certificate_pin
from konbini.kiosk.printing.exit_sensor import ExitSensor
from konbini.kiosk.printing.outcome import Claim, Outcome
from konbini.kiosk.printing.ports import Judged, PageHanded, PagePrinted, PrintProgress, Settled
from konbini.kiosk.printing.printer import IppPrinter, Pace
from konbini.process.clock import SystemClock
from konbini.simulation.printer.engine import Habits
from konbini.simulation.printer.own import OwnPrinter
from konbini.simulation.printer.virtual import VirtualPrinter

_MM = 72 / 25.4
_DOTS_PER_MM = 300 / 25.4
_MARKS = 8
PACE = Pace(poll=0.03, still=0.3, patience=2.0, settling=1.5)


def document(number: int, pages: int, *, hatched: bool = False) -> bytes:
    """A document that carries its own number (0 to 255) and page numbers as black and white squares.

    A hatch at the foot makes its raster large: megabytes a page.
    """
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for page in range(1, pages + 1):
        for line, value in enumerate((number, page)):
            for bit in range(_MARKS):
                if value >> bit & 1:
                    canvas.rect((20 + 20 * bit) * _MM, (250 - 20 * line) * _MM, 10 * _MM, 10 * _MM, stroke=0, fill=1)
        for x in range(0, 600, 3) if hatched else ():
            canvas.line(x, 0, x + 300, 300)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def read_marks(png: Path) -> tuple[int, int]:
    """Return (number, page) as they stand on a printed page."""
    with Image.open(png) as picture:
        grey = picture.convert("L")

    def value(line: int) -> int:
        y = round((297 - 255 + 20 * line) * _DOTS_PER_MM)
        dark = [grey.getpixel((round((25 + 20 * bit) * _DOTS_PER_MM), y)) == 0 for bit in range(_MARKS)]
        return sum(1 << bit for bit, black in enumerate(dark) if black)

    return value(0), value(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What a printing reported."""

    handed: list[int]
    printed: list[int]
    settled: Settled

    @property
    def outcome(self) -> Outcome:
        """The judgement."""
        return self.settled.outcome

    @property
    def readings(self) -> tuple[int, int | None]:
        """The counter before and after."""
        return self.settled.before, self.settled.after


Device = VirtualPrinter | OwnPrinter


@dataclass(slots=True, kw_only=True)
class Stand:
    """A printer (`device`) and the kiosk's side of it (`printer`)."""

    device: Device
    printer: IppPrinter

    async def print(
        self, number: int, pages: int, *, on: Callable[[PrintProgress], Awaitable[None]] | None = None
    ) -> Printed:
        """Print a document whole, calling `on` at each step."""
        return await follow(self.printer, document(number, pages), pages, on)

    def paper(self) -> list[tuple[int, int]]:
        """What lies in the tray, as (number, page)."""
        return [read_marks(png) for png in self.device.pages()]


async def follow(
    printer: IppPrinter, pdf: bytes, pages: int, on: Callable[[PrintProgress], Awaitable[None]] | None = None
) -> Printed:
    """Print a document and gather what is reported until the judgement."""
    before = (await printer.ready()).impressions
    handed, printed = [], []
    async for progress in printer.print_document(pdf, pages, before):
        if on is not None:
            await on(progress)
        match progress:
            case PageHanded(page=page):
                handed.append(page)
            case PagePrinted(page=page):
                printed.append(page)
            case Judged(settled=settled):
                return Printed(handed=handed, printed=printed, settled=settled)
    raise AssertionError("no judgement")


def claim(before: int, due: int, *, sent: bool = True, fault_seen: bool = False) -> Claim:
    """A claim as the journal would hold it."""
    return Claim(before=before, due=due, sent=sent, fault_seen=fault_seen)


class Bench:
    """Sets up printers and kiosk sides, and takes them down at the end of the test."""

    document = staticmethod(document)
    follow = staticmethod(follow)
    claim = staticmethod(claim)
    read_marks = staticmethod(read_marks)

    def __init__(self, folder: Path, stack: AsyncExitStack, kind: type[Device]) -> None:
        self.folder = folder
        self._stack = stack
        self._kind = kind
        self._stands = 0

    async def stand(self, habits: Habits | None = None, *, paper: int = 250) -> Stand:
        """Start a printer with these habits and a kiosk's side in front of it."""
        self._stands += 1
        device = self._kind(tray=self.folder / f"tray {self._stands}", habits=habits, paper=paper)
        await self._stack.enter_async_context(device)
        return Stand(device=device, printer=await self.kiosk_side(device))

    async def kiosk_side(  # noqa: PLR0913 - each is one thing that a test changes
        self,
        device: Device,
        *,
        uri: str | None = None,
        pin: bytes | None = None,
        pace: Pace = PACE,
        two_sided: bool = False,
        watches_exit: bool = False,
    ) -> IppPrinter:
        """Another kiosk process at the same printer."""
        client = IppClient(
            uri or device.uri, pin=pin or certificate_pin(device.certificate), counter=device.counter, patience=2.0
        )
        await self._stack.enter_async_context(client)
        paper_exit = ExitSensor(device.exit_socket, SystemClock()) if watches_exit else None
        return IppPrinter(client, SystemClock(), pace, paper_exit=paper_exit, two_sided=two_sided)


@pytest.fixture(params=[VirtualPrinter, OwnPrinter])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench of this test's own, once for each printer."""
    async with AsyncExitStack() as stack:
        yield Bench(tmp_path, stack, request.param)


@pytest.fixture
async def ippeve_bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench for what is `ippeveprinter`'s own habit."""
    async with AsyncExitStack() as stack:
        yield Bench(tmp_path, stack, VirtualPrinter)
