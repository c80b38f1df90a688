"""Which lookup key a store's keyed hashes are made with: written at the first start, held against at each other.

A store that is opened with another key would find nobody and nothing: no card, no measure, no hold. It does not start.

Table: `lookup_key`, in `storage/lookup_key.sql`.
"""

from __future__ import annotations

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["LookupKeyRefused", "check_lookup_key", "hold_to_lookup_key", "put_lookup_key"]


class LookupKeyRefused(ValueError):  # noqa: N818 - the answer to another key
    """The store's keyed hashes are made with another lookup key than this one."""


async def hold_to_lookup_key(rows: Rows, hashes: KeyedHash) -> None:
    """Refuse to serve a store with another lookup key than its own; a new store takes this one.

    Raises:
        LookupKeyRefused: naming both by their ids.
    """
    await rows.write(lambda connection: check_lookup_key(connection, hashes), step="lookup key")


def check_lookup_key(connection: Connection, hashes: KeyedHash) -> None:
    """Hold a store to a lookup key, within a transaction.

    Raises:
        LookupKeyRefused: the store's is another.
    """
    row = connection.execute("SELECT key_id FROM lookup_key").fetchone()
    if row is None:
        put_lookup_key(connection, hashes)
    elif bytes(row[0]) != hashes.key_id:
        raise LookupKeyRefused(f"the store's lookup key is {bytes(row[0]).hex()}, this one is {hashes.key_id.hex()}")


def put_lookup_key(connection: Connection, hashes: KeyedHash) -> None:
    """Say which key the store's keyed hashes are made with."""
    connection.execute(
        "INSERT INTO lookup_key (only_one, key_id) VALUES (1, ?)"
        " ON CONFLICT (only_one) DO UPDATE SET key_id = excluded.key_id",
        (hashes.key_id,),
    )
