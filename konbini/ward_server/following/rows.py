"""What both followers keep of the feed in the same way: the hashes of its blocks' ends, card links, and bars.

Card serials and barred residents stand as keyed hashes (docs/keys.md), so that a stolen file shows neither; what a row
is about stands hidden beside it, for a reconcile. A bar is the registry's; a hold that two persons set here while the
registry was away stands apart (`local_hold`), and both bar.

Tables: `followed`, `feed_entry` (the last entry of each block), `card_link`, `bar`, `local_hold`, in
`following/following.sql`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from konbini.process.statements import Connection
from konbini.protocol.codec import Value, decode, encode
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.following.disposing import forget
from konbini.ward_server.residents.feed import CardSerial, FeedEntry, FeedKind, FeedPosition
from konbini.ward_server.residents.feed_blocks import FeedFollower
from konbini.ward_server.residents.held import HeldRow, held_bar, held_link
from konbini.ward_server.residents.record import RecordOpener, SignedRecord
from konbini.ward_server.residents.seal import SignedSeal
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["FeedRows", "position"]

_CHUNK = 500
_MOST_HIDDEN_BYTES = 1024


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
        forget_own: Callable[[Connection, str], None] = lambda _connection, _resident: None,
    ) -> FeedPosition:
        """Apply blocks in order, once; what a follower keeps of a record or a seal, under which key, is its own affair.

        Raises:
            Refused: one of `BREAKING`; the transaction must be undone.
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
                    self._forget(connection, entry, forget_own)
                else:
                    self._apply_other(connection, entry)
            if entries:
                here = follower.position
                connection.execute(
                    "INSERT INTO feed_entry (number, incarnation, hash) VALUES (?, ?, ?)",
                    (here.number, here.entered_under, here.newest),
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
        """Say whether a protective measure or a hold of a resident is in force, the registry's or one set here."""
        whose = self._hashes.resident(self._municipality, resident)
        found = connection.execute(
            "SELECT 1 FROM bar WHERE whose = ?1 AND in_force = 1"
            " UNION ALL SELECT 1 FROM local_hold WHERE whose = ?1 AND in_force = 1 LIMIT 1",
            (whose,),
        ).fetchone()
        return found is not None

    def set_local_hold(self, connection: Connection, resident: str, *, in_force: bool) -> bool:
        """Set or lift a hold of this process's own; give whether that changed anything."""
        whose = self._hashes.resident(self._municipality, resident)
        changed = connection.execute(
            "INSERT INTO local_hold (whose, in_force) VALUES (?, ?) ON CONFLICT (whose) DO UPDATE"
            " SET in_force = excluded.in_force WHERE local_hold.in_force <> excluded.in_force",
            (whose, in_force),
        )
        return changed.rowcount == 1

    def forget(self, connection: Connection) -> None:
        """Empty what was applied, to be applied again from the first entry on; holds set here stay."""
        for table in ("feed_entry", "card_link", "bar", "seal_registration", "person"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the tables named here

    def residents_after(self, connection: Connection, resident: str, most: int) -> tuple[str, ...]:
        """Give the ids of those of whom a record, a seal registration or a link is held, in their order, after one."""
        found = connection.execute(
            "SELECT resident FROM person WHERE resident > ?1"
            " UNION SELECT resident FROM seal_registration WHERE resident > ?1"
            " UNION SELECT resident FROM card_link WHERE resident > ?1 ORDER BY resident LIMIT ?2",
            (resident, most),
        )
        return tuple(row[0] for row in found)

    def held(self, connection: Connection, resident: str) -> tuple[HeldRow, ...]:
        """Give the links and bars that are held of a resident; one that is not what was written differs."""
        links = connection.execute(
            "SELECT serial_hash, version, counts_from, ended, counts_until, hidden FROM card_link WHERE resident = ?",
            (resident,),
        ).fetchall()
        bars = connection.execute(
            "SELECT restriction, version, in_force, hidden FROM bar WHERE whose = ?",
            (self._hashes.resident(self._municipality, resident),),
        ).fetchall()
        return (*(self._held_link(*row) for row in links), *(self._held_bar(resident, *row) for row in bars))

    def strays(self, connection: Connection) -> int:
        """Count the bars that belong to nobody of whom anything else is held."""
        (count,) = connection.execute("SELECT count(*) FROM bar").fetchone()
        known, after = 0, ""
        while chunk := self.residents_after(connection, after, _CHUNK):
            hashes = [self._hashes.resident(self._municipality, resident) for resident in chunk]
            marks = ", ".join("?" * len(hashes))
            (of_chunk,) = connection.execute(
                f"SELECT count(*) FROM bar WHERE whose IN ({marks})",  # noqa: S608 - question marks alone
                hashes,
            ).fetchone()
            known, after = known + of_chunk, chunk[-1]
        return int(count) - known

    def _held_link(  # noqa: PLR0913, PLR0917 - the columns of a row
        self, serial_hash: bytes, version: int, counts_from: int, ended: int, counts_until: int | None, hidden: bytes
    ) -> HeldRow:
        match self._revealed("card_link", serial_hash, hidden):
            case [bytes() as issuer_key_id, bytes() as serial] if (
                self._hashes.card(issuer_key_id, serial) == serial_hash
            ):
                card = CardSerial(issuer_key_id=issuer_key_id, serial=serial)
            case _:
                card = CardSerial(issuer_key_id=b"", serial=b"")
        return held_link(card, version, counts_from, counts_until, ended=bool(ended))

    def _held_bar(self, resident: str, restriction: bytes, version: int, in_force: int, hidden: bytes) -> HeldRow:
        match self._revealed("bar", restriction, hidden):
            case [int() as kind, str() as name] if (
                self._hashes.restriction(self._municipality, resident, kind, name) == restriction
            ):
                return held_bar(FeedKind(kind), name, version, in_force=bool(in_force))
            case _:
                return held_bar(FeedKind.MEASURE, "", version, in_force=bool(in_force))

    def _revealed(self, table: str, row: bytes, hidden: bytes) -> Value:
        try:
            return decode(self._hashes.reveal(table, bytes(row), bytes(hidden)), _MOST_HIDDEN_BYTES)
        except Refused:
            return None  # not the row that was written: it differs from whatever the registry holds

    def _registration(self, entry: FeedEntry) -> SignedSeal:
        try:
            signed = SignedSeal.open(entry.body, self._record_key, self._municipality)
        except Refused as refused:
            raise Refused(Code.FEED_NOT_SIGNED, f"entry {entry.number}: a seal: {refused.detail}") from refused
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

    def _forget(self, connection: Connection, entry: FeedEntry, forget_own: Callable[[Connection, str], None]) -> None:
        for resident in entry.disposed().residents:
            forget(connection, resident, self._hashes.resident(self._municipality, resident))
            forget_own(connection, resident)

    def _apply_link(self, connection: Connection, entry: FeedEntry) -> None:
        link = entry.link()
        serial_hash = self._hashes.card(link.card.issuer_key_id, link.card.serial)
        connection.execute(
            "INSERT INTO card_link (serial_hash, resident, version, counts_from, ended, counts_until, hidden)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (serial_hash) DO UPDATE SET resident = excluded.resident, version = excluded.version,"
            " counts_from = excluded.counts_from, ended = excluded.ended, counts_until = excluded.counts_until,"
            " hidden = excluded.hidden",
            (
                *(serial_hash, entry.resident, entry.version, link.counts_from, link.ended, link.counts_until),
                self._hashes.hide("card_link", serial_hash, encode([link.card.issuer_key_id, link.card.serial])),
            ),
        )

    def _apply_bar(self, connection: Connection, entry: FeedEntry, name: str, *, in_force: bool) -> None:
        restriction = self._hashes.restriction(self._municipality, entry.resident, entry.kind, name)
        connection.execute(
            "INSERT INTO bar (restriction, whose, version, in_force, hidden) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (restriction) DO UPDATE SET version = excluded.version, in_force = excluded.in_force",
            (
                *(restriction, self._hashes.resident(self._municipality, entry.resident), entry.version, in_force),
                self._hashes.hide("bar", restriction, encode([int(entry.kind), name])),
            ),
        )


def _record(opener: RecordOpener, entry: FeedEntry) -> SignedRecord:
    try:
        signed = opener.open(entry.body)
    except Refused as refused:
        raise Refused(Code.FEED_NOT_SIGNED, f"entry {entry.number}: a record: {refused.detail}") from refused
    if (signed.record.resident, signed.record.version) != (entry.resident, entry.version):
        raise Refused(Code.FEED_BROKEN, f"entry {entry.number} carries another record")
    return signed


def position(connection: Connection) -> FeedPosition:
    """Give how far the feed is applied."""
    bound = connection.execute("SELECT incarnation FROM followed").fetchone()
    row = connection.execute("SELECT incarnation, number, hash FROM feed_entry ORDER BY number DESC LIMIT 1").fetchone()
    if row is None:
        return FeedPosition(incarnation=0 if bound is None else bound[0])
    return FeedPosition(
        incarnation=row[0] if bound is None else bound[0], number=row[1], newest=bytes(row[2]), entered_under=row[0]
    )


def _seen(connection: Connection, number: int) -> bytes | None:
    row = connection.execute("SELECT hash FROM feed_entry WHERE number = ?", (number,)).fetchone()
    return None if row is None else bytes(row[0])
