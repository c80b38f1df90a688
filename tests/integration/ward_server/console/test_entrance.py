"""The entrance: terminals, one-time codes, passkeys, sessions, and everybody who is kept out."""

from __future__ import annotations

import aiohttp
import pytest

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.console.rights import Role
from konbini.ward_server.console.staff import MACHINE
from tests.integration.ward_server.console.house import FIRST, House

HOUR = 3600


async def test_the_first_administrator_is_made_at_the_machine(house: House) -> None:
    """Terminal and passkey by one-time codes; the sign-in is recorded; nobody is named so a second time."""
    browser = await house.first()
    page = await browser.get("/")
    assert page.status == 200
    assert "佐藤 一" in page.text
    assert house.events(AuditEvent.PERSON_SIGNED_IN) == [(AuditEvent.PERSON_SIGNED_IN, (FIRST,), 0)]
    with pytest.raises(Refused) as refusal:
        await house.console.staff.name_first("nise", "偽 者", "どこか")
    assert refusal.value.code is Code.CHANGE_INVALID


async def test_a_code_works_once_and_dies_of_wrong_tries(house: House) -> None:
    """Five wrong ones end it; a used one opens nothing."""
    code, terminal = await house.console.staff.name_first(FIRST, "佐藤 一", "窓口1")
    browser = await house.browser()
    await browser.enrol_terminal(terminal)
    assert Code.CODE_REFUSED.name in (await (await house.browser()).enrol_terminal(terminal)).text
    for _ in range(5):
        assert Code.CODE_REFUSED.name in (await browser.enrol(FIRST, "AAAA-AAAA-AAAA-AAAA")).text
    assert Code.CODE_REFUSED.name in (await browser.enrol(FIRST, code)).text
    fresh, _terminal = await house.console.staff.name_first("sato-2", "佐藤 一", "窓口1")
    assert (await browser.enrol("sato-2", fresh)).place == "/sign-in"
    assert Code.CODE_REFUSED.name in (await browser.enrol("sato-2", fresh)).text


