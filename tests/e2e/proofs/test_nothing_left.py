"""Nothing left: after a visit, no name, address, PIN or document in what lives on, nor in any file.

The whole town runs, and the browser is Debian's Chromium, which the kiosk itself starts and ends. Every process of
the town but the ward's is scanned, and everything that any of them wrote on any file system, unlinked or not. The
same scan finds all of it while the visit lives, which is what gives the zeros their meaning (docs/proofs.md).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error, Playwright

from konbini.process.entropy import SystemEntropy
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.evidence.files import FileWatch
from konbini.simulation.evidence.markers import Marker, found
from konbini.simulation.printer.virtual import VirtualPrinter
from konbini.simulation.town.people import Townsperson
from tests.e2e.proofs.conduct import Proof, choose, lives, spoken, visits
from tests.e2e.proofs.guest import Guest, page_of
from tests.e2e.proofs.marked_card import PinCard, marked_card

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.geteuid() != 0, reason="tracing the kiosk's processes and fanotify(7) are root's"),
]

MEANT = {"kiosk host", "visit", "center", "coin device", "browser", "pcscd", "printer", "printer's bus"}


@pytest.fixture(scope="module")
def people(town: RunningTown) -> Iterator[Townsperson]:
    """Residents, each for one visit."""
    return choose(town)


@pytest.fixture
def scene(
    town: RunningTown,
    people: Iterator[Townsperson],
    strangers: frozenset[int],
    playwright: Playwright,
    debugging_port: int,
) -> Scene:
    """What visits are made in, one after another."""
    return Scene(town=town, people=people, strangers=strangers, playwright=playwright, port=debugging_port)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The town, its people in turn, and the way to its kiosk's browser."""

    town: RunningTown
    people: Iterator[Townsperson]
    strangers: frozenset[int]
    playwright: Playwright
    port: int

    def proof(self) -> tuple[Proof, PinCard]:
        """Give the visit of one more resident, and the card for it, whose keys take a while to be made."""
        person = next(self.people)
        own = marked_card(self.town.town, person, SystemEntropy())
        return Proof(town=self.town, person=person, pin=own.pin, strangers=self.strangers), own


@dataclass(kw_only=True)
class Going:
    """One visit: who goes, how, in which browser, and which process and which browsers served it."""

    scene: Scene
    proof: Proof
    guest: Guest
    browser: Browser
    serving: int = 0
    browsers: set[int] = field(default_factory=set)

    async def to_the_names(self) -> None:
        """Type the PIN, go to the check and have the names shown.

        Positive control: the browser holds the PIN while its dots stand there; the visit's process and the browser hold
        the names, and what is said of them while headphones are in.
        """
        assert await self.guest.go_to("pin") == "pin"
        await self.guest.type_pin()
        typed = await asyncio.to_thread(self.proof.browsers, self.proof.typed)
        assert any(typed.values()), typed
        assert await self.guest.go_to("check") == "check"
        await self.guest.show_names()
        assert all(each.record.name in self.guest.shown for each in self.proof.household())
        self.serving = await asyncio.to_thread(self.proof.serving)
        holding = await asyncio.to_thread(self.proof.browsers, self.proof.drawn)
        assert any(holding.values()), holding
        self.browsers |= set(holding)
        await self.listen()

    async def listen(self) -> None:
        """Plug headphones in, have the names said, and pull them out."""
        jack, page = self.scene.town.jack, self.guest.page
        jack.is_in = True
        await page.locator("#speech", has_text=spoken(self.proof.person)).wait_for(state="attached")
        saying = await asyncio.to_thread(self.proof.browsers, self.proof.said)
        assert any(saying.values()), saying
        self.guest.pages.append(await page.content())
        jack.is_in = False
        await page.locator("#speech:not([data-audio])").wait_for(state="attached")
        assert spoken(self.proof.person) not in await page.content()

    async def to_the_paper(self) -> None:
        """Pay, and take the document's marks while it is printed."""
        assert await self.guest.go_on("printing", "take paper", "refused") == "printing"
        await asyncio.to_thread(self.proof.take_document, self.serving)

    async def finish(self) -> None:
        """Take the coins out of the dish, and tap on the last screen; the browser is ended with the visit."""
        await self.scene.town.coins.hands.take_coins()
        with suppress(Error):
            await self.guest.tap("finish")


async def whole(going: Going) -> None:
    """Go through a whole visit, with two copies of a paper."""
    going.guest.copies = 2
    await going.to_the_names()
    await going.to_the_paper()
    assert await going.guest.go_to("take paper", "refused") == "take paper"
    assert await going.guest.go_on("end") == "end"
    await going.finish()


async def with_its_browser_killed(going: Going) -> None:
    """Lose the browser while it shows the names: another one shows where the visit stands, and the visit goes on."""
    await going.to_the_names()
    first = min(going.browsers)
    os.kill(first, signal.SIGKILL)
    going.browser, going.guest.page = await page_of(going.scene.playwright, going.scene.port, state="check")
    going.browsers |= set(await asyncio.to_thread(going.proof.browsers, going.proof.drawn))
    await going.to_the_paper()
    assert await going.guest.go_to("take paper", "refused") == "take paper"
    assert await going.guest.go_on("end") == "end"
    await going.finish()


