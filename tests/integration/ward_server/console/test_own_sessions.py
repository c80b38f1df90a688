"""What a person is told of their own sign-ins: the last one, what failed since, where else they are signed in."""

from __future__ import annotations

import json
import re

from konbini.protocol.errors import Code
from konbini.protocol.shape import from_bytes
from konbini.simulation.passkeys.browser import Answer, Browser
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.console.rights import Role
from tests.integration.ward_server.console.house import FIRST, House

HOUR = 3600 * 1000
_ROW = re.compile(r"<tr><th scope=\"row\">(.*?)</tr>", re.DOTALL)
_NAME = re.compile(r'name="session" value="([0-9a-z]+)"')


async def _second_seat(house: House, browser: Browser) -> Browser:
    """Open a browser at another terminal, with the same person's passkey."""
    other = await house.terminal()
    other.authenticator = browser.authenticator
    return other


async def _fail(browser: Browser) -> None:
    """Try to sign in with a passkey that did not verify its person."""
    unverified = browser.authenticator.copy()
    unverified.is_verified = False
    answer = unverified.get((await browser.get("/sign-in")).options)
    assert Code.PASSKEY_REFUSED.name in (await browser.ask("POST", "/sign-in", {"answer": answer})).text


def _notice(page: Answer) -> str:
    found = re.search(r'<section class="notice.*?</section>', page.text, re.DOTALL)
    return "" if found is None else " ".join(re.sub(r"<[^>]*>", " ", found[0]).split())


def _rows(page: Answer) -> list[str]:
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in _ROW.findall(page.text)]


async def test_the_last_sign_in_is_told_until_it_was_read(house: House) -> None:
    """The first has none before it; the next says when and where, on each page, until the person has read it."""
    first = await house.first()
    assert "初めてのサインインです" in _notice(await first.get("/"))
    await first.post("/sign-out")
    house.ward.clock.set_wall(house.ward.clock.now() + HOUR)
    await first.sign_in()
    for place in ("/", "/staff"):
        assert _notice(await first.get(place)).startswith("前回のサインイン 11-20 12:00"), place
        assert "窓口1" in _notice(await first.get(place))
    assert (await first.post("/sessions/read")).place == "/"
    assert _notice(await first.get("/staff")) == ""


async def test_what_failed_since_is_counted_and_told_once(house: House) -> None:
    """A passkey that did not hold elsewhere, an office that is closed, an unlocking; then it begins anew."""
    await house.people(aoki=Role.ENTRY)
    aoki = house.browsers["aoki"]
    assert "失敗" not in _notice(await aoki.get("/"))
    other = await _second_seat(house, aoki)
    await _fail(other)
    house.ward.clock.set_wall(house.ward.clock.now() + 8 * HOUR)
    assert Code.OFFICE_CLOSED.name in (await other.sign_in()).text
    house.ward.clock.set_wall(house.ward.clock.now() - 8 * HOUR)
    await aoki.post("/lock")
    assert Code.PASSKEY_REFUSED.name in (await aoki.post("/unlock", answer="{}")).text
    await aoki.sign_in()
    told = _notice(await aoki.get("/"))
    assert "その後に失敗したサインイン： 3 · 最後は" in told
    assert (await aoki.get("/sessions")).text.count("ご自分で失敗した覚えがなければ") == 1
    await aoki.sign_in()
    assert "失敗" not in _notice(await aoki.get("/"))


async def test_a_failure_of_nobody_known_is_nobodys(house: House) -> None:
    """A passkey that the console does not know is counted for no person."""
    first = await house.first()
    stranger = await house.terminal()
    answer = json.loads(first.authenticator.get((await stranger.get("/sign-in")).options))
    answer["id"] = answer["rawId"] = "c3RyYW5nZQ"
    refused = await stranger.ask("POST", "/sign-in", {"answer": json.dumps(answer)})
    assert Code.PASSKEY_REFUSED.name in refused.text
    await first.sign_in()
    assert "失敗" not in _notice(await first.get("/"))


