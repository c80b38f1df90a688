"""Kiosks behind an edge: whom the center believes there, and that no kiosk can speak as the edge does."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from konbini.process.doors import CERTIFICATE_HEADER
from konbini.process.link import LINK_PATH, LinkAddress
from konbini.protocol.errors import Code
from konbini.protocol.kinds import MessageKind
from konbini.protocol.tls import TlsFiles, client_context
from konbini.simulation.bench.relay.proxies import Side, edge
from konbini.simulation.clock import SettableClock
from tests.integration.issuance_center.authorities import uri
from tests.integration.issuance_center.conftest import End, RunningCenter, Town, edge_before, needs_haproxy

A = "999991"
SHIPPED = Path(__file__).parents[3] / "systemd" / "examples" / "haproxy-center.cfg"


@pytest.fixture
async def center(town_of_today: Town) -> AsyncIterator[RunningCenter]:
    """A center whose kiosks come through an edge that runs as this user; its clock shows today, as certificates do."""
    town_of_today.configure(edge_user=os.getuid())
    running = RunningCenter(town_of_today, SettableClock(_today(town_of_today)))
    await running.start()
    try:
        yield running
    finally:
        await running.hang_up()
        await running.stop()


def _today(town: Town) -> int:
    """Give a moment within the life of the town's certificates, in milliseconds."""
    return int(town.pki.devices.certificate.not_valid_before_utc.timestamp() + 24 * 3600) * 1000


def header(files: TlsFiles) -> str:
    """Give a certificate as the edge does."""
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode("ascii")


async def asked(center: RunningCenter, given: Sequence[str]) -> int:
    """Ask for a link at the center's socket, as somebody who hands over these certificates; give the answer."""
    return await _ask(center.town.folder / "kiosks.sock", [(CERTIFICATE_HEADER, text) for text in given])


async def _ask(path: Path, headers: Sequence[tuple[str, str]]) -> int:
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session,
        session.get(f"http://center{LINK_PATH}", headers=[*_UPGRADE, *headers]) as answer,
    ):
        return answer.status


_UPGRADE = (
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "MDEyMzQ1Njc4OWFiY2RlZg=="),
)


async def test_a_certificate_of_ours_gets_a_link(center: RunningCenter) -> None:
    """Under the name that stands in it."""
    assert await asked(center, [header(center.town.pki.kiosk("K-0001"))]) == 101


@pytest.mark.parametrize(
    "given",
    [
        "none",
        "two",
        "empty",
        "no Base64",
        "no certificate",
        "too long",
        "a stranger's",
        "a ward's",
        "off the list",
        "two names",
    ],
)
async def test_anything_else_gets_none(center: RunningCenter, given: str) -> None:
    """What an edge that was configured wrongly, or somebody in its place, might hand over."""
    pki = center.town.pki
    good = header(pki.kiosk("K-0001"))
    handed = {
        "none": [],
        "two": [good, header(pki.kiosk("K-0002"))],
        "empty": [""],
        "no Base64": [good[:-4] + "*==="],
        "no certificate": [base64.b64encode(b"kiosk:K-0001").decode("ascii")],
        "too long": [good + "A" * 4096],
        "a stranger's": [header(pki.stranger.issue(uri("kiosk:K-0001")))],
        "a ward's": [header(pki.ward(A))],
        "off the list": [header(pki.kiosk("K-0009"))],
        "two names": [header(pki.devices.issue(uri("kiosk:K-0001"), uri("kiosk:K-0002")))],
    }[given]
    assert await asked(center, handed) == 403


async def test_a_certificate_that_has_run_out_gets_none(center: RunningCenter) -> None:
    """By the center's own clock: the edge's may be wrong."""
    center.clock.set_wall(center.clock.now() + 2 * 24 * 3600 * 1000)
    assert await asked(center, [header(center.town.pki.kiosk("K-0001"))]) == 403


async def test_whoever_is_not_the_edge_gets_none(town_of_today: Town) -> None:
    """A process of another user than the configured one, with a kiosk's certificate in hand; the socket lets it in."""
    town_of_today.configure(edge_user=os.getuid() + 1)
    running = RunningCenter(town_of_today, SettableClock(_today(town_of_today)))
    await running.start()
    try:
        assert await asked(running, [header(town_of_today.pki.kiosk("K-0001"))]) == 403
    finally:
        await running.stop()


