"""The clerk's process: the one place that builds its objects and ties them together.

python -m konbini.ward_server.clerk CONFIG.toml
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.resources import files
from pathlib import Path

import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from konbini.pdf import reading
from konbini.pdf.signing import KeyFileSigner, PadesSigner
from konbini.pdf.template import TemplateInvalid, load_all
from konbini.process.calls import CallClient, CallServer
from konbini.process.clock import Clock, SystemClock
from konbini.process.config import ConfigRefused
from konbini.process.entropy import Entropy, SystemEntropy
from konbini.process.log import capture_libraries, logger
from konbini.process.ready import ServiceManager
from konbini.process.rows import AlreadyOwned, CommitWatch, Rows, SchemaRefused
from konbini.process.secret_files import read_secret
from konbini.process.tasks import StandingTasks
from konbini.protocol.errors import Refused
from konbini.ward_server.clerk.calls import MOST_CALL_BYTES, handlers
from konbini.ward_server.clerk.clerk import Clerk
from konbini.ward_server.clerk.config import ClerkConfig, read_config
from konbini.ward_server.clerk.index import Index
from konbini.ward_server.clerk.judging import Beliefs
from konbini.ward_server.clerk.store import ClerkStore
from konbini.ward_server.following.calls import RegistryCalls
from konbini.ward_server.following.follower import Follower
from konbini.ward_server.following.lease import Lease
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.storage.key_files import read_keyed_hash
from konbini.ward_server.trust import read_trust

__all__ = ["main", "serve"]

_NAME = "clerk"
_CANNOT_START = 2
_FAILED = 1

_log = logger("konbini.ward_server.clerk")


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 2 if the clerk cannot start."""
    parser = argparse.ArgumentParser(prog="konbini-clerk", description="The clerk (交付前の審査)")
    parser.add_argument("config", type=Path, help="configuration, TOML; see konbini/ward_server/clerk/config.py")
    path = parser.parse_args(arguments).config
    capture_libraries()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        config = read_config(path)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            well = runner.run(_until_told(config))
    except (
        *(ConfigRefused, TemplateInvalid, Refused, OSError, ValueError),
        *(AlreadyOwned, SchemaRefused, sqlite3.Error),
    ) as error:
        sys.stderr.write(f"the clerk cannot start: {error}\n")
        return _CANNOT_START
    return 0 if well else _FAILED


async def _until_told(config: ClerkConfig) -> bool:
    """Serve until told to end, or until a task that it stands on ends by itself: false then."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    manager = ServiceManager.from_environment(os.environ)
    clock = SystemClock()
    async with AsyncExitStack() as ending:
        ending.callback(manager.close)
        tasks = StandingTasks()
        await ending.enter_async_context(serve(config, clock, SystemEntropy(), tasks))
        beat = asyncio.create_task(manager.beat(clock, lambda: tasks.all_run))
        ending.callback(beat.cancel)
        ending.callback(manager.stopping)
        manager.ready()
        waits = [asyncio.create_task(told.wait()), asyncio.create_task(tasks.one_ended())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return tasks.all_run


@asynccontextmanager
async def serve(
    config: ClerkConfig,
    clock: Clock,
    entropy: Entropy,
    tasks: StandingTasks | None = None,
    *,
    watch: CommitWatch | None = None,
) -> AsyncIterator[Clerk]:
    """Follow the registry and answer on the socket while the context lasts.

    Raises:
        TemplateInvalid, Refused, OSError, ValueError: a file cannot be used.
        AlreadyOwned, SchemaRefused, sqlite3.Error: the store cannot be used.
    """
    trust = read_trust(config.trust, config.ward)
    _log.warning("signing with a key file", detail="the demo's key; a ward keeps its key in a token")
    signer = PadesSigner(KeyFileSigner(read_secret(config.document_key), _certificates(config.certificates)))
    async with AsyncExitStack() as ending:
        rows = Rows.open(config.store, files("konbini.ward_server.clerk") / "migrations", watch=watch)
        ending.push_async_callback(rows.close)
        registry = CallClient(config.registry_socket, peers=config.registry_users)
        ending.push_async_callback(registry.close)
        lease = Lease()
        feed = FeedRows(config.ward, trust.record, read_keyed_hash(config.lookup_key))
        index = Index(rows, feed)
        clerk = Clerk(
            beliefs=Beliefs(
                entry=trust.entry,
                center=trust.center,
                register=trust.register,
                issuers=trust.issuers,
                record_key=trust.record,
                handle_key=read_secret(config.handle_key),
            ),
            index=index,
            store=ClerkStore(rows),
            lease=lease,
            clock=clock,
            templates=load_all(config.templates),
            read=reading.check,
            sign=lambda pdf, moment: signer.sign(pdf, moment=moment),
        )
        follower = Follower(
            name=_NAME,
            municipality=config.ward,
            key=trust.record,
            registry=RegistryCalls(registry, _NAME),
            application=index,
            lease=lease,
            clock=clock,
            entropy=entropy,
        )
        standing = tasks or StandingTasks()
        ending.push_async_callback(standing.close)
        standing.start(follower.run(), "follower")
        server = await CallServer.listen(config.socket, handlers(clerk), peers=config.users, longest=MOST_CALL_BYTES)
        ending.push_async_callback(server.close)
        _log.info("serving", ward=config.ward)
        yield clerk


def _certificates(paths: Sequence[Path]) -> list[bytes]:
    """Read PEM files, each of one certificate or more, and give them all as DER."""
    found = (certificate for path in paths for certificate in x509.load_pem_x509_certificates(path.read_bytes()))
    return [certificate.public_bytes(serialization.Encoding.DER) for certificate in found]