async def test_a_second_terminal_is_told_on_both_screens(house: House) -> None:
    """Also where the first notice was read already; and it is in the log."""
    first = await house.first()
    await first.post("/sessions/read")
    assert _notice(await first.get("/")) == ""
    other = await _second_seat(house, first)
    await other.sign_in()
    assert "ほかの端末でもサインインしています： 窓口1" in _notice(await other.get("/"))
    assert "ほかの端末でもサインインしています： 窓口" in _notice(await first.get("/"))
    assert house.events(AuditEvent.SIGNED_IN_BESIDE) == [(AuditEvent.SIGNED_IN_BESIDE, (FIRST,), 0)]


async def test_a_person_ends_their_other_session_with_a_passkey(house: House) -> None:
    """The list has each with its terminal; what is ended is gone at once and on record, this screen goes on."""
    first = await house.first()
    other = await _second_seat(house, first)
    await other.sign_in()
    page = await first.get("/sessions")
    assert [("この画面です" in row, "終了する" in row) for row in _rows(page)] == [(True, False), (False, True)]
    (name,) = _NAME.findall(page.text)
    answer = first.authenticator.get(page.options)
    assert (await first.post("/sessions", session=name, answer=answer)).place == "/sessions"
    assert (await other.get("/")).place == "/sign-in"
    assert len(_rows(await first.get("/sessions"))) == 1
    rows = house.ward.rows("console", "SELECT entry FROM audit_entry ORDER BY position")
    (entry,) = (
        one
        for one in (from_bytes(AuditEntry, bytes(data)) for (data,) in rows)
        if one.event is AuditEvent.OWN_SESSION_ENDED
    )
    here, there = house.ward.rows("console", "SELECT terminal FROM terminal ORDER BY enrolled_at, terminal")
    assert entry.operators == (FIRST,)
    assert {here[0], there[0]} == set(entry.about.split(" from "))


async def test_all_others_end_at_once(house: House) -> None:
    """Locked ones too."""
    first = await house.first()
    others = [await _second_seat(house, first) for _ in range(2)]
    for other in others:
        await other.sign_in()
    await others[0].post("/lock")
    page = await first.get("/sessions")
    assert [row for row in _rows(page) if "画面ロック中" in row] != []
    answer = first.authenticator.get(page.options)
    assert (await first.post("/sessions", session="others", answer=answer)).place == "/sessions"
    assert [(await other.get("/")).place for other in others] == ["/sign-in"] * 2
    assert (await first.get("/")).status == 200


async def test_nobody_ends_a_session_without_a_passkey_nor_anothers(house: House) -> None:
    """No answer, another's passkey, an answer again, another's session, one's own: each is refused, and both stand."""
    people = await house.people(aoki=Role.ENTRY, bando=Role.APPROVAL)
    aoki, bando = people["aoki"], people["bando"]
    beside = [await _second_seat(house, one) for one in (aoki, bando)]
    for other in beside:
        await other.sign_in()
    page = await aoki.get("/sessions")
    (mine,), (theirs,) = _NAME.findall(page.text), _NAME.findall((await bando.get("/sessions")).text)
    await aoki.get("/sessions")
    of_another = bando.authenticator.get(page.options.replace('"allowCredentials"', '"nobody"'))
    for answer in ("", "{}", of_another):
        assert Code.PASSKEY_REFUSED.name in (await aoki.post("/sessions", session=mine, answer=answer)).text
    for name in (theirs, "", "here"):
        answer = aoki.authenticator.get((await aoki.get("/sessions")).options)
        assert Code.SESSION_OVER.name in (await aoki.post("/sessions", session=name, answer=answer)).text
    assert Code.PASSKEY_REFUSED.name in (await aoki.post("/sessions", session=mine, answer=answer)).text
    assert [(await one.get("/")).status for one in (aoki, bando, *beside)] == [200] * 4
    assert house.events(AuditEvent.OWN_SESSION_ENDED) == []


async def test_twelve_hours_have_a_word_of_their_own(house: House) -> None:
    """The log says whether a session lasted so long or was locked for long."""
    await house.first()
    (session,) = house.console.entrance._sessions.all()
    session.began -= 12 * 3600  # in the place of twelve hours in which the ward's every task would take its turns
    await house.console.entrance.look()
    rows = house.ward.rows("console", "SELECT entry FROM audit_entry ORDER BY position")
    ended = [
        one
        for one in (from_bytes(AuditEntry, bytes(data)) for (data,) in rows)
        if one.event is AuditEvent.SESSION_ENDED
    ]
    assert [one.about.partition(" ")[2] for one in ended] == ["lasted twelve hours"]
