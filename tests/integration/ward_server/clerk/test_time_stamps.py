"""The time-stamp service as operators see it: asked before a resident pays, its silence on top, back by itself."""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request, urlopen

from konbini.process.calls import CallClient
from konbini.simulation.town.files import write
from konbini.simulation.town.pki.authority import new_p256_key
from konbini.ward_server.clerk.calls import StampsCondition
from konbini.ward_server.console.standing import problems
from konbini.ward_server.issuing.view import LiveView, ViewLine
from tests.integration.pdf.services import make_infrastructure
from tests.integration.ward_server.clerk.test_signing_key import restart, rewrite
from tests.integration.ward_server.ward import Ward
from tests.measuring import missing, read


class Way(ThreadingHTTPServer):
    """The way to the service: it can be down. It counts what was asked."""

    daemon_threads = True

    def __init__(self, service: str) -> None:
        """Listen on loopback."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service
        self.down = False
        self.asked = 0


class _Handler(BaseHTTPRequestHandler):
    server: Way

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Hand a question on, or nothing while the way is down."""
        self.server.asked += 1
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.down:
            self.send_error(502)
            return
        request = Request(self.server.service, asked, {"Content-Type": "application/timestamp-query"})  # noqa: S310 - loopback
        with urlopen(request) as answer:  # noqa: S310 - loopback
            content = bytes(answer.read())
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def stamping(ward: Ward, folder: Path) -> Iterator[Way]:
    """Have the ward's papers time-stamped, over a way that is given."""
    at = datetime.fromtimestamp(ward.clock.now() / 1000, UTC)
    running = make_infrastructure(folder, {"clerk": new_p256_key()}, at)
    running.start()
    served = running.served("clerk", folder)
    way = Way(served.stamps())
    thread = threading.Thread(target=way.serve_forever)
    thread.start()
    try:
        write(folder / "clerk.key", served.key)
        for label in ("certificate", "stamps_authority"):
            write(folder / f"{label}.pem", ssl.DER_cert_to_PEM_cert(getattr(served, label)).encode())
        rewrite(
            ward,
            f'key = "{folder / "clerk.key"}"\ncertificates = ["{folder / "certificate.pem"}"]\n'
            f'[signing.time_stamps]\nurl = "http://127.0.0.1:{way.server_port}/"\n'
            f'authorities = ["{folder / "stamps_authority.pem"}"]',
        )
        yield way
    finally:
        way.shutdown()
        thread.join()
        way.server_close()
        running.close()


@asynccontextmanager
async def watching(ward: Ward) -> AsyncIterator[ViewLine]:
    """Give an operator's line to issuing's view."""
    client = CallClient(ward.town.run / "issuing-operators.sock", peers=frozenset({os.getuid()}))
    try:
        yield ViewLine(client, "console")
    finally:
        await client.close()


def stamps(view: LiveView) -> StampsCondition | None:
    """Give how the service stands in a view."""
    assert view.health.clerk is not None
    return view.health.clerk.stamps


async def test_a_ward_that_needs_none_says_so(ward: Ward) -> None:
    """Nothing is asked, nothing is wrong, and no figure is there."""
    async with watching(ward) as line:
        view = await line.live()
    assert stamps(view) is None
    assert view.health.clerk_serves
    assert "time_stamp" not in (await read(ward.town.run / "clerk-measures.sock")).text


async def test_silence_is_found_before_a_paper_needs_it_and_ends_by_itself(ward: Ward, tmp_path: Path) -> None:
    """Asked at the start and seldom after; when it fails it is asked soon again, and one failure is no silence."""
    with stamping(ward, tmp_path) as way:
        await restart(ward)
        async with watching(ward) as line:
            first = await _seen(ward, line, lambda one: one.answered > 0)
            assert (first.failures, first.failed, first.silent) == (0, 0, False)
            for _ in range(8):
                await ward.pass_time(15)
            assert way.asked == 1

            way.down = True
            ward.clock.set_wall(ward.clock.now() + 600_000)
            once = await _seen(ward, line, lambda one: one.failures == 1)
            assert (once.answered, once.silent) == (first.answered, False)
            assert (await line.live()).health.clerk_serves
            await _seen(ward, line, lambda one: one.silent)
            view = await line.live()
            assert not view.health.clerk_serves
            assert "time_stamps_silent" in [one.word for one in problems(view)]
            clerk, issuing = (ward.town.run / f"{name}-measures.sock" for name in ("clerk", "issuing"))
            assert await missing(clerk) == ["TIME_STAMPS_SILENT"]
            assert "CLERK_NOT_READY" in await missing(issuing)
            assert ((await read(clerk)).get("konbini_time_stamp_failures") or 0) >= 2

            ward.clock.set_wall(ward.clock.now() - 600_000)  # the service lives in one moment
            way.down = False
            again = await _seen(ward, line, lambda one: not one.failures)
            assert again.answered > first.answered
            assert await missing(clerk) == []


async def _seen(ward: Ward, line: ViewLine, holds: Callable[[StampsCondition], bool]) -> StampsCondition:
    """Let the time pass until the service stands so at issuing."""
    async with asyncio.timeout(30):
        while True:
            found = stamps(await line.live())
            if found is not None and holds(found):
                return found
            await asyncio.sleep(0.02)
            await ward.pass_time(0.5)
