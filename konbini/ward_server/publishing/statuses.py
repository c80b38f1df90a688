"""The status of each paper, out of two ledgers: the clerk's places in the status lists, and the outcomes of `issuing`.

The clerk is read first: each of its numbers was reserved at `issuing` before. Invariants: a paper is told valid only
where a kiosk's signed receipt says printed and nobody took it back; where the ledgers do not agree, nothing is told
valid; a place that was published void or withdrawn never turns back, also where a restored store has forgotten it: of
what it forgot nothing else is told than that nobody can say.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from konbini.pdf.paper_seal.status import Status, StatusList
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome
from konbini.protocol.numbers import IssuanceNumber
from konbini.ward_server.clerk.store import Place
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.ledger.outcomes import Settled

__all__ = ["check_not_back", "going_on", "statuses"]

_FINAL = frozenset((Status.VOID, Status.WITHDRAWN))


def statuses(
    listed: tuple[Place, ...],
    settled: Mapping[str, Settled],
    withdrawn: frozenset[str],
    forgotten: frozenset[int] = frozenset(),
) -> dict[int, tuple[Status, ...]]:
    """Give each incarnation's statuses, by place.

    Args:
        listed: the clerk's places.
        settled: outcomes by number.
        withdrawn: numbers that are taken back.
        forgotten: incarnations of which a restored clerk may have forgotten numbers.

    Raises:
        Refused: `EVIDENCE_MISMATCH`: a place was left out or given twice, or a number is taken back that the clerk does
            not know.
    """
    unknown = withdrawn - {place.number for place in listed}
    if any(IssuanceNumber.parse(number).incarnation not in forgotten for number in unknown):
        raise Refused(Code.EVIDENCE_MISMATCH, "a withdrawal of a number that has no place in a status list")
    found = {}
    for incarnation, group in groupby(listed, key=lambda place: place.incarnation):
        of_one = tuple(group)
        if [place.status_index for place in of_one] != list(range(len(of_one))):
            raise Refused(Code.EVIDENCE_MISMATCH, f"the places of incarnation {incarnation} are not counted through")
        found[incarnation] = tuple(
            Status.WITHDRAWN if place.number in withdrawn else _status(settled.get(place.number)) for place in of_one
        )
    return found


def _status(settled: Settled | None) -> Status:
    if settled is None:
        return Status.UNSETTLED  # the ledger was restored from a backup, or lies: nobody can say
    if settled.state is IssuanceState.VOID:
        return Status.VOID
    if settled.outcome is None or settled.outcome is Outcome.IN_DOUBT or settled.state is IssuanceState.SEALING:
        return Status.UNSETTLED
    return Status.VALID if settled.outcome is Outcome.PRINTED else Status.VOID


def going_on(before: StatusList, now: tuple[Status, ...], ended: int) -> tuple[Status, ...]:
    """Give a list that goes on from a published one, of whose first places a restored store may have forgotten some.

    No place is given to another paper: the ranges of numbers of a restored store are closed.

    Args:
        before: the list that was published.
        now: what the stores say.
        ended: how many places there were when a log ended.
    """
    kept = tuple(
        was if was in _FINAL else now[index] if index < len(now) else Status.UNSETTLED
        for index, was in enumerate(before.every()[:ended])
    )
    return kept + now[len(kept) :]


def check_not_back(before: StatusList, now: tuple[Status, ...]) -> None:
    """Compare with the list that was published before.

    Raises:
        Refused: `EVIDENCE_MISMATCH`: it was longer, or a paper that was void or withdrawn is not any more.
    """
    if before.count > len(now):
        raise Refused(Code.EVIDENCE_MISMATCH, "the list that was published before has more papers")
    for index, (was, status) in enumerate(zip(before.every(), now, strict=False)):
        if was in _FINAL and status not in _FINAL:
            raise Refused(Code.EVIDENCE_MISMATCH, f"place {index} was published as final, and is not any more")
