"""What a change does to a seal registration (印鑑登録): registered, cancelled, and cancelled by the rules themselves.

Invariants: a resident has one seal in force at most, and a number is given once in all time; a registration ends with
the change of the record beside which it may not stand (`seal.stands`), in the same transaction. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.record import ResidentRecord
from konbini.ward_server.residents.seal import SealRegistered, SealRegistration, SignedSeal, stands
from konbini.ward_server.residents.store import RegistryReading

__all__ = ["SealEffect", "cancelled", "cancelled_with", "registered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealEffect:
    """A new version of a seal registration, unsigned."""

    registration: SealRegistration


def registered(  # noqa: PLR0913 - what is compared, all named
    reading: RegistryReading, body: SealRegistered, record: ResidentRecord, key: VerifyingKey, *, seen: int, day: int
) -> SealEffect:
    """Judge a registration on `day` (yyyymmdd) beside the resident's record.

    Raises:
        Refused: `CHANGED_MEANWHILE`; `CHANGE_INVALID`: a seal is in force, the number was given before, the record is
            removed, the resident is under age, or the seal does not read the name of its form.
    """
    before = _compared(reading, record, key, seen)
    if before is not None and before.in_force:
        raise Refused(Code.CHANGE_INVALID, "one seal a person: the registration in force is cancelled first")
    if not body.number or reading.seal_number_given(body.number):
        raise Refused(Code.CHANGE_INVALID, "a registration's number is given once in all time")
    registration = SealRegistration(
        municipality=record.municipality,
        resident=record.resident,
        version=seen + 1,
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


def cancelled(reading: RegistryReading, record: ResidentRecord, key: VerifyingKey, *, seen: int) -> SealEffect:
    """Judge a cancellation that an operator entered.

    Raises:
        Refused: `CHANGED_MEANWHILE`; `CHANGE_INVALID`: no seal is in force.
    """
    before = _compared(reading, record, key, seen)
    if before is None or not before.in_force:
        raise Refused(Code.CHANGE_INVALID, "no seal is in force")
    return _ended(before)


def cancelled_with(
    reading: RegistryReading, records: Iterable[ResidentRecord], key: VerifyingKey
) -> Iterator[SealEffect]:
    """Give the end of each seal that may not stand beside a record as it will read."""
    for record in records:
        before = _newest(reading, record, key)
        if before is not None and before.in_force and not stands(before, record):
            yield _ended(before)


def _compared(
    reading: RegistryReading, record: ResidentRecord, key: VerifyingKey, seen: int
) -> SealRegistration | None:
    before = _newest(reading, record, key)
    version = 0 if before is None else before.version
    if version != seen:
        raise Refused(Code.CHANGED_MEANWHILE, f"version {version} of the seal is in force, not {seen}")
    return before


def _newest(reading: RegistryReading, record: ResidentRecord, key: VerifyingKey) -> SealRegistration | None:
    stored = reading.seal(record.resident)
    return None if stored is None else SignedSeal.open(stored.data, key, record.municipality).registration


def _ended(before: SealRegistration) -> SealEffect:
    return SealEffect(registration=replace(before, version=before.version + 1, in_force=False, image=None))
