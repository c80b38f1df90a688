"""What both followers keep of the feed in the same way: the hashes of its blocks' ends, card links, and bars.

Card serials and barred residents stand as keyed hashes (docs/keys.md), so that a stolen file shows neither. Tables:
`feed_entry` (the last entry of each block), `card_link`, `bar`, as each follower's first migration declares them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from konbini.process.statements import Connection
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.following.disposing import forget
from konbini.ward_server.residents.feed import CardSerial, FeedEntry, FeedKind, FeedPosition
from konbini.ward_server.residents.feed_blocks import FeedFollower
from konbini.ward_server.residents.record import RecordOpener, SignedRecord
from konbini.ward_server.residents.seal import SignedSeal
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["FeedRows", "position"]


class FeedRows:
    """Applies entries within a transaction of the follower's store."""

    def __init__(self, municipality: str, record_key: VerifyingKey, hashes: KeyedHash) -> None:
        self._municipality = municipality
        self._record_key = record_key
        self._hashes = hashes

    def apply(
        self,
        connection: Connection,
        blocks: Sequence[bytes],
        apply_record: Callable[[Connection, SignedRecord], None],
        apply_seal: Callable[[Connection, SignedSeal], None],
        destroy_key: Callable[[Connection, str], None] = lambda _connection, _resident: None,
    ) -> FeedPosition:
        """Apply blocks in order, once; what a follower keeps of a record or a seal, under which key, is its own affair.

        Raises:
            Refused: `FEED_BROKEN`, `RECORD_NOT_SIGNED`; the transaction must be undone.
        """
        follower = FeedFollower(
            self._municipality, self._record_key, position(connection), seen=lambda number: _seen(connection, number)
        )
        opener = RecordOpener(self._record_key, self._municipality)
        for block in blocks:
            entries = follower.accept(block)
            for entry in entries:
                if entry.kind is FeedKind.RECORD:
                    apply_record(connection, _record(opener, entry))
                elif entry.kind is FeedKind.SEAL:
                    apply_seal(connection, self._registration(entry))
                elif entry.kind is FeedKind.DISPOSED:
                    self._forget(connection, entry, destroy_key)
                else:
                    self._apply_other(connection, entry)
            if entries:
                here = follower.position
                connection.execute(
                    "INSERT INTO feed_entry (number, incarnation, hash) VALUES (?, ?, ?)",
                    (here.number, here.incarnation, here.newest),
                )
        return follower.position

    def holder(self, connection: Connection, card: CardSerial, day: int) -> str:
        """Give the resident whom a card stands for on a day (yyyymmdd).

        Raises:
            Refused: `CARD_UNLINKED`.
        """
        row = connection.execute(
            "SELECT resident FROM card_link WHERE serial_hash = ?1 AND ended = 0 AND counts_from <= ?2"
            " AND (counts_until IS NULL OR counts_until >= ?2)",
            (self._hashes.card(card.issuer_key_id, card.serial), day),
        ).fetchone()
        if row is None:
            raise Refused(Code.CARD_UNLINKED)
        return str(row[0])

    def barred(self, connection: Connection, resident: str) -> bool:
        """Say whether a protective measure or a hold of a resident is in force."""
        whose = self._hashes.resident(self._municipality, resident)
        found = connection.execute("SELECT 1 FROM bar WHERE whose = ? AND in_force = 1 LIMIT 1", (whose,)).fetchone()
        return found is not None

    def _registration(self, entry: FeedEntry) -> SignedSeal:
        signed = SignedSeal.open(entry.body, self._record_key, self._municipality)
        if (signed.registration.resident, signed.registration.version) != (entry.resident, entry.version):
            raise Refused(Code.FEED_BROKEN, f"entry {entry.number} carries another seal registration")
        return signed

    def _apply_other(self, connection: Connection, entry: FeedEntry) -> None:
        match entry.kind:
            case FeedKind.LINK:
                self._apply_link(connection, entry)
            case FeedKind.MEASURE:
                measure = entry.measure()
                self._apply_bar(connection, entry, measure.application, in_force=measure.in_force)
            case FeedKind.HOLD:
                hold = entry.hold()
                self._apply_bar(connection, entry, hold.hold, in_force=hold.in_force)
            case _:
                raise Refused(Code.FEED_BROKEN, f"entry {entry.number} of a kind that is not applied")

    def _forget(self, connection: Connection, entry: FeedEntry, destroy_key: Callable[[Connection, str], None]) -> None:
        for resident in entry.disposed().residents:
            forget(connection, resident, self._hashes.resident(self._municipality, resident))
            destroy_key(connection, resident)

    def _apply_link(self, connection: Connection, entry: FeedEntry) -> None:
        link = entry.link()
        connection.execute(
            "INSERT INTO card_link (serial_hash, resident, version, counts_from, ended, counts_until)"
            " VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (serial_hash) DO UPDATE SET resident = excluded.resident, version = excluded.version,"
            " counts_from = excluded.counts_from, ended = excluded.ended, counts_until = excluded.counts_until",
            (
                self._hashes.card(link.card.issuer_key_id, link.card.serial),
                entry.resident,
                entry.version,
                link.counts_from,
                link.ended,
                link.counts_until,
            ),
        )

    def _apply_bar(self, connection: Connection, entry: FeedEntry, name: str, *, in_force: bool) -> None:
        connection.execute(
            "INSERT INTO bar (restriction, whose, version, in_force) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (restriction) DO UPDATE SET version = excluded.version, in_force = excluded.in_force",
            (
                self._hashes.restriction(self._municipality, entry.resident, entry.kind, name),
                self._hashes.resident(self._municipality, entry.resident),
                entry.version,
                in_force,
            ),
        )


def _record(opener: RecordOpener, entry: FeedEntry) -> SignedRecord:
    signed = opener.open(entry.body)
    if (signed.record.resident, signed.record.version) != (entry.resident, entry.version):
        raise Refused(Code.FEED_BROKEN, f"entry {entry.number} carries another record")
    return signed


def position(connection: Connection) -> FeedPosition:
    """Give how far the feed is applied."""
    row = connection.execute("SELECT incarnation, number, hash FROM feed_entry ORDER BY number DESC LIMIT 1").fetchone()
    return FeedPosition() if row is None else FeedPosition(incarnation=row[0], number=row[1], newest=row[2])


def _seen(connection: Connection, number: int) -> bytes | None:
    row = connection.execute("SELECT hash FROM feed_entry WHERE number = ?", (number,)).fetchone()
    return None if row is None else bytes(row[0])
