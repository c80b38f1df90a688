"""What an operator types: enter, approve, withdraw, pending, show, look-up, history, statistics.

`add_commands` describes the commands to a command line, `carry_out` runs the one that was typed. Each names its
operator, vouched for by the user of this machine who may call the socket; where acts are signed, those that act are
refused here (`PROOF_NEEDED`). A record is shown in the clear on the terminal; it is never logged.
"""

from __future__ import annotations

import argparse
import datetime as dt
from argparse import _SubParsersAction
from collections.abc import Callable, Iterator
from pathlib import Path

from konbini.protocol.errors import Code
from konbini.protocol.japan import JAPAN
from konbini.ward_server import operator_command
from konbini.ward_server.operator_command import add_command
from konbini.ward_server.residents.bulk import BulkAnswer
from konbini.ward_server.residents.change_text import read_change, write_change
from konbini.ward_server.residents.operator_line import OperatorLine
from konbini.ward_server.residents.operator_text import (
    figures_csv,
    figures_json,
    figures_lines,
    found_lines,
    history_lines,
    past_lines,
)

__all__ = ["add_commands", "carry_out"]


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the operators' commands; `carry_out` takes what is then parsed."""
    enter = add_command(commands, "enter", _enter, "enter a change; another operator approves it")
    enter.add_argument("change", type=Path, help="the change, JSON or TOML; see docs/registry.md")
    approve = add_command(commands, "approve", _approve, "put a change that another entered in force")
    approve.add_argument("change_id")
    withdraw = add_command(commands, "withdraw", _withdraw, "take a change back, or turn it down")
    withdraw.add_argument("change_id")
    bulk = add_command(commands, "bulk", _bulk, "enter a list of changes, a line of JSON each; another approves it")
    bulk.add_argument(
        "changes", type=Path, help="JSON Lines; a line as for `enter`, with the version it is prepared on"
    )
    bulk.add_argument("--source", required=True, help="what the list rests on")
    show_bulk = add_command(commands, "show-bulk", _show_bulk, "show a waiting list whole; recorded as an access")
    show_bulk.add_argument("change_id")
    approve_bulk = add_command(
        commands, "approve-bulk", _approve_bulk, "put another's list in force, whole or not at all"
    )
    approve_bulk.add_argument("change_id")
    add_command(commands, "pending", _pending, "list the changes that wait for a second person")
    show = add_command(
        commands, "show", _show, "show a waiting change whole, before it is approved; recorded as an access"
    )
    show.add_argument("change_id")
    look_up = add_command(commands, "look-up", _look_up, "show a resident's record (照会); recorded as an access")
    look_up.add_argument("resident")
    look_up.add_argument("--reason", required=True, help="why the record is looked up")
    history = add_command(commands, "history", _history, "show a resident's changes (異動履歴); recorded as an access")
    history.add_argument("resident")
    history.add_argument("--reason", required=True, help="why they are looked up")
    history.add_argument("--version", type=int, help="show the record as it read at this version instead")
    statistics = add_command(commands, "statistics", _statistics, "count the register (統計); nobody is shown")
    statistics.add_argument("--month", type=_month, required=True, metavar="YYYY-MM", help="whose changes are counted")
    form = statistics.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object")
    form.add_argument("--csv", action="store_true", help="rows of section, name and count")


async def carry_out(arguments: argparse.Namespace, show: Callable[[str], None]) -> None:
    """Carry a parsed command out and show what came of it, line by line.

    Raises:
        Refused: the registry's answer, or a change that cannot be read.
        ConnectionError, TimeoutError: the registry is not reached; an approval may have been carried out, and can be
            asked for again.
        OSError: the change's file cannot be read.
    """
    await operator_command.carry_out(arguments, OperatorLine, show)


async def _enter(line: OperatorLine, arguments: argparse.Namespace) -> Iterator[str]:
    change = read_change(arguments.change.read_text(encoding="utf-8"))
    return iter((await line.enter(change),))


async def _approve(line: OperatorLine, arguments: argparse.Namespace) -> Iterator[str]:
    return iter((f"in force: entry {await line.approve(arguments.change_id)} of the feed",))


async def _withdraw(line: OperatorLine, arguments: argparse.Namespace) -> Iterator[str]:
    await line.withdraw(arguments.change_id)
    return iter(("withdrawn",))


async def _bulk(line: OperatorLine, arguments: argparse.Namespace) -> Iterator[str]:
    lines = arguments.changes.read_text(encoding="utf-8-sig").splitlines()
    rows = [read_change(text) for text in lines if text.strip()]
    return _bulk_answer(await line.bulk.enter(arguments.source, rows))


async def _show_bulk(line: OperatorLine, arguments: argparse.Namespace) -> Iterator[str]:
    return (write_change(row) for row in await line.bulk.show(arguments.change_id))


async def _approve_bulk(line: OperatorLine, arguments: argparse.Namespace) -> Iterator[str]:
    return _bulk_answer(await line.bulk.approve(arguments.change_id))


def _bulk_answer(answer: BulkAnswer) -> Iterator[str]:
    if answer.refused:
        yield f"nothing was done: {len(answer.refused)} rows do not hold"
        yield from (f"row {row.place}: {Code(row.code).name}" for row in answer.refused)
    elif answer.number:
        yield f"in force: entry {answer.number} of the feed"
    else:
        yield answer.change_id


async def _pending(line: OperatorLine, _arguments: argparse.Namespace) -> Iterator[str]:
    waiting = await line.pending()
    return (
        f"{one.change_id}  {one.kind.name.lower()}  {one.resident}  entered by {one.entered_by}"
        f" at {one.entered_at}  {one.digest.hex()}"
        for one in waiting
    )


async def _show(line: OperatorLine, arguments: argparse.Namespace) -> Iterator[str]:
    return iter((write_change(await line.show(arguments.change_id)),))


async def _look_up(line: OperatorLine, arguments: argparse.Namespace) -> Iterator[str]:
    found = await line.look_up(arguments.resident, arguments.reason)
    return found_lines(found)


async def _history(line: OperatorLine, arguments: argparse.Namespace) -> Iterator[str]:
    if arguments.version is None:
        return history_lines(await line.history(arguments.resident, arguments.reason))
    return past_lines(await line.past_record(arguments.resident, arguments.version, arguments.reason))


async def _statistics(line: OperatorLine, arguments: argparse.Namespace) -> Iterator[str]:
    figures = await line.figures(arguments.month)
    if arguments.json:
        return iter((figures_json(figures),))
    return iter((figures_csv(figures),)) if arguments.csv else figures_lines(figures)


def _month(written: str) -> int:
    """Read 2026-11 as 202611.

    Raises:
        ValueError: no month.
    """
    return int(dt.datetime.strptime(written, "%Y-%m").replace(tzinfo=JAPAN).strftime("%Y%m"))
