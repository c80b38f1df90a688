"""A web hook: the alert as JSON, posted, with an HMAC over the very bytes of the body.

The receiver compares `Konbini-Signature: sha256=...` with HMAC-SHA256 of the body under the shared key, and knows a
repeat by the body's `id`. Nothing of the answer is read but its status; a redirection is no answer.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
from dataclasses import dataclass

import aiohttp

from konbini.ward_server.alerts.alert import Alert
from konbini.ward_server.alerts.receivers import NotTold

__all__ = ["SIGNATURE", "WebHook", "signature"]

SIGNATURE = "Konbini-Signature"
_SECONDS = 10.0
_ACCEPTED = range(200, 300)


def signature(key: bytes, body: bytes) -> str:
    """Give the header's value for a body."""
    return f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebHook:
    """A `Receiver`.

    Attributes:
        name: of the receiver.
        address: where alerts are posted.
        key: shared with the receiver, 32 bytes.
        tls: the authority that is believed; None: those of the system, or plain HTTP on the loopback.
        session: of the process.
    """

    name: str
    address: str
    key: bytes
    tls: ssl.SSLContext | None
    session: aiohttp.ClientSession

    async def tell(self, alert: Alert) -> None:
        """Post it."""
        body = alert.to_json()
        headers = {"Content-Type": "application/json", SIGNATURE: signature(self.key, body)}
        try:
            async with self.session.post(
                self.address,
                data=body,
                headers=headers,
                ssl=True if self.tls is None else self.tls,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=_SECONDS),
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, OSError) as fault:  # a TimeoutError is an OSError
            raise NotTold(type(fault).__name__) from fault
        if status not in _ACCEPTED:
            raise NotTold(f"status_{status}")
