"""The rule of the items that no certificate prints: those that other kinds change stay as they stand."""

from __future__ import annotations

from dataclasses import replace

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_bytes
from konbini.ward_server.residents.bodies import EntryKept
from konbini.ward_server.residents.changes import Change
from konbini.ward_server.residents.effect import EntryEffect, compare
from konbini.ward_server.residents.entry import MOST_ENTRY_ITEMS_BYTES, RegisterEntry
from konbini.ward_server.residents.record import ResidentRecord
from konbini.ward_server.residents.standing import Standing

__all__ = ["check_kept", "kept"]

_OWNED_BY_OTHERS = (
    *("postcode", "alias_reading", "katakana", "name_before", "name_before_reading", "leaving_to"),
    *("remade", "remade_on", "number_card", "aliases"),
)


def kept(standing: Standing, change: Change, body: EntryKept) -> EntryEffect:
    """Judge the items as they shall read.

    Raises:
        Refused: `RESIDENT_UNKNOWN`, `CHANGED_MEANWHILE`; `CHANGE_INVALID`: it changes what another kind changes, or
            nothing.
    """
    record = standing.record(change.resident)
    if record is None:
        raise Refused(Code.RESIDENT_UNKNOWN)
    version, entry = standing.entry(change.resident)
    compare(version, change.seen)
    for name in _OWNED_BY_OTHERS:
        if getattr(body.entry, name) != getattr(entry, name):
            raise Refused(Code.CHANGE_INVALID, f"{name} is changed by a change of its own")
    if _without_notice(body.entry) != _without_notice(entry):
        raise Refused(Code.CHANGE_INVALID, "removed is changed by a change of its own")
    if body.entry == entry:
        raise Refused(Code.CHANGE_INVALID, "it reads so already")
    check_kept(body.entry, record)
    return EntryEffect(resident=change.resident, version=version + 1, entry=body.entry)


def check_kept(entry: RegisterEntry, record: ResidentRecord) -> None:
    """Refuse items that do not go with the record, or that are too long.

    Raises:
        Refused: `CHANGE_INVALID`.
    """
    if entry.foreign is not None and record.foreign is None:
        raise Refused(Code.CHANGE_INVALID, "these items are a foreign resident's")
    listed = entry.aliases or entry.remarks  # all else together is within the bound
    if listed and len(to_bytes(entry)) > MOST_ENTRY_ITEMS_BYTES:
        raise Refused(Code.CHANGE_INVALID, "an entry is no longer than that")


def _without_notice(entry: RegisterEntry) -> object:
    """Give what a removal wrote but for the other municipality's notice, which comes later."""
    return None if entry.removed is None else replace(entry.removed, left_notified=None)
