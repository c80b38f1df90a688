"""One card, held: what may be asked of it and in which order, whatever way leads to it.

Owns what a session knows of its card (`ports.CardSession`): its profile, its certificate once it is shown, its tries,
whether its PIN was verified, and the refusal that ended it. The way is a `Contact`, used by a `Worker` alone.

Any refusal but PIN_WRONG ends what the session can do: the next call gets the same refusal, and `close` is all that is
left. The PIN comes in a bytearray, which is wiped at once, and goes into one command list, which is wiped when it has
been answered, or given up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from konbini.kiosk.card import apdu, dialogue
from konbini.kiosk.card.apdu import Answer, Octets
from konbini.kiosk.card.ports import CardSession
from konbini.kiosk.card.profiles import CardProfile
from konbini.kiosk.card.schemes import SignatureScheme, scheme_of
from konbini.protocol.errors import Code, Refused

__all__ = ["Contact", "Worker", "hold_card"]

_Result = TypeVar("_Result")
_DIGITS = range(0x30, 0x3A)


class Contact(Protocol):
    """The way to the card that lies on a reader; blocking, and used by one worker."""

    def take(self) -> None:
        """Hold the card exclusively.

        Raises:
            Refused: NO_CARD, CARD_MUTE, CARD_FAULT, READER_UNAVAILABLE.
        """

    def transmit(self, command: Octets) -> Answer:
        """Carry one command.

        Raises:
            Refused: CARD_REMOVED, CARD_FAULT, READER_UNAVAILABLE.
        """

    def let_go(self) -> None:
        """Take the power off the card and let it go; nothing happens where none is held."""


class Worker(Protocol):
    """Does one blocking job after another; `konbini.kiosk.card.worker.ReaderThread` is it."""

    async def run(self, job: Callable[[], _Result]) -> _Result:
        """Do `job`; what it raises is raised here.

        Raises:
            Refused: CARD_MUTE when it took longer than the worker allows.
        """

    async def finish(self, last: Callable[[], None]) -> None:
        """Do `last`, and nothing after it."""


async def hold_card(worker: Worker, contact: Contact, profiles: tuple[CardProfile, ...]) -> CardSession:
    """Hold the card that lies there and tell what it is; see `ports.CardReader.open`."""
    try:
        opened = await worker.run(lambda: _open(contact, profiles))
    except BaseException:
        await worker.finish(contact.let_go)
        raise
    return _HeldCard(worker, contact, opened)


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


def _open(contact: Contact, profiles: tuple[CardProfile, ...]) -> _Opened:
    contact.take()
    profile = dialogue.identify(contact.transmit, profiles)
    return _Opened(
        profile=profile,
        shown=None if profile.certificate_after_pin else _show(contact, profile),
        tries_left=dialogue.ask_tries_left(contact.transmit, profile) if profile.needs_pin else profile.pin_tries,
    )


def _show(contact: Contact, profile: CardProfile) -> _Shown:
    certificate = dialogue.read_certificate(contact.transmit, profile)
    return _Shown(certificate=certificate, scheme=scheme_of(certificate))


class _HeldCard:
    """See `ports.CardSession`."""

    def __init__(self, worker: Worker, contact: Contact, opened: _Opened) -> None:
        self._worker = worker
        self._contact = contact
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
            verdict = await self._do(lambda: dialogue.verify_pin(self._contact.transmit, self._profile, command))
        finally:
            apdu.wipe(command)
        self._unlocked, self._tries_left = verdict.accepted, verdict.tries_left
        if not verdict.accepted:
            raise Refused(Code.PIN_WRONG if verdict.tries_left else Code.PIN_LOCKED)
        if self._shown is None:
            self._shown = await self._do(lambda: _show(self._contact, self._profile))

    async def sign(self, message: bytes) -> bytes:
        if not self._unlocked:
            raise RuntimeError("no PIN was verified in this session")
        scheme = self._seen().scheme
        prepared = scheme.prepare(message)
        signature = await self._do(lambda: dialogue.sign(self._contact.transmit, self._profile, prepared))
        if not scheme.accepts(signature, message):
            self._over = Refused(Code.CARD_CHANGED, "the signature is not of the certificate read in this session")
            raise self._over
        return signature

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._over = Refused(Code.CARD_REMOVED, "the session was closed")
            await self._worker.finish(self._contact.let_go)

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
            return await self._worker.run(job)
        except Refused as refused:
            self._over = refused
            raise
