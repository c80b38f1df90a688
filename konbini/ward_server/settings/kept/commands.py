"""What operators type to a process about its settings: which are in force, and that they become others.

The socket says which process is told: the registry, `issuing` and the clerk each keep their own.
"""

from __future__ import annotations

import argparse
from argparse import _SubParsersAction
from collections.abc import Callable, Iterator
from pathlib import Path

from konbini.process.calls import CallClient
from konbini.process.config import ConfigRefused
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_bytes
from konbini.ward_server import operator_command
from konbini.ward_server.decisions.calls import DecisionLine
from konbini.ward_server.decisions.decision import Decision, DecisionKind
from konbini.ward_server.operator_command import add_command
from konbini.ward_server.settings.kept.calls import SettingsLine
from konbini.ward_server.settings.kept.changing import NewSettings
from konbini.ward_server.settings.kept.versions import Version
from konbini.ward_server.settings.reading import read_settings, read_text, settings_of_text

__all__ = ["add_commands", "carry_out"]


class _Line(SettingsLine):
    """An operator's line for settings and for the decision that changes them."""

    def __init__(self, client: CallClient, operator: str) -> None:
        super().__init__(client, operator)
        self.decisions = DecisionLine(client, operator)


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands; `carry_out` takes what is then parsed."""
    change = add_command(commands, "change-settings", _change, "have a process use other settings; another agrees")
    change.add_argument("--reason", required=True, help="why")
    change.add_argument("--file", type=Path, required=True, help="the whole text, as it is to be in force")
    add_command(commands, "settings", _settings, "list the versions of a process's settings, the one in force first")
    show = add_command(commands, "settings-text", _text, "write a version's text to a file")
    show.add_argument("--number", type=int, default=0, help="which version; the one in force where none is named")
    show.add_argument("--out", type=Path, required=True, help="the file")


async def carry_out(arguments: argparse.Namespace, show: Callable[[str], None]) -> None:
    """Carry a parsed command out and show what came of it, line by line.

    Raises:
        Refused: the process's answer, or the file is refused here, with the entry and the line.
        ConnectionError, TimeoutError: it is not reached.
        OSError: the file cannot be read or written.
    """
    await operator_command.carry_out(arguments, _Line, show)


async def _change(line: _Line, arguments: argparse.Namespace) -> Iterator[str]:
    try:
        text = read_text(arguments.file)
        settings_of_text(text, read_settings(arguments.file).municipality, arguments.file)
    except ConfigRefused as refused:
        raise Refused(Code.CHANGE_INVALID, str(refused)) from refused
    in_force = await line.text()
    content = NewSettings(instead_of=in_force.version.digest, text=text)
    decision = Decision(kind=DecisionKind.SETTINGS_CHANGED, reason=arguments.reason, content=to_bytes(content))
    return iter((await line.decisions.enter(decision),))


async def _settings(line: _Line, _arguments: argparse.Namespace) -> Iterator[str]:
    return map(_version, await line.versions())


async def _text(line: _Line, arguments: argparse.Namespace) -> Iterator[str]:
    found = await line.text(arguments.number)
    arguments.out.write_text(found.text, encoding="utf-8")
    return iter((_version(found.version),))


def _version(one: Version) -> str:
    whose = f"entered by {one.entered_by}, agreed by {one.agreed_by}" if one.entered_by else "the file"
    return f"{one.number}  {one.digest.hex()}  since {one.since}  {whose}  {one.decision_id}".rstrip()
