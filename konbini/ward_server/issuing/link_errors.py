"""Link errors: frames that were damaged, late or misdirected, counted by kiosk and code.

They are nobody's word: whoever carries a frame can damage, delay and repeat it, so that no case is opened for one and
no kiosk stands still. Kept in memory: a view, not a record.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from konbini.protocol.shape import Line, Moment, UpTo
from konbini.ward_server.asking.opening import KioskRegister

__all__ = ["LinkErrorLine", "LinkErrors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkErrorLine:
    """How often frames in one kiosk's name were refused in the open with one code; `last` is Unix seconds.

    `kiosk` is empty for all that are not in the ward's register.
    """

    kiosk: Line
    code: Annotated[int, UpTo(9999)]
    times: Annotated[int, UpTo(2**53)]
    last: Moment


class LinkErrors:
    """The counts since this process started."""

    def __init__(self, register: KioskRegister) -> None:
        self._register = register
        self._lines: dict[tuple[str, int], LinkErrorLine] = {}

    def note(self, kiosk: str, code: int, moment: int) -> None:
        """Count one frame."""
        named = kiosk if self._register.knows(kiosk, moment) else ""
        known = self._lines.get((named, code))
        line = known or LinkErrorLine(kiosk=named, code=code, times=0, last=moment)
        self._lines[named, code] = replace(line, times=line.times + 1, last=moment)

    def all(self) -> tuple[LinkErrorLine, ...]:
        """Give the counts, by kiosk and code."""
        return tuple(self._lines[key] for key in sorted(self._lines))
