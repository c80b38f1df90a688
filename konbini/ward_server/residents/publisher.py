"""The followers' use cases: the feed, the heartbeat, how far each follower is, and what `issuing` needs signed.

Invariants: a heartbeat's lease is counted before its number is read; the blocks given are those that the store holds,
byte for byte, under the incarnation it was founded with.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

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
from konbini.ward_server.residents.witness import NO_RANGES, Told, check_can_be

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
            Refused: `REGISTRY_BEHIND`: the follower applied more than this registry ever wrote.
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

    async def applied(self, follower: str, told: Told) -> None:
        """Hear how far a follower is, and remember it.

        Raises:
            Refused: `MISROUTED`; `REGISTRY_BEHIND`, `FEED_FORKED`: it applied what this registry has not, so that this
                registry forgot something; `WARD_RESTORED`: behind what it told before, so that the follower did. Each
                is recorded.
        """
        self._acknowledging.known(follower)
        now = self._clock.now()
        known, written = await self._store.read(
            lambda reading: (reading.told(follower), reading.entry_hash(told.number))
        )
        if known != told or (told.number and written != told.newest):
            refused = await self._store.write(lambda writing: _hear(writing, follower, told, now), step="told")
            if refused is not None:
                raise refused
        self._acknowledging.applied(follower, told.number)

    async def told(self, follower: str) -> tuple[Told | None, int]:
        """Give what a follower told last, and the ranges of numbers that any follower used.

        Raises:
            Refused: `MISROUTED`: nobody of that name follows.
        """
        self._acknowledging.known(follower)
        return await self._store.read(lambda reading: (reading.told(follower), reading.used_ranges()))

    async def state_at(self, resident: str, moment: int, number: int) -> tuple[int, int]:
        """Give which version was in force at a moment, and how many changes behind `number` were."""
        return await self._store.read(
            lambda reading: (
                reading.version_at(resident, moment),
                reading.changed_between(resident, number, moment),
            )
        )

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
        raise Refused(Code.REGISTRY_BEHIND, f"entry {number} was never written")
    return reading.feed_after(number, most)


def _hear(writing: RegistryWriting, follower: str, told: Told, now: int) -> Refused | None:
    """Keep what a follower told, or record that it cannot be."""
    before = writing.told(follower)
    try:
        check_can_be(told, before, writing.entry_hash(told.number))
    except Refused as refused:
        behind = refused.code is Code.WARD_RESTORED
        event = AuditEvent.FOLLOWER_BEHIND if behind else AuditEvent.FOLLOWER_AHEAD
        writing.audit(AuditEntry(moment=now, event=event, about=follower, code=refused.code, digest=told.log_hash))
        return refused
    writing.put_told(follower, replace(told, ranges=told.ranges | (NO_RANGES if before is None else before.ranges)))
    return None


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
        writing.add_access(position, (resident,), follower)
    return part
