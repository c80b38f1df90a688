"""The gate: who gets to which page, what every answer carries, and what a refusal looks like.

Checks, in this order: the host that was meant, the site that asks, the address, how often, the terminal, the session,
its lock, the roles, the form's token. Every answer forbids whatever is not this console's own, and is stored nowhere.

Limits: behind a proxy the address is what the proxy says of it; whoever runs programs on this machine can say any. The
terminal's cookie is what keeps others out.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.process.rows import Rows
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.console.config import Network
from konbini.ward_server.console.drawing import Drawing
from konbini.ward_server.console.entrance import Entrance
from konbini.ward_server.console.rates import Rates
from konbini.ward_server.console.routes import Access, Route
from konbini.ward_server.console.visit import (
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    TERMINAL_COOKIE,
    Page,
    Request,
    to,
)
from konbini.ward_server.console.words import LANGUAGES

__all__ = ["HEADERS", "Gate"]

HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        "trusted-types board"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    # "no-referrer" would make a form's Origin "null", which is what a hostile sandbox sends too.
    "Referrer-Policy": "same-origin",
    "Server": "console",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer, the server's own errors and the event stream included; Strict-Transport-Security too over https."""

_MOST_FIELDS: Final = 32
_FORM_SECONDS: Final = 5.0
"""A form comes through a proxy, which has the whole of it."""
_STATUS: Final[Mapping[Code, int]] = {
    Code.MISROUTED: 403,
    Code.RIGHT_MISSING: 403,
    Code.TERMINAL_UNKNOWN: 403,
    Code.OWN_RIGHTS: 403,
    Code.SESSION_OVER: 401,
    Code.SESSION_LOCKED: 401,
    Code.BUSY: 429,
    Code.CHANGE_INVALID: 400,
    Code.MALFORMED: 400,
    Code.RESIDENT_UNKNOWN: 404,
    Code.PERSON_UNKNOWN: 404,
    Code.CHANGE_UNKNOWN: 404,
    Code.ACT_UNKNOWN: 404,
    Code.DISPOSAL_UNKNOWN: 404,
    Code.INTERNAL: 500,
}
_CONFLICT: Final = 409
_UNREACHED: Final = 503
_WAYS_OUT: Final = {
    Code.TERMINAL_UNKNOWN: "/terminal",
    Code.SESSION_OVER: "/sign-in",
    Code.SESSION_LOCKED: "/locked",
}
"""Where a page that may not be seen sends the browser; what acts is refused instead."""

_log = logger("konbini.ward_server.console.gate")


