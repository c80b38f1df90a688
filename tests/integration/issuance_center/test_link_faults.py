"""Links that break, peers that speak out of form or do not read: real TLS on loopback."""

from __future__ import annotations

import asyncio
import os
import ssl

import aiohttp
import pytest
from cryptography import x509

from konbini.process.link import LINK_PATH
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame, LinkRefusal
from konbini.protocol.kinds import MessageKind
from konbini.protocol.shape import from_bytes
from konbini.protocol.tls import TlsFiles, client_context
from tests.integration.issuance_center.conftest import RunningCenter

A = "999991"


async def raw(center: RunningCenter, files: TlsFiles, *sent: bytes | str) -> tuple[list[aiohttp.WSMessage], int | None]:
    """Connect as a kiosk's machine might, send anything, and give what came until the center closed."""
    address = f"wss://127.0.0.1:{center.kiosk_port}{LINK_PATH}"
    came: list[aiohttp.WSMessage] = []
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(address, ssl=client_context(files), server_hostname="center") as socket,
    ):
        for data in sent:
            await (socket.send_str(data) if isinstance(data, str) else socket.send_bytes(data))
        async for message in socket:
            came.append(message)  # noqa: PERF401 - until the center closes
        return came, socket.close_code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff rubbish", Code.MALFORMED),
        (b"", Code.MALFORMED),
        (Frame(kind=MessageKind.STATE, kiosk="K-0001", body=b"").to_bytes() + b"\0", Code.MALFORMED),
        (b"\x9f\x01\xff", Code.MALFORMED),
        (b"\x86\x02\x18\x5a\x40\x66K-0001\x60\x40", Code.VERSION_UNKNOWN),
    ],
)
async def test_bytes_that_are_no_frame_end_the_link(center: RunningCenter, data: bytes, code: Code) -> None:
    """Rubbish, nothing, trailing bytes, an indefinite length, another version: the code, then the end."""
    came, closed = await raw(center, center.town.pki.kiosk("K-0001"), data)
    refusal = Frame.from_bytes(came[0].data)
    assert Code(from_bytes(LinkRefusal, refusal.body).code) is code
    assert closed == aiohttp.WSCloseCode.PROTOCOL_ERROR


async def test_text_and_oversize_end_the_link(center: RunningCenter) -> None:
    """A kiosk sends no frame above 64 KiB, and no text; the largest that passes is judged."""
    files = center.town.pki.kiosk("K-0001")
    came, closed = await raw(center, files, bytes(64 * 1024 + 1))
    # A reset may overtake the close frame, because the center does not read the rest.
    assert (came, closed in {1009, 1006}) == ([], True)
    came, _ = await raw(center, files, "hello")
    assert came == []
    came, _ = await raw(center, files, bytes(64 * 1024))
    assert len(came) == 1


@pytest.mark.parametrize("name", ["kiosk:K-0009", "ward:999991", "center"])
async def test_a_name_off_the_list_gets_no_link(center: RunningCenter, name: str) -> None:
    """Of the right authority, and not on the list of kiosks."""
    files = center.town.pki.devices.issue(x509.UniformResourceIdentifier(name), believes=center.town.pki.center)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await raw(center, files)
    assert refused.value.status == 403


async def test_a_ward_cannot_come_in_by_the_kiosks_door(center: RunningCenter) -> None:
    """Its certificate is of another authority: no handshake."""
    with pytest.raises((aiohttp.ClientError, OSError)):
        await raw(center, center.town.pki.ward(A))


async def test_tls_1_2_gets_no_link(center: RunningCenter) -> None:
    """On a real socket."""
    context = client_context(center.town.pki.kiosk("K-0001"))
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):  # the alert, or the reset behind it
        await asyncio.open_connection("127.0.0.1", center.kiosk_port, ssl=context, server_hostname="center")


@pytest.mark.parametrize("said", [b"", b"GET /link HTTP/1.1\r\nHost: center\r\nX-A: "])
async def test_whoever_asks_for_no_link_is_hung_up_on(center: RunningCenter, said: bytes) -> None:
    """A certificate alone holds no connection: nothing said, half a head; one whose link stands is not touched."""
    kiosk = await center.connect("K-0002")
    context = client_context(center.town.pki.kiosk("K-0001"))
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", center.kiosk_port, ssl=context, server_hostname="center"
    )
    writer.write(said)
    async with asyncio.timeout(30):
        assert await reader.read() == b""
    writer.close()
    assert kiosk.link.up


