"""Ranges of issuance numbers: the first digit of a serial, one for each life of this store (protocol/numbers.py).

Which ranges a server may use is configured, so that two servers of one ward never meet. A new life takes one that no
life of any server used, as far as registry, clerk and this store remember; what was in use before is never used again.

Table: `number_range`.
"""

from __future__ import annotations

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.numbers import MOST_COUNTER
from konbini.ward_server.residents.witness import free_range

__all__ = ["Ranges", "next_number", "ranges_used"]


class Ranges:
    """What this store does about ranges, within its transactions.

    Args:
        allowed: the ranges of this server, in the order in which they are taken.
    """

    def __init__(self, allowed: tuple[int, ...]) -> None:
        self._allowed = allowed

    def take(self, connection: Connection, used: int) -> None:
        """Go on in a range that nobody used.

        Raises:
            Refused: `RANGE_CLOSED`: there is none left.
        """
        free = free_range(self._allowed, used | ranges_used(connection))
        connection.execute("UPDATE number_range SET in_use = 0")
        connection.execute("INSERT INTO number_range (range, last, in_use) VALUES (?, 0, 1)", (free,))


def ranges_used(connection: Connection) -> int:
    """Give the ranges that this store used, one bit each."""
    return sum(1 << row[0] for row in connection.execute("SELECT range FROM number_range"))


def next_number(connection: Connection) -> tuple[int, int]:
    """Count on in the range that is in use.

    Returns:
        The range, and the counter in it.

    Raises:
        Refused: `WARD_NOT_CURRENT`: the registry was never heard, so that no range was taken; `RANGE_CLOSED`: used up.
    """
    row = connection.execute(
        "UPDATE number_range SET last = last + 1 WHERE in_use = 1 RETURNING range, last"
    ).fetchone()
    if row is None:
        raise Refused(Code.WARD_NOT_CURRENT, "the registry has not been heard yet")
    if row[1] > MOST_COUNTER:
        raise Refused(Code.RANGE_CLOSED, "the range of numbers is used up")
    return row[0], row[1]
