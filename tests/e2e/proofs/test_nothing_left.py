"""Nothing left: after a visit, no name, address, PIN or document in what lives on, nor in any file.

The whole town runs, and the browser is Debian's Chromium, which the kiosk itself starts and ends. Every process of
the town but the ward's is scanned, and everything that any of them wrote on any file system, unlinked or not. The
same scan finds all of it while the visit lives, which is what gives the zeros their meaning (docs/proofs.md).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Error, Playwright

from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.evidence.files import FileWatch
from konbini.simulation.printer.virtual import VirtualPrinter
from konbini.simulation.town.people import Townsperson
from tests.e2e.proofs.conduct import Proof, choose, visits
from tests.e2e.proofs.guest import Guest, page_of

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="tracing the kiosk's processes and fanotify(7) are root's"),
]

MEANT = {"kiosk host", "visit", "center", "coin device", "browser", "pcscd", "printer", "printer's bus"}


@pytest.fixture(scope="module")
def people(town: RunningTown) -> Iterator[Townsperson]:
    """Residents, each for one visit."""
    return choose(town)


@pytest.fixture
def proof(town: RunningTown, people: Iterator[Townsperson], strangers: frozenset[int]) -> Proof:
    """Return the visit of one more resident."""
    return Proof(town=town, person=next(people), strangers=strangers)


async def whole(proof: Proof, guest: Guest) -> int:
    """Go through a whole visit; gives the process that served it."""
    assert await guest.go_to("check") == "check"
    await guest.show_names()
    assert all(each.record.name in guest.shown for each in proof.household())
    serving = proof.serving()
    await browser_holds_names(proof)
    assert await guest.go_on("take paper", "refused") == "take paper"
    proof.take_document(serving)
    assert {name for name in proof.look(serving).markers if name.startswith("document")}
    assert await guest.go_on("end") == "end"
    with suppress(Error):  # the browser is ended with the visit
        await guest.tap("finish")
    return serving


async def cancelled(proof: Proof, guest: Guest) -> int:
    """Change one's mind when the household stands on the screen."""
    await guest.go_to("check")
    await guest.show_names()
    serving = proof.serving()
    while await guest.state() == "check":
        await guest.tap("cancel")
    assert await guest.go_to("refused") == "refused"
    with suppress(Error):
        await guest.tap("finish")
    return serving


async def killed(proof: Proof, guest: Guest) -> int:
    """Lose the visit's process while the document is in it."""
    await guest.go_to("check")
    await guest.show_names()
    serving = proof.serving()
    assert await guest.go_on("take paper", "refused") == "take paper"
    proof.take_document(serving)
    os.kill(serving, signal.SIGKILL)
    proof.town.printer.take_paper()
    return serving


async def jammed(proof: Proof, guest: Guest) -> int:
    """Have the sheet jam in the printer."""
    proof.town.printer.jam_after(0)
    await guest.go_to("check")
    await guest.show_names()
    serving = proof.serving()
    assert await guest.go_on("refused") == "refused"
    with suppress(Error):
        await guest.tap("finish")
    await proof.town.printer.clear_jam()
    proof.town.printer.take_paper()
    return serving


async def browser_holds_names(proof: Proof) -> None:
    """Positive control: a process of the browser holds every name while the screen shows them."""
    seen = {name: each for name, each in proof.living().items() if name.startswith("browser")}
    assert any(each.markers & proof.names for each in seen.values()), seen


async def nothing_left_after(
    course: Callable[[Proof, Guest], Awaitable[int]],
    proof: Proof,
    playwright: Playwright,
    port: int,
) -> None:
    """Watch one visit, and look everywhere once the next one stands ready."""
    browser, page = await page_of(playwright, port)
    with proof.watch() as watch:
        serving = await course(proof, Guest(proof.town, proof.person, page))
        with suppress(Error):
            await browser.close()
        await proof.rest(serving)
        browser, _ = await page_of(playwright, port)
        living = proof.living()
        await browser.close()
    assert {name.rpartition(" ")[0] for name in living} == MEANT
    assert all(seen.octets for seen in living.values())
    assert {name: seen.markers for name, seen in living.items() if seen.markers} == {}
    check_files(watch, proof)


def check_files(watch: FileWatch, proof: Proof) -> None:
    """Nothing in any file, though journal, spool and profile were written and seen."""
    assert not watch.overflowed
    assert any("K-0001.db" in path for path in watch.paths)
    assert any("-browser/" in path for path in watch.paths)
    assert watch.search(proof.markers) == {}
    assert isinstance(proof.town.printer, VirtualPrinter)
    assert list(proof.town.printer.spool.iterdir()) == []
    for pid in [proof.town.processes["kiosk"], *visits(proof.town)]:
        limits = Path(f"/proc/{pid}/limits").read_text("ascii").splitlines()
        assert [line.split()[4:6] for line in limits if line.startswith("Max core")] == [["0", "0"]]


async def test_a_whole_visit(proof: Proof, playwright: Playwright, debugging_port: int) -> None:
    """A household is shown by name, ordered, printed and taken: then nothing of it is anywhere but on the paper."""
    await nothing_left_after(whole, proof, playwright, debugging_port)


async def test_a_killed_visit(proof: Proof, playwright: Playwright, debugging_port: int) -> None:
    """The same where the process had no time to wipe: its memory goes with it."""
    await nothing_left_after(killed, proof, playwright, debugging_port)


@pytest.mark.long
@pytest.mark.parametrize("course", [cancelled, jammed])
async def test_a_visit_without_paper(
    course: Callable[[Proof, Guest], Awaitable[int]],
    proof: Proof,
    playwright: Playwright,
    debugging_port: int,
) -> None:
    """The same after a change of mind and after a jam."""
    await nothing_left_after(course, proof, playwright, debugging_port)
