"""A browser without a window: it does with the pages of the console what a person does with them.

It reads each page as HTML, sends forms as a browser sends them (Host, Origin, Fetch metadata), and keeps the cookies of
one terminal.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlencode, urlsplit

import aiohttp

from konbini.process.entropy import Entropy
from konbini.simulation.passkeys.authenticator import Authenticator

__all__ = ["Answer", "Browser"]

_COOKIE: Final = re.compile(r"(?P<name>[^=]+)=(?P<value>[^;]*)")
_TOKEN: Final = re.compile(r'name="token" value="([0-9a-f]+)"')
_OPTIONS: Final = re.compile(r'data-options="([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: the status, where it sends the browser, the page, and the bytes of a file."""

    status: int
    place: str
    text: str
    headers: dict[str, str]
    body: bytes

    @property
    def options(self) -> str:
        """The options of the page's passkey.

        Raises:
            ValueError: it asks for none.
        """
        found = _OPTIONS.search(self.text)
        if found is None:
            raise ValueError("the page asks for no passkey")
        return unescape(found[1])


@dataclass(kw_only=True)
class Browser:
    """One browser at one terminal.

    Attributes:
        origin: of the console, as its configuration says.
        port: where it listens on this machine.
        address: from where a proxy before the console would say that this browser comes; empty where there is none.
    """

    origin: str
    port: int
    entropy: Entropy
    language: str = ""
    address: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def __post_init__(self) -> None:
        """Take an authenticator of its own."""
        self.authenticator = Authenticator(origin=self.origin, entropy=self.entropy)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open."""
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        if self._session is not None:
            await self._session.close()

    async def ask(
        self, method: str, place: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Ask once; a redirection is not followed. `headers` stand in the place of a browser's own."""
        assert self._session is not None  # noqa: S101 - it is open
        sent = self._headers()
        data = None
        if method == "POST":
            sent |= {"Origin": self.origin, "Content-Type": "application/x-www-form-urlencoded"}
            data = urlencode(form or {})
        sent |= headers or {}
        async with self._session.request(
            method, f"http://127.0.0.1:{self.port}{place}", headers=sent, data=data, allow_redirects=False
        ) as response:
            self._keep(response.headers.getall("Set-Cookie", []))
            body = await response.read()
            text = body.decode("utf-8", "replace")  # a file that is taken is no text
            found = _TOKEN.search(text)
            if found is not None:
                self.token = found[1]
            return Answer(
                status=response.status,
                place=response.headers.get("Location", ""),
                text=text,
                body=body,
                headers=dict(response.headers),
            )

    @asynccontextmanager
    async def stream(self, place: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open a stream of events while the context lasts."""
        assert self._session is not None  # noqa: S101 - it is open
        async with self._session.get(
            f"http://127.0.0.1:{self.port}{place}",
            headers=self._headers(),
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as response:
            yield response

    async def reaches_stream(self, place: str) -> bool:
        """Open a stream of events, say whether it is given, and leave it."""
        async with self.stream(place) as response:
            return response.content_type == "text/event-stream"

    async def get(self, place: str) -> Answer:
        """Get a page."""
        return await self.ask("GET", place)

    async def post(self, place: str, **form: str) -> Answer:
        """Send a form with the token of the newest page."""
        return await self.ask("POST", place, {"token": self.token, **form})

    async def enrol_terminal(self, code: str) -> Answer:
        """Type a terminal's code."""
        return await self.ask("POST", "/terminal", {"code": code})

    async def enrol(self, person: str, code: str) -> Answer:
        """Type a person's code, and make a passkey."""
        page = await self.ask("POST", "/enrol", {"person": person, "code": code})
        if page.status != 200:  # noqa: PLR2004 - HTTP's OK
            return page
        made = self.authenticator.create(page.options)
        return await self.ask("POST", "/enrol/passkey", {"person": person, "code": code, "answer": made})

    async def sign_in(self) -> Answer:
        """Sign in with the passkey, and read the first page, whose token is kept."""
        page = await self.get("/sign-in")
        answer = await self.ask("POST", "/sign-in", {"answer": self.authenticator.get(page.options)})
        if answer.place == "/":
            await self.get("/")
        return answer

    async def prepare(self, act: str, **form: str) -> Answer:
        """Send an act's form, and give its preview, or what was refused."""
        await self.get(f"/act/{act}")
        answer = await self.post(f"/act/{act}", **form)
        return await self.get(answer.place) if answer.place else answer

    async def confirm(self, act: str, preview: Answer) -> Answer:
        """Confirm a preview with the passkey, and give the page of what came of it."""
        found = re.search(rf'action="(/act/{act}/[0-9a-f]+)"', preview.text)
        if found is None:
            return preview
        answer = await self.post(found[1], answer=self.authenticator.get(preview.options))
        return await self.get(answer.place) if answer.place else answer

    async def do(self, act: str, **form: str) -> Answer:
        """Prepare and confirm."""
        return await self.confirm(act, await self.prepare(act, **form))

    def _headers(self) -> dict[str, str]:
        sent = {"Host": urlsplit(self.origin).netloc, "Sec-Fetch-Site": "same-origin"}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.address:
            sent["X-Forwarded-For"] = self.address
        return sent

    def _keep(self, cookies: list[str]) -> None:
        for cookie in cookies:
            found = _COOKIE.match(cookie)
            if found is None:
                continue
            if "max-age=0" in cookie.lower():
                self.cookies.pop(found["name"], None)
            else:
                self.cookies[found["name"]] = found["value"]
