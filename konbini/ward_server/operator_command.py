"""A command that an operator types to a process of the ward: how it is described, and how it is carried out.

Each room that answers operators describes its own commands with `add_command`; an act asks the process over a line of
that room's and gives what came of it, line by line.
"""

from __future__ import annotations

import argparse
import os
from argparse import _SubParsersAction
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

from konbini.process.calls import CallClient
from konbini.ward_server.operator_id import OPERATOR_ID

__all__ = ["add_command", "carry_out"]

Line = TypeVar("Line")


def add_command(
    commands: _SubParsersAction[argparse.ArgumentParser],
    name: str,
    act: Callable[[Line, argparse.Namespace], Awaitable[Iterator[str]]],
    duty: str,
) -> argparse.ArgumentParser:
    """Add a command with what every one has: whose socket, the user that must be behind it, and who acts."""
    command: argparse.ArgumentParser = commands.add_parser(name, help=duty, description=duty)
    command.add_argument("--socket", type=Path, required=True, help="the process's socket for operators")
    command.add_argument("--process-user", type=int, default=os.getuid(), help="user id under which the process runs")
    command.add_argument("--operator", type=_operator, required=True, help=f"who acts: {OPERATOR_ID.pattern}")
    command.set_defaults(act=act)
    return command


async def carry_out(
    arguments: argparse.Namespace, line: Callable[[CallClient, str], Line], show: Callable[[str], None]
) -> None:
    """Carry a parsed command out over a line for its operator, and show what came of it.

    Raises:
        Refused: the process's answer, or what was typed cannot be read.
        ConnectionError, TimeoutError: it is not reached; what changes something may have been carried out, and can be
            said again.
        OSError: a file that the command names cannot be read or written.
    """
    client = CallClient(arguments.socket, peers=frozenset({arguments.process_user}))
    try:
        act: Callable[[Line, argparse.Namespace], Awaitable[Iterator[str]]] = arguments.act
        for said in await act(line(client, arguments.operator), arguments):
            show(said)
    finally:
        await client.close()


def _operator(text: str) -> str:
    if OPERATOR_ID.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"an operator's id is {OPERATOR_ID.pattern}")
    return text
