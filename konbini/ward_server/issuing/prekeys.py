"""PREKEY: fresh keys that visits are sealed to, and the message key that signs for `issuing`.

A prekey is made every 10 minutes, accepted for 20, never ahead, and lives in memory alone: a restart destroys
all of them, and what was sealed to them stays closed for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import SUITE
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.tickets import PREKEY_SECONDS, Prekey

__all__ = ["PREKEY_TURN_SECONDS", "HeldPrekey", "MessageKey", "Prekeys"]

PREKEY_TURN_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageKey:
    """The message key of the day and its certificate by the ward's identity key."""

    signing: SigningKey
    certificate: bytes
    ends: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPrekey:
    """A prekey with its private half, and the message key that it names: the one that answers its visits."""

    key_id: bytes
    opening: OpeningKey
    message_key: MessageKey
    signed: bytes
    begins: int
    ends: int


class Prekeys:
    """The prekeys that are accepted now."""

    def __init__(self, ward: str, *, generate: Callable[[], OpeningKey] = OpeningKey.generate) -> None:
        self._ward = ward
        self._generate = generate
        self._held: dict[bytes, HeldPrekey] = {}
        self._newest: HeldPrekey | None = None

    def turn(self, message_key: MessageKey, moment: int) -> bytes:
        """Give the prekey to publish now, a new one where the last is 10 minutes old, and drop what has ended.

        Returns:
            The signed PREKEY.
        """
        self._held = {key_id: held for key_id, held in self._held.items() if moment < held.ends}
        if self._newest is None or not 0 <= moment - self._newest.begins < PREKEY_TURN_SECONDS:
            opening = self._generate()
            prekey = Prekey(
                ward=self._ward,
                key_id=opening.sealing.key_id,
                suite=SUITE,
                sealing=opening.sealing.public,
                begins=moment,
                ends=moment + PREKEY_SECONDS,
                message_key=message_key.certificate,
            )
            signed = prekey.sign(message_key.signing)
            self._newest = HeldPrekey(
                key_id=prekey.key_id,
                opening=opening,
                message_key=message_key,
                signed=signed,
                begins=moment,
                ends=prekey.ends,
            )
            self._held[prekey.key_id] = self._newest
        return self._newest.signed

    def forget(self) -> None:
        """Destroy them all, as a restart does: what is sealed to one stays closed, and the next turn makes one."""
        self._held, self._newest = {}, None

    @property
    def held(self) -> int:
        """How many are kept, some of which may have ended."""
        return len(self._held)

    @property
    def newest(self) -> HeldPrekey | None:
        """The prekey that is published now; its message key signs what belongs to no visit."""
        return self._newest

    def own(self, signed: bytes, moment: int) -> HeldPrekey:
        """Find a PREKEY as a ticket carries it, byte for byte our own.

        Raises:
            Refused: `PREKEY_UNKNOWN`.
        """
        for held in self._held.values():
            if held.signed == signed and moment < held.ends:
                return held
        raise Refused(Code.PREKEY_UNKNOWN, "not one of ours, or run out")

    def named(self, key_id: bytes, moment: int) -> HeldPrekey:
        """Find a prekey by its id.

        Raises:
            Refused: `PREKEY_UNKNOWN`.
        """
        held = self._held.get(key_id)
        if held is None or moment >= held.ends:
            raise Refused(Code.PREKEY_UNKNOWN, "not one of ours, or run out")
        return held
