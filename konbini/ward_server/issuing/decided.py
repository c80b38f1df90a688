"""What decisions at `issuing` hold beside their reason, as operators enter them and effects read them.

What is held and released is a `Part` (`konbini.ward_server.issuing.ledger.barred`), what an order in doubt is settled
as a `Settlement` (`konbini.ward_server.issuing.ledger.doubts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from konbini.protocol.shape import Line, UpTo

__all__ = ["CaseNumber", "KioskDay", "Withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNumber:
    """Which case is closed."""

    number: Annotated[int, UpTo(2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskDay:
    """Which kiosk's day (yyyymmdd) is settled."""

    kiosk: Line
    day: Annotated[int, UpTo(99_991_231)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """Which certificate is taken back."""

    number: Line
