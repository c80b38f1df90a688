"""`konbini ward make-backup-key | backup | restore | wrapped-keys`: a store into sealed files and back; its keys."""

from __future__ import annotations

import argparse
import asyncio
import os
from argparse import _SubParsersAction
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from konbini.commands.at_machine import ended
from konbini.process.clock import Clock, SystemClock
from konbini.process.entropy import Entropy, SystemEntropy
from konbini.process.secret_files import read_secret, read_signing_key
from konbini.process.stores import StoreAddress, look_once, parse_address
from konbini.protocol.sealing import OpeningKey, SealingKey
from konbini.ward_server.clerk import config as clerk_config
from konbini.ward_server.clerk import kept as clerk_kept
from konbini.ward_server.issuing import config as issuing_config
from konbini.ward_server.issuing import kept as issuing_kept
from konbini.ward_server.keeping.backing_up import BackupTarget, back_up
from konbini.ward_server.keeping.destroying_again import destroy_again
from konbini.ward_server.keeping.disposal_list import Disposal, open_list, read_list
from konbini.ward_server.keeping.kept_store import KeptStore
from konbini.ward_server.keeping.manifest import Manifest
from konbini.ward_server.keeping.restoring import BackupSource, restore
from konbini.ward_server.keeping.wrapped_keys import wrapped_by
from konbini.ward_server.residents import config as registry_config
from konbini.ward_server.residents import kept as registry_kept

__all__ = ["add_commands", "carry_out"]

_OWNER_ONLY: Final = 0o600

