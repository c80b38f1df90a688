"""The benchmark's own WebSocket, end to end over TLS: what it frames arrives, and it answers a ping."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from konbini.protocol.tls import TlsFiles, client_context, server_context
from konbini.simulation.bench.relay.wire import Wire, masked, serve_wires, unmasked
from konbini.simulation.town.pki.links import LinkAuthority

SIZES = (0, 1, 125, 126, 65_535, 65_536, 204_800)


@pytest.fixture
def files(tmp_path: Path) -> tuple[TlsFiles, TlsFiles]:
    """Give a client's and a server's files, of one authority."""
    moment = int(tmp_path.stat().st_mtime)
    links = LinkAuthority.make(moment, "center")
    authority = tmp_path / "authority.pem"
    authority.write_bytes(links.authority.certificate_pem())
    made = []
    for name, credential in (
        ("client", links.client("kiosk:K-0001", moment)),
        ("server", links.server("center", moment)),
    ):
        certificate, key = tmp_path / f"{name}.pem", tmp_path / f"{name}.key"
        certificate.write_bytes(credential.certificate_pem())
        key.write_bytes(credential.key_pem())
        made.append(TlsFiles(certificate=certificate, key=key, authority=authority))
    client, server = made
    return client, server


async def test_frames_of_every_length_come_whole_both_ways(files: tuple[TlsFiles, TlsFiles]) -> None:
    """At each edge of the three forms of a length, masked there and unmasked back; a ping in between is answered."""
    came: list[bytes] = []

    async def echo(wire: Wire) -> None:
        while True:
            content = await wire.receive()
            came.append(content)
            await wire.send(b"\x89\x02hi")
            await wire.send(unmasked(content))

    client, server = files
    listening = await serve_wires(server_context(server), echo)
    try:
        wire = await Wire.dial(listening.sockets[0].getsockname()[1], client_context(client), "center")
        sent = [os.urandom(size) for size in SIZES]
        async with asyncio.timeout(20):
            for content in sent:
                await wire.send(masked(content))
                assert await wire.receive() == content
        assert came == sent
        wire.abort()
    finally:
        listening.close()
        await listening.wait_closed()
