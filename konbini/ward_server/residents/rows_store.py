"""The registry's store on rows: one transaction for each use case.

Invariants: those of `konbini.process.rows`; versions of records, feed entries, card links and concluded changes are
never changed or removed (the schema's triggers hold that too).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Self, TypeVar

from konbini.process.entropy import Entropy
from konbini.process.measures.ports import Measures
from konbini.process.membership import Member
from konbini.process.rows import CommitWatch, Rows
from konbini.process.statements import Connection
from konbini.process.stores import StoreAddress, open_rows
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.residents.filling import fill_given
from konbini.ward_server.residents.sealed_rows import Vault
from konbini.ward_server.residents.store import RegistryReading, RegistryWriting
from konbini.ward_server.residents.transaction import RegistryTransaction

__all__ = ["RowsRegistryStore", "Vault"]

T = TypeVar("T")


class RowsRegistryStore:
    """A `RegistryStore` on rows; made by `open`, ended by `close`."""

    def __init__(self, rows: Rows, vault: Vault) -> None:
        self._rows = rows
        self._vault = vault

    @classmethod
    def open(  # noqa: PLR0913 - what rows stand on, each named
        cls,
        address: StoreAddress,
        vault: Vault,
        *,
        watch: CommitWatch | None = None,
        member: Member | None = None,
        entropy: Entropy | None = None,
        measures: Measures | None = None,
    ) -> Self:
        """Open or create the rows. Blocks: meant for the start.

        Raises:
            AlreadyOwned, NotInStep, NotOpened, SchemaRefused, sqlite3.Error, OSError: see `open_rows`.
        """
        migrations = files(__package__) / "migrations"
        return cls(
            open_rows(address, migrations, watch=watch, member=member, entropy=entropy, measures=measures), vault
        )

    @property
    def rows(self) -> Rows:
        """The rows themselves, for what is done beside the register: keys, retention, decisions about this process."""
        return self._rows

    async def begin(self, incarnation: int, entry: AuditEntry) -> bool:
        """Begin the registry under an incarnation, if it has not begun, and put that on record.

        One that has begun before numbers were kept apart from records is filled with those that were given (`filling`).

        Returns:
            Whether it began now.

        Raises:
            ValueError: this is another municipality's registry.
            Refused: `SEAL_BROKEN`, where it is filled and a row does not open.
        """
        return await self._rows.write(lambda connection: self._begin(connection, incarnation, entry), step="begin")

    async def write(self, use: Callable[[RegistryWriting], T], *, step: str) -> T:
        """Run `use` in one transaction; see `RegistryStore`."""
        return await self._rows.write(lambda connection: use(RegistryTransaction(connection, self._vault)), step=step)

    async def read(self, use: Callable[[RegistryReading], T]) -> T:
        """Run `use` on one moment; see `RegistryStore`."""
        return await self._rows.read(lambda connection: use(RegistryTransaction(connection, self._vault)))

    async def until_unfit(self) -> None:
        """Return when the store takes nothing any more; see `Rows.until_unfit`."""
        await self._rows.until_unfit()

    async def close(self) -> None:
        """Close the rows."""
        await self._rows.close()

    def _begin(self, connection: Connection, incarnation: int, entry: AuditEntry) -> bool:
        row = connection.execute("SELECT municipality FROM registry").fetchone()
        if row is None:
            connection.execute("INSERT INTO registry VALUES (1, ?, ?, 1)", (self._vault.municipality, incarnation))
            append(connection, entry)
            return True
        if row[0] != self._vault.municipality:
            raise ValueError(f"this is the registry of {row[0]}")
        fill_given(connection, self._vault, entry.moment)
        return False
