"""The checker: looks at each sheet, each completion, each visit's end, and at everything once all is quiet.

It sees what nobody in the world sees: who stands at a kiosk, what lies in every store, what operators were told. It
asks no service anything.

Limits: what a sheet shows is read from the page that the printer was handed, not from its dots.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from konbini.process.tree_rows import verify_tree
from konbini.protocol.errors import Refused
from konbini.protocol.kinds import Outcome
from konbini.simulation.world.disk import Disk
from konbini.simulation.world.ground import Ground
from konbini.simulation.world.papers.printed import Subject, number_on, subjects_on
from konbini.simulation.world.points import Findings, Point
from konbini.simulation.world.processes import Process
from konbini.simulation.world.truth import Truth
from konbini.simulation.world.wards import WardGround
from konbini.ward_server.issuing.ledger.issuances import IssuanceState

__all__ = ["Checker", "KioskBooks", "Sheet", "Standing"]

_LOOKED_BACK = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who stands at a kiosk.

    Attributes:
        ward: the municipality code of the ward whose card they hold.
        resident: their number there.
    """

    ward: str
    resident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet that came out of a printer.

    Attributes:
        kiosk: whose printer.
        content: the page's bytes.
        standing: who stood there; None where nobody did.
    """

    kiosk: str
    content: bytes
    standing: Standing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskBooks:
    """What a kiosk's journal and devices say when all is quiet.

    Attributes:
        kiosk: its id.
        disk: its journal.
        taken: yen that people put in, by their own count.
        returned: yen that they got back.
        owed: yen that the device could not pay out.
    """

    kiosk: str
    disk: Disk
    taken: int
    returned: int
    owed: int


@dataclass(eq=False)
class Checker:
    """Holds the world against the points.

    Args:
        ground: what it looks into.
        truths: of each ward, by its code.
        now: seconds of the world.
    """

    ground: Ground
    truths: dict[str, Truth]
    now: Callable[[], float]
    findings: Findings = field(default_factory=Findings)
    _issued: dict[str, float] = field(default_factory=dict)
    _pages: dict[tuple[str, str], set[bytes]] = field(default_factory=dict)
    _builds: dict[str, int] = field(default_factory=dict)

    def watch(self) -> None:
        """Look at each commit from now on."""
        for ward in self.ground.wards:
            ward.disks["issuing"].committed = partial(self._issuing_committed, ward)

    def _issuing_committed(self, ward: WardGround, writer: Process, steps: tuple[str, ...]) -> None:
        if "complete" not in steps:
            return
        if len(ward.issuing) > 1:
            self._one_build(ward, writer)
        newest = ward.disks["issuing"].query(
            "SELECT number FROM issuance WHERE state = ? ORDER BY rowid DESC LIMIT ?",
            (IssuanceState.ISSUED, _LOOKED_BACK),
        )
        for (number,) in newest:
            self._issued.setdefault(f"{ward.town.ward.code} {number}", self.now())

    def _one_build(self, ward: WardGround, writer: Process) -> None:
        """No server completes with an older build than another has completed with before."""
        code = ward.town.ward.code
        newest = self._builds.setdefault(code, writer.build)
        self._hold(
            Point.ONE_BUILD,
            holds=writer.build >= newest,
            what=f"{writer.name} completes with build {writer.build} after build {newest}",
        )
        self._builds[code] = max(newest, writer.build)

    def sheet_out(self, sheet: Sheet) -> None:
        """Look at a sheet that came out: before whom, where somebody stands there, and what it shows."""
        self.findings.papers += 1
        paper = self._read(sheet)
        if paper is None:
            return
        number, subjects = paper
        if sheet.standing is not None:
            self._of(sheet, sheet.standing, number, subjects)
        ward = next((code for code in self.truths if f"{code} {number}" in self._issued), None)
        if ward is None:
            self._hold(Point.RIGHT_PERSON, holds=False, what=f"{sheet.kiosk}: {number} was never issued")
            return
        self._once(ward, number, sheet.content)

    def sheet_taken(self, sheet: Sheet) -> None:
        """Look at a sheet that somebody took who is no staff."""
        paper = self._read(sheet)
        if paper is not None and sheet.standing is not None:
            self._of(sheet, sheet.standing, *paper)

    def _read(self, sheet: Sheet) -> tuple[str, tuple[Subject, ...]] | None:
        try:
            return number_on(sheet.content) or "", subjects_on(sheet.content)
        except Refused as refused:
            self._hold(Point.RIGHT_PERSON, holds=False, what=f"{sheet.kiosk}: not a page of a paper: {refused.code}")
            return None

    def _of(self, sheet: Sheet, standing: Standing, number: str, subjects: tuple[Subject, ...]) -> None:
        """Hold a sheet against the person who stands before it."""
        truth = self.truths[standing.ward]
        household = truth.household(standing.resident)
        completed = self._issued.get(f"{standing.ward} {number}")
        shown = [truth.whose(subject, household) for subject in subjects]
        right = completed is not None and bool(subjects) and None not in shown
        if not right:
            self.findings.wrong_papers += 1
        self._hold(
            Point.RIGHT_PERSON,
            holds=right,
            what=f"{sheet.kiosk}: {number} shows {subjects} to {standing}; issued: {completed}",
        )
        for subject, resident in zip(subjects, shown, strict=True):
            if resident is None or completed is None:
                continue
            if (stale := truth.stale(resident, subject.name, completed)) is not None:
                self._hold(Point.FRESH, holds=not stale, what=f"{number} shows {subject}, which is stale")
            if (held := truth.restricted(resident, completed)) is not None:
                self._hold(Point.PROTECTED, holds=not held, what=f"{number} shows {resident}, who is held back")

    def _once(self, ward: str, number: str, content: bytes) -> None:
        """Each page of a number comes out once at most."""
        seen = self._pages.setdefault((ward, number), set())
        self._hold(Point.TIME_OUT, holds=content not in seen, what=f"a page of {number} came out twice")
        seen.add(content)

    def visit_ended(self, kiosk: Disk, ward: str, marks: tuple[bytes, ...]) -> None:
        """Look into a kiosk's journal when a visit has ended, for what names the person; and at the ward's servers."""
        image = kiosk.image()
        self._hold(Point.NOTHING_LEFT, holds=not any(mark in image for mark in marks), what=f"{kiosk.name}: a name")
        disk = next(one for one in self.ground.wards if one.town.ward.code == ward).disks["issuing"]
        members = disk.query("SELECT version, migrations, configuration, topology FROM member WHERE gone = 0")
        if len(members) > 1:
            builds = len(set(members))
            self._hold(Point.ONE_BUILD, holds=builds == 1, what=f"{disk.name}: {builds} builds serve")

    def all_quiet(self, kiosks: tuple[KioskBooks, ...]) -> None:
        """Look at everything, after the quiet phase."""
        for books in kiosks:
            self._settled(books)
        for ward in self.ground.wards:
            for disk in ward.disks.values():
                self._unchanged(disk)
        self._unchanged(self.ground.center_disk)
        self._blind()

    def unsettled(self, kiosks: tuple[KioskBooks, ...]) -> int:
        """Count what is not settled yet: orders without an outcome, receipts without a FINAL, visits open."""
        return sum(
            books.disk.query(statement)[0][0]
            for books in kiosks
            for statement in (
                "SELECT count(*) FROM receipt WHERE final_index IS NULL",
                "SELECT count(*) FROM paper_order LEFT JOIN receipt USING (visit_id, ordinal) WHERE signed IS NULL",
                "SELECT count(*) FROM visit WHERE ended = 0",
            )
        )

    def _settled(self, books: KioskBooks) -> None:
        """Hold a kiosk's journal against its ward's ledger, and both against the money.

        An order that a person must settle may differ by its fee, and one that owes by what it owes.
        """
        least = most = 0
        for visit, ordinal, outcome, fee, ward in books.disk.query(
            "SELECT v.visit, r.ordinal, r.outcome, o.fee, v.ward FROM receipt r JOIN visit v USING (visit_id)"
            " JOIN paper_order o USING (visit_id, ordinal) WHERE r.final_index IS NOT NULL"
        ):
            issuing = next(one for one in self.ground.wards if one.town.ward.code == ward).disks["issuing"]
            there = issuing.query("SELECT outcome FROM receipt WHERE visit = ? AND ordinal = ?", (visit, ordinal))
            self._hold(
                Point.NOTHING_LOST,
                holds=[outcome] == [one for (one,) in there],
                what=f"{books.kiosk}: the ward has {there} where it acknowledged {outcome}",
            )
            least += fee if outcome == Outcome.PRINTED else 0
            most += fee if outcome in (Outcome.PRINTED, Outcome.IN_DOUBT) else 0
            self.findings.at_stake[Point.PAID_IFF_PRINTED] += 1
        kept = books.taken - books.returned
        self._hold(
            Point.PAID_IFF_PRINTED,
            holds=least <= kept <= most + books.owed,
            what=f"{books.kiosk}: {books.taken} in, {books.returned} out, {books.owed} owed; {least} to {most} due",
        )

    def _unchanged(self, disk: Disk) -> None:
        """Walk a log, and hold its checkpoints against it."""
        try:
            size, _root = disk.look(verify_tree)
        except Refused as refused:
            self._hold(Point.NOTHING_CHANGED, holds=False, what=f"{disk.name}: {refused.detail}")
        else:
            self.findings.at_stake[Point.NOTHING_CHANGED] += size

    def _blind(self) -> None:
        """Look for everybody's name and address in all that the center keeps."""
        image = self.ground.center_disk.image()
        for ward in self.ground.wards:
            for person in ward.town.population.people:
                record = person.record
                seen = record.name.encode() in image or record.address.encode() in image
                self._hold(Point.BLIND_CENTER, holds=not seen, what=f"the center keeps {record.resident}")

    def _hold(self, point: Point, *, holds: bool, what: str) -> None:
        self.findings.hold(point, holds, self.now(), what)
