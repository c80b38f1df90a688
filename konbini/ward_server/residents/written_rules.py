"""The rules of whole records that are written: who comes in, who moves within, what a correction may touch."""

from __future__ import annotations

import dataclasses
import operator
from dataclasses import replace

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.bodies import RecordWritten
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.effect import RecordEffect, compare
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.household_rules import full_address
from konbini.ward_server.residents.record import Presence, ResidentRecord

__all__ = ["check_number", "kept_of", "written"]

_NUMBER_DIGITS = 12
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_ENTRIES = frozenset(
    {
        ChangeKind.MOVE_IN,
        ChangeKind.MOVE_IN_BY_CARD,
        ChangeKind.ENTRY_FROM_ABROAD,
        ChangeKind.ENTRY_EX_OFFICIO,
        ChangeKind.BIRTH,
    }
)
_CORRECTIONS = frozenset({ChangeKind.CORRECTION, ChangeKind.CORRECTION_EX_OFFICIO})
_OF_A_MOVE = frozenset(
    {
        *("version", "household", "order", "relationship", "head", "address", "address_detail"),
        *("earlier_address", "address_set", "notified", "remarks", "individual_number"),
    }
)


def written(  # noqa: PLR0913 - what is compared, all named
    kind: ChangeKind,
    body: RecordWritten,
    current: ResidentRecord | None,
    entry: RegisterEntry,
    *,
    resident: str,
    seen: int,
    ward: str,
) -> RecordEffect:
    """Judge a whole record that is written over `current`, the one in force, beside which `entry` is kept.

    Raises:
        Refused: `CHANGE_INVALID`, `CHANGED_MEANWHILE`.
    """
    compare(0 if current is None else current.version, seen)
    record = body.record
    if (record.municipality, record.resident, record.version) != (ward, resident, seen + 1):
        raise Refused(Code.CHANGE_INVALID, "the record is not this resident's next version")
    if record.individual_number is not None:
        raise Refused(Code.CHANGE_INVALID, "the commitment to an individual number is the registry's to write")
    if body.katakana is not None and record.foreign is None:
        raise Refused(Code.CHANGE_INVALID, "a name in katakana is a foreign resident's")
    check_number(body.individual_number)
    if kind in _ENTRIES:
        _check_entry(kind, body, current)
    elif current is None:
        raise Refused(Code.CHANGE_INVALID, f"{kind.name} without a record")
    elif kind in _CORRECTIONS:
        _check_correction(body, current)
    else:
        _check_move(body, current, entry)
    kept = None if current is None else current.individual_number
    if record.individual_number != kept:
        record = replace(record, individual_number=kept)
    return RecordEffect(record=record, individual_number=body.individual_number)


def kept_of(body: RecordWritten, entry: RegisterEntry) -> RegisterEntry:
    """Give what is kept beside a record as it reads once the record is written."""
    return replace(entry, postcode=body.postcode, alias_reading=body.alias_reading, katakana=body.katakana)


def check_number(number: str | None) -> None:
    """Refuse what is not twelve digits with the right check digit (平成26年総務省令第85号, article 5).

    Raises:
        Refused: `CHANGE_INVALID`.
    """
    if number is None:
        return
    if len(number) == _NUMBER_DIGITS and number.isascii() and number.isdigit():
        *digits, check = map(int, number)
        rest = sum(map(operator.mul, digits, _WEIGHTS)) % 11
        if check == (0 if rest <= 1 else 11 - rest):
            return
    raise Refused(Code.CHANGE_INVALID, "an individual number is given by its twelve digits, the last a check digit")


def _check_entry(kind: ChangeKind, body: RecordWritten, current: ResidentRecord | None) -> None:
    record = body.record
    if current is not None and (kind is ChangeKind.BIRTH or current.presence is Presence.PRESENT):
        raise Refused(Code.CHANGE_INVALID, f"{kind.name} does not follow from how the record stands")
    if record.presence is not Presence.PRESENT:
        raise Refused(Code.CHANGE_INVALID, "a record is removed by a removal")
    told = (record.previous_address, record.resident_code, body.individual_number)
    if kind is ChangeKind.MOVE_IN_BY_CARD and None in told:
        raise Refused(Code.CHANGE_INVALID, "the other municipality's notice gives address, code and number")
    if kind is ChangeKind.ENTRY_FROM_ABROAD and record.moved_in is None:
        raise Refused(Code.CHANGE_INVALID, "an entry from abroad has its day")


def _check_correction(body: RecordWritten, current: ResidentRecord) -> None:
    """A correction neither removes nor restores, and renews no number: kinds of their own do, with what they bring."""
    present = Presence.PRESENT
    if (body.record.presence is present) != (current.presence is present):
        raise Refused(Code.CHANGE_INVALID, "a record is removed by a removal, and restored by a restoration")
    if body.individual_number is not None and current.individual_number is not None:
        raise Refused(Code.CHANGE_INVALID, "an individual number is changed by a change of its own")
    if current.resident_code not in (None, body.record.resident_code):
        raise Refused(Code.CHANGE_INVALID, "a resident code is changed by a change of its own")


def _check_move(body: RecordWritten, current: ResidentRecord, entry: RegisterEntry) -> None:
    if current.presence is not Presence.PRESENT:
        raise Refused(Code.CHANGE_INVALID, "the record is removed")
    record = body.record
    for field in dataclasses.fields(record):
        if field.name not in _OF_A_MOVE and getattr(record, field.name) != getattr(current, field.name):
            raise Refused(Code.CHANGE_INVALID, f"a move within does not change {field.name}")
    if (body.alias_reading, body.katakana) != (entry.alias_reading, entry.katakana):
        raise Refused(Code.CHANGE_INVALID, "a move within changes no name's reading")
    before = full_address(current)
    if body.individual_number is not None or record.earlier_address != before or full_address(record) == before:
        raise Refused(Code.CHANGE_INVALID, "a move within goes to another address, and names the one before")
