"""What somebody at the machine itself may tell the console: name its first administrator, and agree where nobody can.

A socket of calls that only the users named may call; methods, arguments, and the caller's side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, unique

from konbini.process.calls import CallClient, Handler
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, from_value
from konbini.ward_server.console.staff import MACHINE
from konbini.ward_server.console.staff_desk import StaffDesk

__all__ = ["MachineLine", "machine_handlers"]


@unique
class MachineMethod(IntEnum):
    """On the machine's socket."""

    NAME_FIRST = 1
    """-> [person's code, terminal's code]."""
    AGREE = 2
    """-> second half of the person's code, empty where there is none."""
    WAITING = 3
    """-> [[id, kind, person, entered by], ...]: changes of staff that wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _First:
    person: Line
    name: Line
    place: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    change_id: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Codes:
    person: Line
    terminal: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingChange:
    """A change of staff that waits."""

    change_id: Line
    kind: Line
    person: Line
    entered_by: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    changes: tuple[WaitingChange, ...]


def machine_handlers(desk: StaffDesk) -> Mapping[int, Handler]:
    """Give the methods."""

    async def name_first(arguments: Sequence[Value]) -> Value:
        asked = from_value(_First, arguments)
        return list(await desk.name_first(asked.person, asked.name, asked.place))

    async def agree(arguments: Sequence[Value]) -> Value:
        return await desk.agree(MACHINE, from_value(_Named, arguments).change_id)

    async def waiting(_arguments: Sequence[Value]) -> Value:
        return [
            [one.change_id, one.change.kind.name, one.change.person, one.entered_by] for one in await desk.waiting()
        ]

    return {MachineMethod.NAME_FIRST: name_first, MachineMethod.AGREE: agree, MachineMethod.WAITING: waiting}


class MachineLine:
    """The caller's side; raises what `CallClient.call` raises."""

    def __init__(self, client: CallClient) -> None:
        self._client = client

    async def name_first(self, person: str, name: str, place: str) -> tuple[str, str]:
        """Name the first administrator; give the person's code and the terminal's."""
        codes = from_value(_Codes, await self._client.call(MachineMethod.NAME_FIRST, person, name, place))
        return codes.person, codes.terminal

    async def agree(self, change_id: str) -> str:
        """Agree to a change of staff in the second person's place."""
        answer = await self._client.call(MachineMethod.AGREE, change_id)
        if not isinstance(answer, str):
            raise Refused(Code.MALFORMED, "the answer to AGREE")
        return answer

    async def waiting(self) -> tuple[WaitingChange, ...]:
        """List the changes of staff that wait."""
        return from_value(_Waiting, [await self._client.call(MachineMethod.WAITING)]).changes
