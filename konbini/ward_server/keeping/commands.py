"""What operators type to a process of the ward about what it keeps beyond its time.

The socket says which process is told: registry, `issuing`, clerk and console each dispose of what is theirs.
"""

from __future__ import annotations

import argparse
from argparse import _SubParsersAction
from collections.abc import Callable, Iterator
from pathlib import Path

from konbini.ward_server import operator_command
from konbini.ward_server.keeping.calls import RetentionLine
from konbini.ward_server.keeping.disposal_list import list_bytes
from konbini.ward_server.keeping.disposal_rows import RetentionShown
from konbini.ward_server.operator_command import add_command
from konbini.ward_server.settings.retention import Kept

__all__ = ["add_commands", "carry_out"]


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands; `carry_out` takes what is then parsed."""
    add_command(commands, "retention", _retention, "show what is kept beyond its time (保存期間満了): counts and ids")
    dispose = add_command(
        commands, "dispose", _dispose, "enter that what is due of a kind is destroyed; another approves"
    )
    dispose.add_argument("kept", choices=[one.name.lower() for one in Kept])
    approve = add_command(commands, "approve-disposal", _approve, "destroy what another's list names, for ever")
    approve.add_argument("disposal_id")
    withdraw = add_command(commands, "withdraw-disposal", _withdraw, "take a list back, or turn it down")
    withdraw.add_argument("disposal_id")
    listed = add_command(commands, "disposals", _disposals, "write the signed list of disposals (廃棄簿) to a file")
    listed.add_argument("--out", type=Path, required=True, help="the file, for a restoration and for whoever audits")


async def carry_out(arguments: argparse.Namespace, show: Callable[[str], None]) -> None:
    """Carry a parsed command out and show what came of it, line by line.

    Raises:
        Refused: the process's answer.
        ConnectionError, TimeoutError: it is not reached; an approved list is carried out all the same.
        OSError: the file cannot be written.
    """
    await operator_command.carry_out(arguments, RetentionLine, show)


async def _retention(line: RetentionLine, _arguments: argparse.Namespace) -> Iterator[str]:
    return _lines(await line.retention())


async def _dispose(line: RetentionLine, arguments: argparse.Namespace) -> Iterator[str]:
    return iter((await line.dispose(Kept[arguments.kept.upper()]),))


async def _approve(line: RetentionLine, arguments: argparse.Namespace) -> Iterator[str]:
    done = await line.approve(arguments.disposal_id)
    return iter((f"destroyed {done.destroyed}, left {done.left}",))


async def _withdraw(line: RetentionLine, arguments: argparse.Namespace) -> Iterator[str]:
    await line.withdraw(arguments.disposal_id)
    return iter(("withdrawn",))


async def _disposals(line: RetentionLine, arguments: argparse.Namespace) -> Iterator[str]:
    entries: list[bytes] = []
    while more := await line.disposals_after(len(entries)):
        entries += more
    arguments.out.write_bytes(list_bytes(entries))
    return iter((f"{len(entries)} entries",))


def _lines(shown: RetentionShown) -> Iterator[str]:
    """Give what is due, by kind, and the lists that wait; no name is among it."""
    for kind in shown.due:
        yield f"{kind.kept.name.lower()}  {kind.count} due"
        yield from (f"  {target}" for target in kind.targets)
        if kind.count > len(kind.targets):
            yield f"  and {kind.count - len(kind.targets)} more"
    for one in shown.waiting:
        state = "being destroyed" if one.approved else "waits for another person"
        kept = one.kept.name.lower()
        yield f"{one.disposal_id}  {kept}  {one.count}  entered by {one.entered_by}, {state}  {one.digest.hex()}"
