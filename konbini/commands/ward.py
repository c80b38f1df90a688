"""`konbini ward`: the ward's operators at a terminal, at the registry and at each process that they steer."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from konbini.protocol.errors import Refused
from konbini.ward_server.decisions import commands
from konbini.ward_server.residents import operator

__all__ = ["carry_out"]

_FAILED = 1


def carry_out(given: Sequence[str]) -> int:
    """Carry out what an operator typed; 1 with a sentence where it is refused or the process is not reached."""
    parser = argparse.ArgumentParser(prog="konbini ward", description="What the ward's operators type")
    words = parser.add_subparsers(required=True, metavar="COMMAND")
    operator.add_commands(words)
    commands.add_commands(words)
    read = parser.parse_args(given)
    try:
        asyncio.run((commands if "decide" in read else operator).carry_out(read, _show))
    except Refused as refused:
        sys.stderr.write(f"refused: {refused.code.name} {refused.detail}\n".rstrip() + "\n")
        return _FAILED
    except (ConnectionError, TimeoutError, OSError) as error:
        sys.stderr.write(f"the process is not reached: {error or type(error).__name__}\n")
        return _FAILED
    return 0


def _show(line: str) -> None:
    sys.stdout.write(line + "\n")
