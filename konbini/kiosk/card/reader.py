"""A card and its reader over PC/SC: the production form of `ports.CardReader` and `ports.CardSession`.

A session holds its card with one thread of its own, opened for the session and ended with it. Any refusal but
PIN_WRONG ends what the session can do: the next call gets the same refusal, and `close` is all that is left.

The PIN: it comes in a bytearray, which is wiped at once, and goes into one command list, which is wiped when it has
been answered, or given up. What cannot be wiped from here: the binding's own copy of the nine octets, freed as soon as
the command is answered (glibc's free list then overwrites it: a search of the process finds nothing), the socket's
buffer in the kernel, and pcscd's command buffer, which holds the PIN until its next command: after the signature, or
after `close`, a search of pcscd finds nothing (tests/integration/card/test_pin_traces.py, with Debian's pcscd and
vsmartcard's driver). A thread that is stuck with a mute card holds it until the card is pulled or the process ends.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import TypeVar

from konbini.kiosk.card import apdu, dialogue
from konbini.kiosk.card.apdu import Answer, Octets
from konbini.kiosk.card.monitor import watch
from konbini.kiosk.card.pcsc import Connection
from konbini.kiosk.card.ports import CardSession, Presence
from konbini.kiosk.card.profiles import PROFILES, CardProfile
from konbini.kiosk.card.schemes import SignatureScheme, scheme_of
from konbini.kiosk.card.worker import ReaderThread
from konbini.protocol.errors import Code, Refused

__all__ = ["PcscCardReader"]

_Result = TypeVar("_Result")
_WATCHDOG_SECONDS = 5.0  # six times what a slow session takes from first to last command
_DIGITS = range(0x30, 0x3A)


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
        hold = _Hold(self._name_prefix)
        try:
            opened = await thread.run(lambda: _open(hold, self._profiles))
        except BaseException:
            await thread.finish(hold.let_go)
            raise
        return _PcscSession(thread, hold, opened)

    def presence(self) -> AsyncGenerator[Presence, None]:
        """See `ports.CardReader.presence`."""
        return watch(self._name_prefix)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """The certificate that the card showed, and how its key signs."""

    certificate: bytes
    scheme: SignatureScheme


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """What a session knows of its card from the start; `shown` is None where the PIN comes first."""

    profile: CardProfile
    shown: _Shown | None
    tries_left: int


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


def _open(hold: _Hold, profiles: tuple[CardProfile, ...]) -> _Opened:
    hold.take()
    profile = dialogue.identify(hold.transmit, profiles)
    return _Opened(
        profile=profile,
        shown=None if profile.certificate_after_pin else _show(hold, profile),
        tries_left=dialogue.ask_tries_left(hold.transmit, profile) if profile.needs_pin else profile.pin_tries,
    )


def _show(hold: _Hold, profile: CardProfile) -> _Shown:
    certificate = dialogue.read_certificate(hold.transmit, profile)
    return _Shown(certificate=certificate, scheme=scheme_of(certificate))


class _PcscSession:
    """See `ports.CardSession`."""

    def __init__(self, thread: ReaderThread, hold: _Hold, opened: _Opened) -> None:
        self._thread = thread
        self._hold = hold
        self._profile = opened.profile
        self._shown = opened.shown
        self._tries_left = opened.tries_left
        self._unlocked = not opened.profile.needs_pin
        self._over: Refused | None = None
        self._closed = False

    @property
    def needs_pin(self) -> bool:
        return self._profile.needs_pin

    @property
    def pin_digits(self) -> int:
        return self._profile.pin_length

    @property
    def certificate(self) -> bytes:
        return self._seen().certificate

    @property
    def algorithm(self) -> int:
        return self._seen().scheme.algorithm

    @property
    def tries_left(self) -> int:
        return self._tries_left

    async def verify_pin(self, pin: bytearray) -> None:
        try:
            command = self._verify_command(pin)
        finally:
            apdu.wipe(pin)
        try:
            verdict = await self._do(lambda: dialogue.verify_pin(self._hold.transmit, self._profile, command))
        finally:
            apdu.wipe(command)
        self._unlocked, self._tries_left = verdict.accepted, verdict.tries_left
        if not verdict.accepted:
            raise Refused(Code.PIN_WRONG if verdict.tries_left else Code.PIN_LOCKED)
        if self._shown is None:
            self._shown = await self._do(lambda: _show(self._hold, self._profile))

    async def sign(self, message: bytes) -> bytes:
        if not self._unlocked:
            raise RuntimeError("no PIN was verified in this session")
        scheme = self._seen().scheme
        prepared = scheme.prepare(message)
        signature = await self._do(lambda: dialogue.sign(self._hold.transmit, self._profile, prepared))
        if not scheme.accepts(signature, message):
            self._over = Refused(Code.CARD_CHANGED, "the signature is not of the certificate read in this session")
            raise self._over
        return signature

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._over = Refused(Code.CARD_REMOVED, "the session was closed")
            await self._thread.finish(self._hold.let_go)

    def _seen(self) -> _Shown:
        if self._shown is None:
            raise RuntimeError("this card shows its certificate only after its PIN")
        return self._shown

    def _verify_command(self, pin: bytearray) -> Octets:
        if len(pin) != self._profile.pin_length or any(octet not in _DIGITS for octet in pin):
            raise ValueError("not the digits that this card's PIN is made of")
        if not self._tries_left:
            raise Refused(Code.PIN_LOCKED)
        return apdu.verify(pin)

    async def _do(self, job: Callable[[], _Result]) -> _Result:
        if self._over is not None:
            raise Refused(self._over.code, self._over.detail)
        try:
            return await self._thread.run(job)
        except Refused as refused:
            self._over = refused
            raise
