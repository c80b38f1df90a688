"""What a change would do to the registry as it stands: the rules of the register, without writing anything.

Asked twice: when a change is entered, so that nonsense is refused at once, and again within the transaction that
approves it, so that it meets the facts of that moment. Every rule compares the version that the operator saw with the
one in force; a bulk or late change never undoes a newer one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.changes import (
    CardEnded,
    CardLinked,
    Change,
    ChangeKind,
    LeavingPlanned,
    NameRegistration,
    RecordWritten,
    Removal,
    Restriction,
)
from konbini.ward_server.residents.dates import day_after
from konbini.ward_server.residents.feed import CardSerial, FeedKind
from konbini.ward_server.residents.record import Presence, ResidentRecord, SignedRecord
from konbini.ward_server.residents.seal import SealCancelled, SealRegistered
from konbini.ward_server.residents.seal_effects import SealEffect, cancelled, cancelled_with, registered
from konbini.ward_server.residents.store import RegistryReading, StoredLink, StoredRestriction

__all__ = ["Effect", "RecordEffect", "effects_of", "written"]

_NUMBER_DIGITS = 12
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_BEGINS = frozenset({ChangeKind.MEASURE_SET, ChangeKind.HOLD_SET})
_ENDS = frozenset({ChangeKind.MEASURE_RELEASED, ChangeKind.HOLD_RELEASED})
_MEASURES = frozenset({ChangeKind.MEASURE_SET, ChangeKind.MEASURE_RENEWED, ChangeKind.MEASURE_RELEASED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEffect:
    """A new version of a record, unsigned; `individual_number` where it is new."""

    record: ResidentRecord
    individual_number: str | None


Effect: TypeAlias = RecordEffect | StoredLink | StoredRestriction | SealEffect


def effects_of(reading: RegistryReading, change: Change, key: VerifyingKey, municipality: str) -> tuple[Effect, ...]:
    """Judge a change against the registry as it stands and give what it writes, in order.

    A seal that may not stand beside a record as it will read is cancelled with it, and before it: no follower ever has
    the new record and the old seal.

    Raises:
        Refused: `CHANGE_INVALID`, `CHANGED_MEANWHILE`, `RESIDENT_UNKNOWN`, `CARD_LINKED_BEFORE`; `RECORD_NOT_SIGNED` or
            `SEAL_BROKEN` where the registry's own rows are not what it wrote.
    """
    effects = _asked(reading, change, key, municipality)
    records = [effect.record for effect in effects if isinstance(effect, RecordEffect)]
    return (*cancelled_with(reading, records, key), *effects)


def _asked(reading: RegistryReading, change: Change, key: VerifyingKey, municipality: str) -> tuple[Effect, ...]:
    """Give what the change itself asks for."""
    stored = reading.record(change.resident)
    current = None if stored is None else SignedRecord.open(stored.data, key, municipality).record
    body = change.body()
    if isinstance(body, RecordWritten):
        return (written(change.kind, body, current, resident=change.resident, seen=change.seen, ward=municipality),)
    if current is None:
        raise Refused(Code.RESIDENT_UNKNOWN)
    if isinstance(body, CardLinked):
        return _linked(reading, change, body, current)
    if isinstance(body, CardEnded):
        return (_ended(reading, change.resident, body.card, change.seen),)
    if isinstance(body, Restriction):
        return (_restricted(reading, change, body),)
    if isinstance(body, SealRegistered | SealCancelled):
        return (_sealed(reading, change, body, current, key),)
    return (_amended(change, body, current),)


def written(  # noqa: PLR0913 - what is compared, all named
    kind: ChangeKind, body: RecordWritten, current: ResidentRecord | None, *, resident: str, seen: int, ward: str
) -> RecordEffect:
    """Judge a whole record that is written over `current`, the one in force.

    Raises:
        Refused: `CHANGE_INVALID`, `CHANGED_MEANWHILE`.
    """
    _compare(0 if current is None else current.version, seen)
    record = body.record
    if (record.municipality, record.resident, record.version) != (ward, resident, seen + 1):
        raise Refused(Code.CHANGE_INVALID, "the record is not this resident's next version")
    if record.individual_number is not None or not _is_number(body.individual_number):
        raise Refused(Code.CHANGE_INVALID, "an individual number is given by its twelve digits, the last a check digit")
    if record.presence is not Presence.PRESENT and kind is not ChangeKind.CORRECTION:
        raise Refused(Code.CHANGE_INVALID, "a record is removed by a removal")
    _check_before(kind, current)
    kept = None if current is None else current.individual_number
    return RecordEffect(record=replace(record, individual_number=kept), individual_number=body.individual_number)


def _check_before(kind: ChangeKind, current: ResidentRecord | None) -> None:
    present = current is not None and current.presence is Presence.PRESENT
    allowed = {
        ChangeKind.MOVE_IN: not present,
        ChangeKind.BIRTH: current is None,
        ChangeKind.MOVE_WITHIN: present,
        ChangeKind.CORRECTION: current is not None,
    }
    if not allowed[kind]:
        raise Refused(Code.CHANGE_INVALID, f"{kind.name} does not follow from how the record stands")


def _amended(
    change: Change, body: LeavingPlanned | Removal | NameRegistration, current: ResidentRecord
) -> RecordEffect:
    _compare(current.version, change.seen)
    if current.presence is not Presence.PRESENT:
        raise Refused(Code.CHANGE_INVALID, "the record is removed")
    following = replace(current, version=current.version + 1)
    if isinstance(body, LeavingPlanned):
        following = replace(following, leaving=body.day)
    elif isinstance(body, NameRegistration):
        following = replace(following, name_in_registration=body.pending)
    elif body.reason is Presence.PRESENT:
        raise Refused(Code.CHANGE_INVALID, "a removal says why")
    else:
        following = replace(following, presence=body.reason)
    return RecordEffect(record=following, individual_number=None)


def _linked(
    reading: RegistryReading, change: Change, body: CardLinked, current: ResidentRecord
) -> tuple[StoredLink, ...]:
    _compare(0, change.seen)
    if current.presence is not Presence.PRESENT:
        raise Refused(Code.CHANGE_INVALID, "the record is removed")
    if reading.link(body.card) is not None:
        raise Refused(Code.CARD_LINKED_BEFORE, "a card's serial is linked once in all time")
    fresh = StoredLink(
        card=body.card,
        resident=change.resident,
        version=1,
        counts_from=day_after(change.effective),
        ended=False,
    )
    if body.replaces is None:
        return (fresh,)
    return (_ended(reading, change.resident, body.replaces, None), fresh)


def _ended(reading: RegistryReading, resident: str, card: CardSerial, seen: int | None) -> StoredLink:
    """End a link; `seen` is None where the operator saw the card alone: it must then not have ended."""
    link = reading.link(card)
    if link is None or link.resident != resident:
        raise Refused(Code.CHANGE_INVALID, "this card is not linked to this resident")
    if link.ended:
        raise Refused(Code.CHANGED_MEANWHILE, "this card's link has ended")
    _compare(link.version, link.version if seen is None else seen)
    return replace(link, version=link.version + 1, ended=True)


def _restricted(reading: RegistryReading, change: Change, body: Restriction) -> StoredRestriction:
    kind = FeedKind.MEASURE if change.kind in _MEASURES else FeedKind.HOLD
    current = reading.restriction(change.resident, kind, body.name)
    _compare(0 if current is None else current.version, change.seen)
    if (current is None) != (change.kind in _BEGINS):
        raise Refused(Code.CHANGE_INVALID, "a measure is set once and under a number of its own")
    if current is not None and not current.in_force:
        raise Refused(Code.CHANGE_INVALID, "this measure is released; applied for anew it has another number")
    return StoredRestriction(
        resident=change.resident,
        kind=kind,
        name=body.name,
        version=change.seen + 1,
        in_force=change.kind not in _ENDS,
        planned_end=body.planned_end,
    )


def _sealed(
    reading: RegistryReading,
    change: Change,
    body: SealRegistered | SealCancelled,
    current: ResidentRecord,
    key: VerifyingKey,
) -> SealEffect:
    if isinstance(body, SealCancelled):
        return cancelled(reading, current, key, seen=change.seen)
    return registered(reading, body, current, key, seen=change.seen, day=change.effective)


def _compare(in_force: int, seen: int) -> None:
    if in_force != seen:
        raise Refused(Code.CHANGED_MEANWHILE, f"version {in_force} is in force, not {seen}")


def _is_number(number: str | None) -> bool:
    """Say whether it is None or twelve digits with the right check digit (平成26年総務省令第85号, article 5)."""
    if number is None:
        return True
    if len(number) != _NUMBER_DIGITS or not (number.isascii() and number.isdigit()):
        return False
    *digits, check = map(int, number)
    rest = sum(digit * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11
    return check == (0 if rest <= 1 else 11 - rest)
