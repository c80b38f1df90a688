"""What the cashless terminal does, as steps from one state to the next (pure).

Invariants: a payment ends once, and its end is remembered with its key; what is authorised is captured, carried to the
next key or voided, to the last yen; one payment is open at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from konbini.kiosk.payment.amounts import MOST_YEN
from konbini.kiosk.payment.terminal_frames import Phase

__all__ = ["Ended", "SaidError", "Terminal", "authorise", "capture", "carry", "present", "void"]

_REMEMBERED = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A payment that is over: captured or voided, what was held for it, and what of that was released."""

    key: bytes
    captured: bool
    held: int
    released: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """All that the terminal remembers."""

    key: bytes = b""
    yen: int = 0
    phase: Phase = Phase.NONE
    captured: int = 0
    voided: int = 0
    ends: tuple[Ended, ...] = ()

    def end_of(self, key: bytes) -> Ended | None:
        """How the payment of this key ended, if it did."""
        return next((ended for ended in self.ends if ended.key == key), None)


class SaidError(Exception):
    """The terminal says no; the word is its whole answer."""


def authorise(terminal: Terminal, yen: int, key: bytes) -> Terminal:
    """Begin to ask for a card."""
    if (terminal.key, terminal.yen) == (key, yen):
        return terminal
    if terminal.end_of(key) is not None:
        raise SaidError("SPENT")
    if terminal.key:
        raise SaidError("BUSY")
    if not 0 < yen <= MOST_YEN:
        raise SaidError("YEN")
    return replace(terminal, key=key, yen=yen, phase=Phase.WAITING)


def present(terminal: Terminal, *, approved: bool) -> Terminal:
    """Hold a card against it; its issuer approves or declines."""
    if terminal.phase is not Phase.WAITING:
        raise SaidError("SHUT")
    return replace(terminal, phase=Phase.AUTHORISED if approved else Phase.DECLINED)


def capture(terminal: Terminal, key: bytes, fee: int) -> Terminal:
    """Take the fee of what is authorised, and release the rest."""
    if terminal.end_of(key) is not None:
        return terminal
    rest = _rest(terminal, key, fee)
    counted = replace(terminal, captured=terminal.captured + fee, voided=terminal.voided + rest)
    return _closed(counted, Ended(key=key, captured=True, held=terminal.yen, released=rest))


def carry(terminal: Terminal, key: bytes, fee: int, following: bytes) -> Terminal:
    """Take the fee of what is authorised, and leave the rest authorised under the key that follows."""
    if terminal.end_of(key) is not None:
        return terminal
    rest = _rest(terminal, key, fee)
    if not rest:
        raise SaidError("SHORT")
    if following == key or terminal.end_of(following) is not None:
        raise SaidError("SPENT")
    carried = replace(terminal, key=following, yen=rest, captured=terminal.captured + fee)
    return _remembered(carried, Ended(key=key, captured=True, held=fee, released=0))


def void(terminal: Terminal, key: bytes) -> Terminal:
    """Give up what is authorised; a key that is not open is spent with nothing in it."""
    if terminal.end_of(key) is not None:
        return terminal
    if terminal.key != key:
        return _remembered(terminal, Ended(key=key, captured=False, held=0, released=0))
    held = terminal.yen if terminal.phase is Phase.AUTHORISED else 0
    return _closed(
        replace(terminal, voided=terminal.voided + held), Ended(key=key, captured=False, held=held, released=held)
    )


def _rest(terminal: Terminal, key: bytes, fee: int) -> int:
    if terminal.key != key or terminal.phase is not Phase.AUTHORISED:
        raise SaidError("UNKNOWN")
    if fee > terminal.yen:
        raise SaidError("SHORT")
    return terminal.yen - fee


def _closed(terminal: Terminal, ended: Ended) -> Terminal:
    return _remembered(replace(terminal, key=b"", yen=0, phase=Phase.NONE), ended)


def _remembered(terminal: Terminal, ended: Ended) -> Terminal:
    return replace(terminal, ends=(*terminal.ends, ended)[-_REMEMBERED:])
