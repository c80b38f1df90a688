"""The service page over real HTTP: locked, its own forms alone, complete without a script, nothing of it stored."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest

from konbini.kiosk.maintenance.cabinet_switch import Door
from konbini.kiosk.maintenance.page import ServicePage
from konbini.protocol.errors import Code
from konbini.simulation.clock import SettableClock
from tests.unit.kiosk.maintenance.parts import NAME, PASSWORD, KeptLog, KioskSide, Switch, desk_of

TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')


@dataclass(slots=True, kw_only=True)
class Visitor:
    """A browser without scripts at the page."""

    session: aiohttp.ClientSession
    origin: str
    machine: KioskSide
    log: KeptLog
    clock: SettableClock

    async def read(self, path: str = "/en") -> str:
        """Read a page."""
        async with self.session.get(self.origin + path) as answer:
            assert answer.status == 200
            return await answer.text()

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> tuple[int, str]:
        """Send a form as the page's own browser does; status, and the page that it leads to."""
        sent = {"Origin": self.origin, **{key.replace("_", "-"): value for key, value in headers.items()}}
        async with self.session.post(self.origin + path, data=fields, headers=sent) as answer:
            return answer.status, await answer.text()

    async def sign_in(self) -> str:
        """Sign in; the page that follows."""
        status, text = await self.post("/en/sign-in", {"name": NAME, "password": PASSWORD})
        assert status == 200
        return text

    async def act(self, act: str) -> str:
        """Press a button of the page as it is now."""
        found = TOKEN.search(await self.read())
        assert found is not None
        status, text = await self.post("/en/act", {"act": act, "token": found[1]})
        assert status == 200
        return text


@pytest.fixture
async def visitor() -> AsyncIterator[Visitor]:
    """Somebody before the page of a kiosk that serves."""
    clock = SettableClock(1_800_000_000_000)
    log, machine = KeptLog(clock), KioskSide()
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        ServicePage(desk_of(log, machine, Switch(), clock)).listening(0) as port,
        aiohttp.ClientSession(cookie_jar=jar) as session,
    ):
        yield Visitor(session=session, origin=f"http://127.0.0.1:{port}", machine=machine, log=log, clock=clock)


async def test_nothing_is_seen_before_a_sign_in(visitor: Visitor) -> None:
    """A form and no more, in both languages; no act is taken."""
    for path in ("/", "/ja", "/en"):
        text = await visitor.read(path)
        assert 'type="password"' in text
        assert "K-0001" not in text
    status, text = await visitor.post("/en/act", {"act": "pause", "token": ""})
    assert (status, "sign in again" in text) == (200, True)
    assert visitor.machine.held is None


async def test_what_a_maintainer_sees_and_does(visitor: Visitor) -> None:
    """States, counts, versions, journal, log; stop, go on, test print, sign out: forms alone, no script."""
    text = await visitor.sign_in()
    for shown in (
        "K-0001",
        "In service",
        "Page counter",
        "131105",
        "401 WARD_CLOSED",
        "HANDED",
        "PRINTED",
        "Signed in",
    ):
        assert shown in text
    assert "<script" not in text
    assert "Out of service" in await visitor.act("pause")
    assert "In service" in await visitor.act("resume")
    assert "The test page came out" in await visitor.act("test")
    visitor.machine.prints = Code.VISIT_UNDER_WAY
    assert "A visit is under way" in await visitor.act("test")
    visitor.machine.prints = Code.PAPER_OUT
    assert "The printer cannot print" in await visitor.act("test")
    assert 'type="password"' in await visitor.act("sign_out")
    assert "保守担当者名" in await visitor.read("/ja")


async def test_wrong_passwords_are_refused_and_then_throttled(visitor: Visitor) -> None:
    """What was typed is not on the page that follows."""
    for _ in range(3):
        _, text = await visitor.post("/en/sign-in", {"name": "<b>x", "password": "not it"})
        assert "do not belong together" in text
        assert "<b>x" not in text
    _, text = await visitor.post("/en/sign-in", {"name": NAME, "password": PASSWORD})
    assert "Too many tries" in text


async def test_only_its_own_forms_act(visitor: Visitor) -> None:
    """Another origin, another host, a foreign or missing token, an unknown act, a form that is too large."""
    await visitor.sign_in()
    found = TOKEN.search(await visitor.read())
    assert found is not None
    pause = {"act": "pause", "token": found[1]}
    assert (await visitor.post("/en/act", pause, Origin="http://elsewhere.example"))[0] == 403
    assert (await visitor.post("/en/act", pause, Sec_Fetch_Site="cross-site"))[0] == 403
    assert (await visitor.post("/en/act", pause, Host="elsewhere.example"))[0] == 403
    assert (await visitor.post("/en/act", {"act": "pause", "token": "0" * 64}))[0] == 403
    assert (await visitor.post("/en/act", {"act": "pause"}))[0] == 403
    assert (await visitor.post("/en/act", {**pause, "act": "reboot"}))[0] == 400
    assert (await visitor.post("/en/act", {**pause, "more": "x" * 10_000}))[0] == 413
    assert visitor.machine.held is None


async def test_the_headers_of_every_answer(visitor: Visitor) -> None:
    """Strict on pages, style, redirects and refusals; the cookie is the server's alone."""
    for path, status in (("/en", 200), ("/service.css", 200), ("/", 303), ("/nowhere", 404)):
        async with visitor.session.get(visitor.origin + path, allow_redirects=False) as answer:
            assert answer.status == status
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")
            assert answer.headers["X-Frame-Options"] == "DENY"
    form = {"name": NAME, "password": PASSWORD}
    async with visitor.session.post(
        f"{visitor.origin}/en/sign-in", data=form, headers={"Origin": visitor.origin}, allow_redirects=False
    ) as answer:
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


async def test_an_idle_session_locks(visitor: Visitor) -> None:
    """The next look at the page is the sign-in."""
    await visitor.sign_in()
    await visitor.clock.advance(601)
    assert 'type="password"' in await visitor.read()


async def test_a_forced_cabinet_is_on_the_page_until_it_is_confirmed() -> None:
    """With its own button, which an open door refuses."""
    clock = SettableClock(1_800_000_000_000)
    log, machine, switch = KeptLog(clock), KioskSide(), Switch()
    desk = desk_of(log, machine, switch, clock)
    async with (
        ServicePage(desk).listening(0) as port,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        visitor = Visitor(session=session, origin=f"http://127.0.0.1:{port}", machine=machine, log=log, clock=clock)
        switch.says = Door.OPEN
        await desk.look()
        text = await visitor.sign_in()
        assert "Opened without a maintainer" in text
        assert "The cabinet is open" in await visitor.act("confirm")
        switch.says = Door.SHUT
        await desk.look()
        await visitor.act("confirm")
        assert "Opened without a maintainer." not in await visitor.read()
        assert machine.held is None
