"""A bad network between a writer and its PostgreSQL server: what was answered is there, what was refused is not.

The server proves itself by its certificate, as it must over a network, so that a bit that changed on the way ends the
connection and is never written.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from tests.fault_proxy import Fault, proxied
from tests.integration.issuance_center.authorities import Authority
from tests.integration.stores.test_survives import CHILD, numbers
from tests.places import NOTES
from tests.postgres import Server, check_installed, folder_of_its_own

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

_MOST = 4_000
_SHORT = {Fault.CORRUPT}
_BREAKING = {Fault.CORRUPT, Fault.CUT, Fault.RESET}


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkServer:
    """A server on loopback's network, and the authority that its certificate is of."""

    server: Server
    authority: Path

    def uri(self, port: int) -> str:
        """Give the address of the notes behind a proxy's port."""
        proof = f"sslmode=verify-full&sslrootcert={self.authority}"
        return f"postgresql://{self.server.user}@localhost:{port}/postgres?schema=notes&{proof}"

    def stored(self) -> set[int]:
        """Give the numbers in the store, by the server's own socket."""
        return {number for (number,) in self.server.run("SELECT id FROM note", schema="notes")}


@pytest.fixture
def network_server(tmp_path: Path) -> Iterator[NetworkServer]:
    """Run a server that is reached over TLS."""
    check_installed()
    authority = Authority.make("database", tmp_path)
    files = authority.issue(x509.DNSName("localhost"), label="server")
    with folder_of_its_own() as folder:
        server = Server(folder=folder, port=_free_port())
        server.make()
        for name, path in (("server.pem", files.certificate), ("server.key", files.key)):
            shutil.copy(path, server.data / name)
            (server.data / name).chmod(0o600)
            if os.geteuid() == 0:
                shutil.chown(server.data / name, server.user)
        server.start("listen_addresses=127.0.0.1", "ssl=on", "ssl_cert_file=server.pem", "ssl_key_file=server.key")
        try:
            yield NetworkServer(server=server, authority=authority.file)
        finally:
            server.end()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(one, id=one.value, marks=() if one in _SHORT else pytest.mark.long)
        for one in Fault
        if one is not Fault.NONE
    ],
)
async def test_what_was_answered_is_there(network_server: NetworkServer, fault: Fault) -> None:
    """Sixteen callers write while the network is bad three times for a second; the writer finds the server again."""
    async with proxied(network_server.server.port) as proxy:
        child = await asyncio.create_subprocess_exec(
            *(*CHILD, network_server.uri(proxy.port), str(NOTES)),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "MOST": str(_MOST)},
        )
        try:
            assert child.stdout is not None
            lines = [await child.stdout.readline()]
            reading = asyncio.create_task(child.stdout.read())
            dialled = proxy.dialled
            for _ in range(3):
                await asyncio.sleep(0.3)
                proxy.set(fault, seconds=0.05, least=0 if fault is Fault.BLACK_HOLE else 200)
                await asyncio.sleep(1)
                proxy.mend()
            async with asyncio.timeout(200):
                lines.append(await reading)
                assert await child.wait() == 0
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    output = b"".join(lines).decode()
    answered, refused = numbers(output, "answered"), numbers(output, "refused")
    assert proxy.harmed > 0
    assert (proxy.dialled > dialled) is (fault in _BREAKING)
    assert answered | refused == set(range(1, _MOST))
    assert answered <= network_server.stored()
    assert not refused or fault in _BREAKING
