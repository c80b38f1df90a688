"""What a change would do to the registry as it stands: the rules of the register, without writing anything.

Asked twice: when a change is entered, so that nonsense is refused at once, and again within the transaction that
approves it, so that it meets the facts of that moment. Every rule compares the version that the operator saw with the
one in force; a bulk or late change never undoes a newer one. The rules stand by what they own: `written_rules`,
`person_rules`, `removal_rules`, `household_rules`, `entry_rules`, `card_rules`, `restriction_rules`,
`seal_rules`.
"""

from __future__ import annotations

from konbini.protocol.cose import VerifyingKey
from konbini.ward_server.residents.bodies import (
    CardEnded,
    CardLinked,
    CardResumed,
    CardWithheld,
    Death,
    EntryKept,
    HouseholdMoved,
    Households,
    MovedOut,
    NumberCardChanged,
    RecordWritten,
    Removal,
    Restored,
    Restriction,
)
from konbini.ward_server.residents.card_rules import carded, number_card
from konbini.ward_server.residents.changes import Change
from konbini.ward_server.residents.effect import Effect, EntryEffect, RecordEffect
from konbini.ward_server.residents.entry_rules import kept
from konbini.ward_server.residents.household_rules import check_households, households, moved
from konbini.ward_server.residents.number_rules import check_numbers
from konbini.ward_server.residents.person_rules import amended
from konbini.ward_server.residents.record import Presence
from konbini.ward_server.residents.removal_rules import came_back, removed, restored
from konbini.ward_server.residents.restriction_rules import restricted
from konbini.ward_server.residents.seal import SealCancelled, SealRegistered
from konbini.ward_server.residents.seal_rules import cancelled, cancelled_with, registered
from konbini.ward_server.residents.standing import Standing
from konbini.ward_server.residents.store import RegistryReading
from konbini.ward_server.residents.written_rules import kept_of, written

__all__ = ["Effect", "EntryEffect", "RecordEffect", "effects_of", "written"]


def effects_of(reading: RegistryReading, change: Change, key: VerifyingKey, municipality: str) -> tuple[Effect, ...]:
    """Judge a change against the registry as it stands and give what it writes, in order.

    Raises:
        Refused: `CHANGE_INVALID`, `CHANGED_MEANWHILE`, `RESIDENT_UNKNOWN`, `CARD_LINKED_BEFORE`, `KIND_IS_ANOTHER`,
            `INDIVIDUAL_NUMBER_TAKEN`, `RESIDENT_CODE_TAKEN`; `RECORD_NOT_SIGNED` or `SEAL_BROKEN` where the registry's
            own rows are not what it wrote.
    """
    standing = Standing(reading, key, municipality)
    effects = _judged(standing, change)
    check_households(standing, effects)
    check_numbers(standing, effects)
    records = [effect.record for effect in effects if isinstance(effect, RecordEffect)]
    return (*cancelled_with(standing, records), *effects)


def _judged(standing: Standing, change: Change) -> tuple[Effect, ...]:
    match change.body():
        case RecordWritten() as body:
            return _written(standing, change, body)
        case Households() | HouseholdMoved() as body:
            return _moved(standing, change, body)
        case Removal() | MovedOut() | Death() as body:
            return removed(standing, change, body)
        case Restored() as body:
            return restored(standing, change, body)
        case (
            EntryKept()
            | NumberCardChanged()
            | CardLinked()
            | CardEnded()
            | CardWithheld()
            | CardResumed()
            | Restriction()
            | SealRegistered()
            | SealCancelled() as body
        ):
            return _beside(standing, change, body)
        case body:
            return amended(standing, change, body)


def _moved(standing: Standing, change: Change, body: Households | HouseholdMoved) -> tuple[Effect, ...]:
    return households(standing, change, body) if isinstance(body, Households) else moved(standing, change, body)


def _beside(
    standing: Standing,
    change: Change,
    body: EntryKept
    | NumberCardChanged
    | CardLinked
    | CardEnded
    | CardWithheld
    | CardResumed
    | Restriction
    | SealRegistered
    | SealCancelled,
) -> tuple[Effect, ...]:
    """Judge what stands beside the record."""
    match body:
        case EntryKept():
            return (kept(standing, change, body),)
        case NumberCardChanged():
            return number_card(standing, change, body)
        case Restriction():
            return (restricted(standing, change, body),)
        case SealRegistered():
            return (registered(standing, change, body),)
        case SealCancelled():
            return (cancelled(standing, change),)
        case _:
            return carded(standing, change, body)


def _written(standing: Standing, change: Change, body: RecordWritten) -> tuple[Effect, ...]:
    current = standing.record(change.resident)
    _, entry = standing.entry(change.resident)
    ward = standing.municipality
    record = written(change.kind, body, current, entry, resident=change.resident, seen=change.seen, ward=ward)
    was_gone = current is not None and current.presence is not Presence.PRESENT
    returns = was_gone and record.record.presence is Presence.PRESENT
    kept = standing.amended(change.resident, lambda entry: kept_of(body, came_back(entry) if returns else entry))
    return (record, *kept)
