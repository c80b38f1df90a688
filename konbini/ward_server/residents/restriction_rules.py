"""The rules of protective measures (支援措置) and holds (発行抑止): each ends by its own release, and by nothing else.

A measure is known by its application number, and every change of it is compared with its version: a release that was
prepared before a renewal is refused, and a release of one application never touches another. A planned end that has
passed ends nothing.
"""

from __future__ import annotations

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.bodies import Restriction
from konbini.ward_server.residents.changes import Change, ChangeKind
from konbini.ward_server.residents.effect import compare
from konbini.ward_server.residents.feed import FeedKind
from konbini.ward_server.residents.standing import Standing
from konbini.ward_server.residents.store import StoredRestriction

__all__ = ["restricted"]

_BEGINS = frozenset({ChangeKind.MEASURE_SET, ChangeKind.MEASURE_ANEW, ChangeKind.HOLD_SET})
_ENDS = frozenset({ChangeKind.MEASURE_RELEASED, ChangeKind.HOLD_RELEASED})
_HOLDS = frozenset({ChangeKind.HOLD_SET, ChangeKind.HOLD_RELEASED})


def restricted(standing: Standing, change: Change, body: Restriction) -> StoredRestriction:
    """Judge a change of one measure or hold.

    Raises:
        Refused: `RESIDENT_UNKNOWN`, `CHANGED_MEANWHILE`, `CHANGE_INVALID`.
    """
    if standing.record(change.resident) is None:
        raise Refused(Code.RESIDENT_UNKNOWN)
    kind = FeedKind.HOLD if change.kind in _HOLDS else FeedKind.MEASURE
    current = standing.reading.restriction(change.resident, kind, body.name)
    compare(0 if current is None else current.version, change.seen)
    if (current is None) != (change.kind in _BEGINS):
        raise Refused(Code.CHANGE_INVALID, "a measure is set once and under a number of its own")
    if current is not None and not current.in_force:
        raise Refused(Code.CHANGE_INVALID, "this measure is released; applied for anew it has another number")
    if change.kind is ChangeKind.MEASURE_ANEW and not _stands(standing, change.resident):
        raise Refused(Code.CHANGE_INVALID, "applied for anew while none stands")
    ends = change.kind in _ENDS
    return StoredRestriction(
        resident=change.resident,
        kind=kind,
        name=body.name,
        version=change.seen + 1,
        in_force=not ends,
        planned_end=current.planned_end if ends and current else body.planned_end,
        begun=current.begun if current else body.begun or change.effective,
        ended=change.effective if ends else None,
        category=body.category or (current.category if current else None),
        protection=body.protection or (current.protection if current else None),
        remark=body.remark or (current.remark if current else ""),
    )


def _stands(standing: Standing, resident: str) -> bool:
    restrictions = standing.reading.restrictions(resident)
    return any(one.in_force and one.kind is FeedKind.MEASURE for one in restrictions)
