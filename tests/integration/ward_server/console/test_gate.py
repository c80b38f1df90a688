"""The gate: what every answer carries, whose requests pass, and how often one may ask."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import aiohttp
from multidict import CIMultiDict

from konbini.protocol.errors import Code
from konbini.ward_server.console.gate import HEADERS
from tests.integration.ward_server.console.house import House, open_house
from tests.integration.ward_server.ward import Ward


async def test_every_answer_forbids_what_is_not_its_own(house: House) -> None:
    """Pages, redirections, refusals, files, the stream, and what is nowhere or is asked for in another way."""
    first = await house.first()
    places = ("/", "/sign-in", "/static/console.css", "/static/none.css", "/act/approve", "/terminal", "/nowhere")
    answers = {place: await first.get(place) for place in places}
    answers["PUT"] = await first.ask("PUT", "/")
    for place, answer in answers.items():
        assert {name: answer.headers.get(name) for name in HEADERS} == dict(HEADERS), place


async def test_a_console_that_browsers_see_over_tls_says_so_on_every_answer(ward: Ward) -> None:
    """The stream and what is nowhere too."""
    async with open_house(ward, origin="https://console.ward.example") as house, aiohttp.ClientSession() as browser:
        first = await house.first()
        cookies = "; ".join("=".join(one) for one in first.cookies.items())
        for place in ("/", "/live/events", "/nowhere"):
            headers = {"Host": "console.ward.example", "Cookie": cookies}
            async with browser.get(f"http://127.0.0.1:{house.console.port}{place}", headers=headers) as answer:
                assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", place


async def test_another_sites_request_does_nothing(house: House) -> None:
    """Another host, another origin, another site, no token, another's token, another content type, a field twice."""
    first = await house.first()
    await first.get("/")
    form = {"token": first.token}
    for headers in (
        {"Host": "console.ward.example.evil"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = await first.ask("POST", "/lock", form, headers)
        assert answer.status == 403, headers
        assert Code.MISROUTED.name in answer.text
    for token in ("", "0" * 64):
        assert (await first.ask("POST", "/lock", {"token": token})).status == 403
    assert (await first.ask("POST", "/lock", form, {"Content-Type": "text/plain"})).status == 400
    assert (await first.get("/")).status == 200


async def test_cookies_are_this_hosts_alone(house: House) -> None:
    """__Host-, Secure, HttpOnly, SameSite=Strict."""
    browser = await house.browser()
    code = await house.console.staff.terminal_code("machine", "窓口")
    answer = await browser.enrol_terminal(code)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-terminal=")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}


async def test_whoever_asks_too_often_waits(house: House) -> None:
    """Twenty tries to enter a minute, from one address."""
    browser = await house.browser()
    statuses = [(await browser.enrol_terminal("AAAA-AAAA-AAAA-AAAA")).status for _ in range(21)]
    assert statuses == [*[409] * 20, 429]
    await house.ward.clock.advance(61)
    assert (await browser.enrol_terminal("AAAA-AAAA-AAAA-AAAA")).status == 409


async def test_the_live_page_says_first_what_is_wrong(house: House) -> None:
    """Before it says how each kiosk stands; whoever sees the page is given its stream."""
    first = await house.first()
    page = await first.get("/")
    assert page.text.index("証明書交付センターに接続していません") < page.text.index("キオスク端末")
    assert await first.reaches_stream("/live/events")


async def test_a_form_that_is_no_text_is_malformed_and_no_defect(house: House) -> None:
    """A charset that nobody knows."""
    browser = await house.browser()
    content = {"Content-Type": "application/x-www-form-urlencoded; charset=no-such-charset"}
    answer = await browser.ask("POST", "/terminal", {"code": "AAAA-AAAA-AAAA-AAAA"}, content)
    assert answer.status == 400
    assert Code.MALFORMED.name in answer.text


async def test_whoever_writes_a_proxys_header_is_still_one_address(ward: Ward) -> None:
    """What the proxy adds stands last, in a line of its own or at the end of the first."""
    async with open_house(ward, forwarded=True) as house, aiohttp.ClientSession() as browser:
        statuses = [await _enters(house, browser, (f"10.0.0.{place}", "192.0.2.1")) for place in range(11)]
        statuses += [await _enters(house, browser, (f"10.0.1.{place}, 192.0.2.1",)) for place in range(10)]
    assert statuses == [*[409] * 20, 429]


async def _enters(house: House, browser: aiohttp.ClientSession, addresses: Sequence[str]) -> int:
    """Try a code from where these lines say."""
    origin = house.config.origin
    headers = CIMultiDict({"Host": origin.partition("//")[2], "Origin": origin})
    for line in addresses:
        headers.add("X-Forwarded-For", line)
    place = f"http://127.0.0.1:{house.console.port}/terminal"
    async with browser.post(place, data={"code": "AAAA-AAAA-AAAA-AAAA"}, headers=headers) as answer:
        return answer.status


async def test_one_browser_does_not_take_every_place_of_those_who_watch(house: House) -> None:
    """Four streams of a session; the fifth is refused, and another's is not."""
    first = await house.first()
    second = await house.second()
    origin = house.config.origin
    place = f"http://127.0.0.1:{house.console.port}/live/events"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as many:
        headers = {
            "Host": origin.partition("//")[2],
            "Cookie": "; ".join("=".join(one) for one in first.cookies.items()),
        }
        opened = [await many.get(place, headers=headers) for _ in range(5)]
        assert [one.status for one in opened] == [*[200] * 4, 429]
        assert await second.reaches_stream("/live/events")
        for one in opened:
            one.close()


async def test_a_form_that_does_not_come_holds_nothing(house: House) -> None:
    """A head, one byte of a thousand, and silence: refused, and hung up on; others are served meanwhile."""
    origin = house.config.origin
    head = f"POST /terminal HTTP/1.1\r\nHost: {origin.partition('//')[2]}\r\nOrigin: {origin}\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nc"
    reader, writer = await asyncio.open_connection("127.0.0.1", house.console.port)
    writer.write(head.encode())
    assert (await (await house.browser()).get("/terminal")).status == 200
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400")
    assert Code.MALFORMED.name.encode() in answer
