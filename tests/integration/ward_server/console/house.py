"""A ward with its console, and people who use it: each at a browser of their own, with a passkey of their own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

from konbini.process.tasks import StandingTasks
from konbini.protocol.shape import from_bytes
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.passkeys.browser import Answer, Browser
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.console import main
from konbini.ward_server.console.config import ConsoleConfig, read_config
from konbini.ward_server.console.office import Office
from konbini.ward_server.console.rights import Role
from konbini.ward_server.console.staff import MACHINE, StaffChange, StaffKind
from konbini.ward_server.signed_acts.roll import Enrolment
from tests.integration.ward_server.ward import BY_ITSELF, Ward

__all__ = ["BEGINS", "ENDS", "FIRST", "House", "office", "open_house", "waiting_id"]

FIRST = "sato"
SECOND = "suzuki"
BEGINS, ENDS = 20261120, 20270331


def office() -> Office:
    """Give hours of a weekday; nobody is on call but supervision."""
    return Office(opens=8 * 60, closes=19 * 60, days=frozenset(range(5)), on_call=frozenset({Role.SUPERVISION}))


@dataclass(kw_only=True)
class House:
    """A running console and its people."""

    ward: Ward
    config: ConsoleConfig
    entropy: SeededEntropy
    console: main.Console
    ending: AsyncExitStack
    browsers: dict[str, Browser] = field(default_factory=dict)

    async def browser(self) -> Browser:
        """Open a browser at a terminal that nobody enrolled."""
        browser = Browser(origin=self.config.origin, port=self.console.port, entropy=self.entropy)
        return await self.ending.enter_async_context(browser)

    async def terminal(self) -> Browser:
        """Open a browser at an enrolled terminal."""
        browser = await self.browser()
        code = await self.console.staff.terminal_code(MACHINE, "窓口")
        await browser.enrol_terminal(code)
        return browser

    async def first(self) -> Browser:
        """Name the first administrator at the machine, and let them enrol and sign in."""
        code, terminal = await self.console.staff.name_first(FIRST, "佐藤 一", "窓口1")
        browser = await self.browser()
        assert (await browser.enrol_terminal(terminal)).place == "/sign-in"
        assert (await browser.enrol(FIRST, code)).place == "/sign-in"
        assert (await browser.sign_in()).place == "/"
        self.browsers[FIRST] = browser
        return browser

    async def second(self) -> Browser:
        """Let the first enter a second administrator, the machine agree, and the second enrol and sign in."""
        return await self.person(SECOND, Role.ADMINISTRATION, agreed_by=MACHINE)

    async def person(self, person: str, *roles: Role, agreed_by: str = SECOND) -> Browser:
        """Have a person entered by the first administrator and agreed to, and let them enrol and sign in."""
        change = StaffChange(
            kind=StaffKind.ENROL, person=person, name=f"{person}さん", roles=roles, begins=BEGINS, ends=ENDS
        )
        change_id, half = await self.console.staff.enter(FIRST, change)
        code = half + await self.console.staff.agree(agreed_by, change_id)
        browser = await self.terminal()
        assert (await browser.enrol(person, code)).place == "/sign-in"
        assert (await browser.sign_in()).place == "/", person
        self.browsers[person] = browser
        return browser

    async def people(self, **roles: Role) -> dict[str, Browser]:
        """Have two administrators, and a person of one role each."""
        await self.first()
        await self.second()
        return {name: await self.person(name, role) for name, role in roles.items()}

    async def sign_acts(self, *but: str) -> None:
        """Have the processes believe the passkeys of everybody here, and take acts signed alone from now on."""
        found = self.ward.rows("console", "SELECT person, credential, public_key FROM passkey WHERE ended = 0")
        enrolments = [
            Enrolment(person=person, credential=bytes(credential), public_key=bytes(key), until=ENDS)
            for person, credential, key in found
            if person not in but
        ]
        await self.ward.sign_acts(self.config.origin, enrolments)

    async def finished(self, browser: Browser, act: str, preview: Answer) -> Answer:
        """Confirm an act that waits for other processes, and let the time pass that it takes."""
        found = re.search(rf'action="(/act/{act}/[0-9a-f]+)"', preview.text)
        assert found is not None, preview.text
        confirming = await browser.post(found[1], answer=browser.authenticator.get(preview.options))
        assert confirming.place == found[1]
        await self.ward.go_on_until(lambda: not self.console.acts.running)
        return await browser.get(found[1])

    def events(self, *wanted: AuditEvent) -> list[tuple[AuditEvent, tuple[str, ...], int]]:
        """Give the console's log: event, persons, code; of these events, or all but what it judges by itself."""
        rows = self.ward.rows("console", "SELECT entry FROM audit_entry ORDER BY position")
        entries = [from_bytes(AuditEntry, bytes(data)) for (data,) in rows]
        of_these = wanted or set(AuditEvent) - BY_ITSELF
        return [(one.event, one.operators, one.code) for one in entries if one.event in of_these]


def waiting_id(done: Answer) -> str:
    """Give the id under which waits what somebody entered, as the page of it says."""
    found = re.search(r"承認待ちの番号</dt><dd>([0-9a-f]{16})", done.text)
    assert found is not None, done.text
    return found[1]


@asynccontextmanager
async def open_house(ward: Ward, *, forwarded: bool = False, origin: str = "") -> AsyncIterator[House]:
    """Serve a console beside a ward, on the ward's clock; `forwarded`: behind a proxy; `origin`: another's than its."""
    found = read_config(ward.town.configs / "console.toml")
    config = replace(found, office=office(), forwarded=forwarded, origin=origin or found.origin)
    entropy = SeededEntropy(7)
    async with AsyncExitStack() as ending:
        tasks = StandingTasks()
        console = await ending.enter_async_context(main.serve(config, ward.clock, entropy, tasks))
        yield House(ward=ward, config=config, entropy=entropy, console=console, ending=ending)
