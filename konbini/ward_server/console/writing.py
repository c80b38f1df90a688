"""The templates, and how days, moments and codes are written in what people read. Moments are Unix milliseconds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from konbini.protocol.errors import Code
from konbini.protocol.japan import JAPAN

__all__ = ["brief_moment", "code_name", "short_moment", "templates", "written_day", "written_moment"]

_MILLISECONDS: Final = 1000
_SHORT: Final = "%m-%d %H:%M:%S"
_WHOLE: Final = "%Y-%m-%d %H:%M:%S"
_DAY: Final = "%Y-%m-%d"
_TIME: Final = "%H:%M:%S"
_DAY_AND_TIME: Final = "%m-%d %H:%M"


def templates(moment: Callable[[int], str]) -> Environment:
    """Read the templates, which escape what they are given and know no name that they are not; `moment` writes one."""
    read = Environment(
        loader=PackageLoader("konbini.ward_server.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    read.globals.update(
        day=written_day,
        millis=moment,
        brief=brief_moment,
        whole_millis=written_moment,
        seconds=lambda seconds: moment(seconds * _MILLISECONDS),
        code_name=code_name,
    )
    return read


def written_day(number: int) -> str:
    """Write yyyymmdd as a date; what is not known of one (00) stands as it is."""
    return f"{number // 10_000:04}-{number // 100 % 100:02}-{number % 100:02}"


def written_moment(moment: int) -> str:
    """Write a moment as Japan reads it, with the year."""
    return _in_japan(moment, _WHOLE)


def short_moment(moment: int) -> str:
    """Write a moment without its year, as lists of what is new have it."""
    return _in_japan(moment, _SHORT)


def brief_moment(moment: int, now: int) -> str:
    """Write a moment as whoever watches now reads it: the time of today, the day of an older one, a dash before any."""
    if not moment:
        return "–"
    today = _in_japan(moment, _DAY) == _in_japan(now, _DAY)
    return _in_japan(moment, _TIME if today else _DAY_AND_TIME)


def code_name(code: int) -> str:
    """Give a code with its name, and one of a newer build's list as its number alone."""
    return f"{Code(code).name} {code}" if code in set(Code) else str(code)


def _in_japan(moment: int, how: str) -> str:
    return dt.datetime.fromtimestamp(moment // _MILLISECONDS, JAPAN).strftime(how)
