"""The issuing copy (交付用データ): what certificates are made from, as the registry's feed brought it.

A record stands as the registry signed it, sealed to its resident and version: moved elsewhere it does not open, and
opened it is verified again. The individual number is not copied. A seal registration stands in the same way while it
is in force; of a cancelled one the version alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.following.rows import FeedRows, position
from konbini.ward_server.residents.feed import CardSerial, FeedPosition
from konbini.ward_server.residents.held import HeldRow, held_record, held_seal
from konbini.ward_server.residents.record import Presence, RecordOpener, SignedRecord
from konbini.ward_server.residents.seal import SignedSeal
from konbini.ward_server.storage.sealing import Place, Sealer

__all__ = ["CopiedPerson", "ResidentCopy", "forget_own"]

_TABLE = "person"
_SEAL_TABLE = "seal_registration"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedPerson:
    """One resident of the copy.

    Attributes:
        signed: the record.
        barred: a protective measure or a hold is in force.
        seal: the registration in force of the resident who was asked for; nobody else's is looked at.
    """

    signed: SignedRecord
    barred: bool
    seal: SignedSeal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    resident: str
    version: int
    sealed: bytes
    wrapped: bytes
    barred: bool = False
    seal: tuple[int, bytes] | None = None


class ResidentCopy:
    """The copy in the rows of `issuing`."""

    def __init__(
        self, rows: Rows, feed: FeedRows, *, sealer: Sealer, record_key: VerifyingKey, municipality: str
    ) -> None:
        self._rows = rows
        self._feed = feed
        self._sealer = sealer
        self._record_key = record_key
        self._municipality = municipality
        self._records = RecordOpener(record_key, municipality)

    async def position(self) -> FeedPosition:
        """Give how far the feed is applied."""
        return await self._rows.read(position)

    async def apply(self, blocks: Sequence[bytes]) -> FeedPosition:
        """Apply blocks in order, once, in one transaction.

        Raises:
            Refused: one of `BREAKING`; nothing of them was applied.
        """
        return await self._rows.write(
            lambda connection: self._feed.apply(connection, blocks, self._apply_record, self._apply_seal, forget_own),
            step="apply feed",
        )

    async def holder(self, card: CardSerial, day: int) -> str:
        """Give the resident whom a card stands for on a day (yyyymmdd).

        Raises:
            Refused: `CARD_UNLINKED`.
        """
        return await self._rows.read(lambda connection: self._feed.holder(connection, card, day))

    async def household_of(self, resident: str) -> tuple[CopiedPerson, ...]:
        """Give the resident and everybody of the same household whose record stands, in 記載順位.

        Raises:
            Refused: `SEAL_BROKEN`, `RECORD_NOT_SIGNED`: a record or the registration of the copy is not what it was.
        """
        found = await self._rows.read(lambda connection: self._look(connection, resident))
        people = (CopiedPerson(signed=self._open(row), barred=row.barred, seal=self._open_seal(row)) for row in found)
        return tuple(sorted(people, key=lambda person: person.signed.record.order))

    def held_of(self, connection: Connection, resident: str) -> tuple[HeldRow, ...]:
        """Give the rows of a resident's record and seal registration as they are held: opened and verified.

        What does not open, or stands under other columns than its own, differs from any other.
        """
        records = connection.execute(
            "SELECT version, sealed, wrapped, household, present FROM person JOIN data_key USING (resident)"
            " WHERE resident = ?",
            (resident,),
        ).fetchall()
        seals = connection.execute(
            "SELECT version, sealed, wrapped FROM seal_registration JOIN data_key USING (resident) WHERE resident = ?",
            (resident,),
        ).fetchall()
        return (
            *(self._held_record(resident, *row) for row in records),
            *(self._held_seal(resident, *row) for row in seals),
        )

    def _held_record(  # noqa: PLR0913, PLR0917 - the columns of a row
        self, resident: str, version: int, sealed: bytes, wrapped: bytes, household: str, present: int
    ) -> HeldRow:
        try:
            signed = self._open(_Row(resident=resident, version=version, sealed=sealed, wrapped=wrapped))
        except Refused:
            return held_record(version, b"", household, present=bool(present))
        digest = signed.digest if signed.record.household == household else b""
        return held_record(version, digest, household, present=bool(present))

    def _held_seal(self, resident: str, version: int, sealed: bytes | None, wrapped: bytes) -> HeldRow:
        if sealed is None:
            return held_seal(version, b"", in_force=False)
        row = _Row(resident=resident, version=0, sealed=b"", wrapped=wrapped, seal=(version, sealed))
        try:
            signed = self._open_seal(row)
        except Refused:
            signed = None
        return held_seal(version, b"" if signed is None else signed.digest, in_force=True)

    def _look(self, connection: Connection, resident: str) -> tuple[_Row, ...]:
        rows = connection.execute(
            "SELECT person.resident, version, sealed, wrapped FROM person JOIN data_key USING (resident)"
            " WHERE household = (SELECT household FROM person WHERE resident = ?1)"
            " AND (present = 1 OR person.resident = ?1)",
            (resident,),
        ).fetchall()
        return tuple(
            _Row(
                resident=row[0],
                version=row[1],
                sealed=row[2],
                wrapped=row[3],
                barred=self._feed.barred(connection, row[0]),
                seal=_seal_in_force(connection, resident) if row[0] == resident else None,
            )
            for row in rows
        )

    def _open(self, row: _Row) -> SignedRecord:
        place = Place(table=_TABLE, resident=row.resident, version=row.version)
        data = self._sealer.open(row.wrapped, place, row.sealed)
        signed = self._records.open(data)
        if (signed.record.resident, signed.record.version) != (row.resident, row.version):
            raise Refused(Code.SEAL_BROKEN, "a record that stands under another resident or version")
        return signed

    def _open_seal(self, row: _Row) -> SignedSeal | None:
        if row.seal is None:
            return None
        version, sealed = row.seal
        data = self._sealer.open(row.wrapped, Place(table=_SEAL_TABLE, resident=row.resident, version=version), sealed)
        signed = SignedSeal.open(data, self._record_key, self._municipality)
        found = signed.registration
        if (found.resident, found.version, found.in_force) != (row.resident, version, True):
            raise Refused(Code.SEAL_BROKEN, "a seal registration that stands under another resident or version")
        return signed

    def _apply_seal(self, connection: Connection, signed: SignedSeal) -> None:
        """Keep a registration in force whole; of a cancelled one the version, so that nothing older comes back."""
        registration = signed.registration
        kept = None
        if registration.in_force:
            place = Place(table=_SEAL_TABLE, resident=registration.resident, version=registration.version)
            kept = self._sealer.seal(self._data_key(connection, registration.resident), place, signed.data)
        connection.execute(
            "INSERT INTO seal_registration (resident, version, sealed) VALUES (?, ?, ?)"
            " ON CONFLICT (resident) DO UPDATE SET version = excluded.version, sealed = excluded.sealed",
            (registration.resident, registration.version, kept),
        )

    def _data_key(self, connection: Connection, resident: str) -> bytes:
        """Give a resident's wrapped data key, a new one where there is none yet."""
        row = connection.execute("SELECT wrapped FROM data_key WHERE resident = ?", (resident,)).fetchone()
        if row is not None:
            return bytes(row[0])
        wrapped = self._sealer.new_data_key(resident)
        connection.execute("INSERT INTO data_key (resident, wrapped) VALUES (?, ?)", (resident, wrapped))
        return wrapped

    def _apply_record(self, connection: Connection, signed: SignedRecord) -> None:
        record = signed.record
        wrapped = self._data_key(connection, record.resident)
        place = Place(table=_TABLE, resident=record.resident, version=record.version)
        connection.execute(
            "INSERT INTO person (resident, household, version, present, sealed) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (resident) DO UPDATE SET household = excluded.household, version = excluded.version,"
            " present = excluded.present, sealed = excluded.sealed",
            (
                record.resident,
                record.household,
                record.version,
                record.presence is Presence.PRESENT,
                self._sealer.seal(wrapped, place, signed.data),
            ),
        )


def _seal_in_force(connection: Connection, resident: str) -> tuple[int, bytes] | None:
    row = connection.execute(
        "SELECT version, sealed FROM seal_registration WHERE resident = ? AND sealed IS NOT NULL", (resident,)
    ).fetchone()
    return None if row is None else (row[0], row[1])


def forget_own(connection: Connection, resident: str) -> None:
    """Remove what `issuing` alone keeps of a resident who was disposed of: papers of an outage, and the data key."""
    connection.execute("DELETE FROM outage_issue WHERE resident = ?", (resident,))
    connection.execute("DELETE FROM data_key WHERE resident = ?", (resident,))
