"""Makes the registry's keyed hashes anew under another lookup key, within one transaction.

Links and restrictions are sealed for their own hash: each is opened under the old place and sealed for the new one.

Limits: what was disposed of opens to nobody. The hash of such a card stays as it was made, under a key that is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from konbini.process.statements import Connection
from konbini.ward_server.decisions.rehashing import rehide_decisions
from konbini.ward_server.keeping.lookup_rotation import NotRehashed
from konbini.ward_server.residents.beside_rows import BesideRows
from konbini.ward_server.residents.sealed_rows import Vault, row_place
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["rehash_registry"]

_CHUNK: Final = 500
_LEGIBLE: Final = "SELECT resident FROM data_key WHERE resident > ? AND length(wrapped) > 0 ORDER BY resident LIMIT ?"


def rehash_registry(connection: Connection, vault: Vault, old: KeyedHash, new: KeyedHash) -> int:
    """Make everything anew, and give how many rows there were; `vault` holds the old key.

    Raises:
        NotRehashed: a measure or hold of nobody who is known.
        Refused: `SEAL_BROKEN`: a row that is not what was written.
    """
    (restrictions,) = connection.execute("SELECT count(*) FROM restriction").fetchone()
    rows = _Rows(connection, vault, new)
    links = found = 0
    for resident in _residents(connection):
        links += rows.move_links(resident)
        found += rows.move_restrictions(resident)
    if found != restrictions:
        raise NotRehashed(f"restriction: {restrictions - found} rows of nobody who is known here")
    return links + found + rehide_decisions(connection, old, new)


class _Rows(BesideRows):
    """Rows beside records, moved to the places that another lookup key gives them."""

    def __init__(self, connection: Connection, vault: Vault, new: KeyedHash) -> None:
        super().__init__(connection, vault)
        self._new = new

    def move_links(self, resident: str) -> int:
        """Move a resident's links, and give how many there were."""
        links = self.links(resident)
        for link in links:
            before = self._card(link.card)
            after = self._new.card(link.card.issuer_key_id, link.card.serial)
            sealed = self._moved("card_link", "card", before, after, resident, link.version)
            self._connection.execute(
                "UPDATE card_link SET card = ?, sealed = ? WHERE card = ?", (after, sealed, before)
            )
        return len(links)

    def move_restrictions(self, resident: str) -> int:
        """Move a resident's measures and holds, and give how many there were."""
        found, municipality = self.restrictions(resident), self._vault.municipality
        whose = self._new.resident(municipality, resident)
        for one in found:
            before = self._restriction(resident, one.kind, one.name)
            after = self._new.restriction(municipality, resident, int(one.kind), one.name)
            sealed = self._moved("restriction", "restriction", before, after, resident, one.version)
            self._connection.execute(
                "UPDATE restriction SET restriction = ?, whose = ?, sealed = ? WHERE restriction = ?",
                (after, whose, sealed, before),
            )
        return len(found)

    def _moved(  # noqa: PLR0913, PLR0917 - a row, and where it goes
        self, table: str, column: str, before: bytes, after: bytes, resident: str, version: int
    ) -> bytes:
        """Give a row's content, sealed for its new place."""
        (sealed,) = self._connection.execute(
            f"SELECT sealed FROM {table} WHERE {column} = ?",  # noqa: S608 - names of this module
            (before,),
        ).fetchone()
        content = self._open(row_place(table, before, resident, version), bytes(sealed))
        return self._seal(row_place(table, after, resident, version), content)


def _residents(connection: Connection) -> Iterator[str]:
    after = ""
    while chunk := connection.execute(_LEGIBLE, (after, _CHUNK)).fetchall():
        for (resident,) in chunk:
            yield resident
        after = chunk[-1][0]
