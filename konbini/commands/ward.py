"""`konbini ward`: a ward's operators at a terminal, at the registry and at each process that they steer.

Whoever takes a town over, and whoever moves, keeps or restores a ward's rows, types here too. Each room describes its
own commands; one table says what carries them out.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from argparse import _SubParsersAction
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from konbini.commands import backup, copy_store, import_town, lookup_key, operators_roll, take_settings
from konbini.protocol.errors import Refused
from konbini.ward_server.card_authority import command as card_certificate
from konbini.ward_server.decisions import commands as decisions
from konbini.ward_server.issuing import commands as issuing
from konbini.ward_server.keeping import commands as keeping
from konbini.ward_server.keeping import key_commands as keys
from konbini.ward_server.residents import operator
from konbini.ward_server.settings.kept import commands as settings

__all__ = ["carry_out"]

_FAILED = 1

_Show: TypeAlias = Callable[[str], None]
_Describe: TypeAlias = Callable[["_SubParsersAction[argparse.ArgumentParser]"], None]
_Carry: TypeAlias = Callable[[argparse.Namespace, _Show], int]


def carry_out(given: Sequence[str]) -> int:
    """Carry out what an operator typed; 1 with a sentence where it is refused or the process is not reached."""
    parser = argparse.ArgumentParser(prog="konbini ward", description="What the ward's operators type")
    words = parser.add_subparsers(required=True, metavar="COMMAND")
    for describe, carry in _ROOMS:
        before = set(words.choices)
        describe(words)
        for name in set(words.choices) - before:
            words.choices[name].set_defaults(carry=carry)
    read = parser.parse_args(given)
    carry_it: _Carry = read.carry
    return carry_it(read, _show)


def _at_a_socket(act: Callable[[argparse.Namespace, _Show], Awaitable[None]]) -> _Carry:
    """Say what came of asking a process."""

    async def ask(read: argparse.Namespace, show: _Show) -> None:
        await act(read, show)

    def carry(read: argparse.Namespace, show: _Show) -> int:
        try:
            asyncio.run(ask(read, show))
        except Refused as refused:
            return _failed(f"refused: {refused.code.name} {refused.detail}".rstrip())
        except (ConnectionError, TimeoutError, OSError) as error:
            return _failed(f"the process is not reached: {error or type(error).__name__}")
        return 0

    return carry


_ROOMS: Final[tuple[tuple[_Describe, _Carry], ...]] = (
    (operator.add_commands, _at_a_socket(operator.carry_out)),
    (decisions.add_commands, _at_a_socket(decisions.carry_out)),
    (issuing.add_commands, _at_a_socket(issuing.carry_out)),
    (keeping.add_commands, _at_a_socket(keeping.carry_out)),
    (keys.add_commands, _at_a_socket(keys.carry_out)),
    (settings.add_commands, _at_a_socket(settings.carry_out)),
    (import_town.add_command, import_town.carry_out),
    (copy_store.add_command, copy_store.carry_out),
    (backup.add_commands, backup.carry_out),
    (lookup_key.add_command, lookup_key.carry_out),
    (take_settings.add_command, take_settings.carry_out),
    (operators_roll.add_commands, operators_roll.carry_out),
    (operators_roll.add_socket_commands, _at_a_socket(operators_roll.carry_out_at_socket)),
    (card_certificate.add_command, card_certificate.carry_out),
)


def _failed(line: str) -> int:
    sys.stderr.write(line + "\n")
    return _FAILED


def _show(line: str) -> None:
    sys.stdout.write(line + "\n")
