"""What operators type to a process of the ward: stop, and what two persons decide.

`konbini ward` adds these to the registry's own commands. The socket says which process is told; each process is told by
itself, so that an outage, a hold or a restoration is typed once for `issuing` and once for the clerk.
"""

from __future__ import annotations

import argparse
from argparse import _SubParsersAction
from collections.abc import Callable, Iterator

from konbini.protocol.shape import to_bytes
from konbini.ward_server import operator_command
from konbini.ward_server.decisions.calls import DecisionLine
from konbini.ward_server.decisions.decision import Decision, DecisionKind
from konbini.ward_server.following.outage import HoldOn, Hours, Switch
from konbini.ward_server.operator_command import add_command

__all__ = ["add_commands", "carry_out"]


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands; `carry_out` takes what is then parsed."""
    _because(add_command(commands, "stop", _stop, "stop a process's issuing, at once; two persons release it"))
    for name, kind, duty in (
        ("release", DecisionKind.RELEASE, "release a stop whose cause is understood"),
        ("retake", DecisionKind.RETAKE, "have a copy emptied and applied again from the registry's signed feed"),
        ("restored", DecisionKind.RESTORED, "say that a process's store was restored from a backup"),
        ("end-outage", DecisionKind.OUTAGE_ENDS, "end outage mode before its hours"),
    ):
        _decision(commands, name, kind, duty)
    outage = _decision(commands, "outage", DecisionKind.OUTAGE, "declare outage mode (縮退運用)")
    outage.add_argument("--hours", type=int, required=True, help="after how many hours it ends by itself")
    seals = _decision(
        commands, "seals-as-holds", DecisionKind.SEALS_AS_HOLDS, "say whether seal cancellations are entered as holds"
    )
    seals.add_argument("switch", choices=("on", "off"))
    for name, kind, duty in (
        ("hold", DecisionKind.HOLD_SET, "set a hold at a process while the registry is away"),
        ("lift-hold", DecisionKind.HOLD_LIFTED, "lift such a hold"),
    ):
        _decision(commands, name, kind, duty).add_argument("resident")
    for name, act, duty in (
        ("agree", _agree, "agree to what another operator entered, and have it carried out"),
        ("decline", _decline, "take a decision back, or turn it down"),
    ):
        add_command(commands, name, act, duty).add_argument("decision_id")
    add_command(commands, "decisions", _waiting, "list the decisions that wait for a second person")
    add_command(commands, "reconcile", _reconcile, "compare a process's copy with the registry now (全件照合)")
    add_command(commands, "differences", _differences, "name what the last reconcile found; recorded as an access")


async def carry_out(arguments: argparse.Namespace, show: Callable[[str], None]) -> None:
    """Carry a parsed command out and show what came of it, line by line.

    Raises:
        Refused: the process's answer.
        ConnectionError, TimeoutError: it is not reached; an agreement may have been carried out, and can be said again.
    """
    await operator_command.carry_out(arguments, DecisionLine, show)


def _because(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("--reason", required=True, help="why, without a resident's name or number")
    return command


def _decision(
    commands: _SubParsersAction[argparse.ArgumentParser], name: str, kind: DecisionKind, duty: str
) -> argparse.ArgumentParser:
    command = _because(add_command(commands, name, _enter, f"{duty}; another operator agrees"))
    command.set_defaults(kind=kind)
    return command


async def _enter(line: DecisionLine, arguments: argparse.Namespace) -> Iterator[str]:
    decision = Decision(kind=arguments.kind, reason=arguments.reason, content=_content(arguments))
    return iter((await line.enter(decision),))


def _content(arguments: argparse.Namespace) -> bytes:
    match arguments.kind:
        case DecisionKind.OUTAGE:
            return to_bytes(Hours(hours=arguments.hours))
        case DecisionKind.SEALS_AS_HOLDS:
            return to_bytes(Switch(on=arguments.switch == "on"))
        case DecisionKind.HOLD_SET | DecisionKind.HOLD_LIFTED:
            return to_bytes(HoldOn(resident=arguments.resident))
        case _:
            return b""


async def _stop(line: DecisionLine, arguments: argparse.Namespace) -> Iterator[str]:
    await line.stop(arguments.reason)
    return iter(("stopped",))


async def _agree(line: DecisionLine, arguments: argparse.Namespace) -> Iterator[str]:
    await line.agree(arguments.decision_id)
    return iter(("carried out",))


async def _decline(line: DecisionLine, arguments: argparse.Namespace) -> Iterator[str]:
    await line.decline(arguments.decision_id)
    return iter(("declined",))


async def _waiting(line: DecisionLine, _arguments: argparse.Namespace) -> Iterator[str]:
    return (
        f"{one.decision_id}  {one.decision.kind.name.lower()}  {one.decision.reason}  entered by {one.entered_by}"
        f" at {one.entered_at}  {one.decision.digest().hex()}"
        for one in await line.waiting()
    )


async def _reconcile(line: DecisionLine, _arguments: argparse.Namespace) -> Iterator[str]:
    return iter((f"{await line.reconcile()} differences",))


async def _differences(line: DecisionLine, _arguments: argparse.Namespace) -> Iterator[str]:
    return (
        f"{kind.lower()}  {resident}  {what}  since {since}" for kind, resident, what, since in await line.differences()
    )
