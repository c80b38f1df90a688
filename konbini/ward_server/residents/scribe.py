"""The registry's hand: writes what changes do and signs it, rows and feed entries together, in one transaction.

What is written is gathered and signed in batches: the records of a batch with one signature, its feed entries as one
block with another. `close` signs what is left; a change's few effects are one batch.

Invariant: nothing of the registry that a follower reads is written without its feed entry, and the feed's chain goes on
from the entry that stands in the store at that moment.

Limits: it signs within the store's writer, because a block holds the hash of the one before it, which is known only
there. A change takes about a millisecond; nobody else writes to the registry's file. A record is in the store only when
its batch is signed: whoever reads the record back in the same transaction closes the scribe first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from konbini.process.entropy import Entropy
from konbini.protocol.batches import MOST_PROOF_BYTES
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_bytes
from konbini.ward_server.residents.effect import Effect, EntryEffect, RecordEffect, SealEffect
from konbini.ward_server.residents.feed import (
    MOST_ENTRY_BYTES,
    EntryDraft,
    FeedKind,
    FeedPosition,
    HoldChange,
    LinkChange,
    MeasureChange,
)
from konbini.ward_server.residents.feed_blocks import MOST_BLOCK_BYTES, MOST_IN_BLOCK, SignedHead
from konbini.ward_server.residents.record import IndividualNumberPart, ResidentRecord, SignedRecord, record_bytes
from konbini.ward_server.residents.seal import SignedSeal
from konbini.ward_server.residents.store import (
    NumberKind,
    RegistryWriting,
    SealedEntry,
    StoredEntry,
    StoredLink,
    StoredRecord,
    StoredRestriction,
    StoredSeal,
)

__all__ = ["RecordPen", "Scribe", "Writer", "add_block"]

_SALT_BYTES = 32
_ENTRY_BYTES = 256
"""What an entry has beside its body, at most."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _UnsignedRecord:
    """A record that waits for its batch; the commitment to a new individual number stands in `data` alone."""

    record: ResidentRecord
    data: bytes


