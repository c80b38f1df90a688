"""`konbini ward`: a ward's operators at a terminal, at the registry and at each process that they steer.

Whoever takes a town over, and whoever moves, keeps or restores a ward's rows, types here too.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from konbini.commands import backup, copy_store
from konbini.process.clock import SystemClock
from konbini.process.config import ConfigRefused
from konbini.process.entropy import SystemEntropy
from konbini.process.rows import AlreadyOwned, NotStored, SchemaRefused
from konbini.protocol.errors import Refused
from konbini.ward_server.decisions import commands
from konbini.ward_server.residents import operator
from konbini.ward_server.residents.importing.main import in_lines, progress_lines, take_list
from konbini.ward_server.residents.importing.preparing import BadRow
from konbini.ward_server.residents.importing.takeover import Approval, Reports, TownRefused

__all__ = ["carry_out"]

_FAILED = 1
_PROCESSES = 2
_NOT_OPEN = (ConfigRefused, AlreadyOwned, SchemaRefused, NotStored, ValueError, OSError, sqlite3.Error)


def carry_out(given: Sequence[str]) -> int:
    """Carry out what an operator typed; 1 with a sentence where it is refused or the process is not reached."""
    parser = argparse.ArgumentParser(prog="konbini ward", description="What the ward's operators type")
    words = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    operator.add_commands(words)
    commands.add_commands(words)
    copy_store.add_command(words)
    taking = words.add_parser("import", help="take a town's list over, all or nothing, while the registry is stopped")
    _describe_import(taking)
    backup.add_commands(words)
    read = parser.parse_args(given)
    if read.command == "copy-store":
        return copy_store.carry_out(read, _show)
    if read.command in backup.COMMANDS:
        return backup.carry_out(read, _show)
    return _import(read) if "act" not in read else _act(read)


def _act(read: argparse.Namespace) -> int:
    try:
        asyncio.run((commands if "decide" in read else operator).carry_out(read, _show))
    except Refused as refused:
        return _failed(f"refused: {refused.code.name} {refused.detail}".rstrip())
    except (ConnectionError, TimeoutError, OSError) as error:
        return _failed(f"the process is not reached: {error or type(error).__name__}")
    return 0


def _describe_import(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=Path, help="CSV with a header, or JSON Lines (.jsonl); see docs/import.md")
    command.add_argument("--config", type=Path, required=True, help="the registry's configuration")
    command.add_argument("--entered-by", required=True, help="the operator who hands the list in")
    command.add_argument("--approved-by", required=True, help="another operator, who approved it")
    command.add_argument("--source", required=True, help="what the list rests on; up to 100 characters")
    command.add_argument("--sha256", help="of the file that was approved; another file is refused")
    command.add_argument(
        "--processes", type=int, default=_PROCESSES, help="that prepare rows; 0: the one that writes does"
    )


def _import(read: argparse.Namespace) -> int:
    approval = Approval(entered_by=read.entered_by, approved_by=read.approved_by, source=read.source)
    reports = Reports(progress=progress_lines(_tell), bad=_name)
    try:
        taken = asyncio.run(
            take_list(
                read.config,
                read.file,
                SystemClock(),
                SystemEntropy(),
                approval=approval,
                sha256=read.sha256,
                processes=read.processes,
                reports=reports,
            )
        )
    except TownRefused as refused:
        return _failed(f"nothing was taken over: {refused.count} bad rows" if refused.count else "no row in the list")
    except Refused as refused:
        return _failed(f"refused: {refused.code.name} {refused.detail}".rstrip())
    except _NOT_OPEN as error:
        return _failed(f"nothing was taken over: {type(error).__name__} {error}".rstrip())
    for line in in_lines(taken):
        _show(line)
    return 0


def _name(row: BadRow) -> None:
    _show(f"line {row.place}: {row.code.name} {row.detail}")


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


def _failed(line: str) -> int:
    _tell(line)
    return _FAILED


def _show(line: str) -> None:
    sys.stdout.write(line + "\n")
