"""Checkpoints that are owed a time-stamp, on both engines: which, when, and what comes of them while nobody answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.resources import files

import pytest
from asn1crypto import cms, core
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from konbini.process.rows import Rows
from konbini.process.stamping import CheckpointStamps, count_stamps_owed, stamped_notes
from konbini.process.stores import open_rows
from konbini.protocol.errors import Code, Refused
from konbini.protocol.merkle import EMPTY_ROOT
from konbini.protocol.tlog.checkpoints import Checkpoint
from konbini.protocol.tlog.notes import Note, NoteSigner, SignatureType
from konbini.simulation.clock import SettableClock
from tests.places import Place, address

ORIGIN, OTHER = "konbini/131997/issuing", "konbini/131997/clerk"
MIGRATIONS = files("konbini.ward_server.issuing") / "migrations"
TEN_AT_NIGHT = 1_795_179_600_000
"""22:00 in Japan on 20 November 2026."""
MINUTE = 60
KEY = Ed25519PrivateKey.generate()


class Service:
    """A service that says back what it was asked about, or nothing."""

    def __init__(self) -> None:
        self.is_silent = False
        self.asked: list[int] = []

    async def stamp(self, content: bytes, digest: str, moment: int) -> cms.ContentInfo:
        """Give a token that is none but for its shape; real ones are held in the ward's tests."""
        assert (digest, moment > 0) == ("sha256", True)
        if self.is_silent:
            raise Refused(Code.TIME_STAMP_UNAVAILABLE, "silent")
        self.asked.append(Checkpoint.of(Note.from_bytes(content)).size)
        return cms.ContentInfo({"content_type": "data", "content": core.OctetString(content)})


def note(size: int, origin: str = ORIGIN) -> Note:
    """Sign a checkpoint."""
    text = Checkpoint(origin=origin, size=size, root=bytes(32) if size else EMPTY_ROOT).text
    return Note(text=text, signatures=(NoteSigner(origin, SignatureType.ED25519, KEY).sign(text),))


class Stamping:
    """A store with its stamps, and the hands of its clock."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.clock = SettableClock(TEN_AT_NIGHT)
        self.service = Service()
        self.open()

    def open(self) -> None:
        """Open the store, as a process that starts."""
        self.rows: Rows = open_rows(address(self.place, "one"), MIGRATIONS)
        self.stamps = CheckpointStamps(MINUTE, self.service, self.rows, self.clock)

    async def minutes(self, *sizes: int, origin: str = ORIGIN) -> None:
        """Show a checkpoint each minute."""
        for size in sizes:
            await self.stamps.seen(note(size, origin))
            await self.stamps.turn()
            self.clock.set_wall(self.clock.now() + MINUTE * 1000)

    async def owed(self) -> int:
        """Count what is owed."""
        return await self.rows.read(count_stamps_owed)

    async def sizes(self, origin: str = ORIGIN, most: int = 2**53) -> list[int]:
        """Give which checkpoints have a time-stamp."""
        return [one.size for one in await self.rows.read(lambda held: stamped_notes(held, origin, most))]


@pytest.fixture
async def stamping(place: Place) -> AsyncIterator[Stamping]:
    """Open a store on each engine."""
    made = Stamping(place)
    yield made
    await made.rows.close()


async def test_one_an_hour_and_the_days_last(stamping: Stamping) -> None:
    """The first at once; the next after an hour; at midnight the last that was seen of the day, hour or no hour."""
    await stamping.minutes(*range(1, 61))
    assert await stamping.sizes() == [1]
    await stamping.minutes(*range(61, 121))
    assert await stamping.sizes() == [1, 61]
    await stamping.minutes(121, 122)
    assert await stamping.sizes() == [1, 61, 120]
    await stamping.minutes(*range(123, 182))
    assert await stamping.sizes() == [1, 61, 120, 181]
    assert await stamping.sizes(most=100) == [1, 61]


async def test_a_log_that_does_not_grow_is_not_stamped_again(stamping: Stamping) -> None:
    """Neither after hours nor at midnight, nor while it is empty; another log has its own."""
    await stamping.minutes(0, 0, *([5] * 200))
    assert await stamping.sizes() == [5]
    await stamping.minutes(5, origin=OTHER)
    assert stamping.service.asked == [5, 5]
    assert await stamping.sizes(OTHER) == [5]


async def test_while_the_service_is_silent_it_is_owed_and_is_given_later(stamping: Stamping) -> None:
    """Nothing of it waits: checkpoints go on; a process that starts again asks for what the last one owed."""
    stamping.service.is_silent = True
    await stamping.minutes(*range(1, 130))
    assert (await stamping.owed(), await stamping.sizes()) == (3, [])
    await stamping.rows.close()
    stamping.open()
    stamping.service.is_silent = False
    await stamping.stamps.turn()
    assert stamping.service.asked == [1, 61, 120]
    assert await stamping.owed() == 0
    before = await stamping.sizes()
    await stamping.stamps.turn()
    assert await stamping.sizes() == before


async def test_a_time_stamp_stays_with_the_very_bytes(stamping: Stamping) -> None:
    """The note is kept as it was, signatures and all; nobody changes it or takes it away behind the store."""
    await stamping.minutes(7)
    (one,) = await stamping.rows.read(lambda held: stamped_notes(held, ORIGIN, 7))
    assert one.note == note(7).to_bytes()
    assert cms.ContentInfo.load(one.stamp)["content"].native == one.note
    await stamping.rows.close()
    for statement in ("UPDATE stamped_checkpoint SET note = 'x'", "DELETE FROM stamped_checkpoint"):
        with pytest.raises(Exception, match="a time-stamp stays"):
            stamping.place.write("one", statement)
    stamping.open()
