"""Every route as every role and as nobody: what is allowed is what docs/console-rights.md says."""

from __future__ import annotations

import re

from konbini.simulation.passkeys.browser import Answer, Browser
from konbini.ward_server.console.rights import Role
from konbini.ward_server.console.routes import Route
from tests.integration.ward_server.console.house import House
from tests.integration.ward_server.console.matrix import (
    COLUMNS,
    DOCUMENT,
    HEAD,
    allowed_by_table,
    document_rows,
    line,
    table,
    whole_table,
)

_ENTRANCES = {"/terminal", "/sign-in", "/locked"}
_FILLED = {"name": "console.css", "language": "en", "act_id": "0000000000000000"}
# What is not tried by going the way: it ends the session that the next way needs. Each has a test of its own.
_ENDS = {"/lock", "/unlock", "/sign-out", "/sign-in"}
_STREAM = "/live/events"


def test_the_document_is_the_table() -> None:
    """docs/console-rights.md has a row for each route, and no other."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text.partition(HEAD)[2] == "\n" + table(document_rows(whole_table()))


def _is_open(route: Route, answer: Answer) -> bool:
    """Say whether an answer let the way be gone, whatever came of it."""
    assert answer.status not in (429, 500), (route.path, answer.status)
    if answer.status in (401, 403):
        return False
    turned_away = answer.status == 303 and answer.place in _ENTRANCES and answer.place != route.path
    return not turned_away


async def _goes(browser: Browser, route: Route) -> bool:
    place = re.sub(r"\{(\w+)\}", lambda match: _FILLED[match[1]], route.path)
    if route.path == _STREAM:
        return await browser.reaches_stream(place)
    answer = await browser.ask(route.method, place, {"token": browser.token})
    browser.cookies.pop("__Host-language", None)
    return _is_open(route, answer)


async def _goes_everywhere(house: House, browser: Browser, column: str) -> dict[str, bool]:
    gone = {}
    for number, route in enumerate(house.console.routes):
        if number % 40 == 0:
            await house.ward.clock.advance(61)  # how often one may ask is another test's
        key = f"{route.method} {route.path}"
        if route.method == "POST" and route.path in _ENDS and column not in ("nobody", "terminal"):
            gone[key] = allowed_by_table(route)[COLUMNS.index(column)]
        else:
            gone[key] = await _goes(browser, route)
    return gone


async def test_every_route_as_everybody(house: House) -> None:
    """The generated matrix is the document's."""
    roles = {f"p-{role.name.lower()}": role for role in Role}
    routes = house.console.routes
    people = await house.people(**roles)
    locked = await house.person("p-locked", Role.ENTRY)
    await locked.get("/act")
    assert (await locked.post("/lock")).place == "/locked"
    await locked.get("/locked")
    browsers = {"nobody": await house.browser(), "terminal": await house.terminal(), "locked": locked}
    browsers |= {role.name.lower(): people[f"p-{role.name.lower()}"] for role in Role}
    gone = {}
    for column, browser in browsers.items():
        if column not in ("nobody", "terminal", "locked"):
            assert (await browser.sign_in()).place == "/"
        gone[column] = await _goes_everywhere(house, browser, column)
    rows = [
        line(
            route.method,
            route.path,
            [gone[column][f"{route.method} {route.path}"] for column in COLUMNS],
            acts=route.acts,
        )
        for route in routes
    ]
    assert table(rows) == DOCUMENT.read_text(encoding="utf-8").partition(HEAD)[2].lstrip("\n")
