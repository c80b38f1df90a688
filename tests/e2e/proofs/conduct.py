"""How the proof of "nothing left" is conducted: what is looked for, where, and when the kiosk counts as at rest."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from konbini.kiosk.session.look import Language
from konbini.kiosk.speech.script import Script
from konbini.kiosk.speech.texts import spoken_texts
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.evidence.files import FileWatch
from konbini.simulation.evidence.markers import Marker, of_bytes, of_text, tells
from konbini.simulation.evidence.memory import Process, Seen, copied, descendants, runs, search, stopped
from konbini.simulation.town.people import Townsperson
from konbini.simulation.town.typeface import TYPEFACE

__all__ = ["Proof", "choose", "kept_out", "lives", "role", "spoken", "visits"]

_LOOK_SECONDS = 0.05
_REST_SECONDS = 90.0
_SLICES = 12
_JAPANESE = Script(language=Language.JAPANESE, texts=spoken_texts()[Language.JAPANESE])
_RENDERER = "--type=renderer"
_WARD = ("registry", "clerk", "issuing", "console")
_ROLES = (
    ("tests.e2e.proofs.older_kernel", "kiosk host"),
    ("tests.e2e.proofs.marked_visit", "visit"),
    ("konbini.issuance_center", "center"),
    ("konbini.simulation.cash", "coin device"),
    ("chromium", "browser"),
    ("pcscd", "pcscd"),
    ("ippeveprinter", "printer"),
    ("dbus-daemon", "printer's bus"),
)


def role(process: Process) -> str:
    """Name a process; one that is not known keeps its command, so that nothing is passed over."""
    return next((name for word, name in _ROLES if word in process.command), process.command)


def kept_out(town: RunningTown) -> frozenset[int]:
    """Give the processes that may know a resident: the ward's three, and the driver of the person's eyes and hands."""
    drivers = {each.pid for each in descendants(os.getpid()) if "playwright/driver" in each.command}
    return frozenset(town.processes[name] for name in _WARD) | drivers


def visits(town: RunningTown) -> set[int]:
    """Give the processes of visits."""
    return {each.pid for each in descendants(town.processes["kiosk"]) if role(each) == "visit"}


def lives(pid: int) -> bool:
    """Say whether a process still has memory; one that only waits to be reaped has none (proc(5))."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def choose(town: RunningTown) -> Iterator[Townsperson]:
    """Give residents of whole households with long names, of which no two share a name or an address.

    An ordinary short word would be no marker, and what two of them share would not say whose it is. Readings likewise.
    """
    people = town.town.population
    taken: set[str] = set()
    for person in people.plain_holders():
        members = [each.record for each in people.people if each.record.household == person.record.household]
        texts = {person.record.address, *(text for each in members for text in (each.name, each.reading))}
        if len(members) > 1 and all(map(tells, texts)) and not texts & taken:
            taken |= texts
            yield person


def spoken(person: Townsperson) -> str:
    """Give a resident's name as the audio guide's list has it, mora by mora."""
    return " ".join(_JAPANESE.person(person.record.name, person.record.reading))


