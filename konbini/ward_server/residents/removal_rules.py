"""The rules of removal (消除) and of what follows from it.

A removed record (除票) is kept; it stands again by a restoration (回復) or by moving in anew, and by nothing else.
Card links stay linked: the removed record bars them, and a restored one finds them again.
"""

from __future__ import annotations

from dataclasses import replace

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.bodies import Death, MovedOut, Removal, Restored
from konbini.ward_server.residents.changes import Change, ChangeKind
from konbini.ward_server.residents.effect import Effect, RecordEffect, compare
from konbini.ward_server.residents.entry import RegisterEntry, Removed
from konbini.ward_server.residents.household_rules import HEAD, succession
from konbini.ward_server.residents.record import Presence, ResidentRecord
from konbini.ward_server.residents.standing import Standing
from konbini.ward_server.residents.store import ChangeState

__all__ = ["came_back", "removed", "restored"]

_REMOVALS = frozenset({ChangeKind.REMOVAL, ChangeKind.MOVED_OUT, ChangeKind.DEATH})
_OF_THEIR_OWN = {Presence.MOVED_OUT: ChangeKind.MOVED_OUT, Presence.DIED: ChangeKind.DEATH}
"""Removals that have particulars, and so a kind of their own."""


def removed(standing: Standing, change: Change, body: Removal | MovedOut | Death) -> tuple[Effect, ...]:
    """Judge a removal; who stays in the household is written in the same change.

    Raises:
        Refused: `RESIDENT_UNKNOWN`, `CHANGED_MEANWHILE`, `CHANGE_INVALID`; `KIND_IS_ANOTHER`: a move out or a death
            without its particulars.
    """
    current = standing.present(change.resident)
    compare(current.version, change.seen)
    presence, particulars = _removal(change, body)
    gone = replace(current, version=current.version + 1, presence=presence)
    outstanding = isinstance(body, MovedOut) and body.notified is None

    def keep(entry: RegisterEntry) -> RegisterEntry:
        return replace(entry, removed=particulars, notice_outstanding=outstanding)

    return (
        RecordEffect(record=gone, individual_number=None),
        *succession(standing, current, body.remaining),
        *standing.amended(change.resident, keep),
    )


def restored(standing: Standing, change: Change, body: Restored) -> tuple[Effect, ...]:
    """Judge that a removed record stands again: the change names the removal that was a mistake.

    Raises:
        Refused: as `removed`.
    """
    current = standing.record(change.resident)
    if current is None:
        raise Refused(Code.RESIDENT_UNKNOWN)
    compare(current.version, change.seen)
    if current.presence is Presence.PRESENT or not _names_a_removal(standing, change):
        raise Refused(Code.CHANGE_INVALID, "a restoration corrects a removal")
    record = replace(
        current,
        version=current.version + 1,
        presence=Presence.PRESENT,
        leaving=None,
        household=body.household,
        order=body.order,
        relationship=body.relationship,
        head=_head_name(standing, current, body),
    )
    return (RecordEffect(record=record, individual_number=None), *standing.amended(change.resident, came_back))


def came_back(entry: RegisterEntry) -> RegisterEntry:
    """Take back what a removal kept, where the resident is one again; the versions before stay."""
    return replace(entry, removed=None, notice_outstanding=False, leaving_to=None)


def _removal(change: Change, body: Removal | MovedOut | Death) -> tuple[Presence, Removed]:
    match body:
        case MovedOut():
            removed = Removed(
                ceased=change.effective, left_on=change.effective, left_notified=body.notified, left_to=body.to
            )
            return Presence.MOVED_OUT, removed
        case Death():
            if not body.day.is_consistent():
                raise Refused(Code.CHANGE_INVALID, "the day of death and its doubt do not go together")
            return Presence.DIED, Removed(ceased=None, death=body.day)
    if body.reason is Presence.PRESENT:
        raise Refused(Code.CHANGE_INVALID, "a removal says why")
    kind = _OF_THEIR_OWN.get(body.reason)
    if kind is not None:
        raise Refused(Code.KIND_IS_ANOTHER, f"it is entered as {kind.name.lower()}, with its particulars")
    return body.reason, Removed(ceased=change.effective)


def _names_a_removal(standing: Standing, change: Change) -> bool:
    corrected = standing.reading.change(change.corrects) if change.corrects else None
    return (
        corrected is not None
        and corrected.state is ChangeState.APPROVED
        and corrected.change.kind in _REMOVALS
        and corrected.change.resident == change.resident
    )


def _head_name(standing: Standing, current: ResidentRecord, body: Restored) -> str:
    heads = [one for one in standing.household(body.household) if one.relationship == HEAD]
    return heads[0].head if heads and body.relationship != HEAD else current.name
