"""The message key of the day: made here, certified by the ward's identity key, which the registry's process holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from konbini.process.log import logger
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Refused
from konbini.protocol.kinds import LONG_VISIT_MINUTES
from konbini.protocol.tickets import PREKEY_SECONDS
from konbini.protocol.trust import MessageKeyCertificate, WardEntry
from konbini.ward_server.issuing.desk import Now
from konbini.ward_server.issuing.prekeys import MessageKey

__all__ = ["MessageKeys"]

_OUTLIVES_SECONDS = PREKEY_SECONDS + LONG_VISIT_MINUTES * 60
"""What a message key must still live when a prekey names it: as long as the prekey and every visit of it."""
_TURN_SECONDS = _OUTLIVES_SECONDS + 12 * 3600
"""How long before its end it is turned: half a day in which the registry may be away (outage mode)."""

_log = logger("konbini.ward_server.issuing.message_keys")


class MessageKeys:
    """Gives the key to sign with now."""

    def __init__(self, entry: WardEntry, certify: Callable[[bytes], Awaitable[bytes]]) -> None:
        self._entry = entry
        self._certify = certify
        self._newest: MessageKey | None = None

    async def of(self, now: Now) -> MessageKey:
        """Give the message key, a new one where the last comes to its end; the last while no new one can be had.

        Raises:
            Refused: `SIGNATURE_INVALID`: the certificate is not by this ward's identity key, or the registry's refusal.
            ConnectionError, TimeoutError: the registry is not there; each only where no key lives long enough.
        """
        last = self._newest
        if last is not None and now.seconds < last.ends - _TURN_SECONDS:
            return last
        try:
            self._newest = newest = await self._certified(now)
        except (Refused, ConnectionError, TimeoutError) as error:
            if last is None or now.seconds >= last.ends - _OUTLIVES_SECONDS:
                raise
            _log.warning("message key not turned", error=type(error).__name__)
            return last
        return newest

    async def _certified(self, now: Now) -> MessageKey:
        signing = SigningKey.generate()
        certificate = await self._certify(signing.verifying.point)
        MessageKeyCertificate.open(certificate, self._entry, now.seconds)
        ends = MessageKeyCertificate.peek(certificate).ends
        return MessageKey(signing=signing, certificate=certificate, ends=ends)
