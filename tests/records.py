"""The records that tests write: one maker, whose plain person each test changes as it needs."""

from __future__ import annotations

from dataclasses import replace

from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.residents.bodies import Death, MemberPlace, MovedOut, Removal
from konbini.ward_server.residents.changes import Body, ChangeKind
from konbini.ward_server.residents.entry import DeathDay, Doubt
from konbini.ward_server.residents.record import ForeignCategory, ForeignItems, Presence, ResidentRecord, Sex

__all__ = ["FOREIGN", "removal_of", "written"]

FOREIGN = ForeignItems(
    nationality="フランス",
    category=ForeignCategory.MEDIUM_TO_LONG_TERM,
    status_of_residence="永住者",
    period_of_stay="無期限",
    period_ends=None,
    residence_card="AB12345678CD",
    became_foreign_resident=20150601,
)
"""What the record of a plain foreign resident has beyond the others."""


def written(resident: str, **changes: object) -> ResidentRecord:
    """Write a record at version 1: a person of 41 who lives alone; who stands behind another is a child of the head."""
    if changes.get("order", 1) != 1:
        changes.setdefault("relationship", "子")
    elif changes.get("relationship", "世帯主") == "世帯主" and "name" in changes:
        changes.setdefault("head", changes["name"])
    plain = ResidentRecord(
        municipality=SUMIKAWA.code,
        resident=resident,
        version=1,
        household=f"2{resident[1:]}",
        order=1,
        name="葛\U000e0102城　文",
        reading="カツラギ　アヤ",
        former_name=None,
        former_name_reading=None,
        alias=None,
        birth=19850403,
        sex=Sex.FEMALE,
        relationship="世帯主",
        head="葛\U000e0102城　文",
        address="東京都澄川区緑町一丁目２番３号",
        address_detail=None,
        domicile="東京都澄川区緑町一丁目２番",
        domicile_head="葛\U000e0102城　守",
        previous_address=None,
        became_resident=19850403,
        address_set=20100401,
        notified=20100402,
        moved_in=None,
        presence=Presence.PRESENT,
        leaving=None,
        name_in_registration=False,
        resident_code=_code_of(resident),
        individual_number=None,
        foreign=None,
        remarks="",
    )
    return replace(plain, **changes)  # type: ignore[arg-type] # fields by name; the record's shape is checked when signed


def removal_of(reason: Presence, remaining: tuple[MemberPlace, ...] = ()) -> tuple[ChangeKind, Body]:
    """Give the kind of change that removes a record for this reason, and its body."""
    if reason is Presence.MOVED_OUT:
        return ChangeKind.MOVED_OUT, MovedOut(to="千葉県汐見市", notified=None, remaining=remaining)
    if reason is Presence.DIED:
        day = DeathDay(first=20260901, doubt=Doubt.NONE)
        return ChangeKind.DEATH, Death(day=day, remaining=remaining)
    return ChangeKind.REMOVAL, Removal(reason=reason, remaining=remaining)


def _code_of(resident: str) -> str:
    """Give each resident a resident code of its own."""
    digits = resident if resident.isascii() and resident.isdigit() else "123457"
    return "7" + digits[-10:].rjust(10, "0")