async def test_a_code_is_over_when_its_time_is(house: House) -> None:
    """A terminal's after half an hour, a person's after a day; a moment before, each works."""
    clock, staff = house.ward.clock, house.console.staff
    person, _terminal = await staff.name_first(FIRST, "佐藤 一", "窓口1")
    begun = clock.now()
    early, late = [await staff.terminal_code(MACHINE, "窓口") for _ in range(2)]
    clock.set_wall(begun + HOUR * 1000 // 2 - 1)
    browser = await house.browser()
    assert (await browser.enrol_terminal(early)).place == "/sign-in"
    clock.set_wall(begun + HOUR * 1000 // 2)
    assert Code.CODE_REFUSED.name in (await (await house.browser()).enrol_terminal(late)).text
    clock.set_wall(begun + 24 * HOUR * 1000)
    assert Code.CODE_REFUSED.name in (await browser.enrol(FIRST, person)).text
    clock.set_wall(begun + 24 * HOUR * 1000 - 1)
    assert (await browser.enrol(FIRST, person)).place == "/sign-in"


async def test_nobody_gets_in_without_an_enrolled_terminal(house: House) -> None:
    """Not even to the sign-in; a terminal that was ended is a stranger."""
    stranger = await house.browser()
    assert (await stranger.get("/sign-in")).place == "/terminal"
    assert (await stranger.ask("POST", "/sign-in", {"answer": "{}"})).status == 403
    first = await house.first()
    ((terminal,),) = house.ward.rows("console", "SELECT terminal FROM terminal")
    await house.console.staff.end_terminal(FIRST, terminal)
    assert (await first.get("/")).place == "/terminal"


async def test_a_session_that_another_took_the_place_of_is_ended_on_record(house: House) -> None:
    """One terminal, one session: the log has the end of the first."""
    first = await house.first()
    assert house.events(AuditEvent.SESSION_ENDED) == []
    assert (await first.sign_in()).place == "/"
    assert house.events(AuditEvent.SESSION_ENDED) == [(AuditEvent.SESSION_ENDED, (FIRST,), 0)]


async def test_a_session_belongs_to_its_terminal(house: House) -> None:
    """Its cookie at another enrolled terminal is nobody's."""
    first = await house.first()
    other = await house.terminal()
    other.cookies["__Host-session"] = first.cookies["__Host-session"]
    assert (await other.get("/")).place == "/sign-in"


async def test_a_passkey_that_does_not_hold_is_refused_and_recorded(house: House) -> None:
    """No verification of the person, another origin, an answer again, a copy whose count does not rise."""
    first = await house.first()
    page = await first.get("/sign-in")
    unverified, elsewhere, copied = (first.authenticator.copy() for _ in range(3))
    unverified.is_verified = False
    elsewhere.origin = "https://console.ward.example.evil"
    for authenticator in (unverified, elsewhere):
        answer = authenticator.get((await first.get("/sign-in")).options)
        assert Code.PASSKEY_REFUSED.name in (await first.ask("POST", "/sign-in", {"answer": answer})).text
    answer = first.authenticator.get(page.options)
    assert (await first.ask("POST", "/sign-in", {"answer": answer})).place == "/"
    assert Code.PASSKEY_REFUSED.name in (await first.ask("POST", "/sign-in", {"answer": answer})).text
    answer = copied.get((await first.get("/sign-in")).options)
    assert Code.PASSKEY_REFUSED.name in (await first.ask("POST", "/sign-in", {"answer": answer})).text
    refused = house.events(AuditEvent.CONSOLE_SIGN_IN_REFUSED)
    assert refused == [(AuditEvent.CONSOLE_SIGN_IN_REFUSED, (), Code.PASSKEY_REFUSED)] * 4


async def test_an_idle_session_locks_and_shows_nothing(house: House) -> None:
    """Until its own person's passkey, under another token; the old one is dead."""
    await house.people(aoki=Role.ENTRY)
    aoki, sato = house.browsers["aoki"], house.browsers[FIRST]
    await house.ward.clock.advance(10 * 60 + 1)
    assert (await aoki.get("/changes")).place == "/locked"
    page = await aoki.get("/locked")
    assert "aokiさん" not in page.text
    old = aoki.cookies["__Host-session"]
    of_another = page.options.replace('"allowCredentials"', '"nobody"')
    assert Code.PASSKEY_REFUSED.name in (await aoki.post("/unlock", answer=sato.authenticator.get(of_another))).text
    options = (await aoki.get("/locked")).options
    assert (await aoki.post("/unlock", answer=aoki.authenticator.get(options))).place == "/"
    assert (await aoki.get("/changes")).status == 200
    aoki.cookies["__Host-session"] = old
    assert (await aoki.get("/changes")).place == "/sign-in"


async def test_the_end_of_office_hours_signs_out(house: House) -> None:
    """All but who is on call, and nobody else signs in."""
    people = await house.people(aoki=Role.ENTRY, bando=Role.SUPERVISION)
    house.ward.clock.set_wall(house.ward.clock.now() + 8 * HOUR * 1000)
    assert (await people["aoki"].get("/")).place == "/sign-in"
    assert Code.OFFICE_CLOSED.name in (await people["aoki"].sign_in()).text
    assert (await people["bando"].get("/")).status == 200


async def test_whoever_leaves_is_shut_out_at_once(house: House) -> None:
    """The session ends with the next request, and the passkey opens nothing."""
    people = await house.people(aoki=Role.ENTRY)
    aoki = people["aoki"]
    assert (await aoki.get("/changes")).status == 200
    await house.console.staff.leave(FIRST, "aoki")
    assert (await aoki.get("/changes")).place == "/sign-in"
    assert Code.PASSKEY_REFUSED.name in (await aoki.sign_in()).text


async def test_whoever_watches_is_ended_once_on_record(house: House) -> None:
    """The stream of somebody who left says so, and adds nothing to what the log has of the end."""
    aoki = (await house.people(aoki=Role.ENTRY))["aoki"]
    headers = {
        "Host": house.config.origin.partition("//")[2],
        "Cookie": "; ".join("=".join(one) for one in aoki.cookies.items()),
    }
    place = f"http://127.0.0.1:{house.console.port}/live/events"
    async with aiohttp.ClientSession() as browser, browser.get(place, headers=headers) as stream:
        await stream.content.readuntil(b"\n\n")
        await house.console.staff.leave(FIRST, "aoki")
        await house.ward.clock.advance(2)
        assert (await stream.text()).endswith("event: locked\ndata: \n\n")
    assert house.events(AuditEvent.SESSION_ENDED) == [(AuditEvent.SESSION_ENDED, ("aoki",), 0)]


async def test_signing_out_ends_the_session_and_is_recorded(house: House) -> None:
    """What the browser kept is told to go."""
    first = await house.first()
    await first.get("/")
    answer = await first.post("/sign-out")
    assert answer.place == "/sign-in"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert (await first.get("/")).place == "/sign-in"
    assert house.events(AuditEvent.PERSON_SIGNED_OUT) == [(AuditEvent.PERSON_SIGNED_OUT, (FIRST,), 0)]
