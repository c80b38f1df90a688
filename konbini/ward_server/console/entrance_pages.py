"""The pages before and around a session: a terminal, a passkey, signing in, the lock, signing out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.console.drawing import Drawing
from konbini.ward_server.console.enrolling import Enrolling
from konbini.ward_server.console.entrance import Entrance
from konbini.ward_server.console.static_files import StaticFiles
from konbini.ward_server.console.visit import (
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    TERMINAL_COOKIE,
    Page,
    Request,
    cookie,
    to,
)
from konbini.ward_server.console.words import LANGUAGES

__all__ = ["EntrancePages"]

_YEAR_SECONDS: Final = 366 * 24 * 3600


class EntrancePages:
    """Serves the entrance."""

    def __init__(self, entrance: Entrance, enrolling: Enrolling, drawing: Drawing, static: StaticFiles) -> None:
        self._entrance = entrance
        self._enrolling = enrolling
        self._drawing = drawing
        self._static = static

    def pages(self) -> Mapping[str, Page]:
        """Give the pages by the names of the table."""
        return {
            "static": self.static,
            "language": self.language,
            "terminal": self.terminal,
            "enrol_terminal": self.enrol_terminal,
            "sign_in": self.sign_in,
            "signed_in": self.signed_in,
            "enrol": self.enrol,
            "enrol_code": self.enrol_code,
            "enrol_passkey": self.enrol_passkey,
            "locked": self.locked,
            "lock": self.lock,
            "unlock": self.unlock,
            "sign_out": self.sign_out,
        }

    async def static(self, request: Request) -> web.StreamResponse:
        """Give a style sheet or a script."""
        return self._static.answer(request.http.match_info["name"])

    async def language(self, request: Request) -> web.StreamResponse:
        """Choose a language, and go to the first page."""
        chosen = request.http.match_info["language"]
        if chosen not in LANGUAGES:
            raise Refused(Code.MALFORMED, "no such language")
        answer = to("/")
        cookie(answer, LANGUAGE_COOKIE, chosen, seconds=_YEAR_SECONDS)
        return answer

    async def terminal(self, request: Request) -> web.StreamResponse:
        """Ask for a terminal's code."""
        return self._drawing.page(request, "terminal")

    async def enrol_terminal(self, request: Request) -> web.StreamResponse:
        """Take a terminal's code."""
        answer = to("/sign-in")
        made = await self._enrolling.terminal(request.form.get("code", ""))
        cookie(answer, TERMINAL_COOKIE, made, seconds=_YEAR_SECONDS)
        return answer

    async def sign_in(self, request: Request) -> web.StreamResponse:
        """Ask for a passkey."""
        return self._drawing.page(request, "sign_in", options=self._entrance.to_sign_in(request.at))

    async def signed_in(self, request: Request) -> web.StreamResponse:
        """Take a passkey's answer, and begin a session."""
        token = await self._entrance.sign_in(request.at, request.form.get("answer", ""))
        answer = to("/")
        cookie(answer, SESSION_COOKIE, token)
        return answer

    async def enrol(self, request: Request) -> web.StreamResponse:
        """Ask for a person's code."""
        return self._drawing.page(request, "enrol", options="", person="", code="")

    async def enrol_code(self, request: Request) -> web.StreamResponse:
        """Take a person's code, and ask for a passkey to be made."""
        person, code = request.form.get("person", "").strip(), request.form.get("code", "")
        options = await self._enrolling.to_passkey(request.at, person, code)
        return self._drawing.page(request, "enrol", options=options, person=person, code=code)

    async def enrol_passkey(self, request: Request) -> web.StreamResponse:
        """Keep the passkey that was made."""
        form = request.form
        await self._enrolling.passkey(request.at, form.get("person", ""), form.get("code", ""), form.get("answer", ""))
        return to("/sign-in")

    async def locked(self, request: Request) -> web.StreamResponse:
        """Show nothing, and ask for the person's passkey."""
        if request.whose.locked is None:
            return to("/")
        options = await self._entrance.to_confirm("unlock", request.whose, request.at)
        return self._drawing.page(request, "locked", options=options)

    async def lock(self, request: Request) -> web.StreamResponse:
        """Lock now."""
        await self._entrance.lock(request.whose)
        return to("/locked")

    async def unlock(self, request: Request) -> web.StreamResponse:
        """Take the passkey's answer, and go on."""
        token = await self._entrance.unlock(request.whose, request.at, request.form.get("answer", ""))
        answer = to("/")
        cookie(answer, SESSION_COOKIE, token)
        return answer

    async def sign_out(self, request: Request) -> web.StreamResponse:
        """End the session."""
        await self._entrance.sign_out(request.whose)
        answer = to("/sign-in")
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        cookie(answer, SESSION_COOKIE, "", seconds=0)
        return answer
