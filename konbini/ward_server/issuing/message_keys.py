"""The message key of the day: made here, certified by the ward's identity key, which the registry's process holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from konbini.process.log import logger
from konbini.protocol.errors import Refused
from konbini.protocol.fresh_keys import SYSTEM_KEYS, FreshKeys
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

    def __init__(
        self, entry: WardEntry, certify: Callable[[bytes], Awaitable[bytes]], fresh: FreshKeys = SYSTEM_KEYS
    ) -> None:
        self._entry = entry
        self._fresh = fresh
        self._certify = certify
        self._newest: MessageKey | None = None
        self._ready: MessageKey | None = None
        self._wanted = False

    @property
    def newest(self) -> MessageKey | None:
        """The key that signs now; None before the first."""
        return self._newest

    async def make_ready(self, now: Now) -> bytes:
        """Have a new key certified, which `renew` puts in the place of the last, and give its certificate.

        Raises:
            Refused, ConnectionError, TimeoutError: as `of`; the last one goes on.
        """
        self._ready = ready = await self._certified(now)
        return ready.certificate

    def renew(self, now: Now) -> None:
        """Take the key that is ready from here on, or have one made at the next asking; the last serves until then."""
        ready, self._ready = self._ready, None
        self._wanted = ready is None or now.seconds >= ready.ends - _TURN_SECONDS
        if ready is not None and not self._wanted:
            self._newest = ready

    async def of(self, now: Now) -> MessageKey:
        """Give the message key, a new one where the last comes to its end; the last while no new one can be had.

        Raises:
            Refused: `SIGNATURE_INVALID`: the certificate is not by this ward's identity key, or the registry's refusal.
            ConnectionError, TimeoutError: the registry is not there; each only where no key lives long enough.
        """
        last = self._newest
        if last is not None and not self._wanted and now.seconds < last.ends - _TURN_SECONDS:
            return last
        try:
            self._newest = newest = await self._certified(now)
            self._wanted = False
        except (Refused, ConnectionError, TimeoutError) as error:
            if last is None or now.seconds >= last.ends - _OUTLIVES_SECONDS:
                raise
            _log.warning("message key not turned", error=type(error).__name__)
            return last
        return newest

    async def _certified(self, now: Now) -> MessageKey:
        signing = self._fresh.signing()
        certificate = await self._certify(signing.verifying.point)
        MessageKeyCertificate.open(certificate, self._entry, now.seconds)
        ends = MessageKeyCertificate.peek(certificate).ends
        return MessageKey(signing=signing, certificate=certificate, ends=ends)
