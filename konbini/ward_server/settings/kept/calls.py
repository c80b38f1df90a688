"""The methods of an operators' socket that show a process's settings, and the operators' end of them.

Numbers go on from those of decisions, which stand on the same socket. Settings name nobody; reading them is not
recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, Final

from konbini.process.calls import CallClient, Handler
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import UpTo, from_bytes, from_value, to_bytes, to_value
from konbini.ward_server.operator_id import OperatorId
from konbini.ward_server.residents.registry import require_person
from konbini.ward_server.settings.kept.versions import Version, text_of, versions
from konbini.ward_server.settings.reading import MOST_SETTINGS_BYTES

__all__ = ["MOST_SHOWN", "OPEN_SETTINGS_METHODS", "SettingsLine", "SettingsMethod", "SettingsText", "settings_handlers"]

MOST_SHOWN: Final = 50
"""Versions that are listed; older ones are read by their number."""
_SECONDS: Final = 5.0


@unique
class SettingsMethod(IntEnum):
    """On an operators' socket."""

    VERSIONS = 51
    """-> bytes of `_Versions`: the newest, the one in force first."""
    TEXT = 52
    """-> bytes of `SettingsText`; number 0: the one in force."""


OPEN_SETTINGS_METHODS: Final = frozenset({SettingsMethod.VERSIONS, SettingsMethod.TEXT})
"""What is taken in an operator's name alone, also where acts are signed: what reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsText:
    """A version and its text."""

    version: Version
    text: Annotated[str, UpTo(MOST_SETTINGS_BYTES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _By:
    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbered:
    operator: OperatorId
    number: Annotated[int, UpTo(2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Versions:
    versions: tuple[Version, ...]


def settings_handlers(rows: Rows) -> Mapping[int, Handler]:
    """Give the methods."""

    async def listed(arguments: Sequence[Value]) -> Value:
        require_person(from_value(_By, arguments).operator)
        return to_bytes(_Versions(versions=await rows.read(lambda connection: versions(connection, MOST_SHOWN))))

    async def text(arguments: Sequence[Value]) -> Value:
        asked = from_value(_Numbered, arguments)
        require_person(asked.operator)
        return to_bytes(await rows.read(lambda connection: _text(connection, asked.number)))

    return {SettingsMethod.VERSIONS: listed, SettingsMethod.TEXT: text}


def _text(connection: Connection, number: int) -> SettingsText:
    found = versions(connection, 1, up_to=number) if number else versions(connection, 1)
    if not found or number not in (0, found[0].number):
        raise Refused(Code.CHANGE_UNKNOWN, f"no version {number} of the settings")
    return SettingsText(version=found[0], text=text_of(connection, found[0].number))


class SettingsLine:
    """An operator's line to a process; raises what `CallClient.call` raises."""

    def __init__(self, client: CallClient, operator: str) -> None:
        self._client = client
        self._operator = operator

    async def versions(self) -> tuple[Version, ...]:
        """List the newest versions, the one in force first."""
        answer = await self._call(SettingsMethod.VERSIONS, _By(operator=self._operator))
        return from_bytes(_Versions, answer).versions

    async def text(self, number: int = 0) -> SettingsText:
        """Read a version; 0: the one in force."""
        answer = await self._call(SettingsMethod.TEXT, _Numbered(operator=self._operator, number=number))
        return from_bytes(SettingsText, answer)

    async def _call(self, method: SettingsMethod, asked: object) -> bytes:
        arguments = to_value(asked)
        assert isinstance(arguments, list)  # noqa: S101 - a message's array
        answer = await self._client.call(int(method), *arguments, within=_SECONDS)
        if not isinstance(answer, bytes):
            raise Refused(Code.MALFORMED, f"the answer to {method.name}")
        return answer
