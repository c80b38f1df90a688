"""A PC/SC daemon of our own for each test process, one slot to lay cards in, and the kiosk's reader on it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from konbini.kiosk.card.ports import Presence
from konbini.kiosk.card.reader import PcscCardReader
from konbini.simulation.card.applet import Card, CardContent
from konbini.simulation.card.latency import NO_LATENCY
from konbini.simulation.card.layout import CONTACT_ATR
from konbini.simulation.card.pcsc import PrivatePcscd
from konbini.simulation.card.slots import ReaderSlot
from konbini.simulation.card.specimen import SpecimenIssuer

READER = "Virtual PCD 00 00"


@pytest.fixture(scope="session")
def contents() -> tuple[CardContent, CardContent]:
    """Two holders' cards of one issuer, with the same PIN."""
    issuer = SpecimenIssuer()
    return issuer.content("HANAKO"), issuer.content("TARO")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pcscd() -> AsyncIterator[PrivatePcscd]:
    """One daemon for this process: the client library reads its socket's name once."""
    async with PrivatePcscd() as daemon:
        os.environ["PCSCLITE_CSOCK_NAME"] = daemon.socket_name
        yield daemon
        del os.environ["PCSCLITE_CSOCK_NAME"]


@pytest.fixture
def reader(pcscd: PrivatePcscd) -> PcscCardReader:
    """The kiosk's reader, with the patience of a test."""
    assert pcscd.process_id
    return PcscCardReader(READER, watchdog=2.0)


@pytest.fixture
async def slot(pcscd: PrivatePcscd, reader: PcscCardReader) -> AsyncIterator[ReaderSlot]:
    """The reader's first slot; empty, and seen to be empty, before and after."""
    slot = ReaderSlot(pcscd.ports[0], latency=NO_LATENCY)
    yield slot
    await slot.pull()
    await until(reader, Presence(reader=True, card=False))


@pytest.fixture
def new_card(contents: tuple[CardContent, CardContent]) -> Callable[..., Card]:
    """A fresh card of the first holder, or of the second."""

    def make(holder: int = 0, atr: bytes = CONTACT_ATR) -> Card:
        return Card(contents[holder], atr=atr)

    return make


async def until(reader: PcscCardReader, wanted: Presence) -> None:
    """Wait until the reader stands so."""
    async with contextlib.aclosing(reader.presence()) as seen:
        async for presence in seen:
            if presence == wanted:
                return


@pytest.fixture
def lay(slot: ReaderSlot, reader: PcscCardReader) -> Callable[[Card], object]:
    """Lay a card down and wait until the reader has seen it."""

    async def lay_down(card: Card) -> None:
        slot.insert(card)
        await until(reader, Presence(reader=True, card=True))

    return lay_down
