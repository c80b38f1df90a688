"""The rows of what stands beside a record: card links, protective measures and holds, seal registrations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from konbini.protocol.shape import Line, UpTo, from_bytes, to_bytes
from konbini.ward_server.residents.bodies import CardKind, MeasureCategory, Protection, Withheld
from konbini.ward_server.residents.dates import Date
from konbini.ward_server.residents.feed import CardSerial, FeedKind
from konbini.ward_server.residents.sealed_rows import SealedRows, row_place
from konbini.ward_server.residents.store import (
    StoredLink,
    StoredRestriction,
    StoredSeal,
)
from konbini.ward_server.storage.sealing import Place

__all__ = ["BesideRows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _LinkContent:
    """The sealed part of a card's link."""

    card: CardSerial
    counts_from: Date
    ended: bool
    carrier: CardKind
    valid_until: Date | None
    withheld: Withheld | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _RestrictionContent:
    """The sealed part of a restriction."""

    kind: FeedKind
    name: Line
    in_force: bool
    planned_end: Date | None
    begun: Date | None
    ended: Date | None
    category: MeasureCategory | None
    protection: Protection | None
    remark: Annotated[str, UpTo(500)]


class BesideRows(SealedRows):
    """Reads and keeps what stands beside records."""

    def link(self, card: CardSerial) -> StoredLink | None:
        """Find a card's link, ended or not."""
        row = self._connection.execute(
            "SELECT card, resident, version, sealed FROM card_link WHERE card = ?", (self._card(card),)
        ).fetchone()
        return None if row is None else self._link(*row)

    def links(self, resident: str) -> tuple[StoredLink, ...]:
        """Give every link of a resident."""
        rows = self._connection.execute(
            "SELECT card, resident, version, sealed FROM card_link WHERE resident = ? ORDER BY card", (resident,)
        )
        return tuple(self._link(*row) for row in rows)

    def restriction(self, resident: str, kind: FeedKind, name: str) -> StoredRestriction | None:
        """Find a protective measure or a hold."""
        row = self._connection.execute(
            "SELECT restriction, version, sealed FROM restriction WHERE restriction = ?",
            (self._restriction(resident, kind, name),),
        ).fetchone()
        return None if row is None else self._restrict(resident, *row)

    def restrictions(self, resident: str) -> tuple[StoredRestriction, ...]:
        """Give every protective measure and hold of a resident."""
        whose = self._vault.keyed_hash.resident(self._vault.municipality, resident)
        rows = self._connection.execute(
            "SELECT restriction, version, sealed FROM restriction WHERE whose = ? ORDER BY restriction", (whose,)
        )
        return tuple(self._restrict(resident, *row) for row in rows)

    def put_link(self, link: StoredLink) -> None:
        """Keep a card's link."""
        card = self._card(link.card)
        content = _LinkContent(
            card=link.card,
            counts_from=link.counts_from,
            ended=link.ended,
            carrier=link.carrier,
            valid_until=link.valid_until,
            withheld=link.withheld,
        )
        place = row_place("card_link", card, link.resident, link.version)
        self._connection.execute(
            "INSERT INTO card_link VALUES (?, ?, ?, ?) ON CONFLICT (card) DO UPDATE"
            " SET resident = excluded.resident, version = excluded.version, sealed = excluded.sealed",
            (card, link.resident, link.version, self._seal(place, to_bytes(content))),
        )

    def put_restriction(self, restriction: StoredRestriction) -> None:
        """Keep a protective measure or a hold."""
        which = self._restriction(restriction.resident, restriction.kind, restriction.name)
        whose = self._vault.keyed_hash.resident(self._vault.municipality, restriction.resident)
        content = _RestrictionContent(
            kind=restriction.kind,
            name=restriction.name,
            in_force=restriction.in_force,
            planned_end=restriction.planned_end,
            begun=restriction.begun,
            ended=restriction.ended,
            category=restriction.category,
            protection=restriction.protection,
            remark=restriction.remark,
        )
        place = row_place("restriction", which, restriction.resident, restriction.version)
        self._connection.execute(
            "INSERT INTO restriction VALUES (?, ?, ?, ?) ON CONFLICT (restriction) DO UPDATE"
            " SET version = excluded.version, sealed = excluded.sealed",
            (which, whose, restriction.version, self._seal(place, to_bytes(content))),
        )

    def seal(self, resident: str) -> StoredSeal | None:
        """Give the newest version of a resident's seal registration, in force or cancelled."""
        row = self._connection.execute(
            "SELECT version, number, change_id, sealed FROM seal_registration"
            " WHERE resident = ? ORDER BY version DESC LIMIT 1",
            (resident,),
        ).fetchone()
        if row is None:
            return None
        version, number, change_id, sealed = row
        data = self._open(Place(table="seal_registration", resident=resident, version=version), sealed)
        return StoredSeal(resident=resident, version=version, number=number, data=data, change_id=change_id)

    def seal_number_given(self, number: str) -> bool:
        """Say whether anybody's registration has or had this number."""
        row = self._connection.execute("SELECT 1 FROM seal_registration WHERE number = ? LIMIT 1", (number,)).fetchone()
        return row is not None

    def add_seal(self, seal: StoredSeal) -> None:
        """Add a version of a seal registration; versions that were written before stay."""
        sealed = self._seal(Place(table="seal_registration", resident=seal.resident, version=seal.version), seal.data)
        self._connection.execute(
            "INSERT INTO seal_registration VALUES (?, ?, ?, ?, ?)",
            (seal.resident, seal.version, seal.number, seal.change_id, sealed),
        )

    def _link(self, card: bytes, resident: str, version: int, sealed: bytes) -> StoredLink:
        place = row_place("card_link", card, resident, version)
        content = from_bytes(_LinkContent, self._open(place, sealed))
        return StoredLink(
            card=content.card,
            resident=resident,
            version=version,
            counts_from=content.counts_from,
            ended=content.ended,
            carrier=content.carrier,
            valid_until=content.valid_until,
            withheld=content.withheld,
        )

    def _restrict(self, resident: str, which: bytes, version: int, sealed: bytes) -> StoredRestriction:
        place = row_place("restriction", which, resident, version)
        content = from_bytes(_RestrictionContent, self._open(place, sealed))
        return StoredRestriction(
            resident=resident,
            kind=content.kind,
            name=content.name,
            version=version,
            in_force=content.in_force,
            planned_end=content.planned_end,
            begun=content.begun,
            ended=content.ended,
            category=content.category,
            protection=content.protection,
            remark=content.remark,
        )
