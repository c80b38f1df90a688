"""Ends removed records and accesses, within the caller's transaction of `konbini.ward_server.keeping.retention`.

What is destroyed is the data key: with it every row that it sealed, in this store and in each copy of its rows. Rows
that hold no more than keyed hashes of the resident go too; versions, changes and feed entries stay where they stood,
illegible, so that counts, chains and the audit log stay whole. For each feed entry the registry signs a word that
followers take in its place.

Limits: each day's judgement opens every record, one after another, in a reader's thread: about a tenth of a
millisecond each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from konbini.process.statements import Connection
from konbini.protocol.shape import to_bytes
from konbini.ward_server.keeping.holding import Destroyed, Due, Rule
from konbini.ward_server.residents.due import due_accesses, due_removed_after, judged_access, judged_removed
from konbini.ward_server.residents.feed import DisposedChange, EntryDraft, FeedKind
from konbini.ward_server.residents.feed_blocks import disposed_entry
from konbini.ward_server.residents.scribe import RecordPen, add_block
from konbini.ward_server.residents.sealed_rows import Vault
from konbini.ward_server.residents.transaction import RegistryTransaction
from konbini.ward_server.settings.retention import Kept
from konbini.ward_server.storage.sealing import DESTROYED, wrapping_key_of

__all__ = ["Accesses", "RemovedRecords", "destroy_keys", "tell_again"]

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedRecords:
    """Removed records (除票), as a `Holding`; the target is the resident."""

    vault: Vault
    pen: RecordPen
    kept: Kept = Kept.REMOVED_RECORD

    def due_after(self, connection: Connection, rule: Rule, after: str) -> tuple[str | None, tuple[Due, ...]]:
        """Judge the records that follow."""
        return due_removed_after(connection, self.vault, rule, after, _AT_ONCE)

    def judged(self, connection: Connection, rule: Rule, target: str) -> Due | None:
        """Judge one record."""
        return judged_removed(connection, self.vault, rule, target)

    def destroy(self, connection: Connection, targets: Sequence[str]) -> Destroyed:
        """Destroy the keys, and tell followers in the feed."""
        _sign_words(connection, self.vault, self.pen, targets)
        for target in targets:
            _forget_restrictions(connection, self.vault, target)
        destroyed = destroy_keys(connection, targets)
        _tell_followers(connection, self.vault, self.pen, targets)
        return destroyed


@dataclass(frozen=True, slots=True, kw_only=True)
class Accesses:
    """Whose record was looked up and why, as a `Holding`; the target is the name of a month's key."""

    kept: Kept = Kept.ACCESS_RECORD

    def due_after(self, connection: Connection, rule: Rule, after: str) -> tuple[str | None, tuple[Due, ...]]:
        """Judge every month."""
        del after
        return None, due_accesses(connection, rule)

    def judged(self, connection: Connection, rule: Rule, target: str) -> Due | None:
        """Judge one month."""
        return judged_access(connection, rule, target)

    def destroy(self, connection: Connection, targets: Sequence[str]) -> Destroyed:
        """Destroy the months' keys."""
        return destroy_keys(connection, targets)


def destroy_keys(connection: Connection, targets: Sequence[str]) -> Destroyed:
    """Destroy data keys of residents or months; what a restored store tells of it, it tells at its start."""
    wrapped_by: set[bytes] = set()
    for target in targets:
        wrapped_by |= _destroy_keys(connection, target)
    return Destroyed(whole=tuple(targets), wrapped_by=frozenset(wrapped_by))


def _destroy_keys(connection: Connection, target: str) -> set[bytes]:
    """Destroy a target's data keys and the rows that are nothing without them; give what had wrapped the keys."""
    wrapped = connection.execute(
        "SELECT wrapped FROM data_key WHERE resident = ?1 UNION ALL"
        " SELECT wrapped FROM individual_number WHERE resident = ?1",
        (target,),
    ).fetchall()
    connection.execute("UPDATE data_key SET wrapped = ? WHERE resident = ?", (DESTROYED, target))
    connection.execute("UPDATE individual_number SET wrapped = ? WHERE resident = ?", (DESTROYED, target))
    connection.execute("DELETE FROM access WHERE month = ?", (target,))
    return {wrapping_key_of(bytes(one)) for (one,) in wrapped if one}


def tell_again(connection: Connection, vault: Vault, pen: RecordPen, most: int) -> int:
    """Sign words and tell followers where a restored store has no keys and nothing in the place of entries.

    Its rows are from before a disposal, and its keys from after it, or destroyed again.

    Returns:
        The number of the entry that tells of it; 0 where there is nothing left to tell.
    """
    found = connection.execute(
        "SELECT DISTINCT feed.resident FROM feed JOIN data_key ON data_key.resident = feed.resident"
        " WHERE length(data_key.wrapped) = 0"
        " AND NOT EXISTS (SELECT 1 FROM feed_disposed WHERE feed_disposed.number = feed.number)"
        " ORDER BY feed.resident LIMIT ?",
        (most,),
    ).fetchall()
    residents = [resident for (resident,) in found]
    if not residents:
        return 0
    _sign_words(connection, vault, pen, residents)
    for resident in residents:
        _forget_restrictions(connection, vault, resident)
    _tell_followers(connection, vault, pen, residents)
    return RegistryTransaction(connection, vault).position().number


def _sign_words(connection: Connection, vault: Vault, pen: RecordPen, residents: Sequence[str]) -> None:
    for number, digest in RegistryTransaction(connection, vault).feed_digests(residents):
        word = disposed_entry(number, digest, pen.key, pen.municipality)
        connection.execute("INSERT INTO feed_disposed (number, word) VALUES (?, ?)", (number, word))


def _forget_restrictions(connection: Connection, vault: Vault, resident: str) -> None:
    whose = vault.keyed_hash.resident(vault.municipality, resident)
    connection.execute("DELETE FROM restriction WHERE whose = ?", (whose,))


def _tell_followers(connection: Connection, vault: Vault, pen: RecordPen, residents: Sequence[str]) -> None:
    writing = RegistryTransaction(connection, vault)
    body = to_bytes(DisposedChange(residents=tuple(residents)))
    drafts = [EntryDraft(kind=FeedKind.DISPOSED, resident="", version=0, body=body)]
    add_block(writing, pen, writing.position(), writing.seal_entries(drafts))
