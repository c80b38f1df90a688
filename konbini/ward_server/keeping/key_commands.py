"""What operators type to a process about its key-encryption keys: what wraps, and that the lists are read again."""

from __future__ import annotations

import argparse
from argparse import _SubParsersAction
from collections.abc import Callable, Iterator

from konbini.process.calls import CallClient
from konbini.protocol.shape import to_bytes
from konbini.ward_server import operator_command
from konbini.ward_server.decisions.calls import DecisionLine
from konbini.ward_server.decisions.decision import Decision, DecisionKind
from konbini.ward_server.keeping.key_calls import KeysLine
from konbini.ward_server.keeping.key_lists import KeyList
from konbini.ward_server.operator_command import add_command

__all__ = ["add_commands", "carry_out"]


class _Line(KeysLine):
    """An operator's line for the lists and for the decision to read them again."""

    def __init__(self, client: CallClient, operator: str) -> None:
        super().__init__(client, operator)
        self.decisions = DecisionLine(client, operator)


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands; `carry_out` takes what is then parsed."""
    add_command(commands, "data-keys", _keys, "show by which keys a running process's data keys are wrapped")
    rotate = add_command(
        commands, "rotate-keys", _rotate, "have a process read its lists of keys again and wrap anew; another agrees"
    )
    rotate.add_argument("--reason", required=True, help="why")


async def carry_out(arguments: argparse.Namespace, show: Callable[[str], None]) -> None:
    """Carry a parsed command out and show what came of it, line by line.

    Raises:
        Refused: the process's answer.
        ConnectionError, TimeoutError: it is not reached.
    """
    await operator_command.carry_out(arguments, _Line, show)


async def _keys(line: _Line, _arguments: argparse.Namespace) -> Iterator[str]:
    return (said for one in (await line.keys()).lists for said in _said(one))


async def _rotate(line: _Line, arguments: argparse.Namespace) -> Iterator[str]:
    seen = (await line.keys()).seen()
    decision = Decision(kind=DecisionKind.KEYS_ROTATED, reason=arguments.reason, content=to_bytes(seen))
    return iter((await line.decisions.enter(decision),))


def _said(one: KeyList) -> Iterator[str]:
    files = " ".join(key_id.hex() for key_id in one.in_files) or "cannot be read"
    yield f"{one.name}  wraps by {one.in_use[0].hex()}  files: {files}  {one.stage.name.lower()}  {one.moved} anew"
    yield from (f"  {count.key_id.hex()}  {count.count}" for count in one.counts)
