"""What a world tells when it is over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from konbini.simulation.world.faults import Trouble
from konbini.simulation.world.plan import WorldPlan
from konbini.simulation.world.points import Point, Violation

__all__ = ["WorldReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldReport:
    """A run, counted.

    Attributes:
        plan: what was run.
        visits: visits begun.
        papers: sheets that came out.
        wrong_papers: sheets that showed somebody whom the one who stood there had not asked for.
        violations: what did not hold, the first hundred.
        broken: how often something did not hold.
        unsettled: what was still open after the quiet phase.
        at_stake: how often each point was looked at where it could have been broken.
        troubles: how often each kind of fault came.
        endings: how visits ended, by the word of their last screen.
        defects: exceptions that no code caught, in living processes.
        seconds: of the world.
        cpu_seconds: of this machine.
        digest: SHA-256 of all that happened, hexadecimal.
    """

    plan: WorldPlan
    visits: int
    papers: int
    wrong_papers: int
    violations: tuple[Violation, ...]
    broken: int
    unsettled: int
    at_stake: dict[Point, int]
    troubles: dict[Trouble, int]
    endings: dict[str, int]
    defects: tuple[str, ...]
    seconds: float
    cpu_seconds: float
    digest: str

    @property
    def holds(self) -> bool:
        """Whether everything held and everything settled."""
        return not (self.broken or self.unsettled or self.defects)

    @property
    def found_after(self) -> int | None:
        """After how many visits the first violation was seen; None where there was none."""
        return min((violation.visit for violation in self.violations), default=None)

    def lines(self) -> Iterator[str]:
        """Tell it to people."""
        pace = self.visits * 60 / max(self.cpu_seconds, 1e-9)
        yield self.plan.command
        yield (
            f"{self.visits:,} visits, {self.papers:,} sheets, {self.wrong_papers} wrong; {self.seconds:,.0f} seconds of"
            f" the world in {self.cpu_seconds:,.1f} of this machine ({pace:,.0f} visits a CPU-minute)"
        )
        yield "what always holds, and how often it was at stake:"
        yield from (f"  {point:<28} {count:>12,}" for point, count in self.at_stake.items())
        yield "what went wrong: " + ", ".join(f"{kind} {count}" for kind, count in self.troubles.items() if count)
        yield "how visits ended: " + ", ".join(f"{ending} {count}" for ending, count in sorted(self.endings.items()))
        yield from (f"VIOLATION {one.point} at {one.at:.3f}, visit {one.visit}: {one.what}" for one in self.violations)
        yield from (f"DEFECT {one}" for one in self.defects)
        if self.unsettled:
            yield f"UNSETTLED {self.unsettled}"
        yield f"digest {self.digest}"

    def last_line(self) -> str:
        """Tell it to programs."""
        return json.dumps(
            {
                "visits": self.visits,
                "papers": self.papers,
                "wrong_papers": self.wrong_papers,
                "violations": self.broken + len(self.defects),
                "unsettled": self.unsettled,
                "at_stake": {point.value: count for point, count in self.at_stake.items()},
                "cpu_seconds": round(self.cpu_seconds, 3),
                "digest": self.digest,
            },
            ensure_ascii=False,
        )
