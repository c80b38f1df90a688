"""Serves the screen: the `Screen` port on a listening socket that this process was handed.

Owns: the pages as they are served, their version, and who may post to them.

* The state's version is `<process>-<step>-<revision>` (`konbini.kiosk.ui.taps`). The event stream tells the browser the
  version, and the browser fetches the page when it is not the one it shows.
* A post names the step; one that does nothing gets the present page.
* The process part is random: a page left by the process before us, on the same listening socket, is never ours.

Limits: aiohttp's own receive buffers cannot be wiped; they are freed at once, and this process ends with the visit.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from aiohttp import web

from konbini.kiosk.session.action import Action
from konbini.kiosk.session.view import View
from konbini.kiosk.ui import forms
from konbini.kiosk.ui.fonts import Fonts
from konbini.kiosk.ui.guard import HEADERS, Guard
from konbini.kiosk.ui.pages import Marks, Pages
from konbini.kiosk.ui.taps import Taps
from konbini.process.entropy import Entropy
from konbini.protocol.errors import Code, Refused

__all__ = ["ScreenServer"]

_STATIC: Final = Path(__file__).with_name("static")
_TYPES: Mapping[str, str] = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_STATUS: Mapping[Code, int] = {Code.MISROUTED: 403, Code.MALFORMED: 400, Code.OVERSIZE: 413}
_RECONNECT_MILLISECONDS = 300
_SHUTDOWN_SECONDS = 1.0


class ScreenServer:
    """The screen of one visit.

    Args:
        listener: a listening TCP socket on a loopback address; closed with this server, and only in this process.
        pages: the pages, compiled.
        fonts: what their letters are drawn with.
        entropy: where the process's mark and the page token come from.
        first: what is shown until the first `show`.

    Raises:
        ValueError: the socket is not on a loopback address.
    """

    def __init__(self, *, listener: socket.socket, pages: Pages, fonts: Fonts, entropy: Entropy, first: View) -> None:
        self._listener = listener
        self._pages = pages
        self._fonts = fonts
        self._guard = Guard(listener=listener, entropy=entropy)
        self._process = entropy.token(8).hex()
        self._taps = Taps(first)
        self._is_closing = False
        self._static = {path.name: path.read_bytes() for path in _STATIC.iterdir()}
        self._static["fonts.css"] = fonts.style_sheet
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)

    @property
    def address(self) -> str:
        """Where the kiosk's browser finds the screen."""
        return f"{self._guard.origin}/"

    async def start(self) -> None:
        """Begin to accept; a process that is kept warm calls this when its turn has come."""
        await self._runner.setup()
        await web.SockSite(self._runner, self._listener).start()

    async def close(self) -> None:
        """Stop accepting, end the event streams, and wipe a PIN that nobody took."""
        await self._runner.cleanup()
        self._listener.close()
        self._taps.wipe()

    async def show(self, view: View) -> None:
        """Show `view`; a tap on the page before it does nothing from now on, unless it asks the same question."""
        await self._taps.show(view)

    async def next_action(self) -> Action:
        """Wait for the next action; a PIN in it belongs to the caller from here on."""
        return await self._taps.next_action()

    @property
    def _version(self) -> str:
        return f"{self._step_mark}-{self._taps.revision}"

    @property
    def _step_mark(self) -> str:
        return f"{self._process}-{self._taps.step}"

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._admit], client_max_size=forms.BODY_LIMIT)
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/events", self._events),
                web.get("/static/{name}", self._asset),
                web.get("/fonts/{name}", self._font),
                web.get("/clip/{name}", self._clip),
                web.post("/act", self._act),
            ]
        )
        app.on_response_prepare.append(_add_headers)
        app.on_shutdown.append(self._end_streams)
        return app

    @web.middleware
    async def _admit(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            self._guard.admit(request)
            return await handler(request)
        except Refused as refused:
            return web.Response(status=_STATUS[refused.code], text=refused.code.name)

    async def _page(self, _: web.Request) -> web.Response:
        is_used = self._taps.is_used
        marks = Marks(token=self._guard.token, step=self._step_mark, version=self._version, is_used=is_used)
        return web.Response(text=self._pages.draw(self._taps.view, marks), content_type="text/html")

    async def _asset(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._static:
            return web.Response(status=404)
        return web.Response(body=self._static[name], content_type=_TYPES[Path(name).suffix], charset="utf-8")

    async def _font(self, request: web.Request) -> web.Response:
        piece = self._fonts.piece(request.match_info["name"])
        return web.Response(status=404) if piece is None else web.Response(body=piece, content_type="font/woff2")

    async def _clip(self, request: web.Request) -> web.Response:
        clip = self._pages.clips.read(request.match_info["name"])
        return web.Response(status=404) if clip is None else web.Response(body=clip, content_type="audio/ogg")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(f"retry: {_RECONNECT_MILLISECONDS}\n\n".encode())
        with suppress(ConnectionResetError):  # the browser has gone, or was ended with its visit
            while not self._is_closing:
                changed = self._taps.changed
                await stream.write(f"data: {self._version}\n\n".encode())
                await changed.wait()
        return stream

    async def _end_streams(self, _: web.Application) -> None:
        self._is_closing = True
        self._taps.announce()

    async def _act(self, request: web.Request) -> web.Response:
        if request.content_type != "application/x-www-form-urlencoded":
            raise Refused(Code.MALFORMED, "content type")
        form = forms.parse(await _body(request))
        if not self._guard.own(form.token):
            form.wipe()
            raise Refused(Code.MISROUTED, "token")
        if not self._take(form):
            form.wipe()
        return web.Response(status=303, headers={"Location": "/"})

    def _take(self, form: forms.Form) -> bool:
        action = forms.action(form, self._taps.view)
        # A form that names a page of the process before this one names none of this screen's.
        step = self._taps.step if form.step == self._step_mark else 0
        return action is not None and self._taps.take(action, step)


async def _body(request: web.Request) -> bytearray:
    body = bytearray()
    async for chunk, _ in request.content.iter_chunks():
        body += chunk
        if len(body) > forms.BODY_LIMIT:
            body[:] = bytes(len(body))
            raise Refused(Code.OVERSIZE, "form")
    return body


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
