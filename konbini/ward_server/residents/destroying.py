"""Destroys what two persons decided to dispose of, within the caller's transaction.

What is destroyed is the data key: with it every row that it sealed, in this store and in each copy of its rows. Rows
that hold no more than keyed hashes of the resident go too; versions, changes and feed entries stay where they stood,
illegible, so that counts, chains and the audit log stay whole. For each feed entry the registry signs a word that
followers take in its place. One entry goes into the signed list, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_bytes
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.keeping.disposal_list import NOTHING_BEFORE, Disposal, entry_hash
from konbini.ward_server.residents.disposal_rows import Outcome
from konbini.ward_server.residents.feed import DisposedChange, EntryDraft, FeedKind
from konbini.ward_server.residents.feed_blocks import disposed_entry
from konbini.ward_server.residents.scribe import RecordPen, add_block
from konbini.ward_server.residents.sealed_rows import Vault
from konbini.ward_server.residents.transaction import RegistryTransaction
from konbini.ward_server.settings.retention import Kept, Retention
from konbini.ward_server.storage.sealing import DESTROYED, wrapping_key_of

__all__ = ["Destroyer", "destroy_again", "tell_again"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroyer:
    """Destroys within one transaction.

    Attributes:
        connection: the transaction.
        vault: what opens the store.
        pen: what signs.
        operators: who entered and who approved it.
        disposal_id: the decision.
        moment: Unix milliseconds.
    """

    connection: Connection
    vault: Vault
    pen: RecordPen
    operators: tuple[str, str]
    disposal_id: str
    moment: int

    def destroy(self, retention: Retention, targets: Sequence[str]) -> None:
        """Destroy these, and put it on record: in the signed list, in the audit log, and in the feed for followers."""
        wrapped_by: set[bytes] = set()
        if retention.kept is Kept.REMOVED_RECORD:
            _sign_words(self.connection, self.vault, self.pen, targets)
        for target in targets:
            _forget_restrictions(self.connection, self.vault, target)
            wrapped_by |= destroy_keys(self.connection, target)
        digest = self._list(retention, targets, wrapped_by)
        if retention.kept is Kept.REMOVED_RECORD:
            _tell_followers(self.connection, self.vault, self.pen, targets)
        append(
            self.connection,
            AuditEntry(
                moment=self.moment,
                event=AuditEvent.DISPOSED,
                operators=self.operators,
                about=self.disposal_id,
                digest=digest,
            ),
        )

    def _list(self, retention: Retention, targets: Sequence[str], wrapped_by: set[bytes]) -> bytes:
        row = self.connection.execute("SELECT number, hash FROM disposal_list ORDER BY number DESC LIMIT 1").fetchone()
        number, before = row or (0, NOTHING_BEFORE)
        term = retention.term
        signed = Disposal(
            municipality=self.pen.municipality,
            number=number + 1,
            before=bytes(before),
            moment=self.moment,
            kept=retention.kept,
            years=term.years,
            months=term.months,
            days=term.days,
            counted_from=retention.counted_from,
            operators=self.operators,
            disposal_id=self.disposal_id,
            targets=tuple(targets),
            wrapped_by=tuple(sorted(wrapped_by)),
        ).sign(self.pen.key)
        digest = entry_hash(signed)
        self.connection.execute(
            "INSERT INTO disposal_list (number, signed, hash) VALUES (?, ?, ?)", (number + 1, signed, digest)
        )
        return digest


def destroy_keys(connection: Connection, target: str) -> set[bytes]:
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


def destroy_again(connection: Connection, listed: Sequence[bytes], entries: Sequence[Disposal]) -> int:
    """Destroy in a restored store what the newest list says was destroyed, and take that list as the store's own.

    The list that was published goes on from its last entry: the numbering is the list's, not the backup's, and what a
    decision in the backup still had before it is done where the list says so, so that nothing is listed twice.

    Args:
        connection: of the restored store.
        listed: the signed entries, from the first on.
        entries: the same, opened and checked (`open_list`).

    Returns:
        How many keys the store still had.

    Raises:
        Refused: `EVIDENCE_MISMATCH`: the backup holds entries that the list has not, so that it is not the newest.
    """
    _take_list(connection, listed)
    for entry in entries:
        connection.executemany(
            "UPDATE disposal_target SET outcome = ? WHERE disposal_id = ? AND target = ?",
            [(Outcome.DESTROYED, entry.disposal_id, target) for target in entry.targets],
        )
        connection.executemany(
            "DELETE FROM due WHERE kept = ? AND target = ?", [(int(entry.kept), target) for target in entry.targets]
        )
    targets = [target for entry in entries for target in entry.targets]
    return sum(bool(destroy_keys(connection, target)) for target in targets)


def _take_list(connection: Connection, listed: Sequence[bytes]) -> None:
    """Have the store's list go as far as the one that was published."""
    found = connection.execute("SELECT signed FROM disposal_list ORDER BY number").fetchall()
    held = [bytes(signed) for (signed,) in found]
    if held != list(listed[: len(held)]):
        raise Refused(Code.EVIDENCE_MISMATCH, "the backup holds disposals that this list has not: give the newest")
    connection.executemany(
        "INSERT INTO disposal_list (number, signed, hash) VALUES (?, ?, ?)",
        [(number, signed, entry_hash(signed)) for number, signed in enumerate(listed, 1) if number > len(held)],
    )
