"""Makes a follower's keyed hashes anew under another lookup key, within one transaction.

What a link, a bar and a difference are about stands hidden beside them. Whose a bar is, is found by going through the
residents of whom a record, a seal or a link is held; whose a hold of this process is, by these and by its decisions.

Tables: `card_link`, `bar`, `local_hold`, `difference`, `decision`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from konbini.process.statements import Connection
from konbini.protocol.codec import Value, decode
from konbini.protocol.shape import from_bytes
from konbini.ward_server.decisions.rehashing import contents_of_holds, rehide_decisions
from konbini.ward_server.following.outage import HoldOn
from konbini.ward_server.keeping.lookup_rotation import NotRehashed
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["rehash_follower"]

_CHUNK: Final = 500
_MOST_HIDDEN_BYTES: Final = 1024
_HELD: Final = (
    "SELECT resident FROM person WHERE resident > ?1 UNION SELECT resident FROM seal_registration WHERE resident > ?1"
    " UNION SELECT resident FROM card_link WHERE resident > ?1 ORDER BY resident LIMIT ?2"
)

CardMoved = Callable[[Connection, bytes, bytes], None]
"""Told that a card's hash changed, from which to which."""


def rehash_follower(
    connection: Connection,
    municipality: str,
    old: KeyedHash,
    new: KeyedHash,
    moved: CardMoved = lambda _connection, _old, _new: None,
) -> int:
    """Make everything anew, and give how many rows there were.

    Raises:
        NotRehashed: a bar or a hold in force of nobody who is known: the copy is re-taken first.
        Refused: `SEAL_BROKEN`: a row that is not what was written.
    """
    counts = {table: _count(connection, table) for table in ("bar", "local_hold")}
    done = {"bar": 0, "local_hold": 0}
    links = 0
    for resident in _residents(connection):
        links += _links(connection, resident, old, new, moved)
        done["bar"] += _bars(connection, municipality, resident, old, new)
        done["local_hold"] += _local_hold(connection, municipality, resident, old, new)
    for resident in {from_bytes(HoldOn, content).resident for content in contents_of_holds(connection, old)}:
        done["local_hold"] += _local_hold(connection, municipality, resident, old, new)
    for table, count in counts.items():
        if done[table] != count:
            raise NotRehashed(f"{table}: {count - done[table]} rows of nobody who is known here")
    return links + sum(counts.values()) + _differences(connection, old, new) + rehide_decisions(connection, old, new)


def _residents(connection: Connection) -> Iterator[str]:
    after = ""
    while chunk := connection.execute(_HELD, (after, _CHUNK)).fetchall():
        for (resident,) in chunk:
            yield resident
        after = chunk[-1][0]


def _links(connection: Connection, resident: str, old: KeyedHash, new: KeyedHash, moved: CardMoved) -> int:
    rows = connection.execute("SELECT serial_hash, hidden FROM card_link WHERE resident = ?", (resident,)).fetchall()
    for serial_hash, hidden in rows:
        before, content = bytes(serial_hash), old.reveal("card_link", bytes(serial_hash), bytes(hidden))
        match decode(content, _MOST_HIDDEN_BYTES):
            case [bytes() as issuer_key_id, bytes() as serial]:
                after = new.card(issuer_key_id, serial)
            case _:
                raise NotRehashed("card_link: a row that says no card")
        connection.execute(
            "UPDATE card_link SET serial_hash = ?, hidden = ? WHERE serial_hash = ?",
            (after, new.hide("card_link", after, content), before),
        )
        moved(connection, before, after)
    return len(rows)


def _bars(connection: Connection, municipality: str, resident: str, old: KeyedHash, new: KeyedHash) -> int:
    rows = connection.execute(
        "SELECT restriction, hidden FROM bar WHERE whose = ?", (old.resident(municipality, resident),)
    ).fetchall()
    whose = new.resident(municipality, resident)
    for restriction, hidden in rows:
        content = old.reveal("bar", bytes(restriction), bytes(hidden))
        match decode(content, _MOST_HIDDEN_BYTES):
            case [int() as kind, str() as name]:
                after = new.restriction(municipality, resident, kind, name)
            case _:
                raise NotRehashed("bar: a row that says no measure")
        connection.execute(
            "UPDATE bar SET restriction = ?, whose = ?, hidden = ? WHERE restriction = ?",
            (after, whose, new.hide("bar", after, content), restriction),
        )
    return len(rows)


def _local_hold(connection: Connection, municipality: str, resident: str, old: KeyedHash, new: KeyedHash) -> int:
    return connection.execute(
        "UPDATE local_hold SET whose = ? WHERE whose = ?",
        (new.resident(municipality, resident), old.resident(municipality, resident)),
    ).rowcount


def _differences(connection: Connection, old: KeyedHash, new: KeyedHash) -> int:
    rows = connection.execute("SELECT named, kind, hidden FROM difference").fetchall()
    for named, kind, hidden in rows:
        content = old.reveal("difference", bytes(named), bytes(hidden))
        resident, what = _difference(decode(content, _MOST_HIDDEN_BYTES))
        after = new.difference(int(kind), resident, what)
        connection.execute(
            "UPDATE difference SET named = ?, hidden = ? WHERE named = ?",
            (after, new.hide("difference", after, content), named),
        )
    return len(rows)


def _difference(value: Value) -> tuple[str, str]:
    match value:
        case [str() as resident, str() as what]:
            return resident, what
    raise NotRehashed("difference: a row that says nothing")


def _count(connection: Connection, table: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - names of this module
    return int(count)
