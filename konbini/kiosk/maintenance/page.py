"""The service page: server-rendered, on the loopback address, complete without a script; locked until a sign-in.

Invariants: each answer forbids whatever is not its own style sheet, and is stored nowhere; what changes something is a
POST from this page's own origin with the session's form token; what was typed is neither logged nor shown again.
Limits: another program of this machine can reach the port; without a maintainer's password it sees the sign-in alone.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from konbini.kiosk.maintenance.desk import MaintenanceDesk
from konbini.kiosk.maintenance.drawing import ServiceDrawing
from konbini.kiosk.maintenance.sessions import Session
from konbini.kiosk.maintenance.words import LANGUAGES
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused

__all__ = ["SERVICE_HEADERS", "ServicePage"]

_LOOPBACK = "127.0.0.1"
_COOKIE = "maintenance"
_MOST_BYTES = 4096
SERVICE_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # "no-referrer" would make a form's Origin "null", which is what a hostile sandbox sends too.
    "Referrer-Policy": "same-origin",
    "Server": "kiosk",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_SAID = {
    Code.SIGN_IN_REFUSED: "sign_in_refused",
    Code.SIGN_IN_THROTTLED: "sign_in_throttled",
    Code.SESSION_OVER: "session_over",
    Code.VISIT_UNDER_WAY: "visit_under_way",
    Code.CABINET_OPEN: "cabinet_open",
}
"""What is said of a refusal; of every other one that the printer cannot print."""
_WORDS = frozenset((*_SAID.values(), "test_printed", "test_failed", "printer", "done"))
_Act = Callable[[Session], Awaitable[str]]

_log = logger("konbini.kiosk.maintenance.page")


class ServicePage:
    """Serves the page of one desk."""

    def __init__(self, desk: MaintenanceDesk) -> None:
        self._desk = desk
        self._drawing = ServiceDrawing()
        self._host = ""
        self._acts: Mapping[str, _Act] = {
            "pause": self._pause,
            "resume": self._resume,
            "test": self._test,
            "confirm": self._confirm,
            "sign_out": self._sign_out,
        }

    @asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator[int]:
        """Listen on the loopback address while the context lasts, and give the port."""
        app = web.Application(client_max_size=_MOST_BYTES, middlewares=[self._guard])
        app.router.add_get("/", self._first)
        app.router.add_get("/service.css", self._show_style)
        for language in LANGUAGES:
            app.router.add_get(f"/{language}", self._show)
            app.router.add_post(f"/{language}/sign-in", self._sign_in)
            app.router.add_post(f"/{language}/act", self._do)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, _LOOPBACK, port)
            await site.start()
            listened: int = runner.addresses[0][1]
            self._host = f"{_LOOPBACK}:{listened}"
            _log.info("listening", kind="service_page", port=listened)
            yield listened
        finally:
            await runner.cleanup()

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Let this page's own requests pass, and put the headers on every answer."""
        try:
            answer = await handler(request) if self._is_own(request) else web.Response(status=403)
        except web.HTTPException as error:
            answer = web.Response(status=error.status)
        answer.headers.update(SERVICE_HEADERS)
        return answer

    def _is_own(self, request: web.Request) -> bool:
        if request.headers.getall("Host", []) != [self._host]:
            return False
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return False
        return request.method in ("GET", "HEAD") or request.headers.get("Origin") == f"http://{self._host}"

    async def _first(self, _request: web.Request) -> web.StreamResponse:
        return _to("/ja")

    async def _show_style(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(text=self._drawing.style, content_type="text/css")

    async def _show(self, request: web.Request) -> web.StreamResponse:
        language, said = _language(request), request.query.get("said", "")
        if said not in _WORDS:
            said = ""
        try:
            session = self._desk.session(request.cookies.get(_COOKIE, ""))
        except Refused:
            text = self._drawing.sign_in(language, said=said)
        else:
            standing, entries = await self._desk.standing(), await self._desk.entries()
            text = self._drawing.signed_in(language, session, standing, entries, said=said)
        return web.Response(text=text, content_type="text/html")

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        try:
            session = await self._desk.sign_in(str(form.get("name", "")), str(form.get("password", "")))
        except Refused as refused:
            return _to(f"/{_language(request)}?said={_SAID[refused.code]}")
        answer = _to(f"/{_language(request)}")
        answer.set_cookie(_COOKIE, session.token, httponly=True, samesite="Strict", path="/")
        return answer

    async def _do(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        act = self._acts.get(str(form.get("act", "")))
        if act is None:
            return web.Response(status=400)
        try:
            session = self._desk.session(request.cookies.get(_COOKIE, ""))
            if not hmac.compare_digest(session.form_token.encode(), str(form.get("token", "")).encode()):
                return web.Response(status=403)
            said = await act(session)
        except Refused as refused:
            said = _SAID.get(refused.code, "printer")
        return _to(f"/{_language(request)}?said={said}")

    async def _pause(self, session: Session) -> str:
        await self._desk.pause(session, paused=True)
        return "done"

    async def _resume(self, session: Session) -> str:
        await self._desk.pause(session, paused=False)
        return "done"

    async def _test(self, session: Session) -> str:
        return "test_printed" if await self._desk.print_test(session) else "test_failed"

    async def _confirm(self, session: Session) -> str:
        await self._desk.confirm_cabinet(session)
        return "done"

    async def _sign_out(self, session: Session) -> str:
        await self._desk.sign_out(session)
        return "done"


def _language(request: web.Request) -> str:
    return request.path.split("/")[1]


def _to(place: str) -> web.Response:
    return web.Response(status=303, headers={"Location": place})
