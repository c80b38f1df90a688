"""`konbini ward copy-store`: a process's rows from one engine to the other, proved to be the same."""

from __future__ import annotations

import argparse
import asyncio
import sys
from argparse import _SubParsersAction
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Final

from konbini.process.copying import CopiedTable, CopyRefused, copy_store
from konbini.process.rows import CANNOT_OPEN, NotStored
from konbini.process.stores import StoreAddress, parse_address

__all__ = ["add_command", "carry_out"]

_DIFFERENT: Final = 1
_CANNOT_COPY: Final = 2
_PROCESSES: Final = {
    "registry": "konbini.ward_server.residents",
    "issuing": "konbini.ward_server.issuing",
    "clerk": "konbini.ward_server.clerk",
}


def add_command(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    duty = "copy a process's rows into an empty store, and compare both; the process has ended"
    command: argparse.ArgumentParser = commands.add_parser("copy-store", help=duty, description=duty)
    command.add_argument("--process", choices=sorted(_PROCESSES), required=True, help="whose rows they are")
    for side, duty in (("from", "the store that is read"), ("to", "the store that is written, empty or not there")):
        command.add_argument(f"--{side}", dest=side + "_store", required=True, metavar="ADDRESS", help=duty)
        command.add_argument(f"--{side}-password", type=Path, metavar="FILE", help="the file of its password")


def carry_out(read: argparse.Namespace, show: Callable[[str], None]) -> int:
    """Copy; 0 when both are the same, 1 when they are not, 2 when it cannot be done: then nothing was stored."""
    try:
        source = _address(read.from_store, read.from_password)
        target = _address(read.to_store, read.to_password)
        migrations = files(_PROCESSES[read.process]) / "migrations"
        asyncio.run(copy_store(source, target, migrations, told=lambda table: _show(table, show)))
    except CopyRefused as refused:
        sys.stderr.write(f"nothing was copied: {refused}\n")
        return _DIFFERENT
    except (NotStored, ValueError, OSError, *CANNOT_OPEN) as error:
        sys.stderr.write(f"nothing was copied: {error or type(error).__name__}\n")
        return _CANNOT_COPY
    return 0


def _address(text: str, password: Path | None) -> StoreAddress:
    return parse_address(text, Path.cwd(), password)


def _show(table: CopiedTable, show: Callable[[str], None]) -> None:
    show(f"{table.name:<20} from {table.rows:>9,} {table.root.hex()}")
    show(f"{'':<20} to   {table.target_rows:>9,} {table.target_root.hex()}{'' if table.same else '  DIFFERENT'}")
