"""A small IPP printer of our own: the states that `ippeveprinter` cannot show, and the lies that printers tell.

Owns its power, its network (IPP/2.0 over TLS on the loopback interface, RFC 8010) and the hands at it; the queue is the
spooler's, paper and cover the mechanism's. An upload that is cut leaves no job.
"""

from __future__ import annotations

import asyncio
import shutil
import ssl
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from konbini.kiosk.printing.ports import A4
from konbini.process.clock import Clock, SystemClock
from konbini.simulation.printer.certificate import own_certificate
from konbini.simulation.printer.engine import Habits
from konbini.simulation.printer.exit import ExitBarrier
from konbini.simulation.printer.mechanism import FULL_TRAY, Mechanism
from konbini.simulation.printer.server import free_port
from konbini.simulation.printer.spooler import COUNTER, Spooler

__all__ = ["OwnPrinter"]

_MOST_DOCUMENT = 64 * 1024 * 1024


class OwnPrinter:
    """One printer of our own; use as an async context manager.

    Args:
        tray: where sides come out as PNG files; made if it is not there.
        home: what survives a power cut (certificate, lifetime counter); a directory of the run when None.
        habits: what kind of printer it is.
        paper: sheets loaded.
        two_sided_default: it prints on both sides unless it is asked not to.
        clock: what a page takes.
    """

    def __init__(  # noqa: PLR0913 - what kind of printer it is
        self,
        *,
        tray: Path,
        home: Path | None = None,
        habits: Habits | None = None,
        paper: int = FULL_TRAY,
        two_sided_default: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._run = Path(tempfile.mkdtemp(prefix="printer-", dir="/dev/shm"))
        self._home = home or self._run
        for folder in (tray, self._home):
            folder.mkdir(parents=True, exist_ok=True)
        self.certificate = own_certificate(self._home)
        """The certificate to pin, DER."""
        self.mechanism = Mechanism(tray=tray, memory=self._home / "impressions", paper=paper)
        """What a hand can touch."""
        self.barrier = ExitBarrier(self.mechanism)
        """The light barrier of its exit."""
        self.spooler = Spooler(
            self.mechanism,
            habits=habits or Habits(),
            two_sided_default=two_sided_default,
            clock=clock or SystemClock(),
            printed=self._vanish_behind,
        )
        """What a hand cannot touch: its queue, and the lies that it tells."""
        self._vanishes_after: int | None = None
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._marking: asyncio.Task[None] | None = None
        self._vanishing: asyncio.Task[None] | None = None
        self._exit: asyncio.Server | None = None

    @property
    def uri(self) -> str:
        """Where it is reached."""
        return f"ipps://localhost:{self._port}/ipp/print"

    @property
    def port(self) -> int:
        """Its port on the loopback interface; the same over a cut of the power."""
        return self._port

    @property
    def counter(self) -> str:
        """The attribute of its lifetime counter, for `IppClient`."""
        return COUNTER

    @property
    def impressions(self) -> int:
        """The sides that came out in its life, whatever it counts."""
        return self.mechanism.sides

    @property
    def lying(self) -> int:
        """How many sheets lie in the exit."""
        return self.mechanism.lying

    @property
    def exit_socket(self) -> Path:
        """Where the kiosk finds the light barrier of the paper exit."""
        return self._run / "exit"

    @property
    def reachable(self) -> bool:
        """Whether it answers."""
        return self._runner is not None

    def pages(self) -> list[Path]:
        """Return the sides that came out, in their order."""
        return self.mechanism.pages()

    def take_paper(self) -> int:
        """Take what lies in the exit and return how many sheets it was."""
        return self.mechanism.take_paper()

    def jam_after(self, pages: int | None) -> None:
        """Let the next document jam when `pages` of its pages are out; None: with the next sheet, whichever."""
        self.mechanism.jam_after(pages)

    async def clear_jam(self) -> None:
        """Take the crumpled sheet out."""
        self.mechanism.forget()
        self.mechanism.jammed = False

    def run_out_of_paper(self) -> None:
        """Find no sheet to pull when the next page is due, as when the tray's sensor is wrong."""
        self.mechanism.empty_after(0)

    @property
    def sheets(self) -> int:
        """How many sheets the tray holds."""
        return self.mechanism.paper

    async def load(self, sheets: int) -> None:
        """Let the tray hold `sheets`."""
        self.mechanism.paper = sheets

    async def paper_out(self) -> None:
        """Empty the tray."""
        self.mechanism.paper = 0

    async def refill(self) -> None:
        """Fill the tray with A4."""
        self.mechanism.paper, self.mechanism.medium = FULL_TRAY, A4

    def vanish_after(self, pages: int | None) -> None:
        """Lose the network when the next document has put `pages` pages out; the marking goes on."""
        self._vanishes_after = pages

    async def __aenter__(self) -> Self:
        self._exit = await self.barrier.serve(self.exit_socket)
        await self.plug_in()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.unplug()
        if self._exit is not None:
            self._exit.close()
            await self._exit.wait_closed()
        shutil.rmtree(self._run)

    async def plug_in(self) -> None:
        """Switch it on: an empty queue, and its port as before. Nothing happens when it is on."""
        if self._marking is not None:
            return
        self._port = self._port or free_port()
        self.spooler.clear()
        self._marking = asyncio.create_task(self.spooler.work(), name="marking")
        await self.join_link()

    async def unplug(self) -> None:
        """Cut the power: jobs and documents are gone, the counter stays."""
        await self.cut_link()
        for task in (self._marking, self._vanishing):
            if task is not None:
                task.cancel()
                await asyncio.wait((task,))
        self._marking = self._vanishing = None
        self.spooler.clear()

    async def cut_link(self) -> None:
        """Take it off the network; it goes on with what it has."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def join_link(self) -> None:
        """Put it on the network again."""
        if self._runner is not None:
            return
        application = web.Application(client_max_size=_MOST_DOCUMENT)
        application.router.add_post("/ipp/print", self._serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.0)
        await self._runner.setup()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._home / "localhost.crt", self._home / "localhost.key")
        await web.TCPSite(self._runner, "localhost", self._port, ssl_context=context, reuse_address=True).start()

    async def _serve(self, http: web.Request) -> web.Response:
        return web.Response(body=self.spooler.answer(await http.read()), content_type="application/ipp")

    def _vanish_behind(self, page: int) -> None:
        if self._vanishes_after == page:
            self._vanishes_after = None
            self._vanishing = asyncio.create_task(self.cut_link())