async def test_another_path_is_nothing(center: RunningCenter) -> None:
    """There is one address."""
    url = f"https://127.0.0.1:{center.kiosk_port}/"
    context = client_context(center.town.pki.kiosk("K-0001"))
    async with aiohttp.ClientSession() as session, session.get(url, ssl=context, server_hostname="center") as answer:
        assert answer.status == 404


async def test_a_kiosk_that_dials_anew_takes_its_line_over(center: RunningCenter) -> None:
    """The older connection is cut, also where it never noticed that it was dead."""
    ward = await center.ward(A)
    kiosk = await center.connect("K-0001")
    again = center.town.end("K-0001", center.kiosk_port)
    dialling = asyncio.create_task(again.link.run())
    async with asyncio.timeout(10):
        await again.up.wait()
        await kiosk.down.wait()
    dialling.cancel()
    await asyncio.wait({dialling})
    assert ward.link.up


async def test_a_link_comes_back_by_itself(center: RunningCenter) -> None:
    """The center goes and comes back on its port; kiosk and ward find it without being told."""
    kiosk = await center.connect("K-0001")
    port = center.kiosk_port
    await center.stop()
    assert not kiosk.link.up
    with pytest.raises(Refused) as refused:
        kiosk.send(center.town.kiosks["K-0001"].frame(MessageKind.STATE, "", b"", b"state"))
    assert refused.value.code is Code.CENTER_UNREACHABLE
    text = center.town.config.read_text(encoding="utf-8")
    center.town.config.write_text(text.replace("port = 0", f"port = {port}", 1), encoding="utf-8")
    kiosk.up.clear()
    await center.start()
    async with asyncio.timeout(10):
        await kiosk.up.wait()
    kiosk.send(center.town.kiosks["K-0001"].frame(MessageKind.ORDER, A, os.urandom(16), b"no visit"))
    assert await kiosk.refused() is Code.TICKET_INVALID


async def test_a_kiosk_that_does_not_read_is_cut_off(center: RunningCenter) -> None:
    """Documents for it are not gathered in the center: the ward hears so, and other kiosks notice nothing."""
    ward = await center.ward(A)
    deaf, other = await center.connect("K-0001"), await center.connect("K-0002")
    visit_id = os.urandom(16)
    deaf.send(center.town.kiosks["K-0001"].hello(A, visit_id))
    await deaf.next(MessageKind.TICKET)
    deaf.send(center.town.kiosks["K-0001"].frame(MessageKind.OPEN, A, visit_id, b"open"))
    await ward.next(MessageKind.OPEN)
    deaf.stop_reading()
    document = Frame(kind=MessageKind.DOCUMENT, visit_id=visit_id, kiosk="K-0001", ward=A, body=bytes(512 * 1024))
    async with asyncio.timeout(30):
        while ward.came.empty():
            if ward.link.up:
                ward.send(document)
            await asyncio.sleep(0.02)
    assert await ward.refused() is Code.KIOSK_UNREACHABLE
    other.send(center.town.kiosks["K-0002"].hello(A, os.urandom(16)))
    assert (await other.next()).kind is MessageKind.TICKET


async def test_a_kiosk_that_floods_is_refused(center: RunningCenter) -> None:
    """600 frames a minute, whatever they are."""
    kiosk = await center.connect("K-0001")
    frame = center.town.kiosks["K-0001"].frame(MessageKind.ORDER, A, bytes(16), b"")
    for _ in range(601):
        kiosk.send(frame)
    codes = [await kiosk.refused() for _ in range(601)]
    assert set(codes[:600]) == {Code.TICKET_INVALID}
    assert codes[600] is Code.QUOTA
    await center.clock.advance(61)
    kiosk.send(frame)
    assert await kiosk.refused() is Code.TICKET_INVALID


async def test_a_link_that_fails_while_it_is_cancelled_ends(center: RunningCenter) -> None:
    """The cancellation is not swallowed with the fault: no link dials on after its owner has gone."""
    end = center.town.end("K-0001", center.kiosk_port)
    dialling = asyncio.create_task(end.link.run())
    async with asyncio.timeout(10):
        await end.up.wait()

    async def fails(_: Frame) -> None:
        dialling.cancel()
        raise Refused(Code.MALFORMED)

    end.taking = fails
    end.send(center.town.kiosks["K-0001"].frame(MessageKind.ORDER, A, os.urandom(16), b"no visit"))
    await asyncio.wait({dialling}, timeout=5)
    assert dialling.cancelled()
