"""A process's store while the process is stopped, opened for two persons who change it at its machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources.abc import Traversable

from konbini.process.membership import Member, ServerNames
from konbini.process.rows import CommitWatch, Rows
from konbini.process.stores import StoreAddress, open_rows
from konbini.ward_server.residents.registry import require_person, require_two

__all__ = ["at_rest"]


@asynccontextmanager
async def at_rest(  # noqa: PLR0913 - which store, for whom, and for what
    address: StoreAddress,
    migrations: Traversable,
    operators: tuple[str, str],
    *,
    purpose: str,
    parts: tuple[bytes, ...],
    watch: CommitWatch | None = None,
) -> AsyncIterator[Rows]:
    """Open the rows of a store that no process has open.

    Args:
        address: where it is.
        migrations: what declares its tables.
        operators: the two, as they were typed.
        purpose: what it is opened for, in the place of a server's name.
        parts: what whoever else opens it must have alike. No process has such a configuration, so that none is at
            work beside it on a store that is shared.
        watch: told of each commit.

    Raises:
        Refused: `CHANGE_INVALID`, `SAME_PERSON`.
        AlreadyOwned, NotInStep: its process is at work.
        NotOpened, SchemaRefused, sqlite3.Error: the store cannot be used.
    """
    for operator in operators:
        require_person(operator)
    require_two(*operators)
    member = Member.of(ServerNames(name=purpose, all=(purpose,)), parts)
    rows = open_rows(address, migrations, watch=watch, member=member)
    try:
        yield rows
    finally:
        await rows.close()
