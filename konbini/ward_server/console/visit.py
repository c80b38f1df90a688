"""One request as the pages see it, and the answers they give."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from aiohttp import web

from konbini.ward_server.console.entrance import SignedIn
from konbini.ward_server.console.routes import Route
from konbini.ward_server.console.sessions import Session
from konbini.ward_server.console.staff import Terminal

__all__ = ["LANGUAGE_COOKIE", "SESSION_COOKIE", "TERMINAL_COOKIE", "Page", "Request", "attached", "cookie", "to"]

# Browsers take a cookie of this prefix from this very host alone, over TLS (or from this machine), for every path.
SESSION_COOKIE: Final = "__Host-session"
TERMINAL_COOKIE: Final = "__Host-terminal"
LANGUAGE_COOKIE: Final = "__Host-language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked, by whom; `asker` is there on every way that roles may go."""

    http: web.Request
    route: Route
    language: str
    form: Mapping[str, str]
    terminal: Terminal | None = None
    session: Session | None = None
    asker: SignedIn | None = None

    @property
    def signed_in(self) -> SignedIn:
        """Who asks, where roles are needed."""
        assert self.asker is not None  # noqa: S101 - the gate let nobody else through
        return self.asker

    @property
    def at(self) -> Terminal:
        """The terminal, where one is needed."""
        assert self.terminal is not None  # noqa: S101 - the gate let nobody else through
        return self.terminal

    @property
    def whose(self) -> Session:
        """The session, where one is needed."""
        assert self.session is not None  # noqa: S101 - the gate let nobody else through
        return self.session


Page: TypeAlias = Callable[[Request], Awaitable[web.StreamResponse]]


def to(place: str) -> web.Response:
    """Send the browser on, with a GET."""
    return web.Response(status=303, headers={"Location": place})


def attached(body: bytes, name: str, kind: str, *, charset: str | None = None) -> web.Response:
    """Give a file that the browser keeps under a name; `kind` is its media type."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=body, content_type=kind, charset=charset, headers=headers)


def cookie(answer: web.StreamResponse, name: str, value: str, *, seconds: int | None = None) -> None:
    """Set a cookie that no script reads and no other site sends."""
    answer.set_cookie(name, value, max_age=seconds, secure=True, httponly=True, samesite="Strict", path="/")
