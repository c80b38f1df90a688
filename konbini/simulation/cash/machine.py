"""What the coin device does, as steps from one state to the next (pure).

Invariants: taken = returned + owed + escrow + kept at every step; an asking ends once, and its end is remembered with
its key; a payout is planned whole before its first coin drops, and each coin that drops is one step, so that a
device that is killed between two coins goes on with the next one. A piece whose change could not be paid falls through.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from konbini.kiosk.payment.amounts import MOST_YEN, CashCounts, Ending, Settlement, change
from konbini.kiosk.payment.ports import Asking
from konbini.simulation.cash.coins import NOTHING, Coins, choose

__all__ = ["Ended", "Machine", "Payout", "Said", "ask", "capture", "carry", "drop_coin", "give_back", "insert"]

_REMEMBERED = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An asking that is over."""

    key: bytes
    settlement: Settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """A payout under way: how the asking will have ended, and the pieces still to drop."""

    ended: Ended
    pieces: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """All that the device remembers.

    Attributes:
        hopper: what it can pay out of.
        box: notes, and what it owes: money that never leaves by the slot.
        escrow: what lies in escrow.
        taken, returned, owed: its count over its life, in yen.
        dish: yen in the dish that nobody has taken out yet.
        key, sum: the open asking; an empty key when there is none.
        earned: yen of the escrow that were kept for orders before this one, and lie there only as pieces.
        payout: the payout under way.
        ends: the last askings that are over, oldest first.
    """

    hopper: Coins
    box: int = 0
    escrow: Coins = NOTHING
    taken: int = 0
    returned: int = 0
    owed: int = 0
    dish: int = 0
    key: bytes = b""
    sum: int = 0
    earned: int = 0
    payout: Payout | None = None
    ends: tuple[Ended, ...] = ()

    @property
    def asking(self) -> Asking | None:
        """The open asking."""
        return Asking(key=self.key, sum=self.sum, escrow=self.held) if self.key else None

    @property
    def held(self) -> int:
        """Yen in escrow that are still the resident's."""
        return self.escrow.yen - self.earned

    @property
    def counts(self) -> CashCounts:
        """The count as the kiosk reads it; coins of a payout under way still count as escrow."""
        pending = sum(self.payout.pieces) + self.payout.ended.settlement.owed if self.payout else 0
        return CashCounts(taken=self.taken, returned=self.returned, owed=self.owed, escrow=self.held + pending)

    def end_of(self, key: bytes) -> Settlement | None:
        """How the asking of this key ended, if it did."""
        return next((ended.settlement for ended in self.ends if ended.key == key), None)


