"""What a follower does when the registry disposed of a resident (廃棄): it keeps nothing of that person.

Both followers have the tables `person`, `seal_registration`, `card_link`, `bar` and `local_hold`; one that keeps more
of a resident removes that itself: `issuing` its data key and the list of what was issued in outage mode.
"""

from __future__ import annotations

from konbini.process.statements import Connection

__all__ = ["forget"]


def forget(connection: Connection, resident: str, whose: bytes) -> None:
    """Remove a resident's rows within the caller's transaction. `whose`: the keyed hash of the resident."""
    connection.execute("DELETE FROM card_link WHERE resident = ?", (resident,))
    connection.execute("DELETE FROM bar WHERE whose = ?", (whose,))
    connection.execute("DELETE FROM local_hold WHERE whose = ?", (whose,))
    connection.execute("DELETE FROM seal_registration WHERE resident = ?", (resident,))
    connection.execute("DELETE FROM person WHERE resident = ?", (resident,))