@dataclass(kw_only=True)
class Proof:
    """One visit of one resident, watched.

    `pin`: of the card that is laid down.
    `strangers`: processes that ran here before the town did, and are no part of it.

    Searching takes seconds and is done in a thread: the kiosk's small devices (switch, bell, jack) answer from the
    test's own loop, and a switch that is silent is an open door.
    """

    town: RunningTown
    person: Townsperson
    pin: str
    strangers: frozenset[int]
    markers: list[Marker] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Take what is known beforehand."""
        record = self.person.record
        for number, member in enumerate(self.household(), 1):
            self.markers += of_text(f"name {number}", member.record.name)
            self.markers += of_text(f"reading {number}", member.record.reading)
            self.markers += of_text(f"said {number}", spoken(member))
        self.markers += of_text("address", record.address)
        self.markers += of_text("PIN", self.pin)

    def household(self) -> list[Townsperson]:
        """Give everybody of the household."""
        everybody = self.town.town.population.people
        return [each for each in everybody if each.record.household == self.person.record.household]

    @property
    def names(self) -> frozenset[str]:
        """The names' markers, as UTF-8."""
        return frozenset(f"name {number}, UTF-8" for number in range(1, len(self.household()) + 1))

    @property
    def typed(self) -> frozenset[str]:
        """The PIN's markers."""
        return frozenset(each.name for each in of_text("PIN", self.pin))

    def watch(self) -> FileWatch:
        """Watch every file system for what processes of the town write, the ward's and the paper itself excepted."""
        known: dict[int, bool] = {}

        def concerns(pid: int) -> bool:
            if pid not in known:
                out = kept_out(self.town) | self.strangers | {os.getpid()}
                known.update((each.pid, each.pid not in out) for each in descendants(os.getpid()))
                known.setdefault(pid, False)
            return known[pid]

        root = str(self.town.town.root.absolute())
        places = [Path("/"), Path("/dev/shm")]  # noqa: S108 - watched, not written
        return FileWatch(places, concerns=concerns, stays=lambda path: path.startswith(root))

    def serving(self) -> int:
        """Give the process that serves this visit: the one that holds the names; the warm one must not."""
        found = {pid: self.look(pid).markers for pid in visits(self.town)}
        holding = [pid for pid, names in found.items() if names]
        assert len(holding) == 1, found
        assert found[holding[0]] >= self.names
        readings = {name.partition(",")[0] for name in found[holding[0]] if name.startswith("reading")}
        assert len(readings) == len(self.household()), readings
        return holding[0]

    def look(self, pid: int) -> Seen:
        """Scan one process as it was at one moment."""
        return _look(pid, self.markers)

    def take_document(self, pid: int) -> None:
        """Take slices of the document, as markers, from the memory of the one process that may hold it, as it prints.

        Positive control: the search that will have to find none of them finds every one of them there.
        """
        # The browser draws names with the typeface that the paper carries a part of.
        typeface = TYPEFACE.read_bytes()
        with stopped(pid):
            memory = copied(pid)
        documents = {whole for run in runs(memory, b"%PDF-", b"%%EOF\n") if (whole := _signed_whole(run))}
        assert documents
        for document in documents:
            own = list(of_bytes(f"document {len(document)}", document, _SLICES, public=typeface))
            assert len(own) == _SLICES
            assert search(memory, own).markers == {each.name for each in own}
            self.markers += own

    @property
    def drawn(self) -> frozenset[str]:
        """The names as a browser that draws them holds them; the UTF-8 of an answer may be gone by then."""
        return frozenset(name.replace("UTF-8", "UTF-16LE") for name in self.names)

    @property
    def said(self) -> frozenset[str]:
        """The names as a browser that is to say them holds them."""
        return frozenset(name.replace("name", "said") for name in self.drawn)

    def browsers(self, names: frozenset[str]) -> dict[int, bool]:
        """Give the processes of the browser that stands there, and which of those that draw hold such a marker.

        These are looked for and no others: whoever stands there has a minute before the page asks.
        """
        wanted = [each for each in self.markers if each.name in names]
        found = [each for each in descendants(self.town.processes["kiosk"]) if role(each) == "browser"]
        return {each.pid: _RENDERER in each.command and bool(_look(each.pid, wanted).markers) for each in found}

    async def rest(self, gone: int) -> None:
        """Wait until that visit's process is gone, another serves, and one more is warm."""
        async with asyncio.timeout(_REST_SECONDS):
            while Path(f"/proc/{gone}").exists() or len(visits(self.town)) < 2:  # noqa: ASYNC110 - other programs
                await asyncio.sleep(_LOOK_SECONDS)

    def living(self) -> dict[str, Seen]:
        """Scan everything that lives on, each process held still in turn, for this visit's markers.

        A process that ends before its turn, as helpers of a browser do, has no memory to be scanned any more.
        """
        out = kept_out(self.town) | self.strangers
        processes = [each for each in descendants(os.getpid()) if each.pid not in out]
        seen = {}
        for each in processes:
            with suppress(ProcessLookupError, FileNotFoundError):
                seen[f"{role(each)} {each.pid}"] = self.look(each.pid)
        return seen


def _look(pid: int, markers: Sequence[Marker]) -> Seen:
    with stopped(pid):
        memory = copied(pid)
    return search(memory, markers)


def _signed_whole(run: bytes) -> bytes:
    """Give the document that a run of octets begins with, as long as its signature's /ByteRange says; or nothing.

    Memory that was given back holds copies which are partly written over: what the signature does not vouch for
    (RFC 5652, 11.2: the message digest among the signed attributes) is not the document.
    """
    said = re.search(rb"/ByteRange *\[ *0 +(\d+) +(\d+) +(\d+)", run)
    if said is None:
        return b""
    before, after, length = (int(each) for each in said.groups())
    digest = hashlib.sha256(run[:before] + run[after : after + length]).hexdigest()
    vouches = digest.encode("ascii") in run[before:after].lower()
    return run[: after + length] if vouches else b""
