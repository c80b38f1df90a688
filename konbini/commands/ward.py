"""`konbini ward`: the registry's operators at a terminal, and whoever moves, keeps and restores a ward's rows."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from konbini.commands import backup, copy_store
from konbini.protocol.errors import Refused
from konbini.ward_server.residents import operator

__all__ = ["carry_out"]

_FAILED = 1


def carry_out(given: Sequence[str]) -> int:
    """Carry out what an operator typed; 1 with a sentence where the registry refuses or is not reached."""
    parser = argparse.ArgumentParser(prog="konbini ward", description="What the registry's operators type")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    operator.add_commands(commands)
    copy_store.add_command(commands)
    backup.add_commands(commands)
    read = parser.parse_args(given)
    if read.command == "copy-store":
        return copy_store.carry_out(read, _show)
    if read.command in backup.COMMANDS:
        return backup.carry_out(read, _show)
    try:
        asyncio.run(operator.carry_out(read, _show))
    except Refused as refused:
        sys.stderr.write(f"refused: {refused.code.name} {refused.detail}\n".rstrip() + "\n")
        return _FAILED
    except (ConnectionError, TimeoutError, OSError) as error:
        sys.stderr.write(f"the registry is not reached: {error or type(error).__name__}\n")
        return _FAILED
    return 0


def _show(line: str) -> None:
    sys.stdout.write(line + "\n")
