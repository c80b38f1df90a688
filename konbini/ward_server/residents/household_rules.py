"""The rules of households (世帯): one head, an order of its own for each member, one address, one head's name.

`check_households` holds for every change that writes records, whatever its kind: a household that a change touches is
consistent afterwards, or the change is refused. What it does not touch it does not judge, so that a household that was
taken over inconsistent bars no change of its members' other items.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.bodies import HouseholdMoved, HouseholdPlan, Households, MemberPlace
from konbini.ward_server.residents.changes import Change, ChangeKind
from konbini.ward_server.residents.effect import Effect, RecordEffect, compare
from konbini.ward_server.residents.record import Presence, ResidentRecord
from konbini.ward_server.residents.standing import Standing

__all__ = ["HEAD", "check_households", "full_address", "heads_follow", "households", "moved", "succession"]

HEAD = "世帯主"
"""The head's relationship (続柄)."""


def full_address(record: ResidentRecord) -> str:
    """Give 住所 and 方書 as one text, as certificates print it."""
    return record.address if record.address_detail is None else f"{record.address}　{record.address_detail}"


def check_households(standing: Standing, effects: Iterable[Effect]) -> None:
    """Refuse what would leave a household that it touches without one head, or with members out of order.

    Raises:
        Refused: `CHANGE_INVALID`.
    """
    written = {effect.record.resident: effect.record for effect in effects if isinstance(effect, RecordEffect)}
    touched: set[str] = set()
    for after in written.values():
        before = standing.record(after.resident)
        if before is None or _place(before) != _place(after):
            touched |= {after.household} | ({before.household} if before else set())
    for household in sorted(touched):
        members = {record.resident: record for record in standing.household(household)} | written
        _check(
            [one for one in members.values() if one.household == household and one.presence is Presence.PRESENT],
        )


def households(standing: Standing, change: Change, body: Households) -> tuple[RecordEffect, ...]:
    """Judge households written together: merged, split, changed, with another head.

    Raises:
        Refused: `CHANGE_INVALID`, `CHANGED_MEANWHILE`, `RESIDENT_UNKNOWN`.
    """
    named = [place.resident for plan in body.households for place in plan.members]
    members = {resident: standing.present(resident) for resident in named}
    if change.resident not in members:
        raise Refused(Code.CHANGE_INVALID, "who notifies is a member")
    compare(members[change.resident].version, change.seen)
    before = {record.household for record in members.values()}
    _check_nobody_left_out(standing, named, before | {plan.household for plan in body.households})
    _check_shape(change.kind, body.households, before, members)
    after = [record for plan in body.households for record in _planned(plan, members)]
    return _rewritten(after, members)


def moved(standing: Standing, change: Change, body: HouseholdMoved) -> tuple[Effect, ...]:
    """Judge a move of a whole household within the municipality; the postcode is kept beside each record.

    Raises:
        Refused: as `households`.
    """
    named = [place.resident for place in body.members]
    members = {resident: standing.present(resident) for resident in named}
    if change.resident not in members or {one.household for one in members.values()} != {body.household}:
        raise Refused(Code.CHANGE_INVALID, "a household moves with its own members")
    compare(members[change.resident].version, change.seen)
    _check_nobody_left_out(standing, named, {body.household})
    plan = HouseholdPlan(household=body.household, members=body.members)
    there = _rewritten((_at(record, body, change.effective) for record in _planned(plan, members)), members)
    kept = [standing.amended(resident, lambda entry: replace(entry, postcode=body.postcode)) for resident in named]
    return (*there, *itertools.chain.from_iterable(kept))


def succession(
    standing: Standing, leaver: ResidentRecord, remaining: Sequence[MemberPlace]
) -> tuple[RecordEffect, ...]:
    """Give who heads a household from which somebody goes: the one who is left, or as the change says.

    Raises:
        Refused: `CHANGE_INVALID`: several stay and none is named, or others than those who stay; `CHANGED_MEANWHILE`.
    """
    staying = [one for one in standing.household(leaver.household) if one.resident != leaver.resident]
    if not remaining:
        if leaver.relationship != HEAD or not staying or any(one.relationship == HEAD for one in staying):
            return ()
        if len(staying) > 1:
            raise Refused(Code.CHANGE_INVALID, "the head goes: the change says how those who stay stand")
        remaining = (_alone(staying[0]),)
    members = {one.resident: one for one in staying}
    if sorted(members) != sorted(place.resident for place in remaining):
        raise Refused(Code.CHANGE_INVALID, "those who stay are others")
    plan = HouseholdPlan(household=leaver.household, members=tuple(remaining))
    return _rewritten(_planned(plan, members), members)


