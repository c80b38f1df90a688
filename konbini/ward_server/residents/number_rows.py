"""The rows of numbers that were given: individual numbers (個人番号) and resident record codes (住民票コード).

A row is the keyed hash of a number, and a seal that opens under the data key of the resident who has it and under no
other: no number stands here, and nobody's id. A number has one row in all time, which is never changed; the primary key
and the schema's triggers hold that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from konbini.protocol.errors import Refused
from konbini.ward_server.residents.sealed_rows import SealedRows, row_place
from konbini.ward_server.residents.store import NumberKind

__all__ = ["GIVE_NUMBER", "NumberRows"]

GIVE_NUMBER: Final = "INSERT INTO given_number (number, whose) VALUES (?, ?) ON CONFLICT (number) DO NOTHING"
"""Takes nothing from whoever has the number already: that is asked before, in the same transaction."""
_AT_ONCE: Final = 500
_NOTHING: Final = b""


class NumberRows(SealedRows):
    """Reads and adds whose a number is."""

    def number_taken(self, kind: NumberKind, number: str, resident: str) -> bool:
        """Say whether a number is, or was, another resident's."""
        given = self.number_hash(kind, number)
        row = self._connection.execute("SELECT whose FROM given_number WHERE number = ?", (given,)).fetchone()
        return row is not None and not self._is_whose(given, bytes(row[0]), resident)

    def give_number(self, kind: NumberKind, number: str, resident: str) -> None:
        """Keep that a number is this resident's; nothing happens where it was given before."""
        given = self.number_hash(kind, number)
        whose = self._seal(row_place("given_number", given, resident, 0), _NOTHING)
        self._connection.execute(GIVE_NUMBER, (given, whose))

    def given(self, hashes: Sequence[bytes]) -> set[bytes]:
        """Give those of some hashes whose numbers were given."""
        found: set[bytes] = set()
        for at in range(0, len(hashes), _AT_ONCE):
            some = hashes[at : at + _AT_ONCE]
            rows = self._connection.execute(
                f"SELECT number FROM given_number WHERE number IN ({', '.join('?' * len(some))})",  # noqa: S608 - question marks
                some,
            )
            found |= {bytes(number) for (number,) in rows}
        return found

    def number_hash(self, kind: NumberKind, number: str) -> bytes:
        """Give the hash under which a number is kept; the last one of each kind is remembered."""
        last = self._numbered.get(kind)
        if last is None or last[0] != number:
            last = self._numbered[kind] = (number, self._vault.given.number(int(kind), number))
        return last[1]

    def _is_whose(self, given: bytes, whose: bytes, resident: str) -> bool:
        key = self._data_key(resident)
        try:
            return key is not None and key.open(row_place("given_number", given, resident, 0), whose) == _NOTHING
        except Refused:  # sealed under another resident's key
            return False
