"""What the service page sees of the kiosk, and what it can have done to it: nothing of a resident passes here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from konbini.kiosk.maintenance.cabinet import Cabinet
from konbini.protocol.errors import Code

__all__ = ["Machine", "OrderLine", "Standing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One order of the journal without its number and without its visit: how far it came, in words of the journal.

    `outcome` is empty while nobody has concluded it; `told`: its ward has the receipt.
    """

    row: int
    ordinal: int
    step: str
    outcome: str
    pages: int
    counter_before: int
    fee: int
    told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the kiosk is. `parts` are (part, condition); `counts` are (what, how many)."""

    kiosk: str
    version: str
    serving: bool
    fault: Code | None
    parts: Sequence[tuple[str, str]]
    counts: Sequence[tuple[str, int]]
    wards: Sequence[tuple[str, Code | None]]
    left: Sequence[str]
    orders: Sequence[OrderLine]
    cabinet: Cabinet
    paused: bool


class Machine(Protocol):
    """The kiosk, as a maintainer may see and move it."""

    async def standing(self, *, cabinet: Cabinet, paused: bool) -> Standing:
        """Give how the kiosk is now."""

    def hold(self, code: Code | None) -> None:
        """Keep the kiosk out of service; a visit under way goes on, but for `CABINET_OPEN`. None: no longer."""

    def alarm(self, *, sounding: bool) -> None:
        """Call the shop because of the cabinet, or no longer."""

    async def print_test(self) -> bool:
        """Print the test page while no visit is under way; the next one begins when the page was taken.

        Returns:
            Whether it came out whole.

        Raises:
            Refused: `VISIT_UNDER_WAY`, or why the printer cannot print.
        """
