"""What a span may be called and may say: closed lists, as the log's keys are.

Invariant: no name, address, PIN, document or personal number can be put into a span by any call. A span's name is a
member of `SpanName`; an attribute stands in `Attribute` with the shape that its value must have: a member of an
enumeration, by its name, or a small number. What does not fit is dropped and named in `konbini.withheld`. An exception
is told as the code of a `Refused` or as its type, never with its message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, IntEnum, StrEnum, unique

from konbini.protocol.errors import Code
from konbini.protocol.kinds import MessageKind

__all__ = ["ORDER_STEPS", "WITHHELD", "Attribute", "SpanName", "admitted", "fault_attributes"]

WITHHELD = "konbini.withheld"
ORDER_STEPS = frozenset({"rules", "reserve", "certify", "draw", "seal", "complete"})
_MOST_NUMBER = 1_000_000
_NAME = re.compile(r"[a-z_]{1,40}", re.ASCII)
_TYPE = re.compile(r"[A-Za-z_]{1,60}", re.ASCII)


@unique
class SpanName(StrEnum):
    """What a span is of."""

    KIOSK_EXCHANGE = "kiosk.exchange"
    """From a kiosk's message to its answer."""
    CENTER_FRAME = "center.frame"
    """A frame judged, written down and handed on."""
    WARD_FRAME = "ward.frame"
    """A frame answered."""
    WARD_ORDER_STEP = "ward.order_step"
    """A step of an order."""


@unique
class Attribute(StrEnum):
    """What a span may say; a new one is added here, with its shape in `_admit`."""

    KIND = "kind"
    STEP = "step"
    CODE = "code"
    ERROR = "error"
    SIZE = "size"


def admitted(attributes: Mapping[str, object]) -> dict[str, str | int | list[str]]:
    """Keep what the list knows, under the names that it is shown by, and mark what was dropped."""
    found: dict[str, str | int | list[str]] = {}
    withheld = []
    for key, value in attributes.items():
        shown = _admit(key, value)
        if shown is None:
            withheld.append(key if _NAME.fullmatch(key) else "?")
        else:
            found[f"konbini.{key}"] = shown
    return {**found, WITHHELD: withheld} if withheld else found


def fault_attributes(fault: BaseException) -> dict[str, object]:
    """Say what a body ended with: a refusal's code, or the type of anything else."""
    code = getattr(fault, "code", None)
    return {Attribute.CODE: code} if isinstance(code, Code) else {Attribute.ERROR: type(fault).__name__}


def _admit(key: str, value: object) -> str | int | None:
    match key:
        case Attribute.KIND:
            return _member(value, MessageKind)
        case Attribute.CODE:
            return _member(value, Code)
        case Attribute.STEP:
            return value if isinstance(value, str) and value in ORDER_STEPS else None
        case Attribute.ERROR:
            return value if isinstance(value, str) and _TYPE.fullmatch(value) else None
        case Attribute.SIZE:
            return value if type(value) is int and 0 <= value < _MOST_NUMBER else None
    return None


def _member(value: object, kind: type[IntEnum]) -> str | None:
    return value.name.lower() if isinstance(value, Enum) and isinstance(value, kind) else None