def heads_follow(
    standing: Standing, before: ResidentRecord, after: ResidentRecord
) -> tuple[ResidentRecord, tuple[RecordEffect, ...]]:
    """Carry a head's changed name or alias into the household's records.

    Returns:
        The head's own record with its head's name, and the other members'.
    """
    if before.relationship != HEAD or (before.name, before.alias) == (after.name, after.alias):
        return after, ()
    names = {before.name: after.name}
    if before.alias is not None:
        names[before.alias] = after.alias or after.name
    others = tuple(
        RecordEffect(record=replace(one, version=one.version + 1, head=names[one.head]), individual_number=None)
        for one in standing.household(before.household)
        if one.resident != before.resident and names.get(one.head, one.head) != one.head
    )
    return replace(after, head=names.get(after.head, after.head)), others


def _alone(record: ResidentRecord) -> MemberPlace:
    return MemberPlace(resident=record.resident, seen=record.version, order=record.order, relationship=HEAD)


def _check_nobody_left_out(standing: Standing, named: Sequence[str], ids: set[str]) -> None:
    everybody = [record.resident for household in sorted(ids) for record in standing.household(household)]
    if sorted(named) != sorted(everybody):
        raise Refused(Code.CHANGE_INVALID, "each member of the households that are touched is named, once")


def _check_shape(
    kind: ChangeKind, plans: Sequence[HouseholdPlan], before: set[str], members: dict[str, ResidentRecord]
) -> None:
    after = [plan.household for plan in plans]
    heads = {resident for resident, one in members.items() if one.relationship == HEAD}
    new_heads = {place.resident for plan in plans for place in plan.members if place.relationship == HEAD}
    fits = {
        ChangeKind.HOUSEHOLD_MERGED: len(before) > 1 and len(after) == 1,
        ChangeKind.HOUSEHOLD_SPLIT: len(before) == 1 and len(after) > 1,
        ChangeKind.HEAD_CHANGED: before == set(after) and heads != new_heads,
        ChangeKind.HOUSEHOLD_CHANGED: True,
    }
    if len(set(after)) != len(after) or not all(plan.members for plan in plans) or not fits[kind]:
        raise Refused(Code.CHANGE_INVALID, f"these households are no {kind.name}")


def _planned(plan: HouseholdPlan, members: dict[str, ResidentRecord]) -> tuple[ResidentRecord, ...]:
    """Give the members of one household as they shall stand in it."""
    heads = [members[place.resident] for place in plan.members if place.relationship == HEAD]
    if len(heads) != 1:
        raise Refused(Code.CHANGE_INVALID, "a household has one head")
    (head,) = heads
    name = head.head if head.head == head.alias else head.name
    for place in plan.members:
        compare(members[place.resident].version, place.seen)
    return tuple(
        replace(
            members[place.resident],
            household=plan.household,
            order=place.order,
            relationship=place.relationship,
            head=name,
        )
        for place in plan.members
    )


def _rewritten(records: Iterable[ResidentRecord], members: dict[str, ResidentRecord]) -> tuple[RecordEffect, ...]:
    """Write those records that read otherwise than before."""
    return tuple(
        RecordEffect(record=replace(after, version=after.version + 1), individual_number=None)
        for after in records
        if after != members[after.resident]
    )


def _at(record: ResidentRecord, body: HouseholdMoved, day: int) -> ResidentRecord:
    there = replace(
        record,
        address=body.address,
        address_detail=body.address_detail,
        earlier_address=full_address(record),
        address_set=day,
        notified=day,
    )
    if full_address(there) == full_address(record):
        raise Refused(Code.CHANGE_INVALID, "a move goes to another address")
    return there


def _place(record: ResidentRecord) -> tuple[object, ...]:
    """Give what a household's consistency rests on."""
    named = (record.name, record.alias) if record.relationship == HEAD else ()
    return (
        record.household,
        record.order,
        record.relationship,
        record.head,
        record.presence,
        full_address(record),
        named,
    )


def _check(members: Sequence[ResidentRecord]) -> None:
    if not members:
        return
    heads = [one for one in members if one.relationship == HEAD]
    if len(heads) != 1:
        raise Refused(Code.CHANGE_INVALID, "a household has one head")
    if len({one.order for one in members}) != len(members) or any(one.order == 0 for one in members):
        raise Refused(Code.CHANGE_INVALID, "each member of a household has an order of its own")
    if {one.head for one in members} - {heads[0].name, heads[0].alias}:
        raise Refused(Code.CHANGE_INVALID, "the head's name is not the head's")
    if len({full_address(one) for one in members}) != 1:
        raise Refused(Code.CHANGE_INVALID, "a household lives at one address")
