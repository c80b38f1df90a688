"""Makes the keyed hashes of `issuing` anew: those of every follower, and of the cards that opened visits.

A card's visits are found by its hash for a day, to count them, while one is open, and for a year, to tell the card's
holder. Of a card that is not linked here any more nothing is looked up: its hash goes.
"""

from __future__ import annotations

from typing import Final

from konbini.process.statements import Connection
from konbini.ward_server.following.rehashing import rehash_follower
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["rehash_issuing"]

_NO_CARD: Final = bytes(32)


def rehash_issuing(connection: Connection, municipality: str, old: KeyedHash, new: KeyedHash) -> int:
    """Make everything anew, and give how many rows there were.

    Raises:
        NotRehashed, Refused: as `rehash_follower`.
    """
    connection.execute(
        "UPDATE visit SET card_hash = ? WHERE NOT EXISTS"
        " (SELECT 1 FROM card_link WHERE card_link.serial_hash = visit.card_hash)",
        (_NO_CARD,),
    )
    return rehash_follower(connection, municipality, old, new, _moved)


def _moved(connection: Connection, before: bytes, after: bytes) -> None:
    connection.execute("UPDATE visit SET card_hash = ? WHERE card_hash = ?", (after, before))