class Gate:
    """Lets requests through to their pages.

    Args:
        entrance: knows terminals, sessions and people.
        drawing: draws what a refusal looks like.
        rows: where a refused request is recorded.
        clock: for rates.
        origin: as browsers see the console.
        networks: from where terminals may come; anywhere where it is empty.
        forwarded: whether a proxy says where a request came from.
    """

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        entrance: Entrance,
        drawing: Drawing,
        rows: Rows,
        clock: Clock,
        *,
        origin: str,
        networks: Sequence[Network],
        forwarded: bool,
    ) -> None:
        self._entrance = entrance
        self._drawing = drawing
        self._rows = rows
        self._clock = clock
        self._origin = origin
        self._host = urlsplit(origin).netloc
        self._networks = networks
        self._forwarded = forwarded
        self._asking = Rates(600)
        self._acting = Rates(60)
        self._entering = Rates(20)

    async def serve(self, route: Route, page: Page, http: web.Request) -> web.StreamResponse:
        """Answer a request on a route."""
        request = Request(http=http, route=route, language=_language(http), form={})
        try:
            return await self._answer(request, page)
        except web.HTTPException as error:
            return self._drawing.error(request, "malformed", status=error.status)
        except Exception:  # noqa: BLE001 - anything untyped becomes INTERNAL without detail
            _log.exception("a page failed", step=route.handler)
            return self._drawing.error(request, "internal", status=_STATUS[Code.INTERNAL])

    async def mark(self, _http: web.Request, answer: web.StreamResponse) -> None:
        """Put the headers on an answer, whoever made it, before its first byte leaves."""
        answer.headers.update(HEADERS)
        if self._origin.startswith("https:"):
            answer.headers["Strict-Transport-Security"] = "max-age=31536000"

    async def _answer(self, request: Request, page: Page) -> web.StreamResponse:
        """Answer with the page, or with what came instead, to whoever is known by then."""
        try:
            request = await self._known(request)
            self._check_may(request)
            return await page(request)
        except Refused as refused:
            return await self._refused(request, refused)
        except (ConnectionError, TimeoutError) as error:
            _log.warning("process_not_reached", step=request.route.handler, error=type(error).__name__)
            return self._drawing.error(request, "unreached", status=_UNREACHED)

    async def _known(self, request: Request) -> Request:
        """Say who asks, as far as the route wants to know it."""
        http, route = request.http, request.route
        self._check_origin(http)
        address = self._address(http)
        now = self._clock.monotonic()
        if not self._asking.take(address, now):
            raise Refused(Code.BUSY, "asks too often")
        if route.access is Access.ANYBODY:
            if route.acts and not self._entering.take(address, now):
                raise Refused(Code.BUSY, "enters too often")
            return replace(request, form=await _form(http))
        terminal = await self._entrance.terminal(http.cookies.get(TERMINAL_COOKIE, ""))
        request = replace(request, terminal=terminal, form=await _form(http))
        if route.access is Access.TERMINAL:
            if route.acts and not self._entering.take(terminal.terminal, now):
                raise Refused(Code.BUSY, "enters too often")
            return request
        if route.acts and not self._acting.take(terminal.terminal, now):
            raise Refused(Code.BUSY, "acts too often")
        session = self._entrance.session(http.cookies.get(SESSION_COOKIE, ""), terminal)
        if route.access is Access.SESSION:
            return replace(request, session=session)
        asker = await self._entrance.signed_in(session, by_hand=route.by_hand)
        return replace(request, session=session, asker=asker)

    @staticmethod
    def _check_may(request: Request) -> None:
        """Let the roles of the route pass, and forms of this very session.

        Raises:
            Refused: `RIGHT_MISSING`, `MISROUTED`.
        """
        route, session = request.route, request.session
        if route.access is Access.ROLE and not request.signed_in.roles & route.may:
            raise Refused(Code.RIGHT_MISSING, route.path)
        given = request.form.get("token", "")
        if session is not None and route.acts and not hmac.compare_digest(session.form_token.encode(), given.encode()):
            raise Refused(Code.MISROUTED, "form token")

    def _check_origin(self, http: web.Request) -> None:
        """Let this console's own pages pass, and whoever types its address.

        Raises:
            Refused: `MISROUTED`: meant for another host, or made by another site's page.
        """
        if http.headers.getall("Host", []) != [self._host]:
            raise Refused(Code.MISROUTED, "host")
        if http.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise Refused(Code.MISROUTED, "site")
        if http.method not in ("GET", "HEAD") and http.headers.get("Origin") != self._origin:
            raise Refused(Code.MISROUTED, "origin")

    def _address(self, http: web.Request) -> str:
        """Give from where a request came.

        Raises:
            Refused: `TERMINAL_UNKNOWN`: not from where terminals are.
        """
        # What the proxy says stands last: in the last line where it adds one, at the end where it goes on with one.
        said = http.headers.getall("X-Forwarded-For", []) if self._forwarded else []
        text = ",".join(said).rpartition(",")[2].strip() or (http.remote or "")
        try:
            address = ipaddress.ip_address(text)
        except ValueError as error:
            raise Refused(Code.MISROUTED, "no address") from error
        if self._networks and not any(address in network for network in self._networks):
            raise Refused(Code.TERMINAL_UNKNOWN, "address")
        return text

    async def _refused(self, request: Request, refused: Refused) -> web.StreamResponse:
        _log.info("refused", step=request.route.handler, code=refused.code, detail=refused.detail)
        if refused.code is Code.RIGHT_MISSING and request.session is not None:
            await self._record_refused(request.route, request.session.person)
        way_out = _WAYS_OUT.get(refused.code)
        if way_out is not None and request.http.method == "GET" and request.http.path != way_out:
            return to(way_out)
        return self._drawing.refusal(request, refused.code, status=_STATUS.get(refused.code, _CONFLICT))

    async def _record_refused(self, route: Route, person: str) -> None:
        """Record that somebody asked for what their rights do not allow."""
        entry = AuditEntry(
            moment=self._clock.now(),
            event=AuditEvent.REQUEST_REFUSED,
            operators=(person,),
            about=f"{route.method} {route.path}",
            code=int(Code.RIGHT_MISSING),
        )
        await self._rows.write(lambda connection: append(connection, entry), step="request refused")


async def _form(http: web.Request) -> Mapping[str, str]:
    """Read a form: text alone, each field once.

    Raises:
        Refused: `MALFORMED`.
    """
    if http.method in ("GET", "HEAD"):
        return {}
    if http.content_type != "application/x-www-form-urlencoded":
        raise Refused(Code.MALFORMED, "no form")
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            fields = await http.post()
    except TimeoutError as error:
        raise Refused(Code.MALFORMED, "a form that does not come") from error
    except (LookupError, ValueError) as error:  # no such charset, or bytes that are not of it
        raise Refused(Code.MALFORMED, "no text") from error
    if len(fields) > _MOST_FIELDS or len(set(fields)) != len(fields):
        raise Refused(Code.MALFORMED, "fields")
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _language(http: web.Request) -> str:
    """Give the language that was chosen, Japanese otherwise."""
    chosen = http.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else LANGUAGES[0]
