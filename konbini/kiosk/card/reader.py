"""A card and its reader over PC/SC: the production form of `ports.CardReader`.

A session (`session.hold_card`) holds its card with one thread of its own, opened for the session and ended with it.

What cannot be wiped from here of a PIN: the binding's own copy of the nine octets, freed as soon as the command is
answered (glibc's free list then overwrites it: a search of the process finds nothing), the socket's buffer in the
kernel, and pcscd's command buffer, which holds the PIN until its next command: after the signature, or after `close`,
a search of pcscd finds nothing (tests/integration/card/test_pin_traces.py, with Debian's pcscd and vsmartcard's
driver). A thread that is stuck with a mute card holds it until the card is pulled or the process ends.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from konbini.kiosk.card.apdu import Answer, Octets
from konbini.kiosk.card.monitor import watch
from konbini.kiosk.card.pcsc import Connection
from konbini.kiosk.card.ports import CardSession, Presence
from konbini.kiosk.card.profiles import PROFILES, CardProfile
from konbini.kiosk.card.session import hold_card
from konbini.kiosk.card.worker import ReaderThread
from konbini.protocol.errors import Code, Refused

__all__ = ["PcscCardReader"]

_WATCHDOG_SECONDS = 5.0  # six times what a slow session takes from first to last command


class PcscCardReader:
    """The reader whose PC/SC name begins with a configured prefix.

    Args:
        name_prefix: beginning of the reader's name; PC/SC appends numbers that change when it is plugged in anew.
        watchdog: seconds after which a card that does not answer is mute; for opening, verifying, signing each.
        profiles: the cards it takes.

    Not to be used before a fork: the PC/SC client reads its socket's name once per process.
    """

    def __init__(
        self,
        name_prefix: str,
        *,
        watchdog: float = _WATCHDOG_SECONDS,
        profiles: tuple[CardProfile, ...] = PROFILES,
    ) -> None:
        if not name_prefix or watchdog <= 0 or not profiles:
            raise ValueError("a reader needs a name, a watchdog and at least one card it takes")
        self._name_prefix = name_prefix
        self._watchdog = watchdog
        self._profiles = profiles
        self._thread: ReaderThread | None = None

    async def open(self) -> CardSession:
        """See `ports.CardReader.open`."""
        if self._thread is not None and self._thread.is_stuck:
            raise Refused(Code.CARD_MUTE, "a mute card still lies on the reader")
        thread = self._thread = ReaderThread(watchdog=self._watchdog)
        return await hold_card(thread, _Hold(self._name_prefix), self._profiles)

    def presence(self) -> AsyncGenerator[Presence, None]:
        """See `ports.CardReader.presence`."""
        return watch(self._name_prefix)


class _Hold:
    """The connection, as the reader's thread holds it; made and let go in that thread, whoever is still waiting."""

    def __init__(self, name_prefix: str) -> None:
        self._name_prefix = name_prefix
        self._connection: Connection | None = None

    def take(self) -> None:
        self._connection = Connection(self._name_prefix)

    def transmit(self, command: Octets) -> Answer:
        if self._connection is None:
            raise RuntimeError("no card is held")
        return self._connection.transmit(command)

    def let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
