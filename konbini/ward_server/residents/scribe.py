"""The registry's hand: signs what a change does and writes it, row and feed entry together, in one transaction.

Invariant: nothing of the registry that a follower reads is written without its feed entry, and the feed's chain goes on
from the entry that stands in the store at that moment.

Limits: it signs within the store's writer, because an entry holds the hash of the one before it, which is known only
there. A change takes about a millisecond; nobody else writes to the registry's file.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from konbini.process.entropy import Entropy
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_bytes
from konbini.ward_server.residents.effects import Effect, EntryEffect, RecordEffect
from konbini.ward_server.residents.feed import FeedEntry, FeedKind, FeedPosition, HoldChange, LinkChange, MeasureChange
from konbini.ward_server.residents.record import IndividualNumberPart, ResidentRecord, SignedRecord
from konbini.ward_server.residents.store import (
    RegistryWriting,
    StoredEntry,
    StoredLink,
    StoredRecord,
    StoredRestriction,
)

__all__ = ["RecordPen", "Scribe"]

_SALT_BYTES = 32


class RecordPen:
    """What signs: the registry's record key, its municipality, and chance for the salts of individual numbers."""

    def __init__(self, key: SigningKey, municipality: str, entropy: Entropy) -> None:
        self.key = key
        self.municipality = municipality
        self.entropy = entropy

    def number_part(self, resident: str, number: str) -> IndividualNumberPart:
        """Make the part of a new individual number."""
        return IndividualNumberPart(
            municipality=self.municipality, resident=resident, salt=self.entropy.token(_SALT_BYTES), number=number
        )


class Scribe:
    """Writes effects within one transaction, for one change.

    Args:
        writing: the transaction.
        pen: what signs.
        change_id: the change that everything written rests on.
    """

    def __init__(self, writing: RegistryWriting, pen: RecordPen, change_id: str) -> None:
        self._writing = writing
        self._pen = pen
        self._change_id = change_id
        self.position: FeedPosition = writing.position()

    def write(self, effect: Effect) -> None:
        """Write one effect and its feed entry; what is kept beyond the record has none.

        Raises:
            Refused: `CHANGE_INVALID`: a record whose fields are not as declared, or that is too long.
        """
        if isinstance(effect, RecordEffect):
            self._record(effect)
        elif isinstance(effect, EntryEffect):
            self._entry(effect)
        elif isinstance(effect, StoredLink):
            self._writing.put_link(effect)
            link = LinkChange(
                card=effect.card,
                counts_from=effect.counts_from,
                ended=effect.ended or effect.withheld is not None,
                counts_until=effect.valid_until,
            )
            self._feed(FeedKind.LINK, effect.resident, effect.version, to_bytes(link))
        else:
            self._writing.put_restriction(effect)
            self._feed(effect.kind, effect.resident, effect.version, _restriction_body(effect))

    def _record(self, effect: RecordEffect) -> None:
        record = self._with_number(effect)
        try:
            signed = SignedRecord.sign(record, self._pen.key)
        except (TypeError, ValueError) as error:
            raise Refused(Code.CHANGE_INVALID, str(error)) from error
        self._writing.add_record(
            StoredRecord(
                resident=record.resident,
                version=record.version,
                household=record.household,
                data=signed.data,
                change_id=self._change_id,
            )
        )
        self._feed(FeedKind.RECORD, record.resident, record.version, signed.data)

    def _entry(self, effect: EntryEffect) -> None:
        self._writing.add_entry_items(
            StoredEntry(resident=effect.resident, version=effect.version, entry=effect.entry, change_id=self._change_id)
        )

    def _with_number(self, effect: RecordEffect) -> ResidentRecord:
        if effect.individual_number is None:
            return effect.record
        part = self._pen.number_part(effect.record.resident, effect.individual_number)
        self._writing.add_number_part(part)
        return replace(effect.record, individual_number=part.commitment())

    def _feed(self, kind: FeedKind, resident: str, version: int, body: bytes) -> None:
        before = self.position
        number = before.number + 1
        entry = FeedEntry(
            incarnation=before.incarnation,
            number=number,
            previous=before.newest,
            kind=kind,
            resident=resident,
            version=version,
            body=body,
        )
        signed = entry.sign(self._pen.key, self._pen.municipality)
        digest = hashlib.sha256(signed).digest()
        self._writing.add_entry(number, digest, resident, signed)
        self.position = FeedPosition(incarnation=before.incarnation, number=number, newest=digest)


def _restriction_body(effect: StoredRestriction) -> bytes:
    if effect.kind is FeedKind.MEASURE:
        return to_bytes(MeasureChange(application=effect.name, version=effect.version, in_force=effect.in_force))
    return to_bytes(HoldChange(hold=effect.name, version=effect.version, in_force=effect.in_force))
