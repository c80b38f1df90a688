"""`konbini ward import`: whoever takes a town's list over, before the registry serves or while it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
from argparse import _SubParsersAction
from collections.abc import Callable
from pathlib import Path

from konbini.process.clock import SystemClock
from konbini.process.config import ConfigRefused
from konbini.process.entropy import SystemEntropy
from konbini.process.rows import AlreadyOwned, NotStored, SchemaRefused
from konbini.protocol.errors import Refused
from konbini.ward_server.residents.importing.main import in_lines, progress_lines, take_list
from konbini.ward_server.residents.importing.takeover import Approval, Reports, TownRefused

__all__ = ["add_command", "carry_out"]

_FAILED = 1
_PROCESSES = 2
_NOT_OPEN = (ConfigRefused, AlreadyOwned, SchemaRefused, NotStored, ValueError, OSError, sqlite3.Error)


def add_command(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    duty = "take a town's list over, all or nothing, while the registry is stopped"
    command: argparse.ArgumentParser = commands.add_parser("import", help=duty, description=duty)
    command.add_argument("file", type=Path, help="CSV with a header, or JSON Lines (.jsonl); see docs/import.md")
    command.add_argument("--config", type=Path, required=True, help="the registry's configuration")
    command.add_argument("--entered-by", required=True, help="the operator who hands the list in")
    command.add_argument("--approved-by", required=True, help="another operator, who approved it")
    command.add_argument("--source", required=True, help="what the list rests on; up to 100 characters")
    command.add_argument(
        "--accept-good-rows",
        action="store_true",
        help="leave bad rows out, with their whole households, and take the others over; both operators answer for it",
    )
    command.add_argument("--sha256", help="of the file that was approved; another file is refused")
    command.add_argument(
        "--processes", type=int, default=_PROCESSES, help="that prepare rows; 0: the one that writes does"
    )


def carry_out(read: argparse.Namespace, show: Callable[[str], None]) -> int:
    """Take the list over; 1 with a sentence where nothing was taken. Each bad row, and each left out, has a line."""
    approval = Approval(entered_by=read.entered_by, approved_by=read.approved_by, source=read.source)
    reports = Reports(
        progress=progress_lines(_tell), bad=lambda row: show(f"line {row.place}: {row.code.name} {row.detail}")
    )
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
                accept_good_rows=read.accept_good_rows,
            )
        )
    except TownRefused as refused:
        return _failed(f"nothing was taken over: {refused.count} bad rows" if refused.count else "no row in the list")
    except Refused as refused:
        return _failed(f"refused: {refused.code.name} {refused.detail}".rstrip())
    except _NOT_OPEN as error:
        return _failed(f"nothing was taken over: {type(error).__name__} {error}".rstrip())
    for line in in_lines(taken):
        show(line)
    return 0


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


def _failed(line: str) -> int:
    _tell(line)
    return _FAILED
