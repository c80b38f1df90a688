"""The followers' use cases: the feed, the heartbeat, how far each follower is, and what `issuing` needs signed.

Invariants: a heartbeat's lease is counted before its number is read; the blocks given are those that the store holds,
byte for byte, under the incarnation it was founded with.
"""

from __future__ import annotations

import hashlib

from konbini.process.clock import Clock, to_seconds
from konbini.protocol.cose import SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.trust import MESSAGE_KEY_SECONDS, MessageKeyCertificate
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.calls import MOST_ENTRIES, MOST_WAIT_SECONDS
from konbini.ward_server.residents.feed import LEASE_SECONDS, FeedPosition, Heartbeat
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.residents.store import RegistryReading, RegistryStore, RegistryWriting

__all__ = ["Publisher"]


class Publisher:
    """Serves the followers."""

    def __init__(
        self,
        *,
        store: RegistryStore,
        pen: RecordPen,
        identity: SigningKey,
        acknowledging: Acknowledging,
        clock: Clock,
    ) -> None:
        self._store = store
        self._pen = pen
        self._identity = identity
        self._acknowledging = acknowledging
        self._clock = clock

    async def begin(self) -> FeedPosition:
        """Learn at the start how far the feed goes."""
        position = await self._store.read(lambda reading: reading.position())
        self._acknowledging.news(position.number)
        return position

    async def feed_after(self, number: int, most: int, wait_seconds: int) -> tuple[bytes, ...]:
        """Give the blocks that go beyond `number`, waiting for the first for up to `wait_seconds`.

        Raises:
            Refused: `FEED_BROKEN`: the follower applied more than this registry ever wrote.
        """
        most = min(most, MOST_ENTRIES)
        entries = await self._store.read(lambda reading: _feed_after(reading, number, most))
        if entries or wait_seconds <= 0:
            return entries
        await self._acknowledging.news_after(number, min(wait_seconds, MOST_WAIT_SECONDS))
        return await self._store.read(lambda reading: _feed_after(reading, number, most))

    async def heartbeat(self, follower: str, nonce: bytes) -> bytes:
        """Grant a follower its lease and say, signed, how far the feed goes.

        Raises:
            Refused: `MISROUTED`: nobody of that name follows.
        """
        self._acknowledging.granted(follower)
        position = await self._store.read(lambda reading: reading.position())
        heartbeat = Heartbeat(
            municipality=self._pen.municipality,
            incarnation=position.incarnation,
            number=position.number,
            newest=position.newest,
            nonce=nonce,
            lease_seconds=LEASE_SECONDS,
        )
        return heartbeat.sign(self._pen.key)

    async def applied(self, follower: str, number: int) -> None:
        """Hear how far a follower is.

        Raises:
            Refused: `MISROUTED`; `FEED_BROKEN`: further than the feed goes.
        """
        position = await self._store.read(lambda reading: reading.position())
        if number > position.number:
            raise Refused(Code.FEED_BROKEN, f"{number} applied, the feed goes to {position.number}")
        self._acknowledging.applied(follower, number)

    async def certify_message_key(self, point: bytes) -> bytes:
        """Certify a message key of `issuing` for a day, with the ward's identity key.

        Raises:
            Refused: `MALFORMED`: not a point of P-256.
        """
        VerifyingKey(point)
        now = self._clock.now()
        begins = to_seconds(now)
        certificate = MessageKeyCertificate(
            ward=self._pen.municipality, signing=point, begins=begins, ends=begins + MESSAGE_KEY_SECONDS
        )
        entry = AuditEntry(moment=now, event=AuditEvent.MESSAGE_KEY_CERTIFIED, digest=hashlib.sha256(point).digest())
        await self._store.write(lambda writing: writing.audit(entry), step="certify")
        return certificate.sign(self._identity)

    async def individual_number(self, follower: str, resident: str, commitment: bytes) -> bytes:
        """Hand out the individual number that a record commits to, for a paper that prints it; recorded first.

        Raises:
            Refused: `RESIDENT_UNKNOWN`: no such resident, or never such a number.
        """
        now = self._clock.now()
        part = await self._store.write(
            lambda writing: _hand_out(writing, follower, resident, commitment, now), step="individual number"
        )
        if part is None:
            raise Refused(Code.RESIDENT_UNKNOWN)
        return part


def _feed_after(reading: RegistryReading, number: int, most: int) -> tuple[bytes, ...]:
    if number > reading.position().number:
        raise Refused(Code.FEED_BROKEN, f"entry {number} was never written")
    return reading.feed_after(number, most)


def _hand_out(writing: RegistryWriting, follower: str, resident: str, commitment: bytes, now: int) -> bytes | None:
    part = writing.number_part(resident, commitment)
    position = writing.audit(
        AuditEntry(
            moment=now,
            event=AuditEvent.INDIVIDUAL_NUMBER_HANDED_OUT,
            about=follower,
            code=int(Code.RESIDENT_UNKNOWN) if part is None else 0,
        )
    )
    if part is not None:
        writing.add_access(position, resident, follower)
    return part
