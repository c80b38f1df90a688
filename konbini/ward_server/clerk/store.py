"""What the clerk certified and sealed, and its part of the audit log: each decision one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from konbini.pdf.paper_seal.signed_page import SIGNATURE_BYTES
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.residents.witness import RANGES

__all__ = ["ClerkStore", "PageSignatures", "Place", "SignPages", "StoredSeal", "close_ranges", "places", "used_ranges"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSeal:
    """A seal that was given: the hash of the PDF that was read, and what follows it."""

    pdf_hash: bytes
    suffix: bytes


SignPages = Callable[[int], Sequence[bytes]]
"""Signs each page of one certificate for a place in the status list: 64 bytes a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSignatures:
    """An order's place in the status list of its incarnation, and its pages' signatures."""

    status_index: int
    signatures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which number stands at which place of which status list."""

    incarnation: int
    status_index: int
    number: str


class ClerkStore:
    """The clerk's decisions in its rows."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def record(self, entry: AuditEntry) -> None:
        """Write one audit entry."""
        await self._rows.write(lambda connection: append(connection, entry), step="audit")

    async def ranges(self) -> int:
        """Give the ranges of issuance numbers that something was certified under, or that are closed; one bit each."""
        return await self._rows.read(used_ranges)

    async def certify(self, order_key: bytes, entry: AuditEntry, incarnation: int, sign: SignPages) -> PageSignatures:
        """Record that an order is certified under a number, with a place of its own in the status list.

        Again with the same number and facts it changes nothing, and gives place and signatures of the first time.

        Args:
            order_key: what the order is known by.
            entry: with the digest of the facts.
            incarnation: the number's; it names the status list.
            sign: signs the pages for a place; called inside the transaction, at most once in the order's life.

        Raises:
            Refused: `EVIDENCE_MISMATCH`: the order has another number, the number another order, or the visit's
                ordinal another order; `RECORD_STALE`: the order was certified with other facts; `RANGE_CLOSED`; what
                `sign` raises.
        """

        def change(connection: Connection) -> PageSignatures:
            known = connection.execute(
                "SELECT order_key, number FROM certified"
                " WHERE order_key = ? OR number = ? OR (visit = ? AND ordinal = ?)",
                (order_key, entry.number, entry.visit, entry.ordinal),
            ).fetchall()
            if any((key, number) != (order_key, entry.number) for key, number in known):
                raise Refused(Code.EVIDENCE_MISMATCH, "an order or a number that was certified otherwise")
            if connection.execute("SELECT 1 FROM closed_range WHERE range = ?", (incarnation,)).fetchone():
                raise Refused(Code.RANGE_CLOSED, "this store may have forgotten numbers of that range")
            if not known:
                place = _next_place(connection, incarnation)
                connection.execute(
                    "INSERT INTO certified (order_key, visit, ordinal, number, incarnation, status_index, facts_digest,"
                    " page_signatures) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(order_key, entry.visit, entry.ordinal, entry.number),
                        *(incarnation, place, entry.digest, b"".join(sign(place))),
                    ),
                )
            append(connection, entry)
            return _page_signatures(connection, order_key, entry.digest)

        return await self._rows.write(change, step="certify")

    async def sealed(self, order_key: bytes) -> StoredSeal | None:
        """Give the seal of an order, if it has one."""
        row = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT pdf_hash, suffix FROM certified WHERE order_key = ? AND suffix IS NOT NULL", (order_key,)
            ).fetchone()
        )
        return None if row is None else StoredSeal(pdf_hash=row[0], suffix=row[1])

    async def seal(self, order_key: bytes, seal: StoredSeal, entry: AuditEntry) -> StoredSeal:
        """Keep a seal before it is given; the first one of an order stands.

        Returns:
            The seal that stands.
        """

        def change(connection: Connection) -> StoredSeal:
            connection.execute(
                "UPDATE certified SET pdf_hash = ?, suffix = ? WHERE order_key = ? AND suffix IS NULL",
                (seal.pdf_hash, seal.suffix, order_key),
            )
            append(connection, entry)
            row = connection.execute(
                "SELECT pdf_hash, suffix FROM certified WHERE order_key = ?", (order_key,)
            ).fetchone()
            return StoredSeal(pdf_hash=row[0], suffix=row[1])

        return await self._rows.write(change, step="seal")


def used_ranges(connection: Connection) -> int:
    """Give the ranges of issuance numbers that are used or closed, one bit each, within a transaction."""
    found = connection.execute("SELECT incarnation FROM status_counter UNION SELECT range FROM closed_range")
    return sum(1 << row[0] for row in found)


def close_ranges(connection: Connection, used: int) -> None:
    """Certify nothing more under ranges that were used before this store was restored; within a transaction."""
    for one in range(RANGES):
        if used >> one & 1:
            connection.execute("INSERT INTO closed_range (range) VALUES (?) ON CONFLICT DO NOTHING", (one,))


def places(connection: Connection) -> tuple[Place, ...]:
    """Give every certified order's place in the status lists, in their order; for whoever publishes them."""
    rows = connection.execute(
        "SELECT incarnation, status_index, number FROM certified ORDER BY incarnation, status_index"
    )
    return tuple(Place(incarnation=row[0], status_index=row[1], number=row[2]) for row in rows)


def _next_place(connection: Connection, incarnation: int) -> int:
    """Count on in a status list; a place that was given is given to nobody else, whatever becomes of the order."""
    row = connection.execute(
        "INSERT INTO status_counter (incarnation, next) VALUES (?, 1)"
        " ON CONFLICT (incarnation) DO UPDATE SET next = status_counter.next + 1 RETURNING next - 1",
        (incarnation,),
    ).fetchone()
    return int(row[0])


def _page_signatures(connection: Connection, order_key: bytes, facts_digest: bytes) -> PageSignatures:
    place, facts, signatures = connection.execute(
        "SELECT status_index, facts_digest, page_signatures FROM certified WHERE order_key = ?", (order_key,)
    ).fetchone()
    if facts != facts_digest:
        raise Refused(Code.RECORD_STALE, "this order was certified with other facts")
    starts = range(0, len(signatures), SIGNATURE_BYTES)
    return PageSignatures(
        status_index=place, signatures=tuple(signatures[start : start + SIGNATURE_BYTES] for start in starts)
    )
