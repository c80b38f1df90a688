"""Many worlds' reports as one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from konbini.simulation.world.faults import Trouble
from konbini.simulation.world.plan import Cryptography
from konbini.simulation.world.points import Point
from konbini.simulation.world.report import WorldReport

__all__ = ["joined"]


def joined(reports: Sequence[WorldReport]) -> WorldReport:
    """Add reports up; the plan is the first one's with all visits, the digest that of all digests in their order.

    Where worlds differ in their cryptography, the plan leaves it to each one's seed.

    Raises:
        ValueError: there is none.
    """
    if not reports:
        raise ValueError("no world was run")
    first = reports[0]
    sorts = {report.plan.cryptography for report in reports}
    visits = sum(report.visits for report in reports)
    endings = sorted({ending for report in reports for ending in report.endings})
    return WorldReport(
        plan=replace(
            first.plan,
            visits=sum(report.plan.visits for report in reports),
            cryptography=first.plan.cryptography if len(sorts) == 1 else Cryptography.AUTO,
        ),
        visits=visits,
        papers=sum(report.papers for report in reports),
        wrong_papers=sum(report.wrong_papers for report in reports),
        violations=tuple(violation for report in reports for violation in report.violations),
        broken=sum(report.broken for report in reports),
        unsettled=sum(report.unsettled for report in reports),
        at_stake={point: sum(report.at_stake[point] for report in reports) for point in Point},
        troubles={kind: sum(report.troubles[kind] for report in reports) for kind in Trouble},
        endings={ending: sum(report.endings.get(ending, 0) for report in reports) for ending in endings},
        defects=tuple(defect for report in reports for defect in report.defects),
        seconds=sum(report.seconds for report in reports),
        cpu_seconds=sum(report.cpu_seconds for report in reports),
        digest=hashlib.sha256("".join(report.digest for report in reports).encode()).hexdigest(),
    )
