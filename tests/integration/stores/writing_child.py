"""A process that writes numbered notes through `Rows` and says which were answered; run as a program by the tests.

    writing_child.py ADDRESS MIGRATIONS [before|after N]

Prints `answered <n>` for each answer, `refused <n> <error name>` for each refusal. With `before N` or `after N` it
ends itself with SIGKILL at that edge of its N-th commit.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from konbini.process.rows import NotStored, Rows
from konbini.process.statements import Connection
from konbini.process.stores import open_rows, parse_address

CALLERS = 16


class Crash:
    """Ends the process at one edge of one commit."""

    def __init__(self, edge: str, at: int) -> None:
        """Keep where to end; `at` counts commits from 1."""
        self.edge, self.at, self.seen = edge, at, 0

    def before_commit(self, steps: tuple[str, ...]) -> None:
        """End here if this is the place."""
        self.seen += 1
        self._end("before", steps)

    def after_commit(self, steps: tuple[str, ...]) -> None:
        """End here if this is the place."""
        self._end("after", steps)

    def _end(self, edge: str, steps: tuple[str, ...]) -> None:
        if (edge, self.seen) == (self.edge, self.at):
            os.write(1, f"killed {edge} {' '.join(steps)}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)


def add(number: int) -> Callable[[Connection], int]:
    """Return a change that stores one note of 1,000 characters."""

    def change(connection: Connection) -> int:
        connection.execute("INSERT INTO note (id, text) VALUES (?, ?)", (number, f"{number:01000d}"))
        return number

    return change


async def caller(rows: Rows, first: int, most: int) -> None:
    """Write every sixteenth number and say what was answered."""
    for number in range(first, most, CALLERS):
        try:
            answer = await rows.write(add(number), step=str(number))
        except NotStored as refusal:
            os.write(1, f"refused {number} {refusal}\n".encode())
        else:
            os.write(1, f"answered {answer}\n".encode())


async def main() -> None:
    """Write until the numbers run out or the process is ended."""
    store, migrations, *crash = sys.argv[1:]
    watch = Crash(crash[0], int(crash[1])) if crash else None
    start, most = int(os.environ.get("FIRST", "1")), int(os.environ.get("MOST", "1000000"))
    rows = open_rows(parse_address(store, Path()), Path(migrations), watch=watch)
    await asyncio.gather(*(caller(rows, first, most) for first in range(start, start + CALLERS)))
    await rows.close()


if __name__ == "__main__":
    asyncio.run(main())
