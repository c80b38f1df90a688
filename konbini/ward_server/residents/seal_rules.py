"""What a change does to a seal registration (印鑑登録): registered, cancelled, and cancelled by the rules themselves.

Invariants: a resident has one seal in force at most, and a number is given once in all time; a registration ends with
the change of the record beside which it may not stand (`seal.stands`), in the same transaction. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.changes import Change
from konbini.ward_server.residents.effect import SealEffect, compare
from konbini.ward_server.residents.record import ResidentRecord
from konbini.ward_server.residents.seal import SealRegistered, SealRegistration, stands
from konbini.ward_server.residents.standing import Standing
from konbini.ward_server.residents.store import RegistryReading

__all__ = ["cancelled", "cancelled_with", "registered", "taken_over"]


def registered(standing: Standing, change: Change, body: SealRegistered) -> SealEffect:
    """Judge a registration beside the resident's record; the change's date of effect is its day.

    Raises:
        Refused: `RESIDENT_UNKNOWN`, `CHANGED_MEANWHILE`; `CHANGE_INVALID`: a seal is in force, the number was given
            before, the record is removed, the resident is under age, or the seal does not read the name of its form.
    """
    record = standing.present(change.resident)
    before = _seen(standing, change)
    if before is not None and before.in_force:
        raise Refused(Code.CHANGE_INVALID, "one seal a person: the registration in force is cancelled first")
    return _registration(standing.reading, body, record, version=change.seen + 1, day=change.effective)


def taken_over(reading: RegistryReading, body: SealRegistered, record: ResidentRecord, *, day: int) -> SealEffect:
    """Judge a registration that comes with a resident who is taken over; `day` (yyyymmdd) is when it was made.

    Raises:
        Refused: `CHANGE_INVALID`, as `registered`.
    """
    return _registration(reading, body, record, version=1, day=day)


def cancelled(standing: Standing, change: Change) -> SealEffect:
    """Judge a cancellation that an operator entered.

    Raises:
        Refused: `RESIDENT_UNKNOWN`, `CHANGED_MEANWHILE`; `CHANGE_INVALID`: no seal is in force.
    """
    if standing.record(change.resident) is None:
        raise Refused(Code.RESIDENT_UNKNOWN)
    before = _seen(standing, change)
    if before is None or not before.in_force:
        raise Refused(Code.CHANGE_INVALID, "no seal is in force")
    return _ended(before)


def cancelled_with(standing: Standing, records: Iterable[ResidentRecord]) -> Iterator[SealEffect]:
    """Give the end of each seal that may not stand beside a record as it will read."""
    for record in records:
        before = standing.seal(record.resident)
        if before is not None and before.in_force and not stands(before, record):
            yield _ended(before)


def _seen(standing: Standing, change: Change) -> SealRegistration | None:
    before = standing.seal(change.resident)
    compare(0 if before is None else before.version, change.seen)
    return before


def _registration(
    reading: RegistryReading, body: SealRegistered, record: ResidentRecord, *, version: int, day: int
) -> SealEffect:
    if not body.number or reading.seal_number_given(body.number):
        raise Refused(Code.CHANGE_INVALID, "a registration's number is given once in all time")
    registration = SealRegistration(
        municipality=record.municipality,
        resident=record.resident,
        version=version,
        in_force=True,
        number=body.number,
        registered=day,
        form=body.form,
        text=body.text,
        name=record.name,
        katakana=body.katakana,
        image_digest=body.image.digest,
        image=body.image,
    )
    if not stands(registration, record):
        raise Refused(
            Code.CHANGE_INVALID, "no seal is registered for a removed record, under the age of 15, or for another name"
        )
    return SealEffect(registration=registration)


def _ended(before: SealRegistration) -> SealEffect:
    return SealEffect(registration=replace(before, version=before.version + 1, in_force=False, image=None))
