"""The clerk's own index of the registry: newest version of each record, households, bars, card links.

It follows the feed by itself and holds no name, no address and no card serial: records come as evidence, and card
serials and barred residents are kept as keyed hashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.following.rows import FeedRows, position
from konbini.ward_server.residents.feed import CardSerial, FeedPosition
from konbini.ward_server.residents.held import HeldRow, held_record
from konbini.ward_server.residents.record import Presence, SignedRecord

__all__ = ["Index", "IndexedPerson", "held_record_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedPerson:
    """What the clerk knows of one resident by itself. `barred`: a protective measure or a hold is in force."""

    resident: str
    household: str
    version: int
    record_hash: bytes
    present: bool
    barred: bool


class Index:
    """The index in the clerk's rows."""

    def __init__(self, rows: Rows, feed: FeedRows) -> None:
        self._rows = rows
        self._feed = feed

    async def position(self) -> FeedPosition:
        """Give how far the feed is applied."""
        return await self._rows.read(position)

    async def apply(self, signed: Sequence[bytes]) -> FeedPosition:
        """Apply entries in order, once, in one transaction.

        Raises:
            Refused: one of `BREAKING`; nothing of the batch was applied.
        """
        return await self._rows.write(
            lambda connection: self._feed.apply(connection, signed, _apply_record), step="apply feed"
        )

    async def holder(self, card: CardSerial, day: int) -> str:
        """Give the resident whom a card stands for on a day (yyyymmdd).

        Raises:
            Refused: `CARD_UNLINKED`.
        """
        return await self._rows.read(lambda connection: self._feed.holder(connection, card, day))

    async def person(self, resident: str) -> IndexedPerson:
        """Give one resident.

        Raises:
            Refused: `RECORD_STALE`: the feed has not named this resident yet.
        """
        found = await self._people("resident = ?", resident)
        if not found:
            raise Refused(Code.RECORD_STALE, "a record that the feed has not brought yet")
        return found[0]

    async def household_of(self, resident: str) -> tuple[IndexedPerson, ...]:
        """Give everybody of a resident's household whose record stands, and the resident."""
        return await self._people(
            "household = (SELECT household FROM person WHERE resident = ?1) AND (present = 1 OR resident = ?1)",
            resident,
        )

    async def _people(self, condition: str, resident: str) -> tuple[IndexedPerson, ...]:
        columns = "resident, household, version, record_hash, present"
        query = f"SELECT {columns} FROM person WHERE {condition}"  # noqa: S608 - the condition is one of the two above

        def look(connection: Connection) -> tuple[IndexedPerson, ...]:
            return tuple(
                IndexedPerson(
                    resident=row[0],
                    household=row[1],
                    version=row[2],
                    record_hash=row[3],
                    present=bool(row[4]),
                    barred=self._feed.barred(connection, row[0]),
                )
                for row in connection.execute(query, (resident,)).fetchall()
            )

        return await self._rows.read(look)


def held_record_of(connection: Connection, resident: str) -> HeldRow | None:
    """Give the row of a resident's record as the index holds it."""
    row = connection.execute(
        "SELECT version, record_hash, household, present FROM person WHERE resident = ?", (resident,)
    ).fetchone()
    return None if row is None else held_record(row[0], bytes(row[1]), row[2], present=bool(row[3]))


def _apply_record(connection: Connection, signed: SignedRecord) -> None:
    record = signed.record
    connection.execute(
        "INSERT INTO person (resident, household, version, record_hash, present) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (resident) DO UPDATE SET household = excluded.household, version = excluded.version,"
        " record_hash = excluded.record_hash, present = excluded.present",
        (record.resident, record.household, record.version, signed.digest, record.presence is Presence.PRESENT),
    )
