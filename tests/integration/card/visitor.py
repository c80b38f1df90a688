"""A process that holds one session, as a visit does: reads the PIN's digits from its arguments, says what it did.

Usage: visitor.py READER DIGIT+10 ... ; it goes one step for each line on its input: verify, sign, close, exit.
The digits come shifted by ten, so that the arguments do not hold what a search of this process looks for.
"""

from __future__ import annotations

import asyncio
import sys

from konbini.kiosk.card.reader import PcscCardReader
from konbini.protocol.errors import Refused


async def visit(reader: str, shifted: list[str]) -> None:
    """One session, step by step."""
    session = await PcscCardReader(reader).open()
    await step("opened")
    try:
        await session.verify_pin(bytearray(int(digit) - 10 + ord("0") for digit in shifted))
        await step("verified")
        await session.sign(b"open visit")
        await step("signed")
    except Refused as refused:
        await step(refused.code.name)
    await session.close()
    await step("closed")


async def step(done: str) -> None:
    """Say what was done, and wait to be told to go on."""
    sys.stdout.write(done + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)


asyncio.run(visit(sys.argv[1], sys.argv[2:]))
