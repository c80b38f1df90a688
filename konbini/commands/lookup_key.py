"""`konbini ward rotate-lookup-key`: two persons change what a stopped process's keyed hashes are made with."""

from __future__ import annotations

import argparse
import asyncio
from argparse import _SubParsersAction
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from konbini.commands.at_machine import ended
from konbini.process.clock import Clock, SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.process.stores import StoreAddress
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.clerk import config as clerk_config
from konbini.ward_server.clerk import kept as clerk_kept
from konbini.ward_server.console import config as console_config
from konbini.ward_server.console.rehashing import rehash_console
from konbini.ward_server.following.rehashing import rehash_follower
from konbini.ward_server.issuing import config as issuing_config
from konbini.ward_server.issuing import kept as issuing_kept
from konbini.ward_server.issuing.ledger.rehashing import rehash_issuing
from konbini.ward_server.keeping.lookup_rotation import LookupRotation, Rehash, rotate_lookup_key
from konbini.ward_server.residents import config as registry_config
from konbini.ward_server.residents import kept as registry_kept
from konbini.ward_server.residents.main import read_vault
from konbini.ward_server.residents.rehashing import rehash_registry
from konbini.ward_server.storage.key_files import read_keyed_hash

__all__ = ["add_command", "carry_out", "rotation_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Configured:
    """What a process's configuration says of its store and of its hashes."""

    migrations: Traversable
    address: StoreAddress
    lookup: Path
    rehash: Rehash
    event: AuditEvent


def add_command(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    duty = "make a process's keyed hashes anew under another lookup key, while it is stopped"
    command: argparse.ArgumentParser = commands.add_parser("rotate-lookup-key", help=duty, description=duty)
    command.add_argument("--process", choices=sorted(_CONFIGURED), required=True, help="whose store it is")
    command.add_argument("--config", type=Path, required=True, metavar="FILE", help="its configuration, as it is")
    command.add_argument("--new", type=Path, required=True, metavar="FILE", help="the new key, 32 bytes")
    command.add_argument("--entered-by", required=True, help="the operator who does it")
    command.add_argument("--approved-by", required=True, help="another operator, who approved it")


def carry_out(read: argparse.Namespace, show: Callable[[str], None], clock: Clock | None = None) -> int:
    """Rotate it; 1 where it is refused, 2 where it cannot be done: then nothing was changed."""

    def rotate() -> int:
        migrations, address, rehash, rotation = rotation_of(
            read.process, read.config.absolute(), read.new, (read.entered_by, read.approved_by)
        )
        count = asyncio.run(rotate_lookup_key(migrations, address, rehash, rotation, clock or SystemClock()))
        show(f"{count} made anew under {rotation.new.key_id.hex()}: put the new key into the configuration, and start")
        return 0

    return ended(rotate)


def rotation_of(
    process: str, config: Path, new: Path, operators: tuple[str, str]
) -> tuple[Traversable, StoreAddress, Rehash, LookupRotation]:
    """Read what a process's rotation needs.

    Raises:
        ConfigRefused, OSError, ValueError: the configuration or a key cannot be used.
    """
    there = _CONFIGURED[process](config)
    rotation = LookupRotation(
        old=read_keyed_hash(there.lookup), new=read_keyed_hash(new), operators=operators, event=there.event
    )
    return there.migrations, there.address, there.rehash, rotation


def _registry(path: Path) -> _Configured:
    config = registry_config.read_config(path)
    return _Configured(
        migrations=registry_kept.KEPT.migrations,
        address=config.store,
        lookup=config.keys.lookup,
        rehash=_of_registry(config),
        event=AuditEvent.LOOKUP_KEY_ROTATED,
    )


def _of_registry(config: registry_config.RegistryConfig) -> Rehash:
    vault = read_vault(config, SystemEntropy())
    return lambda connection, old, new: rehash_registry(connection, vault, old, new)


def _issuing(path: Path) -> _Configured:
    config = issuing_config.read_config(path)
    return _Configured(
        migrations=issuing_kept.KEPT.migrations,
        address=config.store,
        lookup=config.lookup_key,
        rehash=lambda connection, old, new: rehash_issuing(connection, config.ward, old, new),
        event=AuditEvent.ISSUING_LOOKUP_KEY_ROTATED,
    )


def _clerk(path: Path) -> _Configured:
    config = clerk_config.read_config(path)
    return _Configured(
        migrations=clerk_kept.KEPT.migrations,
        address=config.store,
        lookup=config.lookup_key,
        rehash=lambda connection, old, new: rehash_follower(connection, config.ward, old, new),
        event=AuditEvent.CLERK_LOOKUP_KEY_ROTATED,
    )


def _console(path: Path) -> _Configured:
    config = console_config.read_config(path)
    return _Configured(
        migrations=files("konbini.ward_server.console") / "migrations",
        address=config.store,
        lookup=config.lookup_key,
        rehash=rehash_console,
        event=AuditEvent.CONSOLE_LOOKUP_KEY_ROTATED,
    )


_CONFIGURED: Final[dict[str, Callable[[Path], _Configured]]] = {
    "registry": _registry,
    "issuing": _issuing,
    "clerk": _clerk,
    "console": _console,
}
