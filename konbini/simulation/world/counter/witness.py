"""What happened at a kiosk in truth, whatever its devices say: sheets, money, and who stood there.

A checker reads it as it happens (`Witness`) or afterwards (`Records`). Moments are Unix milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

__all__ = ["NOBODY", "Flow", "Money", "Records", "Sheet", "Witness"]

NOBODY = ""
"""Who stands at a kiosk where nobody does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One side that came out.

    Attributes:
        kiosk: where.
        number: of the printer's sides, from 1.
        job: the printer's job.
        page: its number in its job, from 1.
        content: the page's bytes, as the printer was handed them.
        out: when it came out.
        before: who stood at the kiosk then.
        taken_by: who took it, empty while it lies there.
        taken: when, 0 while it lies there.
    """

    kiosk: str
    number: int
    job: int
    page: int
    content: bytes = field(repr=False)
    out: int
    before: str
    taken_by: str = NOBODY
    taken: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Yen that changed hands at a kiosk: into the slot (positive), or out of the dish (negative)."""

    kiosk: str
    who: str
    yen: int
    moment: int


class Witness(Protocol):
    """Is told of each thing at once; must not raise but to end the run."""

    def came_out(self, sheet: Sheet) -> None:
        """A side lies in the exit."""

    def was_taken(self, sheet: Sheet) -> None:
        """Somebody took it."""

    def money_moved(self, money: Money) -> None:
        """Somebody put money in, or took it out."""


@dataclass(slots=True)
class Records:
    """A `Witness` that keeps what it is told, oldest first."""

    sheets: list[Sheet] = field(default_factory=list)
    money: list[Money] = field(default_factory=list)

    def came_out(self, sheet: Sheet) -> None:
        """See `Witness`."""
        self.sheets.append(sheet)

    def was_taken(self, sheet: Sheet) -> None:
        """See `Witness`."""
        at = next(
            index for index, one in enumerate(self.sheets) if (one.kiosk, one.number) == (sheet.kiosk, sheet.number)
        )
        self.sheets[at] = sheet

    def money_moved(self, money: Money) -> None:
        """See `Witness`."""
        self.money.append(money)


@dataclass(slots=True, kw_only=True)
class Flow:
    """What one kiosk tells its witness, with who stands there.

    Attributes:
        kiosk: its id.
        standing: who stands there now.
    """

    kiosk: str
    witness: Witness
    standing: str = NOBODY

    def came_out(self, number: int, job: int, page: int, content: bytes, moment: int) -> Sheet:
        """A side came out."""
        sheet = Sheet(
            kiosk=self.kiosk,
            number=number,
            job=job,
            page=page,
            content=content,
            out=moment,
            before=self.standing,
        )
        self.witness.came_out(sheet)
        return sheet

    def was_taken(self, sheet: Sheet, who: str, moment: int) -> Sheet:
        """Somebody took a side."""
        taken = replace(sheet, taken_by=who, taken=moment)
        self.witness.was_taken(taken)
        return taken

    def money_moved(self, who: str, yen: int, moment: int) -> None:
        """Somebody put money in (positive) or took it out (negative)."""
        self.witness.money_moved(Money(kiosk=self.kiosk, who=who, yen=yen, moment=moment))
