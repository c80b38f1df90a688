"""What operators type to `issuing`: what stands still, cases, orders in doubt, papers that are taken back.

`konbini ward` adds these beside the decisions that every process takes; another operator agrees to each with `agree`.
"""

from __future__ import annotations

import argparse
from argparse import _SubParsersAction
from collections.abc import Callable, Iterator

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome
from konbini.ward_server import operator_command
from konbini.ward_server.issuing.ledger.barred import Barred, Part, PartScope
from konbini.ward_server.issuing.ledger.cases import Case
from konbini.ward_server.issuing.ledger.doubts import ALLOWED, Doubt, Settlement
from konbini.ward_server.issuing.operator_calls import IssuingLine
from konbini.ward_server.issuing.reports import by_month, to_csv
from konbini.ward_server.operator_command import add_command

__all__ = ["add_commands", "carry_out"]


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands; `carry_out` takes what is then parsed."""
    for name, act, duty in (
        ("hold-part", _hold, "hold a kiosk, a link, a kind of certificate or the whole ward"),
        ("release-part", _release, "release what stands still"),
    ):
        command = _because(add_command(commands, name, act, f"{duty}; another operator agrees"))
        command.add_argument("scope", choices=[scope.name.lower() for scope in PartScope])
        command.add_argument("name", nargs="?", default="", help="kiosk, link (center), or number of the kind")
    add_command(commands, "standing", _standing, "list what stands still, the kiosks' last words, and link errors")
    cases = add_command(commands, "cases", _cases, "list the open cases, the newest first")
    cases.add_argument("--closed", action="store_true", help="those that are closed")
    close = _because(add_command(commands, "close-case", _close, "close a case with its finding; another agrees"))
    close.add_argument("number", type=int)
    add_command(commands, "doubts", _doubts, "list the orders in doubt with all that is known of them")
    settle = _because(
        add_command(commands, "settle-order", _settle, "enter what became of an order in doubt; another agrees")
    )
    settle.add_argument("visit", help="the visit, in hexadecimal, as `doubts` lists it")
    settle.add_argument("ordinal", type=int)
    settle.add_argument("outcome", choices=[outcome.name.lower() for outcome in sorted(ALLOWED)])
    settle.add_argument("--after-page", type=int, default=0, help="of a jam: the last page that came out")
    for amount in ("taken", "returned", "owed"):
        settle.add_argument(f"--{amount}", type=int, default=0, help="yen")
    withdraw = _because(
        add_command(
            commands, "withdraw-certificate", _withdraw, "take a printed certificate back (取消); another agrees"
        )
    )
    withdraw.add_argument("number")
    _because(
        add_command(
            commands,
            "renew-message-keys",
            _renew,
            "have message key and prekeys made anew now; open visits end; another agrees",
        )
    )
    _add_accounts(commands)


def _add_accounts(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    days = add_command(commands, "days", _days, "list how each kiosk's day stands: kiosk, center and ledger compared")
    days.add_argument("--since", type=int, required=True, help="yyyymmdd")
    settle = _because(
        add_command(
            commands, "settle-day", _settle_day, "settle a kiosk's day that differs, and its case; another agrees"
        )
    )
    settle.add_argument("kiosk")
    settle.add_argument("day", type=int, help="yyyymmdd")
    figures = add_command(commands, "figures", _show_figures, "give the figures of days of one month as CSV")
    figures.add_argument("first", type=int, help="yyyymmdd")
    figures.add_argument("last", type=int, help="yyyymmdd")
    figures.add_argument("--month", action="store_true", help="the sums of the month")


async def carry_out(arguments: argparse.Namespace, show: Callable[[str], None]) -> None:
    """Carry a parsed command out and show what came of it, line by line.

    Raises:
        Refused: the process's answer, or what was typed cannot be read.
        ConnectionError, TimeoutError: it is not reached.
    """
    await operator_command.carry_out(arguments, IssuingLine, show)


def _because(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("--reason", required=True, help="why, or what was found, without a resident's name or number")
    return command


def _part(arguments: argparse.Namespace) -> Part:
    return Part(scope=PartScope[arguments.scope.upper()], name=arguments.name)


async def _hold(line: IssuingLine, arguments: argparse.Namespace) -> Iterator[str]:
    return iter((await line.hold_part(_part(arguments), arguments.reason),))


async def _release(line: IssuingLine, arguments: argparse.Namespace) -> Iterator[str]:
    return iter((await line.release_part(_part(arguments), arguments.reason),))


async def _standing(line: IssuingLine, _arguments: argparse.Namespace) -> Iterator[str]:
    standing = await line.standing()
    errors = (
        f"link errors  {one.kiosk or '-'}  {one.code}  {one.times} times  last {one.last}"
        for one in standing.link_errors
    )
    said = (f"kiosk {one.kiosk}  {one.version}  fault {one.fault}  at {one.at}" for one in standing.kiosks)
    return iter((*map(_barred, standing.barred), *said, *errors))


def _barred(one: Barred) -> str:
    return f"stands still: {one.part}  since {one.since}  {one.code or 'held'}  {one.reason}"


async def _cases(line: IssuingLine, arguments: argparse.Namespace) -> Iterator[str]:
    return map(_case, await line.cases(closed=arguments.closed))


def _case(case: Case) -> str:
    about = " ".join(part for part in (case.issued, case.about) if part)
    known = f"{case.number}  {case.kind.lower()}  {case.kiosk or '-'}  {about or '-'}  since {case.since}"
    told = f"{case.times} times  code {case.code}  entry {case.log_index}  visit {case.visit.hex()} {case.ordinal}"
    return f"{known}  {told}" + (f"  closed {case.closed}: {case.finding}" if case.closed else "")


async def _close(line: IssuingLine, arguments: argparse.Namespace) -> Iterator[str]:
    return iter((await line.close_case(arguments.number, arguments.reason),))


async def _doubts(line: IssuingLine, _arguments: argparse.Namespace) -> Iterator[str]:
    return map(_doubt, await line.doubts())


def _doubt(doubt: Doubt) -> str:
    order = f"{doubt.visit.hex()} {doubt.ordinal}  {doubt.number or '-'}  {doubt.kiosk or '-'}  fee {doubt.fee}"
    left = "" if doubt.left_since is None else f"  paper left {doubt.left_since} to {doubt.left_gone or 'now'}"
    said = doubt.said
    if said is None:
        return f"{order}  since {doubt.since}  print by {doubt.print_by}  nothing said{left}"
    counters = f"counter {said.counter_before} to {said.counter_after}"
    money = f"taken {said.taken} returned {said.returned} owed {said.owed}"
    return f"{order}  since {doubt.since}  said {said.outcome.name.lower()}  {counters}  {money}{left}"


async def _settle(line: IssuingLine, arguments: argparse.Namespace) -> Iterator[str]:
    try:
        visit = bytes.fromhex(arguments.visit)
    except ValueError as error:
        raise Refused(Code.MALFORMED, "a visit is written in hexadecimal") from error
    settlement = Settlement(
        visit=visit,
        ordinal=arguments.ordinal,
        outcome=Outcome[arguments.outcome.upper()],
        after_page=arguments.after_page,
        taken=arguments.taken,
        returned=arguments.returned,
        owed=arguments.owed,
    )
    return iter((await line.settle_order(settlement, arguments.reason),))


async def _days(line: IssuingLine, arguments: argparse.Namespace) -> Iterator[str]:
    return (
        f"{one.kiosk}  {one.day}  {one.state.name.lower()}  judged {one.judged}  {one.differences}".rstrip()
        for one in await line.days(arguments.since)
    )


async def _settle_day(line: IssuingLine, arguments: argparse.Namespace) -> Iterator[str]:
    return iter((await line.settle_day(arguments.kiosk, arguments.day, arguments.reason),))


async def _renew(line: IssuingLine, arguments: argparse.Namespace) -> Iterator[str]:
    return iter((await line.renew_message_keys(arguments.reason),))


async def _show_figures(line: IssuingLine, arguments: argparse.Namespace) -> Iterator[str]:
    lines = await line.figures(arguments.first, arguments.last)
    return iter(to_csv(by_month(lines) if arguments.month else lines).splitlines())


async def _withdraw(line: IssuingLine, arguments: argparse.Namespace) -> Iterator[str]:
    return iter((await line.withdraw_certificate(arguments.number, arguments.reason),))
