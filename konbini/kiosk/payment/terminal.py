"""The kiosk's end of a cashless terminal's UNIX socket: authorise, then capture or void.

The same port as coins: what is authorised stands for an escrow. Invariant: the end of a payment is asked for again when
no answer came, for its key makes that harmless: the first end stays, and the terminal tells it each time.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import TypeVar

from konbini.kiosk import controller
from konbini.kiosk.payment import device_line
from konbini.kiosk.payment import terminal_frames as frames
from konbini.kiosk.payment.amounts import CashCounts, Settlement
from konbini.kiosk.payment.ports import Asking, CashFault, CashState
from konbini.kiosk.payment.terminal_frames import Phase, TerminalState
from konbini.process.clock import Clock
from konbini.protocol.errors import Code, Refused

__all__ = ["CashlessTerminal"]

_Answer = TypeVar("_Answer")


class CashlessTerminal:
    """A `konbini.kiosk.payment.ports.Cash` behind the terminal's socket at `path`.

    Args:
        path: the terminal's UNIX socket.
        clock: paces the questions.
        poll: seconds between two of them.
        patience: seconds that an answer may take; a terminal asks its payment network.
        tries: how often the end of a payment is asked for.
    """

    def __init__(self, path: Path, clock: Clock, *, poll: float = 0.2, patience: float = 10.0, tries: int = 3) -> None:
        self._path = path
        self._clock = clock
        self._poll = poll
        self._patience = patience
        self._tries = tries

    async def state(self) -> CashState:
        """Ask the terminal now; one whose network does not answer accepts nothing, as a coin slot that is jammed."""
        state = await self._ask("STATE", frames.read_state)
        held = _held(state)
        counts = CashCounts(taken=state.captured + state.voided + held, returned=state.voided, owed=0, escrow=held)
        asking = Asking(key=state.key, sum=state.yen, escrow=held) if state.key else None
        return CashState(asking=asking, counts=counts, faults=frozenset(() if state.up else (CashFault.JAM,)))

    async def ask(self, amount: int, key: bytes) -> None:
        """Have the terminal ask for a card; see `ports.Cash`."""
        await self._ask(f"AUTHORISE {amount} {_hex(key)}", _nothing)

    async def inserted(self, key: bytes) -> AsyncGenerator[Asking, None]:
        """Report nothing in escrow, then all of it, when the payment is authorised; see `ports.Cash`."""
        told = -1
        while True:
            state = await self._ask("STATE", frames.read_state)
            if state.key != key:
                raise Refused(Code.CASH_UNAVAILABLE, "another payment is open, or none")
            if state.phase is Phase.DECLINED:
                raise Refused(Code.PAYMENT_DECLINED)
            asking = Asking(key=key, sum=state.yen, escrow=_held(state))
            if not state.up and not asking.enough:
                raise Refused(Code.CASH_UNAVAILABLE, "the payment network does not answer")
            if asking.escrow != told:
                told = asking.escrow
                yield asking
            if asking.enough:
                return
            await self._clock.sleep(self._poll)

    async def capture(self, key: bytes, fee: int) -> Settlement:
        """Take the fee, and release the rest of what is authorised; see `ports.Cash`."""
        return await self._end(f"CAPTURE {fee} {_hex(key)}")

    async def carry(self, key: bytes, fee: int, following: bytes) -> Settlement:
        """Take the fee, and leave the rest authorised for the next order; see `ports.Cash`."""
        return await self._end(f"CARRY {fee} {_hex(key)} {_hex(following)}")

    async def give_back(self, key: bytes) -> Settlement:
        """Void what is authorised; see `ports.Cash`."""
        return await self._end(f"VOID {_hex(key)}")

    async def _end(self, question: str) -> Settlement:
        for _ in range(self._tries - 1):
            try:
                return await self._ask(question, frames.read_end)
            except Refused:
                await self._clock.sleep(self._poll)
        return await self._ask(question, frames.read_end)

    async def _ask(self, question: str, read: Callable[[list[str]], _Answer]) -> _Answer:
        return await device_line.ask(
            controller.at(self._path),
            question,
            lambda answer: read(frames.read_words(answer)),
            most_bytes=frames.MOST_BYTES,
            patience=self._patience,
        )


def _held(state: TerminalState) -> int:
    return state.yen if state.phase is Phase.AUTHORISED else 0


def _nothing(words: list[str]) -> None:
    if words:
        raise Refused(Code.MALFORMED, "words of the terminal where none were due")


def _hex(key: bytes) -> str:
    if len(key) != frames.KEY_BYTES:
        raise ValueError("a key has 16 bytes")
    return key.hex()
