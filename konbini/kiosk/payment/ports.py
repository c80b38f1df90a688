"""What the visit and the long-lived process see of the coin device.

One asking belongs to one order and is named by its key. Every command of an asking carries that key, so that a
command repeated after a crash does nothing twice, and one that comes late from a dead visit never touches the money
of the next. Orders that are paid together are askings in a row: the first asks for the whole sum, and what is not yet
earned is carried from each to the next, so that every order ends by itself.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import Enum, unique
from typing import Protocol

from konbini.kiosk.payment.amounts import CashCounts, Settlement

__all__ = ["Asking", "Cash", "CashFault", "CashState"]


@unique
class CashFault(Enum):
    """What the device complains of."""

    JAM = "jam"
    CANNOT_PAY_OUT = "cannot pay out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The asking that is open.

    Attributes:
        key: its name, 16 bytes.
        sum: what was asked for: the fee of its order, and of those that are paid together with it and come after it.
        escrow: what lies in escrow for it.
    """

    key: bytes
    sum: int
    escrow: int

    @property
    def enough(self) -> bool:
        """Whether the sum is covered; the slot is shut from then on."""
        return self.escrow >= self.sum


@dataclass(frozen=True, slots=True, kw_only=True)
class CashState:
    """One answer of the device.

    Attributes:
        asking: the asking that is open, None between orders.
        counts: its count over its life.
        faults: what it complains of; with a jam it accepts nothing.
        dish: coins lie in the dish, how much nobody knows: its sensor sees them, and counts nothing.
    """

    asking: Asking | None
    counts: CashCounts
    faults: frozenset[CashFault]
    dish: bool = False


class Cash(Protocol):
    """The coin device of one kiosk, or its cashless terminal: what is authorised there stands for an escrow.

    Nothing that was authorised can be owed or lie in a dish: what is not captured is released. Every method raises
    `Refused(CASH_UNAVAILABLE)` when it cannot be asked or says no, and `Refused(CASH_SILENT)` when it was asked and
    did not answer rightly: it may have done what it was asked for.
    """

    async def state(self) -> CashState:
        """Ask the device now; after a restart this tells whether an escrow is still held, and for which key."""

    async def ask(self, amount: int, key: bytes) -> None:
        """Open the slot for `amount` yen; the same key and amount again change nothing.

        Raises:
            Refused: `CASH_UNAVAILABLE`, also while another asking is open or the key was settled already: the slot
                is shut; `CASH_SILENT`: it may be open.
        """

    def inserted(self, key: bytes) -> AsyncGenerator[Asking, None]:
        """Report the escrow of this asking at once and whenever it grows, until it is enough.

        Raises:
            Refused: `CASH_UNAVAILABLE`, also when this asking is not the open one or no more can come (a jam);
                `PAYMENT_DECLINED`: the card's issuer said no, and nothing is in escrow.
        """

    async def capture(self, key: bytes, fee: int) -> Settlement:
        """Keep `fee` yen and pay out everything else; the first end of an asking stays, whatever is asked later.

        Raises:
            Refused: `CASH_UNAVAILABLE`; also where the escrow does not cover the fee or the key is unknown.
        """

    async def carry(self, key: bytes, fee: int, following: bytes) -> Settlement:
        """Keep `fee` yen and let everything else be the escrow of the asking `following`: one step, nothing falls.

        The first end of an asking stays, whatever is asked later: where that was another, nothing is carried.

        Raises:
            Refused: `CASH_UNAVAILABLE`; also where the escrow does not cover more than the fee, the key is unknown or
                `following` was used before.
        """

    async def give_back(self, key: bytes) -> Settlement:
        """Pay out the whole escrow; the first end of an asking stays, whatever is asked later.

        A key that was never asked for is given back with nothing in it and is spent from then on: who settles a dead
        visit need not know how far it came, and its ask can no longer arrive.
        """