class Said(Exception):  # noqa: N818 - an answer of the device, one word
    """The device says no; the word is its whole answer."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def ask(machine: Machine, amount: int, key: bytes) -> Machine:
    """Open an asking."""
    if machine.key == key and machine.sum == amount:
        return machine
    if _over(machine, key):
        raise Said("SPENT")
    if machine.key or machine.payout:
        raise Said("BUSY")
    if not 0 < amount <= MOST_YEN:
        raise Said("FEE")
    return replace(machine, key=key, sum=amount)


def insert(machine: Machine, piece: int) -> Machine:
    """Take a piece into escrow; the slot is open until the sum is covered."""
    asking = machine.asking
    if asking is None or asking.enough:
        raise Said("SHUT")
    try:
        coin = Coins.of(piece)
    except ValueError as error:
        raise Said("UNKNOWN") from error
    after = replace(machine, escrow=machine.escrow + coin, taken=machine.taken + piece)
    over = after.escrow.yen - machine.sum
    if over > 0 and choose(over, after.hopper + after.escrow.without_notes()).yen < over:
        raise Said("NO-CHANGE")
    return after


def capture(machine: Machine, key: bytes, fee: int, *, stuck: bool) -> Machine:
    """Keep the fee and plan the change; `stuck`: nothing can drop, so that all change is owed."""
    if _over(machine, key):
        return machine
    return _change(machine, key, Ending.CAPTURED, change(fee, _covering(machine, key, fee)), stuck=stuck)


def carry(machine: Machine, key: bytes, fee: int, following: bytes) -> Machine:
    """Keep the fee; the rest of the escrow belongs to the asking that follows. No piece moves."""
    if _over(machine, key):
        return machine
    if not change(fee, _covering(machine, key, fee)) or fee >= machine.sum:
        raise Said("SHORT")
    if following == key or _over(machine, following):
        raise Said("SPENT")
    settlement = Settlement(ending=Ending.CAPTURED, taken=fee, returned=0, owed=0)
    carried = replace(machine, key=following, sum=machine.sum - fee, earned=machine.earned + fee)
    return _remember(carried, Ended(key=key, settlement=settlement))


def give_back(machine: Machine, key: bytes, *, stuck: bool) -> Machine:
    """Plan to return the very pieces of the escrow; a key that is not open is spent with nothing in it.

    Where a part of the escrow was earned before, its pieces cannot be told apart: the rest is paid as change.
    """
    if _over(machine, key):
        return machine
    if machine.key != key:
        nothing = Settlement(ending=Ending.GIVEN_BACK, taken=0, returned=0, owed=0)
        return _remember(machine, Ended(key=key, settlement=nothing))
    if machine.earned:
        return _change(machine, key, Ending.GIVEN_BACK, machine.held, stuck=stuck)
    held = machine.escrow
    owed = held.yen if stuck else 0
    settlement = Settlement(ending=Ending.GIVEN_BACK, taken=held.yen, returned=held.yen - owed, owed=owed)
    return _pay(replace(machine, box=machine.box + owed), key, settlement, NOTHING if stuck else held)


def drop_coin(machine: Machine, *, sticks: bool = False) -> Machine:
    """Let the next piece of the payout fall; the last one ends the asking.

    Args:
        machine: as it is.
        sticks: the piece stays behind, and the sensor that counts pieces is blind: it counts as paid.
    """
    payout = machine.payout
    if payout is None:
        return machine
    piece, rest = payout.pieces[0], payout.pieces[1:]
    dropped = replace(machine, returned=machine.returned + piece, dish=machine.dish + (0 if sticks else piece))
    return _conclude(dropped, Payout(ended=payout.ended, pieces=rest))


def _covering(machine: Machine, key: bytes, fee: int) -> int:
    """Give what the open asking holds, which covers the fee."""
    asking = machine.asking
    if asking is None or asking.key != key:
        raise Said("UNKNOWN")
    if not asking.enough or asking.escrow < fee:
        raise Said("SHORT")
    return asking.escrow


def _change(machine: Machine, key: bytes, ending: Ending, due: int, *, stuck: bool) -> Machine:
    """Plan to pay `due` yen out of hopper and escrow; what cannot be made up of their pieces is owed."""
    hopper = machine.hopper + machine.escrow.without_notes()
    paid = NOTHING if stuck else choose(due, hopper)
    settlement = Settlement(ending=ending, taken=machine.held, returned=paid.yen, owed=due - paid.yen)
    notes = machine.escrow - machine.escrow.without_notes()
    fed = replace(machine, hopper=hopper - paid, box=machine.box + notes.yen)
    return _pay(fed, key, settlement, paid)


def _over(machine: Machine, key: bytes) -> bool:
    return machine.end_of(key) is not None or _paying(machine, key)


def _paying(machine: Machine, key: bytes) -> bool:
    return machine.payout is not None and machine.payout.ended.key == key


def _pay(machine: Machine, key: bytes, settlement: Settlement, paid: Coins) -> Machine:
    closed = replace(machine, key=b"", sum=0, earned=0, escrow=NOTHING)
    return _conclude(closed, Payout(ended=Ended(key=key, settlement=settlement), pieces=paid.pieces))


def _conclude(machine: Machine, payout: Payout) -> Machine:
    if payout.pieces:
        return replace(machine, payout=payout)
    owed = machine.owed + payout.ended.settlement.owed
    return _remember(replace(machine, payout=None, owed=owed), payout.ended)


def _remember(machine: Machine, ended: Ended) -> Machine:
    return replace(machine, ends=(*machine.ends, ended)[-_REMEMBERED:])
