"""One simulated printer: the IPP server, the engine behind it, and the hands that jam it, empty it and pull its plug.

Owns the certificate, the spool on /dev/shm and the port on the loopback interface. The IPP server keeps its habits:
it reads a document whole before it marks it, goes on with what arrived when an upload is cut, names faults with
changing severities, never says that it stopped, and waits with a job in hand while its tray is empty.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from konbini.kiosk.printing.client import IppClient, certificate_pin
from konbini.process.clock import Clock, SystemClock
from konbini.protocol.errors import Refused
from konbini.simulation.printer import command
from konbini.simulation.printer.attributes import printer_attributes
from konbini.simulation.printer.certificate import own_certificate
from konbini.simulation.printer.engine import COUNTER, SERVICE_JOB, Engine, Habits
from konbini.simulation.printer.exit import ExitBarrier
from konbini.simulation.printer.mechanism import FULL_TRAY, Mechanism
from konbini.simulation.printer.server import IppServer, free_port

__all__ = ["PrinterDidNotStartError", "VirtualPrinter"]

_STARTING = 15.0
_RECHECK = 0.05
_STOPPING = "processing-to-stop-point"


class PrinterDidNotStartError(Exception):
    """`ippeveprinter` ended or stayed silent; the text is its own last words."""


class VirtualPrinter:
    """One simulated printer; use as an async context manager.

    Args:
        tray: where pages come out as PNG files; made if it is not there.
        home: what survives a power cut (certificate, lifetime counter); a directory of the run when None.
        habits: what kind of printer it is.
        paper: sheets loaded.
        clock: the engine's time.
    """

    def __init__(
        self,
        *,
        tray: Path,
        home: Path | None = None,
        habits: Habits | None = None,
        paper: int = FULL_TRAY,
        clock: Clock | None = None,
    ) -> None:
        self._habits = habits or Habits()
        self._run = Path(tempfile.mkdtemp(prefix="printer-", dir="/dev/shm"))
        self._home = home or self._run
        for folder in (tray, self._home, self.spool):
            folder.mkdir(parents=True, exist_ok=True)
        self.certificate = own_certificate(self._home)
        """The certificate to pin, DER."""
        self._mechanism = Mechanism(tray=tray, memory=self._home / "impressions", paper=paper)
        self._engine = Engine(
            self._mechanism,
            habits=self._habits,
            clock=clock or SystemClock(),
            is_cancelled=self._is_cancelled,
        )
        self._barrier = ExitBarrier(self._mechanism)
        self._port = 0
        self._server: IppServer | None = None
        self._client: IppClient | None = None
        self._links: list[asyncio.Server] = []

    @property
    def uri(self) -> str:
        """Where it is reached."""
        return f"ipps://localhost:{self._port}/ipp/print"

    @property
    def port(self) -> int:
        """Its port on the loopback interface; the same over a cut of the power."""
        return self._port

    @property
    def spool(self) -> Path:
        """Where the IPP server puts a document until the engine has it."""
        return self._run / "spool"

    @property
    def counter(self) -> str:
        """The attribute of its lifetime counter, for `IppClient`."""
        return COUNTER

    @property
    def impressions(self) -> int:
        """The engine's own count of the sheets that came out in its life."""
        return self._mechanism.impressions

    def pages(self) -> list[Path]:
        """Return the pages that came out, in their order."""
        return self._mechanism.pages()

    @property
    def exit_socket(self) -> Path:
        """Where the kiosk finds the light barrier of the paper exit (`konbini.kiosk.printing.exit_sensor`)."""
        return self._run / "exit"

    @property
    def lying(self) -> int:
        """How many pages lie in the exit; their pictures stay in the tray when they are taken."""
        return self._mechanism.lying

    def take_paper(self) -> int:
        """Take what lies in the exit and return how many pages it was."""
        return self._mechanism.take_paper()

    def jam_after(self, pages: int | None) -> None:
        """Let the next document jam when `pages` of its pages are out; None: with the next sheet, whichever."""
        self._mechanism.jam_after(pages)

    async def clear_jam(self) -> None:
        """Take the crumpled sheet out and close the cover.

        ippeveprinter changes its reasons only at its command's word, so an idle printer runs a job without pages here;
        without paper it holds that job until it is filled.
        """
        self._mechanism.forget()
        self._mechanism.jammed = False
        if not self._engine.busy:
            await self._service()

    @property
    def sheets(self) -> int:
        """How many sheets the tray holds."""
        return self._mechanism.paper

    async def load(self, sheets: int) -> None:
        """Let the tray hold `sheets`, 0 for none; while it is empty the server holds a job and does not let it go."""
        self._mechanism.paper = sheets
        query = {"size0": "iso_a4_210x297mm", "type0": "stationery", "level0": str(sheets)}
        pin = aiohttp.Fingerprint(certificate_pin(self.certificate))
        url = f"https://localhost:{self._port}/media"
        async with aiohttp.ClientSession() as session, session.get(url, params=query, ssl=pin) as response:
            response.raise_for_status()
            await response.read()

    def run_out_of_paper(self) -> None:
        """Find no sheet to pull when the next page is due, as when the tray's sensor is wrong."""
        self._mechanism.empty_after(0)

    async def paper_out(self) -> None:
        """Empty the tray now."""
        await self.load(0)

    async def refill(self) -> None:
        """Fill the tray."""
        await self.load(FULL_TRAY)

    async def __aenter__(self) -> Self:
        try:
            self._links.append(await self._engine.serve(self._run / "engine"))
            self._links.append(await self._barrier.serve(self.exit_socket))
            self._write_command()
            await self.plug_in()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def plug_in(self) -> None:
        """Start the IPP server; it keeps the port that it had. Nothing happens when it runs.

        Raises:
            PrinterDidNotStartError: it ended, or did not answer in time.
        """
        if self._server is not None:
            return
        attributes = printer_attributes(impressions=self._mechanism.impressions, colour=self._habits.colour)
        (self._run / "attributes").write_text(attributes, "utf-8")
        self._port = self._port or free_port()
        self._server = await IppServer.start(self._arguments())
        pin = certificate_pin(self.certificate)
        self._client = await IppClient(self.uri, pin=pin, counter=COUNTER).__aenter__()
        await self._until_up(self._server, self._client)
        if not self._mechanism.paper:
            await self.load(0)

    async def unplug(self) -> None:
        """Cut the power: the server is killed, whatever it was doing; jobs and spool are gone."""
        client, self._client = self._client, None
        if client is not None:
            await client.__aexit__(None, None, None)
        server, self._server = self._server, None
        if server is not None:
            await server.stop()
        for left in (self.spool).iterdir():
            left.unlink()

    async def _close(self) -> None:
        await self.unplug()
        for link in self._links:
            link.close()
            await link.wait_closed()
        shutil.rmtree(self._run)

    def _arguments(self) -> tuple[str, ...]:
        run = self._run
        return (
            "-r", "off", "-n", "localhost", "-p", str(self._port), "-c", str(run / "command"), "-D", "file:///dev/null",
            "-d", str(run / "spool"), "-K", str(self._home), "-a", str(run / "attributes"), "kiosk",
        )  # fmt: skip

    def _write_command(self) -> None:
        script = self._run / "command"
        script.write_text(
            f'#!/bin/sh\nexec {sys.executable} -ISs {Path(command.__file__)} {self._run / "engine"} "$1"\n', "utf-8"
        )
        script.chmod(0o700)

    async def _until_up(self, server: IppServer, client: IppClient) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STARTING):
                while server.running:
                    with contextlib.suppress(Refused):
                        await client.status()
                        return
                    await asyncio.sleep(_RECHECK)
        raise PrinterDidNotStartError(server.last_words)

    async def _is_cancelled(self, job_id: int) -> bool:
        if self._client is None:
            return True
        try:
            return _STOPPING in (await self._client.job(job_id)).reasons
        except Refused:
            return False

    async def _service(self) -> None:
        if self._client is not None:
            await self._client.print_job(_nothing(), name=SERVICE_JOB, colour=False)
            while self._mechanism.paper and await self._client.jobs():  # noqa: ASYNC110 - the event is in another program
                await asyncio.sleep(_RECHECK)


async def _nothing() -> AsyncIterator[bytes]:
    """A document of the service job: one byte, since a job without any is refused."""
    yield b"\0"
