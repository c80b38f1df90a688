"""What was typed into a form, read once: lines, choices, numbers, days. Pure.

Every function raises `Refused` `CHANGE_INVALID`, naming the field and never what was typed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import TypeVar

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.dates import to_number

__all__ = ["choice", "day", "line", "member", "number"]

S = TypeVar("S", bound=StrEnum)
N = TypeVar("N", bound=IntEnum)

_MOST_DIGITS = 12


def line(form: Mapping[str, str], name: str, *, most: int = 64, needed: bool = True) -> str:
    """Give a line of text without what stands around it; of spaces it may have the plain and the full-width one."""
    text = form.get(name, "").strip()
    if (needed and not text) or len(text) > most or not text.replace("　", "").isprintable():
        raise Refused(Code.CHANGE_INVALID, f"field {name}")
    return text


def choice(form: Mapping[str, str], name: str, kind: type[S]) -> S:
    """Give a member of an enumeration by its value."""
    for one in kind:
        if form.get(name) == one.value:
            return one
    raise Refused(Code.CHANGE_INVALID, f"field {name}")


def member(form: Mapping[str, str], name: str, kind: type[N]) -> N:
    """Give a member of an enumeration by its name in small letters."""
    for one in kind:
        if form.get(name) == one.name.lower():
            return one
    raise Refused(Code.CHANGE_INVALID, f"field {name}")


def number(form: Mapping[str, str], name: str) -> int:
    """Give a whole number from 0 on."""
    text = form.get(name, "").strip()
    if not text.isascii() or not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise Refused(Code.CHANGE_INVALID, f"field {name}")
    return int(text)


def day(form: Mapping[str, str], name: str) -> int:
    """Give a day as yyyymmdd; a browser sends yyyy-mm-dd."""
    text = form.get(name, "").strip()
    try:
        return to_number(dt.date.fromisoformat(text))
    except ValueError as error:
        raise Refused(Code.CHANGE_INVALID, f"field {name}") from error
