"""The clerk's own index of the registry: newest version of each record and seal, households, bars, card links.

It follows the feed by itself and holds no name, no address, no impression and no card serial: records and seal
registrations come as evidence, and card serials and barred residents are kept as keyed hashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.following.rows import FeedRows, position
from konbini.ward_server.residents.feed import CardSerial, FeedPosition
from konbini.ward_server.residents.held import HeldRow, held_record, held_seal
from konbini.ward_server.residents.record import Presence, SignedRecord
from konbini.ward_server.residents.seal import SignedSeal

__all__ = ["Index", "IndexedPerson", "IndexedSeal", "held_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedPerson:
    """What the clerk knows of one resident by itself. `barred`: a protective measure or a hold is in force."""

    resident: str
    household: str
    version: int
    record_hash: bytes
    present: bool
    barred: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedSeal:
    """What the clerk knows of a resident's seal registration by itself."""

    version: int
    registration_hash: bytes
    in_force: bool


class Index:
    """The index in the clerk's rows."""

    def __init__(self, rows: Rows, feed: FeedRows) -> None:
        self._rows = rows
        self._feed = feed

    async def position(self) -> FeedPosition:
        """Give how far the feed is applied."""
        return await self._rows.read(position)

    async def apply(self, blocks: Sequence[bytes]) -> FeedPosition:
        """Apply blocks in order, once, in one transaction.

        Raises:
            Refused: one of `BREAKING`; nothing of them was applied.
        """
        return await self._rows.write(
            lambda connection: self._feed.apply(connection, blocks, _apply_record, _apply_seal), step="apply feed"
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

    async def seal(self, resident: str) -> IndexedSeal | None:
        """Give a resident's seal registration at its newest version, None where the feed has named none."""

        def look(connection: Connection) -> IndexedSeal | None:
            row = connection.execute(
                "SELECT version, registration_hash, in_force FROM seal_registration WHERE resident = ?", (resident,)
            ).fetchone()
            if row is None:
                return None
            return IndexedSeal(version=row[0], registration_hash=row[1], in_force=bool(row[2]))

        return await self._rows.read(look)

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


def held_of(connection: Connection, resident: str) -> tuple[HeldRow, ...]:
    """Give the rows of a resident's record and seal registration as the index holds them."""
    records = connection.execute(
        "SELECT version, record_hash, household, present FROM person WHERE resident = ?", (resident,)
    ).fetchall()
    seals = connection.execute(
        "SELECT version, registration_hash, in_force FROM seal_registration WHERE resident = ?", (resident,)
    ).fetchall()
    return (
        *(held_record(row[0], bytes(row[1]), row[2], present=bool(row[3])) for row in records),
        *(held_seal(row[0], bytes(row[1]), in_force=bool(row[2])) for row in seals),
    )


def _apply_record(connection: Connection, signed: SignedRecord) -> None:
    record = signed.record
    connection.execute(
        "INSERT INTO person (resident, household, version, record_hash, present) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (resident) DO UPDATE SET household = excluded.household, version = excluded.version,"
        " record_hash = excluded.record_hash, present = excluded.present",
        (record.resident, record.household, record.version, signed.digest, record.presence is Presence.PRESENT),
    )


def _apply_seal(connection: Connection, signed: SignedSeal) -> None:
    seal = signed.registration
    connection.execute(
        "INSERT INTO seal_registration (resident, version, registration_hash, in_force) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (resident) DO UPDATE SET version = excluded.version,"
        " registration_hash = excluded.registration_hash, in_force = excluded.in_force",
        (seal.resident, seal.version, signed.digest, seal.in_force),
    )
