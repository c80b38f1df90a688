"""The message key of the day: made here, certified by the ward's identity key, which the registry's process holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from konbini.protocol.cose import SigningKey
from konbini.protocol.trust import MessageKeyCertificate, WardEntry
from konbini.ward_server.issuing.desk import Now
from konbini.ward_server.issuing.prekeys import PREKEY_LIFE_SECONDS, MessageKey

__all__ = ["MessageKeys"]

_VISIT_SECONDS = 30 * 60
_TURN_BEFORE_END = PREKEY_LIFE_SECONDS + _VISIT_SECONDS + 3600
"""A new key is made while the old one still outlives every prekey that names it and every visit of that prekey."""


class MessageKeys:
    """Gives the key to sign with now."""

    def __init__(self, entry: WardEntry, certify: Callable[[bytes], Awaitable[bytes]]) -> None:
        self._entry = entry
        self._certify = certify
        self._newest: MessageKey | None = None

    async def of(self, now: Now) -> MessageKey:
        """Give the message key, a new one where the last comes to its end.

        Raises:
            Refused: `SIGNATURE_INVALID`: the certificate is not by this ward's identity key, or the registry's refusal.
            ConnectionError, TimeoutError: the registry is not there and there is no key yet.
        """
        if self._newest is None or now.seconds >= self._newest.ends - _TURN_BEFORE_END:
            signing = SigningKey.generate()
            certificate = await self._certify(signing.verifying.point)
            MessageKeyCertificate.open(certificate, self._entry, now.seconds)
            ends = MessageKeyCertificate.peek(certificate).ends
            self._newest = MessageKey(signing=signing, certificate=certificate, ends=ends)
        return self._newest
