"""The rows of the feed: signed heads, and entries sealed or standing as records; blocks are put together from both."""

from __future__ import annotations

from collections.abc import Sequence

from konbini.protocol.cose import unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.ward_server.residents.feed import NOTHING_BEFORE, EntryDraft, FeedKind, FeedPosition
from konbini.ward_server.residents.feed_blocks import BlockHead, SignedHead, block_bytes, chain_hash, entry_digests
from konbini.ward_server.residents.sealed_rows import SealedRows
from konbini.ward_server.residents.store import (
    SealedEntry,
)
from konbini.ward_server.storage.sealing import Place

__all__ = ["FeedEntryRows"]

_MOST_ANSWER_BYTES = 768 * 1024
_ENTRY_COLUMNS = "feed.number, feed.resident, feed.record, COALESCE(feed.sealed, record.sealed), feed_disposed.word"
_ENTRIES = (
    "feed LEFT JOIN record ON record.resident = feed.resident AND record.version = feed.record"
    " LEFT JOIN feed_disposed ON feed_disposed.number = feed.number"
)


class FeedEntryRows(SealedRows):
    """Reads and adds the feed's entries and blocks."""

    def incarnation(self) -> int:
        """Give the incarnation."""
        return int(self._connection.execute("SELECT incarnation FROM registry").fetchone()[0])

    def position(self) -> FeedPosition:
        """Give the newest entry of the feed."""
        row = self._connection.execute("SELECT last, hash FROM feed_block ORDER BY last DESC LIMIT 1").fetchone()
        number, newest = row or (0, NOTHING_BEFORE)
        return FeedPosition(incarnation=self.incarnation(), number=number, newest=newest)

    def entry_hash(self, number: int) -> bytes | None:
        """Give the hash of an entry of the feed that ends a block."""
        row = self._connection.execute("SELECT hash FROM feed_block WHERE last = ?", (number,)).fetchone()
        return None if row is None else bytes(row[0])

    def feed_after(self, number: int, most: int) -> tuple[bytes, ...]:
        """Give the blocks beyond `number`, of `most` entries together and as many as fit an answer; at least one."""
        heads = self._connection.execute(
            "SELECT first, last, hash, head FROM feed_block WHERE last > ? ORDER BY last LIMIT ?", (number, most)
        ).fetchall()
        blocks: list[bytes] = []
        room, left = _MOST_ANSWER_BYTES, most
        for first, last, newest, head in heads:
            left -= last - first + 1
            block = self._block(first, last, newest, head) if left >= 0 or not blocks else b""
            room -= len(block)
            if not block or room < 0:
                break
            blocks.append(block)
        return tuple(blocks)

    def seal_entries(self, drafts: Sequence[EntryDraft]) -> tuple[SealedEntry, ...]:
        """Seal entries of the feed, whose records stand already; nothing is written but a first data key."""
        return tuple(self._sealed_entry(draft) for draft in drafts)

    def add_block(self, signed: SignedHead, entries: Sequence[SealedEntry]) -> None:
        """Add the next block of the feed."""
        head = signed.head
        self._connection.execute(
            "INSERT INTO feed_block (last, first, hash, head) VALUES (?, ?, ?, ?)",
            (head.last, head.first, head.newest, signed.data),
        )
        self._connection.executemany(
            "INSERT INTO feed (number, resident, record, sealed, digest) VALUES (?, ?, ?, ?, ?)",
            [
                (number, one.resident, one.record, one.sealed, one.digest)
                for number, one in enumerate(entries, start=head.first)
            ],
        )

    def feed_digests(self, residents: Sequence[str]) -> tuple[tuple[int, bytes], ...]:
        """Give number and digest of each entry of the feed that is one of these residents' and has no word yet.

        No entry is opened; the feed is read once.
        """
        marks = ", ".join("?" * len(residents))
        rows = self._connection.execute(
            f"SELECT number, digest FROM feed WHERE resident IN ({marks})"  # noqa: S608 - question marks
            " AND NOT EXISTS (SELECT 1 FROM feed_disposed WHERE feed_disposed.number = feed.number) ORDER BY number",
            tuple(residents),
        ).fetchall()
        return tuple((row[0], bytes(row[1])) for row in rows)

    def _block(self, first: int, last: int, newest: bytes, head: bytes) -> bytes:
        """Put a block together again, the records that it brought from where they stand."""
        rows = self._connection.execute(
            f"SELECT {_ENTRY_COLUMNS} FROM {_ENTRIES} WHERE feed.number BETWEEN ? AND ? ORDER BY feed.number",  # noqa: S608 - constants of this module
            (first, last),
        ).fetchall()
        coded = [self._feed_entry(*row) for row in rows]
        before = from_bytes(BlockHead, unchecked_payload(head)).before
        if chain_hash(before, entry_digests(coded)) != newest:
            raise Refused(Code.SEAL_BROKEN, f"the feed's block that ends at {last} is not what was signed")
        return block_bytes(head, coded)

    def _feed_entry(
        self, number: int, resident: str, record: int | None, sealed: bytes | None, disposed: bytes | None
    ) -> bytes:
        if disposed is not None:
            return bytes(disposed)
        if sealed is None:
            raise Refused(Code.SEAL_BROKEN, f"feed: entry {number} has lost its record")
        if record is None:
            return self._open(_feed_place(resident), sealed)
        body = self._open(Place(table="record", resident=resident, version=record), sealed)
        return to_bytes(EntryDraft(kind=FeedKind.RECORD, resident=resident, version=record, body=body))

    def _sealed_entry(self, draft: EntryDraft) -> SealedEntry:
        coded = to_bytes(draft)
        brings_record = draft.kind is FeedKind.RECORD
        return SealedEntry(
            resident=draft.resident,
            record=draft.version if brings_record else None,
            sealed=None if brings_record else self._seal(_feed_place(draft.resident), coded),
            digest=entry_digests((coded,))[0],
        )


def _feed_place(resident: str) -> Place:
    """Where an entry stands among the entries is in the block's hash, and not known yet when it is sealed."""
    return Place(table="feed", resident=resident, version=0)
