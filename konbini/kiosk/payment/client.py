"""The kiosk's end of the coin device's line.

One connection a question: the device may be restarted between any two of them without anybody noticing. Invariant: a
question is asked once; whether to repeat it is the caller's decision, and its key makes that harmless.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import TypeVar

from konbini.kiosk import controller
from konbini.kiosk.payment import device_line, frames
from konbini.kiosk.payment.amounts import Settlement
from konbini.kiosk.payment.ports import Asking, CashFault, CashState
from konbini.process.clock import Clock
from konbini.protocol.errors import Code, Refused

__all__ = ["CoinDevice"]

_Answer = TypeVar("_Answer")


class CoinDevice:
    """A `konbini.kiosk.payment.ports.Cash` behind the device's line.

    Args:
        line: asks the device; one connection each time.
        clock: paces the questions of `inserted`.
        poll: seconds between two of them.
        patience: seconds that an answer may take; a payout moves coins.
    """

    def __init__(self, line: controller.Ask, clock: Clock, *, poll: float = 0.1, patience: float = 10.0) -> None:
        self._line = line
        self._clock = clock
        self._poll = poll
        self._patience = patience

    async def state(self) -> CashState:
        """Ask the device now; see `ports.Cash`."""
        return await self._ask("STATE", frames.read_state)

    async def ask(self, amount: int, key: bytes) -> None:
        """Open the slot; see `ports.Cash`."""
        await self._ask(f"ASK {amount} {_hex(key)}", frames.read_nothing)

    async def inserted(self, key: bytes) -> AsyncGenerator[Asking, None]:
        """Report the escrow until it is enough; see `ports.Cash`."""
        told = -1
        while True:
            state = await self.state()
            asking = state.asking
            if asking is None or asking.key != key:
                raise Refused(Code.CASH_UNAVAILABLE, "another asking is open, or none")
            if CashFault.JAM in state.faults and not asking.enough:
                raise Refused(Code.CASH_UNAVAILABLE, "the slot is jammed")
            if asking.escrow != told:
                told = asking.escrow
                yield asking
            if asking.enough:
                return
            await self._clock.sleep(self._poll)

    async def capture(self, key: bytes, fee: int) -> Settlement:
        """Keep the fee; see `ports.Cash`."""
        return await self._ask(f"CAPTURE {fee} {_hex(key)}", frames.read_settlement)

    async def carry(self, key: bytes, fee: int, following: bytes) -> Settlement:
        """Keep the fee, and the rest for the next order; see `ports.Cash`."""
        return await self._ask(f"CARRY {fee} {_hex(key)} {_hex(following)}", frames.read_settlement)

    async def give_back(self, key: bytes) -> Settlement:
        """Pay out the escrow; see `ports.Cash`."""
        return await self._ask(f"GIVE-BACK {_hex(key)}", frames.read_settlement)

    async def _ask(self, question: str, read: Callable[[list[str]], _Answer]) -> _Answer:
        return await device_line.ask(
            self._line,
            question,
            lambda answer: read(frames.read_words(answer)),
            most_bytes=frames.MOST_BYTES,
            patience=self._patience,
        )


def _hex(key: bytes) -> str:
    if len(key) != frames.KEY_BYTES:
        raise ValueError("a key has 16 bytes")
    return key.hex()
