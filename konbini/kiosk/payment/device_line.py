"""How a device that takes money is asked: one line for one line, and a refusal that says what is known after it.

A device that nobody reached has done nothing; one that was asked and did not answer rightly may have done it all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from konbini.kiosk import controller
from konbini.protocol.errors import Code, Refused

__all__ = ["ask"]

_Answer = TypeVar("_Answer")


async def ask(
    line: controller.Ask, question: str, read: Callable[[bytes], _Answer], *, most_bytes: int, patience: float
) -> _Answer:
    """Ask once, and read the answer.

    Args:
        line: asks the device.
        question: a line, without its end.
        read: takes the answer apart; refuses a no with its own code, and what is no answer as `MALFORMED`.
        most_bytes: of the answer.
        patience: seconds that it may take.

    Raises:
        Refused: `CASH_UNAVAILABLE`: nobody heard the question, or the device said no; `CASH_SILENT`: it was asked, and
            what it did is not known.
    """
    try:
        async with asyncio.timeout(patience):
            return read(await line(question, most_bytes=most_bytes))
    except (ConnectionRefusedError, FileNotFoundError) as error:  # nobody has heard the question
        raise Refused(Code.CASH_UNAVAILABLE, type(error).__name__) from error
    except (OSError, TimeoutError, ValueError) as error:  # a line beyond the limit is a ValueError
        raise Refused(Code.CASH_SILENT, type(error).__name__) from error
    except Refused as error:
        silent = error.code is Code.MALFORMED
        raise Refused(Code.CASH_SILENT if silent else Code.CASH_UNAVAILABLE, error.detail) from error