_Act = Callable[[argparse.Namespace, Callable[[str], None], Clock, Entropy], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Configured:
    """What a process's configuration says of its store. `disposals_key` signs its list of disposals."""

    kept: KeptStore
    municipality: str
    address: StoreAddress
    disposals_key: Path


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the commands."""
    make = _command(commands, "make-backup-key", _make_key, "make a key that backups are sealed to; keep it apart")
    make.add_argument("--out", type=Path, required=True, help="the private key; the public one has .public behind it")
    backup = _command(commands, "backup", _backup, "back a store up while its process goes on")
    _add_process(backup)
    backup.add_argument("--out", type=Path, required=True, help="the file of rows; wrapped keys go to FILE.keys")
    backup.add_argument("--seal-to", type=Path, metavar="PUBLIC", help="the key that the rows are sealed to")
    backup.add_argument("--seal-keys-to", type=Path, metavar="PUBLIC", help="the key that wrapped keys are sealed to")
    back = _command(commands, "restore", _restore, "put a backup into an empty store, which then begins stopped")
    _add_process(back)
    back.add_argument("file", type=Path, help="the file of rows")
    back.add_argument("--keys", type=Path, help="the file of wrapped keys; the newest one there is")
    back.add_argument("--to", required=True, metavar="ADDRESS", help="the store that is written, empty or not there")
    back.add_argument("--password", type=Path, metavar="FILE", help="the file of its password")
    back.add_argument("--open-with", type=Path, required=True, metavar="PRIVATE", help="the key that opens the rows")
    origin = back.add_mutually_exclusive_group(required=True)
    origin.add_argument("--manifest", type=bytes.fromhex, metavar="HEX", help="the digest shown when it was taken")
    origin.add_argument("--unsafe-any-manifest", action="store_true", help="believe whoever sealed it")
    disposed = back.add_mutually_exclusive_group()
    disposed.add_argument("--disposals", type=Path, help="that process's newest signed list of disposals")
    disposed.add_argument("--unsafe-no-disposals", action="store_true", help="go on without: there never was a list")
    back.add_argument("--open-keys-with", type=Path, metavar="PRIVATE", help="the key that opens wrapped keys")

    count = _command(commands, "wrapped-keys", _count_keys, "count a store's data keys by what wraps them")
    _add_process(count)


def carry_out(
    read: argparse.Namespace,
    show: Callable[[str], None],
    clock: Clock | None = None,
    entropy: Entropy | None = None,
) -> int:
    """Carry a parsed command out; 1 where a backup is refused, 2 where it cannot be done."""
    act: _Act = read.act

    def carry() -> int:
        act(read, show, clock or SystemClock(), entropy or SystemEntropy())
        return 0

    return ended(carry)


def _command(
    commands: _SubParsersAction[argparse.ArgumentParser], name: str, act: _Act, duty: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=duty, description=duty)
    command.set_defaults(act=act)
    return command


def _add_process(command: argparse.ArgumentParser) -> None:
    command.add_argument("--process", choices=sorted(_CONFIGURED), required=True, help="whose store it is")
    command.add_argument("--config", type=Path, required=True, metavar="FILE", help="that process's configuration")


def _make_key(read: argparse.Namespace, show: Callable[[str], None], _clock: Clock, _entropy: Entropy) -> None:
    key = OpeningKey.generate()
    _write_new(read.out, key.to_bytes())
    _write_new(_public(read.out), key.sealing.public)
    show(f"key {key.sealing.key_id.hex()}")


def _backup(read: argparse.Namespace, show: Callable[[str], None], clock: Clock, entropy: Entropy) -> None:
    there = _CONFIGURED[read.process](read.config.absolute())
    if read.seal_to is not None and there.kept.keys and read.seal_keys_to is None:
        raise ValueError("its wrapped keys go to a file of their own: --seal-keys-to is missing")
    manifest = back_up(
        there.kept,
        there.address,
        there.municipality,
        rows=_target(read.out, read.seal_to),
        keys=_target(_keys_of(read.out), read.seal_keys_to if there.kept.keys else None),
        moment=clock.now(),
        entropy=entropy,
    )
    _show(manifest, show)


def _restore(read: argparse.Namespace, show: Callable[[str], None], clock: Clock, _entropy: Entropy) -> None:
    there = _CONFIGURED[read.process](read.config.absolute())
    keys = None
    if read.keys is not None:
        if read.open_keys_with is None:
            raise ValueError("--open-keys-with is missing")
        keys = BackupSource(path=read.keys, key=_opening(read.open_keys_with))
    if read.disposals is None and not read.unsafe_no_disposals:
        raise ValueError("--disposals is missing: without the newest list the next disposal forks it")
    listed, entries = _disposals(there, read.disposals)
    manifest = asyncio.run(
        restore(
            there.kept,
            parse_address(read.to, Path.cwd(), read.password),
            there.municipality,
            rows=BackupSource(path=read.file, key=_opening(read.open_with)),
            keys=keys,
            moment=clock.now(),
            expected=read.manifest,
            destroyed=lambda connection: (
                destroy_again(connection, there.kept.ends, listed, entries) if read.disposals else 0
            ),
        )
    )
    _show(manifest, show)
    show("restored, and stopped: two persons say so before anything is issued from it")


def _disposals(there: _Configured, path: Path | None) -> tuple[tuple[bytes, ...], tuple[Disposal, ...]]:
    """Read the signed list and check it whole; without the newest one the next disposal would fork it."""
    if path is None:
        return (), ()
    listed = read_list(path.read_bytes())
    return listed, open_list(listed, read_signing_key(there.disposals_key).verifying, there.municipality)


def _count_keys(read: argparse.Namespace, show: Callable[[str], None], _clock: Clock, _entropy: Entropy) -> None:
    there = _CONFIGURED[read.process](read.config.absolute())
    for keys in there.kept.keys:
        counts = look_once(there.address, partial(wrapped_by, columns=(keys,)))
        for key_id, count in sorted(counts.items()):
            show(f"{keys.table:<20} {key_id.hex()} {count:>11,}")


def _show(manifest: Manifest, show: Callable[[str], None]) -> None:
    for table in manifest.tables:
        show(f"{table.name:<20} {table.rows:>11,} {table.root.hex()}")
    show(f"feed of {manifest.incarnation} to {manifest.feed_number}, {manifest.audit_entries} audit entries")
    show(f"manifest {manifest.digest.hex()}")


def _target(path: Path, key: Path | None) -> BackupTarget | None:
    return None if key is None else BackupTarget(path=path, key=SealingKey(key.read_bytes()))


def _opening(path: Path) -> OpeningKey:
    return OpeningKey.from_bytes(read_secret(path))


def _keys_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.keys")


def _public(path: Path) -> Path:
    return path.with_name(f"{path.name}.public")


def _write_new(path: Path, content: bytes) -> None:
    """Write a key's file; one that is there already is left as it is."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _registry(path: Path) -> _Configured:
    config = registry_config.read_config(path)
    return _Configured(
        kept=registry_kept.KEPT,
        municipality=config.municipality,
        address=config.store,
        disposals_key=config.keys.record,
    )


def _issuing(path: Path) -> _Configured:
    config = issuing_config.read_config(path)
    return _Configured(
        kept=issuing_kept.KEPT, municipality=config.ward, address=config.store, disposals_key=config.disposals_key
    )


def _clerk(path: Path) -> _Configured:
    config = clerk_config.read_config(path)
    return _Configured(
        kept=clerk_kept.KEPT, municipality=config.ward, address=config.store, disposals_key=config.disposals_key
    )


_CONFIGURED: Final[dict[str, Callable[[Path], _Configured]]] = {
    "registry": _registry,
    "issuing": _issuing,
    "clerk": _clerk,
}
