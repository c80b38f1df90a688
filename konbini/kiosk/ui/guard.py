"""Who may speak with the screen: this kiosk's own pages, over the loopback interface, and nobody else.

Owns: the listening socket's check, the `Host`, `Origin` and `Sec-Fetch-Site` rules, the page token and the headers
of every answer. A page of another origin can neither read nor drive the screen: its `Host` differs (DNS rebinding),
its `Origin` differs (forgery), it lacks the token, and it may not frame us.

Limits: another program of this machine that speaks HTTP is not kept out here; the kiosk runs none.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Mapping

from aiohttp import web

from konbini.process.entropy import Entropy
from konbini.protocol.errors import Code, Refused

__all__ = ["HEADERS", "Guard"]

_TOKEN_BYTES = 32

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    # "no-referrer" would make a form's Origin "null", which is what a hostile sandbox sends too.
    "Referrer-Policy": "same-origin",
    "Server": "kiosk",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer, errors and the event stream included."""


class Guard:
    """Knows this screen's own address and token.

    Args:
        listener: the socket that was handed to this process; it must listen on a loopback address.
        entropy: where the token comes from; a new one for each process, so that an old page cannot act.

    Raises:
        ValueError: the socket is not a TCP socket on a loopback address.
    """

    __slots__ = ("_token", "host", "origin")

    def __init__(self, *, listener: socket.socket, entropy: Entropy) -> None:
        self.host = _loopback(listener)
        self.origin = f"http://{self.host}"
        self._token = entropy.token(_TOKEN_BYTES).hex()

    @property
    def token(self) -> str:
        """What this process writes into its own pages."""
        return self._token

    def admit(self, request: web.BaseRequest) -> None:
        """Let `request` pass.

        Raises:
            Refused: `Code.MISROUTED`: it was meant for another host or made by another site's page.
        """
        if request.headers.getall("Host", []) != [self.host]:
            raise Refused(Code.MISROUTED, "host")
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise Refused(Code.MISROUTED, "site")
        if request.method not in ("GET", "HEAD") and request.headers.get("Origin") != self.origin:
            raise Refused(Code.MISROUTED, "origin")

    def own(self, token: str) -> bool:
        """Whether `token` stands on a page that this process made."""
        return hmac.compare_digest(token.encode(), self._token.encode())


def _loopback(listener: socket.socket) -> str:
    if listener.family not in (socket.AF_INET, socket.AF_INET6) or listener.type != socket.SOCK_STREAM:
        raise ValueError("the screen is served on a TCP socket")
    address, port = listener.getsockname()[:2]
    if not ipaddress.ip_address(address).is_loopback:
        raise ValueError("the screen is served on a loopback address")
    return f"[{address}]:{port}" if listener.family == socket.AF_INET6 else f"{address}:{port}"
