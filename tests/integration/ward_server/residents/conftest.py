"""A registry's folder: keys, configuration, and the process itself, told ready by its own word."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from konbini.protocol.cose import SigningKey
from konbini.ward_server.residents.config import RegistryConfig, read_config

CONFIG = """
municipality = "131997"
[store]
address = "sqlite:registry.db"
[keys]
record = "record.pem"
identity = "identity.pem"
personal = ["personal.key"]
numbers = ["numbers.key"]
lookup = "lookup.key"
given = "given.key"
[followers]
names = ["issuing"]
socket = "followers.sock"
users = [{user}]
[operators]
socket = "operators.sock"
users = [{user}]
signed = false
[log]
origin = "konbini/131997/registry"
key = "log.pem"
witnesses = []
"""

_START_SECONDS = 30.0


def _secret(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with fresh keys and a configuration."""
    pairs: dict[str, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey] = {
        "record.pem": ec.generate_private_key(ec.SECP256R1()),
        "identity.pem": ec.generate_private_key(ec.SECP256R1()),
        "log.pem": ed25519.Ed25519PrivateKey.generate(),
    }
    for name, private in pairs.items():
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _secret(tmp_path / name, pem)
    for name in ("personal.key", "numbers.key", "lookup.key", "given.key"):
        _secret(tmp_path / name, secrets.token_bytes(32))
    (tmp_path / "registry.toml").write_text(CONFIG.format(user=os.getuid()), encoding="utf-8")
    return tmp_path


@pytest.fixture
def config(folder: Path) -> RegistryConfig:
    """Return the configuration."""
    return read_config(folder / "registry.toml")


@pytest.fixture
def record_key(folder: Path) -> SigningKey:
    """Return the registry's record key."""
    return SigningKey.from_pem((folder / "record.pem").read_bytes())


@pytest.fixture
async def start(folder: Path) -> AsyncIterator[Callable[..., Awaitable[subprocess.Popen[bytes]]]]:
    """Return what starts the registry's process and waits until it says that it is ready."""
    started: list[subprocess.Popen[bytes]] = []

    async def start_one(name: str = "registry.toml") -> subprocess.Popen[bytes]:
        address = folder / f"notify-{len(started)}.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(address))
            manager.setblocking(False)  # noqa: FBT003 - the library's signature
            process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own program
                [sys.executable, "-m", "konbini.ward_server.residents", str(folder / name)],
                env={**os.environ, "NOTIFY_SOCKET": str(address)},
            )
            started.append(process)
            async with asyncio.timeout(_START_SECONDS):
                told = await asyncio.get_running_loop().sock_recv(manager, 100)
        assert told == b"READY=1"
        return process

    yield start_one
    for process in started:
        process.kill()  # also one that stands still
        process.wait()
