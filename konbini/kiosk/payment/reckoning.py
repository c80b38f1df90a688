"""Whether the payment device's own count moved by what the orders say; asked between two visits (pure).

Two counts that nobody can write but their owner: the device's over its life, and the kiosk's own orders. Where they
part, money was taken, returned or lost that no order knows, or one of the two counts is wrong: a person looks.

Limits: it begins with the process, so that what parts while the kiosk is off is the ward's to find (receipts against
counts); and a coin that the device believes to have dropped is counted as dropped by both.
"""

from __future__ import annotations

from konbini.kiosk.payment.amounts import CashCounts

__all__ = ["Reckoning"]


class Reckoning:
    """The count that is due, from the first reading on."""

    def __init__(self) -> None:
        self._last: CashCounts | None = None
        self._due = (0, 0, 0)

    def note(self, *, taken: int, returned: int, owed: int) -> None:
        """Take one order's end, once."""
        self._due = (self._due[0] + taken, self._due[1] + returned, self._due[2] + owed)

    def agrees(self, counts: CashCounts) -> bool:
        """Hold a reading, taken while no order is open, against the orders since the last one that agreed."""
        last = self._last or counts
        moved = (counts.taken - last.taken, counts.returned - last.returned, counts.owed - last.owed)
        if self._last is not None and (moved != self._due or counts.escrow):
            return False
        self._last, self._due = counts, (0, 0, 0)
        return True
