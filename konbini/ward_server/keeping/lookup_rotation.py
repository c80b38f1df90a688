"""Rotation of a process's lookup key, while it is stopped (docs/adr/0016-the-lookup-key-is-rotated-at-rest.md).

Every keyed hash is made anew from what stands hidden or sealed beside it, every hidden content is hidden anew, and the
store says which key it has: in one transaction with the audit entry. A process that is killed in the middle leaves the
store under the old key, whole; one that is killed after it leaves it under the new one. The process itself starts with
the key that the store has, and with no other.

Invariant: nothing that is still looked up is left under the old key; where something cannot be made anew, the
transaction is undone and says what.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Final, TypeAlias

from konbini.process.clock import Clock
from konbini.process.rows import CommitWatch
from konbini.process.statements import Connection
from konbini.process.stores import StoreAddress
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.keeping.at_rest import at_rest
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.lookup_key import check_lookup_key, put_lookup_key

__all__ = ["LookupRotation", "NotRehashed", "Rehash", "rotate_lookup_key"]

_PURPOSE: Final = "lookup key rotation"


class NotRehashed(ValueError):  # noqa: N818 - what the store answers
    """Something stands under the old key that nobody can make anew; nothing was changed."""


Rehash: TypeAlias = Callable[[Connection, KeyedHash, KeyedHash], int]
"""Makes a store's keyed hashes anew, from the old key to the new one, and gives how many; raises `NotRehashed`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupRotation:
    """What is rotated, and by whom.

    Attributes:
        old, new: the keys.
        operators: who entered it and who approved it.
        event: under which it is recorded.
    """

    old: KeyedHash
    new: KeyedHash
    operators: tuple[str, str]
    event: AuditEvent


async def rotate_lookup_key(  # noqa: PLR0913 - which store, what is done to it, and for whom
    migrations: Traversable,
    address: StoreAddress,
    rehash: Rehash,
    rotation: LookupRotation,
    clock: Clock,
    *,
    watch: CommitWatch | None = None,
) -> int:
    """Rotate the lookup key of a store that no process has open, and give how many hashes were made anew.

    Raises:
        Refused: `CHANGE_INVALID`, `SAME_PERSON`.
        NotRehashed, LookupKeyRefused: nothing was changed.
        AlreadyOwned, NotInStep: its process is at work.
        NotOpened, SchemaRefused, NotStored, sqlite3.Error: the store cannot be used.
    """
    parts = (rotation.new.key_id,)
    async with at_rest(address, migrations, rotation.operators, purpose=_PURPOSE, parts=parts, watch=watch) as rows:
        return await rows.write(lambda connection: _rotate(connection, rehash, rotation, clock.now()), step="rotate")


def _rotate(connection: Connection, rehash: Rehash, rotation: LookupRotation, now: int) -> int:
    check_lookup_key(connection, rotation.old)
    count = rehash(connection, rotation.old, rotation.new)
    put_lookup_key(connection, rotation.new)
    about = f"{rotation.old.key_id.hex()} to {rotation.new.key_id.hex()}: {count}"
    append(connection, AuditEntry(moment=now, event=rotation.event, operators=rotation.operators, about=about))
    return count
