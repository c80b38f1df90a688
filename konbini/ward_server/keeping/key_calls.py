"""The method of an operators' socket that shows by what data keys are wrapped, and the operators' end of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Final

from konbini.process.calls import CallClient, Handler
from konbini.process.rows import Rows
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes, from_value, to_bytes, to_value
from konbini.ward_server.keeping.key_lists import KeysShown, shown_lists
from konbini.ward_server.keeping.rotation import KeyRotation
from konbini.ward_server.operator_id import OperatorId
from konbini.ward_server.residents.registry import require_person

__all__ = ["OPEN_KEYS_METHODS", "KeysLine", "KeysMethod", "key_handlers"]

_SECONDS: Final = 15.0
"""Every data key of a large ward is counted."""


@unique
class KeysMethod(IntEnum):
    """On an operators' socket."""

    KEYS = 56
    """-> bytes of `KeysShown`."""


OPEN_KEYS_METHODS: Final = frozenset({KeysMethod.KEYS})
"""What is taken in an operator's name alone, also where acts are signed: what reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _By:
    operator: OperatorId


def key_handlers(rows: Rows, rotation: KeyRotation | None) -> Mapping[int, Handler]:
    """Give the method; without a rotation the process wraps nothing."""

    async def keys(arguments: Sequence[Value]) -> Value:
        require_person(from_value(_By, arguments).operator)
        if rotation is None:
            return to_bytes(KeysShown(lists=()))
        return to_bytes(await shown_lists(rows, rotation))

    return {KeysMethod.KEYS: keys}


class KeysLine:
    """An operator's line to a process; raises what `CallClient.call` raises."""

    def __init__(self, client: CallClient, operator: str) -> None:
        self._client = client
        self._operator = operator

    async def keys(self) -> KeysShown:
        """Read the lists, and count."""
        arguments = to_value(_By(operator=self._operator))
        assert isinstance(arguments, list)  # noqa: S101 - a message's array
        answer = await self._client.call(int(KeysMethod.KEYS), *arguments, within=_SECONDS)
        if not isinstance(answer, bytes):
            raise Refused(Code.MALFORMED, "the answer to KEYS")
        return from_bytes(KeysShown, answer)