@pytest.mark.parametrize("first", ["GET /elsewhere", f"GET {LINK_PATH}"])
async def test_a_connection_asks_once(center: RunningCenter, first: str) -> None:
    """Had a kiosk a way past the edge's reading of its request, a second one behind the first would find nobody."""
    reader, writer = await asyncio.open_unix_connection(center.town.folder / "kiosks.sock")
    lines = "".join(f"{name}: {text}\r\n" for name, text in _UPGRADE)
    smuggled = f"{CERTIFICATE_HEADER}: {header(center.town.pki.kiosk('K-0002'))}\r\n"
    writer.write(f"{first} HTTP/1.1\r\nHost: center\r\n\r\n".encode())
    writer.write(f"GET {LINK_PATH} HTTP/1.1\r\nHost: center\r\n{lines}{smuggled}\r\n".encode())
    async with asyncio.timeout(10):
        answered = await reader.read()
    writer.close()
    assert answered.count(b"HTTP/1.1") == 1
    assert answered.split()[1] in {b"403", b"404"}


async def test_a_center_that_ends_tls_itself_reads_no_such_header(town_of_today: Town) -> None:
    """A kiosk that brings another's certificate along is who its own says."""
    running = RunningCenter(town_of_today, SettableClock(_today(town_of_today)))
    await running.start()
    try:
        stranger = town_of_today.pki.kiosk("K-0009")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await _dial(running.kiosk_port, stranger, {CERTIFICATE_HEADER: header(town_of_today.pki.kiosk("K-0001"))})
        assert refused.value.status == 403
    finally:
        await running.stop()


async def _dial(port: int, files: TlsFiles, headers: dict[str, str], path: str = LINK_PATH) -> None:
    """Dial as a kiosk with headers of its own making, and hang up."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            f"wss://127.0.0.1:{port}{path}", ssl=client_context(files), server_hostname="center", headers=headers
        ),
    ):
        pass


@pytest.fixture
async def edge_port(center: RunningCenter) -> AsyncIterator[int]:
    """HAProxy with the configuration that ships, before that center."""
    async with edge_before(center.town) as port:
        yield port


async def _through(center: RunningCenter, port: int, name: str) -> tuple[End, asyncio.Task[None]]:
    end = End(LinkAddress(host="127.0.0.1", port=port), center.town.pki.kiosk(name))
    task = asyncio.create_task(end.link.run())
    async with asyncio.timeout(10):
        await end.up.wait()
    return end, task


async def _end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@needs_haproxy
async def test_a_visit_goes_through_the_edge(center: RunningCenter, edge_port: int) -> None:
    """Two kiosks by the production link, each under its own name; a document of the largest size comes whole."""
    ward = await center.ward(A)
    first, first_task = await _through(center, edge_port, "K-0001")
    other, other_task = await _through(center, edge_port, "K-0002")
    try:
        first.send(center.town.kiosks["K-0001"].hello(A, b"v" * 16))
        await first.next(MessageKind.TICKET)
        first.send(center.town.kiosks["K-0001"].frame(MessageKind.OPEN, A, b"v" * 16, b"sealed"))
        assert (await ward.next(MessageKind.OPEN)).body == b"sealed"
        paper = os.urandom(512 * 1024)
        ward.send(center.town.kiosks["K-0001"].frame(MessageKind.DOCUMENT, A, b"v" * 16, paper))
        assert (await first.next(MessageKind.DOCUMENT)).body == paper
        other.send(center.town.kiosks["K-0001"].hello(A, b"w" * 16))
        assert await other.refused() is Code.MISROUTED
    finally:
        await _end(first_task, other_task)


@needs_haproxy
@pytest.mark.parametrize(
    "spelled", [CERTIFICATE_HEADER, CERTIFICATE_HEADER.lower(), CERTIFICATE_HEADER.replace("-", "_")]
)
async def test_a_header_of_a_kiosks_own_making_does_not_pass(
    center: RunningCenter, edge_port: int, spelled: str
) -> None:
    """A kiosk off the list that brings another's certificate along, once and twice, is still who its own says."""
    stranger, other = center.town.pki.kiosk("K-0009"), header(center.town.pki.kiosk("K-0001"))
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await _dial(edge_port, stranger, {spelled: other})
    assert refused.value.status == 403
    await _dial(edge_port, center.town.pki.kiosk("K-0001"), {spelled: header(stranger)})