class Writer:
    """Writes effects and gathers their feed entries in batches, which it hands on.

    Args:
        writing: where rows go.
        pen: what signs.
        change_id: the change that everything written rests on.
        feed: takes each batch of entries, whose records stand already.
    """

    def __init__(
        self, writing: RegistryWriting, pen: RecordPen, change_id: str, feed: Callable[[list[EntryDraft]], None]
    ) -> None:
        self._writing = writing
        self._pen = pen
        self._change_id = change_id
        self._hand_on = feed
        self._waiting: list[_UnsignedRecord | EntryDraft] = []
        self._waiting_bytes = 0

    def write(self, effect: Effect) -> None:
        """Write one effect and its feed entry; what is kept beyond the record has none.

        Raises:
            Refused: `CHANGE_INVALID`: a record or registration whose fields are not as declared, or that is too long.
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
        elif isinstance(effect, SealEffect):
            self._seal_registration(effect)
        else:
            self._writing.put_restriction(effect)
            self._feed(effect.kind, effect.resident, effect.version, _restriction_body(effect))

    def flush(self) -> None:
        """Sign and write the records that wait, and hand on the entries."""
        if self._waiting:
            drafts = self._signed()
            self._waiting, self._waiting_bytes = [], 0
            self._hand_on(drafts)

    def _record(self, effect: RecordEffect) -> None:
        record, commitment = effect.record, self._kept_number(effect)
        if record.resident_code is not None:
            self._writing.give_number(NumberKind.RESIDENT_CODE, record.resident_code, record.resident)
        try:
            data = record_bytes(record, commitment)
        except (TypeError, ValueError) as error:
            raise Refused(Code.CHANGE_INVALID, str(error)) from error
        self._wait(_UnsignedRecord(record=record, data=data), len(data) + MOST_PROOF_BYTES)

    def _entry(self, effect: EntryEffect) -> None:
        self._writing.add_entry_items(
            StoredEntry(resident=effect.resident, version=effect.version, entry=effect.entry, change_id=self._change_id)
        )

    def _seal_registration(self, effect: SealEffect) -> None:
        registration = effect.registration
        try:
            signed = SignedSeal.sign(registration, self._pen.key)
        except (TypeError, ValueError) as error:
            raise Refused(Code.CHANGE_INVALID, str(error)) from error
        self._writing.add_seal(
            StoredSeal(
                resident=registration.resident,
                version=registration.version,
                number=registration.number,
                data=signed.data,
                change_id=self._change_id,
            )
        )
        self._feed(FeedKind.SEAL, registration.resident, registration.version, signed.data)

    def _kept_number(self, effect: RecordEffect) -> bytes | None:
        """Keep a new individual number, and give the commitment to it."""
        if effect.individual_number is None:
            return None
        part = self._pen.number_part(effect.record.resident, effect.individual_number)
        self._writing.give_number(NumberKind.INDIVIDUAL_NUMBER, part.number, part.resident)
        return self._writing.add_number_part(part)

    def _feed(self, kind: FeedKind, resident: str, version: int, body: bytes) -> None:
        self._wait(EntryDraft(kind=kind, resident=resident, version=version, body=body), len(body))

    def _wait(self, one: _UnsignedRecord | EntryDraft, size: int) -> None:
        self._waiting.append(one)
        self._waiting_bytes += size + _ENTRY_BYTES
        if len(self._waiting) == MOST_IN_BLOCK or self._waiting_bytes > MOST_BLOCK_BYTES - 2 * MOST_ENTRY_BYTES:
            self.flush()

    def _signed(self) -> list[EntryDraft]:
        """Sign the records that wait, write them, and give everything that waits as it goes into the feed."""
        unsigned = [one for one in self._waiting if isinstance(one, _UnsignedRecord)]
        batch = [one.data for one in unsigned]
        signed = iter(SignedRecord.sign_all(batch, self._pen.key, self._pen.municipality) if batch else ())
        return [
            self._write_record(one.record, next(signed)) if isinstance(one, _UnsignedRecord) else one
            for one in self._waiting
        ]

    def _write_record(self, record: ResidentRecord, data: bytes) -> EntryDraft:
        self._writing.add_record(
            StoredRecord(
                resident=record.resident,
                version=record.version,
                household=record.household,
                data=data,
                change_id=self._change_id,
            )
        )
        return EntryDraft(kind=FeedKind.RECORD, resident=record.resident, version=record.version, body=data)


class Scribe:
    """Writes effects within one transaction, for one change, and their entries at the end of the feed; `close` ends it.

    Args:
        writing: the transaction.
        pen: what signs.
        change_id: the change that everything written rests on.
    """

    def __init__(self, writing: RegistryWriting, pen: RecordPen, change_id: str) -> None:
        self._writing = writing
        self._pen = pen
        self._writer = Writer(writing, pen, change_id, self._feed)
        self._position: FeedPosition = writing.position()

    def write(self, effect: Effect) -> None:
        """Write one effect and its feed entry.

        Raises:
            Refused: `CHANGE_INVALID`: a record whose fields are not as declared, or that is too long.
        """
        self._writer.write(effect)

    def close(self) -> FeedPosition:
        """Sign and write what waits, and give the feed's newest entry."""
        self._writer.flush()
        return self._position

    def _feed(self, drafts: list[EntryDraft]) -> None:
        entries = self._writing.seal_entries(drafts)
        self._position = add_block(self._writing, self._pen, self._position, entries)


def add_block(
    writing: RegistryWriting, pen: RecordPen, after: FeedPosition, entries: Sequence[SealedEntry]
) -> FeedPosition:
    """Sign a block of entries that follows a position, write it, and give the position after it."""
    digests = [entry.digest for entry in entries]
    signed = SignedHead.sign(digests, after, pen.key, pen.municipality)
    writing.add_block(signed, entries)
    return signed.head.position


def _restriction_body(effect: StoredRestriction) -> bytes:
    if effect.kind is FeedKind.MEASURE:
        return to_bytes(MeasureChange(application=effect.name, version=effect.version, in_force=effect.in_force))
    return to_bytes(HoldChange(hold=effect.name, version=effect.version, in_force=effect.in_force))
