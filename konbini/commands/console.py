"""`konbini console`: serve as the ward's console, or tell a running one what only its own machine may.

konbini console --config FILE
konbini console first-administrator --socket PATH PERSON NAME PLACE
konbini console waiting --socket PATH
konbini console agree --socket PATH CHANGE_ID
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from konbini.process.calls import CallClient
from konbini.protocol.errors import Refused
from konbini.ward_server.console.machine import MachineLine
from konbini.ward_server.console.main import main as serve

__all__ = ["console"]

_FAILED = 1


def console(given: Sequence[str]) -> int:
    """Serve, or carry out what was typed at the machine; 1 with a sentence where it is refused."""
    if "--config" in given:
        parser = argparse.ArgumentParser(prog="konbini console", description="Serve as the ward's console")
        parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="its configuration, TOML")
        return serve([str(parser.parse_args(given).config)])
    read = _parser().parse_args(given)
    try:
        for line in asyncio.run(_tell(read)):
            sys.stdout.write(line + "\n")
    except Refused as refused:
        return _failed(f"refused: {refused.code.name} {refused.detail}".rstrip())
    except (ConnectionError, TimeoutError, OSError) as error:
        return _failed(f"the console is not reached: {error or type(error).__name__}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="konbini console", description="Serve with --config FILE, or tell a running console"
    )
    words = parser.add_subparsers(required=True, metavar="COMMAND", dest="word")
    for word, duty, more in (
        (
            "first-administrator",
            "name the first person, who enrols others; until anybody enrolled a passkey",
            ("person", "name", "place"),
        ),
        ("waiting", "list the changes of staff that wait for a second person", ()),
        ("agree", "agree to one in the second person's place, where nobody is there who could", ("change_id",)),
    ):
        command = words.add_parser(word, help=duty, description=duty)
        command.add_argument("--socket", type=Path, required=True, help="the console's socket for its machine")
        command.add_argument("--process-user", type=int, default=os.getuid(), help="user id of the console's process")
        for one in more:
            command.add_argument(one)
    return parser


async def _tell(read: argparse.Namespace) -> list[str]:
    client = CallClient(read.socket, peers=frozenset({read.process_user}))
    line = MachineLine(client)
    try:
        if read.word == "first-administrator":
            person, terminal = await line.name_first(read.person, read.name, read.place)
            return [f"code of the terminal: {terminal}", f"code of {read.person}: {person}"]
        if read.word == "agree":
            half = await line.agree(read.change_id)
            return [f"carried out; second half of the code: {half}" if half else "carried out"]
        waiting = await line.waiting()
        return [f"{one.change_id}  {one.kind.lower()}  {one.person}  entered by {one.entered_by}" for one in waiting]
    finally:
        await client.close()


def _failed(line: str) -> int:
    sys.stderr.write(line + "\n")
    return _FAILED