@needs_haproxy
@pytest.mark.parametrize("method", ["a body", "chunks", "another path", "no upgrade"])
async def test_the_edge_passes_one_question_and_no_other(center: RunningCenter, edge_port: int, method: str) -> None:
    """What could make two readers of one request differ is refused at the edge."""
    inner = f"GET {LINK_PATH} HTTP/1.1\r\nHost: center\r\n\r\n"
    upgrade = "".join(f"{name}: {text}\r\n" for name, text in _UPGRADE)
    line = f"GET {'/other' if method == 'another path' else LINK_PATH} HTTP/1.1\r\nHost: center\r\n"
    asked_for = {
        "a body": f"{line}{upgrade}Content-Length: {len(inner)}\r\n\r\n{inner}",
        "chunks": f"{line}{upgrade}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}",
        "another path": f"{line}{upgrade}\r\n",
        "no upgrade": f"{line}\r\n",
    }[method]
    answer = await _raw(edge_port, client_context(center.town.pki.kiosk("K-0001")), asked_for)
    assert answer.startswith(b"HTTP/1.1 403")
    assert answer.count(b"HTTP/1.1") == 1


async def _raw(port: int, context: ssl.SSLContext, text: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="center")
    writer.write(text.encode("ascii"))
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


@needs_haproxy
@pytest.mark.parametrize("who", ["a stranger", "a ward", "nobody", "an old client"])
async def test_the_edge_ends_the_handshake_of_whoever_is_no_kiosk(
    center: RunningCenter, edge_port: int, who: str
) -> None:
    """Another authority's certificate, none, TLS 1.2: as at the center's own door."""
    pki = center.town.pki
    contexts = {
        "a stranger": client_context(pki.stranger.issue(uri("kiosk:K-0001"), believes=pki.center)),
        "a ward": client_context(pki.ward(A)),
        "nobody": ssl.create_default_context(cafile=str(pki.center.file)),
        "an old client": client_context(pki.kiosk("K-0001")),
    }
    if who == "an old client":
        contexts[who].minimum_version = contexts[who].maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):
        assert await _raw(edge_port, contexts[who], f"GET {LINK_PATH} HTTP/1.1\r\nHost: center\r\n\r\n") == b"HTTP"


@needs_haproxy
async def test_the_edge_resumes_no_session(center: RunningCenter, edge_port: int) -> None:
    """Who comes back with the session of before shows its certificate again."""
    context = client_context(center.town.pki.kiosk("K-0001"))
    first, _ = await asyncio.to_thread(_session, context, edge_port, None)
    assert first is not None
    _, resumed = await asyncio.to_thread(_session, context, edge_port, first)
    assert not resumed


def _session(
    context: ssl.SSLContext, port: int, session: ssl.SSLSession | None
) -> tuple[ssl.SSLSession | None, bool | None]:
    """Ask for nothing that is there; give the session, and whether it was resumed. Blocks."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="center", session=session) as secured,
    ):
        secured.sendall(b"GET / HTTP/1.1\r\nHost: center\r\n\r\n")
        secured.recv(4096)
        return secured.session, secured.session_reused


def test_the_edge_that_ships_is_the_one_that_is_tested() -> None:
    """But for places, for whose user it runs as, and for how many kiosks."""
    _comment, mark, shipped = SHIPPED.read_text(encoding="utf-8").partition("global\n")
    side = Side(credential=Path("/etc/haproxy/center-link.pem"), authority=Path("/etc/haproxy/devices.pem"))
    lines = (
        "# No chroot: the center's socket would be out of its sight.",
        "user haproxy",
        "group haproxy",
        "maxconn 60000",
    )
    user = "\n".join(f"    {line}" for line in lines)
    assert mark + shipped == edge(":7443", side, Path("/run/konbini-center/kiosks.sock"), process=user)