async def cancelled(going: Going) -> None:
    """Change one's mind when the household stands on the screen."""
    await going.to_the_names()
    while await going.guest.state() == "check":
        await going.guest.tap("cancel")
    assert await going.guest.go_to("refused") == "refused"
    await going.finish()


async def killed(going: Going) -> None:
    """Lose the visit's process while the document is in it."""
    await going.to_the_names()
    await going.to_the_paper()
    os.kill(going.serving, signal.SIGKILL)


async def crashed(going: Going) -> None:
    """Have the visit's process fault while the document is in it: what would leave a core, if it might."""
    await going.to_the_names()
    await going.to_the_paper()
    os.kill(going.serving, signal.SIGSEGV)


async def jammed(going: Going) -> None:
    """Have the sheet jam in the printer."""
    printer = going.proof.town.printer
    printer.jam_after(0)
    await going.to_the_names()
    assert await going.guest.go_on("refused") == "refused"
    await going.finish()
    await printer.clear_jam()


async def visited(scene: Scene, course: Callable[[Going], Awaitable[None]], earlier: Sequence[Marker]) -> Proof:
    """Let one more resident come; returns the marks of that visit once the kiosk is at rest again.

    The pages that this resident is shown bear the own household's names, and nothing of anybody earlier.
    """
    browser, page = await page_of(scene.playwright, scene.port)
    assert await page.evaluate("[history.length, localStorage.length, sessionStorage.length, document.cookie]") == [
        *(1, 0, 0, ""),
    ]
    proof, own = await asyncio.to_thread(scene.proof)
    going = Going(scene=scene, proof=proof, guest=Guest(scene.town, own, page), browser=browser)
    await course(going)
    with suppress(Error):
        await going.browser.close()
    shown = "\0".join((*going.guest.pages, going.guest.shown)).encode()
    assert found(proof.markers, shown) >= proof.names
    assert found(earlier, shown) == frozenset()
    await proof.rest(going.serving)
    scene.town.printer.take_paper()
    assert not [pid for pid in going.browsers if lives(pid)]
    return proof


async def nothing_left_after(scene: Scene, *courses: Callable[[Going], Awaitable[None]]) -> None:
    """Watch visits, and look everywhere for all of them once the next one stands ready."""
    total, _ = await asyncio.to_thread(scene.proof)
    total.markers = []
    with total.watch() as watch:
        for course in courses:
            total.markers += (await visited(scene, course, total.markers)).markers
        browser, _ = await page_of(scene.playwright, scene.port)
        living = await asyncio.to_thread(total.living)
        await browser.close()
    assert {name.rpartition(" ")[0] for name in living} == MEANT
    assert all(seen.octets for seen in living.values())
    assert {name: seen.markers for name, seen in living.items() if seen.markers} == {}
    check_files(watch, total)
    check_log(total)


def check_files(watch: FileWatch, proof: Proof) -> None:
    """Nothing in any file, though journal, spool and profile were written and seen; and no process may leave a core."""
    assert not watch.overflowed
    assert any("K-0001.db" in path for path in watch.paths)
    assert any("-browser/" in path for path in watch.paths)
    assert watch.search(proof.markers) == {}
    assert not [path for path in watch.paths if Path(path).name.startswith("core")]
    assert isinstance(proof.town.printer, VirtualPrinter)
    assert list(proof.town.printer.spool.iterdir()) == []
    for pid in [proof.town.processes["kiosk"], *visits(proof.town)]:
        limits = Path(f"/proc/{pid}/limits").read_text("ascii").splitlines()
        assert [line.split()[4:6] for line in limits if line.startswith("Max core")] == [["0", "0"]]


def check_log(proof: Proof) -> None:
    """What the kernel lacks is said for each visit: here it has no secret memory, and Landlock if this one has."""
    lines = [json.loads(line) for line in (proof.town.logs / "kiosk.log").read_text().splitlines() if line[:1] == "{"]
    warm = [line for line in lines if line["event"] == "warm"]
    assert {line["kind"] for line in warm} == {"locked"}
    assert sum(line["event"] == "no secret memory in this kernel" for line in lines) >= len(warm)
    unconfined = sum(line["event"] == "no landlock in this kernel" for line in lines)
    assert unconfined >= sum(line["state"] == "not_confined" for line in warm)


async def test_a_day_at_the_kiosk(scene: Scene) -> None:
    """A jam, a browser that dies, and a whole visit: then nothing but their paper."""
    await nothing_left_after(scene, jammed, with_its_browser_killed, whole)


@pytest.mark.long
async def test_a_longer_day_at_the_kiosk(scene: Scene) -> None:
    """And a change of mind, and a process that dies with the document in it."""
    await nothing_left_after(scene, jammed, with_its_browser_killed, cancelled, crashed, whole)


@pytest.mark.long
@pytest.mark.parametrize("course", [whole, with_its_browser_killed, cancelled, killed, crashed, jammed])
async def test_one_visit(course: Callable[[Going], Awaitable[None]], scene: Scene) -> None:
    """The same after each of them alone: what a later visit would overwrite is still to be seen."""
    await nothing_left_after(scene, course)
