"""The registry of a ward that is measured: signs its people into the feed's blocks, and grants leases.

Records are signed in batches, entries in blocks, heartbeats one by one, with the registry's own functions and a real
key. It keeps nothing: each block is made once, for one follower, when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_bytes
from konbini.simulation.bench.ward.residents import Residents
from konbini.simulation.town.people import Townsperson
from konbini.ward_server.residents.comparing import RowsOf
from konbini.ward_server.residents.feed import (
    LEASE_SECONDS,
    CardSerial,
    EntryDraft,
    FeedKind,
    FeedPosition,
    Heartbeat,
    LinkChange,
    MeasureChange,
)
from konbini.ward_server.residents.feed_blocks import FeedBlock
from konbini.ward_server.residents.record import SignedRecord, record_bytes
from konbini.ward_server.residents.witness import NO_RANGES, Told

__all__ = ["CardIssuer", "StreamingRegistry"]

_KEEPS_NOTHING: Final = "this registry keeps nothing to compare with"
_IN_A_BATCH: Final = 80
"""People of one block: each has a record, and at most a card and a measure."""


class CardIssuer:
    """Names cards as certificates of one issuer do. `key_id`: its authority key identifier."""

    def __init__(self, key_id: bytes) -> None:
        self._key_id = key_id

    def card(self, serial: int) -> CardSerial:
        """Give what a ward links to a resident (コンビニ交付シリアル番号)."""
        return CardSerial(issuer_key_id=self._key_id, serial=serial.to_bytes((serial.bit_length() + 8) // 8))


class StreamingRegistry:
    """The registry, as a follower calls it.

    Args:
        residents: whom it enters, at version 1.
        issuer: of their cards.
        key: the record key.
        municipality: whose registry.
        incarnation: of its feed.
    """

    def __init__(
        self, residents: Residents, issuer: CardIssuer, key: SigningKey, municipality: str, incarnation: int
    ) -> None:
        self._residents = residents
        self._issuer = issuer
        self._key = key
        self._municipality = municipality
        self._position = FeedPosition(incarnation=incarnation)
        self._entered = 0
        self._told: Told | None = None

    async def feed_after(self, number: int, most: int, _wait_seconds: int) -> Sequence[bytes]:
        """Make the next blocks, of `most` entries or a block's more.

        Raises:
            Refused: `FEED_BROKEN`: the follower stands elsewhere than the feed; a block is made once.
        """
        if number != self._position.number:
            raise Refused(Code.FEED_BROKEN, f"entry {number + 1} was made before, or not yet")
        blocks: list[bytes] = []
        while self._position.number < number + most and (people := self._residents.made(self._entered, _IN_A_BATCH)):
            self._entered += len(people)
            blocks.append(self._block(people))
        return blocks

    async def heartbeat(self, nonce: bytes) -> bytes:
        """Give a signed heartbeat."""
        heartbeat = Heartbeat(
            municipality=self._municipality,
            incarnation=self._position.incarnation,
            number=self._position.number,
            newest=self._position.newest,
            nonce=nonce,
            lease_seconds=LEASE_SECONDS,
        )
        return heartbeat.sign(self._key)

    async def applied(self, told: Told) -> None:
        """Hear how far the follower is, and remember it.

        Raises:
            Refused: `FEED_BROKEN`: further than the feed goes.
        """
        if told.number > self._position.number:
            raise Refused(Code.FEED_BROKEN, f"{told.number} applied, the feed goes to {self._position.number}")
        self._told = told

    async def told(self) -> tuple[Told | None, int]:
        """Say what was told last, and which ranges of numbers were used."""
        return self._told, NO_RANGES if self._told is None else self._told.ranges

    async def held_tree(self, _nonce: bytes) -> bytes:
        """Build no tree: what it entered is not kept.

        Raises:
            Refused: `CHANGE_UNKNOWN`.
        """
        raise Refused(Code.CHANGE_UNKNOWN, _KEEPS_NOTHING)

    async def held_children(self, _place: bytes) -> tuple[bytes, ...]:
        """As `held_tree`."""
        raise Refused(Code.CHANGE_UNKNOWN, _KEEPS_NOTHING)

    async def held_bucket(self, _place: bytes) -> tuple[tuple[str, bytes], ...]:
        """As `held_tree`."""
        raise Refused(Code.CHANGE_UNKNOWN, _KEEPS_NOTHING)

    async def held_rows(self, _residents: Sequence[str]) -> RowsOf:
        """As `held_tree`."""
        raise Refused(Code.CHANGE_UNKNOWN, _KEEPS_NOTHING)

    def _block(self, people: Sequence[Townsperson]) -> bytes:
        coded = [to_bytes(draft) for draft in self._drafts(people)]
        block = FeedBlock.sign(coded, self._position, self._key, self._municipality)
        self._position = block.position
        return block.to_bytes()

    def _drafts(self, people: Sequence[Townsperson]) -> Iterator[EntryDraft]:
        records = [record_bytes(person.record) for person in people]
        signed = SignedRecord.sign_all(records, self._key, self._municipality)
        for person, data in zip(people, signed, strict=True):
            yield _draft(FeedKind.RECORD, person, data)
            if person.card is not None:
                card = self._issuer.card(person.card.serial)
                link = LinkChange(card=card, counts_from=person.card.counts_from, ended=False)
                yield _draft(FeedKind.LINK, person, to_bytes(link))
            if person.measure is not None:
                measure = MeasureChange(application=person.measure, version=1, in_force=True)
                yield _draft(FeedKind.MEASURE, person, to_bytes(measure))


def _draft(kind: FeedKind, person: Townsperson, body: bytes) -> EntryDraft:
    return EntryDraft(kind=kind, resident=person.record.resident, version=1, body=body)
