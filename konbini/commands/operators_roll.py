"""`konbini ward enrol-operator`, `check-proofs`, `operators`: a process's roll of operators, at its machine.

The first two open the process's store, as whoever has the machine may: a roll begins there, with the process stopped,
and not over the socket that the console reaches. The third asks a running process at its socket.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
from argparse import _SubParsersAction
from collections.abc import Callable, Iterator

from konbini.commands.at_machine import REFUSED, Configured, add_process, configured, ended
from konbini.process.clock import Clock, SystemClock
from konbini.process.config import ConfigRefused
from konbini.process.stores import look_once
from konbini.ward_server import operator_command
from konbini.ward_server.operator_command import add_command
from konbini.ward_server.residents.dates import to_number
from konbini.ward_server.signed_acts.backing import unbacked
from konbini.ward_server.signed_acts.call import place_of
from konbini.ward_server.signed_acts.calls import RollLine
from konbini.ward_server.signed_acts.enrolling import FirstKeys, enrol_at_machine
from konbini.ward_server.signed_acts.roll import Enrolment
from konbini.ward_server.signed_acts.rows import broken_proofs, signed_acts

__all__ = ["add_commands", "add_socket_commands", "carry_out", "carry_out_at_socket"]


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the commands that open a store."""
    duty = "put a passkey into a stopped process's roll of operators, which begins so; two persons vouch for it"
    enrol: argparse.ArgumentParser = commands.add_parser("enrol-operator", help=duty, description=duty)
    enrol.add_argument("--person", required=True, help="whose passkey it is: their id at the console")
    enrol.add_argument("--credential", required=True, type=bytes.fromhex, help="its id, as the console shows it")
    enrol.add_argument("--public-key", required=True, type=bytes.fromhex, help="the same of its public key")
    enrol.add_argument("--until", required=True, type=_day, metavar="YYYY-MM-DD", help="a year away at most")
    enrol.add_argument("--entered-by", required=True, help="the operator who does it")
    enrol.add_argument("--approved-by", required=True, help="another operator, who compared the fingerprint")
    enrol.set_defaults(open_store=_enrol)
    duty = "check every proof that a process keeps, and that whoever agreed to a decision or a change has one"
    check: argparse.ArgumentParser = commands.add_parser("check-proofs", help=duty, description=duty)
    check.add_argument("--origin", help="of the console as it was then, where another is configured now")
    check.set_defaults(open_store=_check)
    for command in (enrol, check):
        add_process(command)


def add_socket_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command that asks a running process."""
    add_command(commands, "operators", _operators, "list whose passkeys a process believes, and until when")


def carry_out(read: argparse.Namespace, show: Callable[[str], None], clock: Clock | None = None) -> int:
    """Carry out what opens a store; 1 where it is refused or does not hold, 2 where it cannot be done."""
    open_store: Callable[[argparse.Namespace, Configured, Callable[[str], None], Clock], int] = read.open_store
    return ended(lambda: open_store(read, configured(read), show, clock or SystemClock()))


async def carry_out_at_socket(arguments: argparse.Namespace, show: Callable[[str], None]) -> None:
    """Carry out what asks a running process; raises what `operator_command.carry_out` raises."""
    await operator_command.carry_out(arguments, RollLine, show)


def _enrol(read: argparse.Namespace, there: Configured, show: Callable[[str], None], clock: Clock) -> int:
    enrolment = Enrolment(person=read.person, credential=read.credential, public_key=read.public_key, until=read.until)
    first = FirstKeys(
        enrolments=(enrolment,), operators=(read.entered_by, read.approved_by), event=there.signed.enrolled
    )
    asyncio.run(enrol_at_machine(there.kept, there.address, first, clock))
    show(f"{read.person} is in the roll of {read.process} until {read.until}: key {enrolment.fingerprint}")
    return 0


def _check(read: argparse.Namespace, there: Configured, show: Callable[[str], None], _clock: Clock) -> int:
    origin = read.origin or there.operators.origin
    if origin is None:
        raise ConfigRefused("[operators] origin: acts are not signed here; name the origin that they were signed at")
    broken = look_once(there.address, lambda connection: broken_proofs(connection, origin, there.signed.taken))
    count = look_once(there.address, lambda connection: sum(1 for _ in signed_acts(connection)))
    place = place_of(there.ward, read.process)
    bare = look_once(there.address, lambda connection: unbacked(connection, place, changes=read.process == "registry"))
    for one in broken:
        show(f"does not hold: {one.challenge.hex()}  {one.person}  method {one.method}  entry {one.log_index}")
    for name in bare:
        show(f"without a proof: {name}")
    show(f"{count - len(broken)} of {count} proofs hold")
    return REFUSED if broken or bare else 0


async def _operators(line: RollLine, _arguments: argparse.Namespace) -> Iterator[str]:
    return (
        f"{one.person}  key {one.fingerprint}  passkey {one.credential.hex()}  until {one.until}"
        f"  by {one.entered_by} and {one.agreed_by}{'  ended' if one.ended_at else ''}"
        for one in await line.operators()
    )


def _day(written: str) -> int:
    """Read 2027-03-31 as 20270331.

    Raises:
        ValueError: no day.
    """
    return to_number(dt.date.fromisoformat(written))
