"""What every row of the registry's store that is personal rests on: its resident's data key, and the keyed hashes.

The sealed columns are opened with the data key of the resident whose row it is, for that very row and version: what was
moved to another row does not open (`SEAL_BROKEN`).
"""

from __future__ import annotations

from dataclasses import dataclass

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.feed import CardSerial, FeedKind
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.sealing import DataKey, Place, Sealer

__all__ = ["MOST_KEYS", "SealedRows", "Vault", "row_place"]

MOST_KEYS = 4096
"""Data keys that one transaction keeps open at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """What opens the store: sealers for personal fields and for individual numbers, and the keyed hashes.

    `given` is of individual numbers and resident codes alone, under a key of its own: whoever holds it and the store
    can try twelve digits out.
    """

    municipality: str
    personal: Sealer
    numbers: Sealer
    keyed_hash: KeyedHash
    given: KeyedHash


class SealedRows:
    """Rows on a connection, with the data keys that were opened for them."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault
        self._keys: dict[str, DataKey] = {}
        self._hashed: tuple[CardSerial, bytes] | None = None
        self._numbered: dict[int, tuple[str, bytes]] = {}

    def _card(self, card: CardSerial) -> bytes:
        if self._hashed is None or self._hashed[0] != card:
            self._hashed = (card, self._vault.keyed_hash.card(card.issuer_key_id, card.serial))
        return self._hashed[1]

    def _restriction(self, resident: str, kind: FeedKind, name: str) -> bytes:
        return self._vault.keyed_hash.restriction(self._vault.municipality, resident, int(kind), name)

    def _seal(self, place: Place, content: bytes) -> bytes:
        """Seal under the resident's data key, a new one where there is none yet."""
        return (self._data_key(place.resident) or self._new_data_key(place.resident)).seal(place, content)

    def _open(self, place: Place, sealed: bytes) -> bytes:
        key = self._data_key(place.resident)
        if key is None:
            raise Refused(Code.SEAL_BROKEN, f"{place.table}: no data key")
        return key.open(place, sealed)

    def _data_key(self, resident: str) -> DataKey | None:
        key = self._keys.get(resident)
        if key is None:
            row = self._connection.execute("SELECT wrapped FROM data_key WHERE resident = ?", (resident,)).fetchone()
            if row is None:
                return None
            key = self._remember(resident, self._vault.personal.unwrap(bytes(row[0]), resident))
        return key

    def _new_data_key(self, resident: str) -> DataKey:
        wrapped, key = self._vault.personal.fresh(resident)
        self._connection.execute("INSERT INTO data_key VALUES (?, ?)", (resident, wrapped))
        return self._remember(resident, key)

    def _remember(self, resident: str, key: DataKey) -> DataKey:
        if len(self._keys) == MOST_KEYS:
            self._keys.clear()
        self._keys[resident] = key
        return key


def row_place(table: str, row: bytes, resident: str, version: int) -> Place:
    """Give the place of a row that is found by its own hash."""
    return Place(table=f"{table} {row.hex()}", resident=resident, version=version)
