"""A change while it waits for its second person: its individual number stands apart, as a record's does.

A change that brings an individual number is kept with the number's commitment in its record and the number itself left
None; the number waits in the numbers' vault, under a key of its own, until the change is approved or withdrawn. No
operator can write such a commitment: `effects_of` refuses a record that has one.

Limits: SQLite does not overwrite a removed row at once; what lingers in the file stays sealed under the numbers' key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.ward_server.residents.bodies import MemberPlace, NewIndividualNumber, RecordWritten
from konbini.ward_server.residents.changes import BODIES, Change
from konbini.ward_server.residents.record import IndividualNumberPart
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.residents.store import RegistryReading, RegistryWriting, StoredChange

__all__ = ["entered_change", "keep_entered", "pending_digest", "residents_shown"]


def keep_entered(writing: RegistryWriting, entered: StoredChange, pen: RecordPen) -> None:
    """Keep a change that was just entered, its individual number apart."""
    number = _number_of(entered.change)
    if number is None:
        writing.put_change(entered)
        return
    part = pen.number_part(entered.change.resident, number)
    writing.put_change(replace(entered, change=_exchanged(entered.change, None, part.commitment())))
    writing.put_pending_number(entered.change_id, part)


def entered_change(reading: RegistryReading, waiting: StoredChange) -> Change:
    """Give a waiting change as it was entered, its individual number in place.

    Raises:
        Refused: `SEAL_BROKEN`: the number is not there, or is another change's; `RECORD_NOT_SIGNED`: it is not the one
            that was entered.
    """
    commitment = _commitment_of(waiting.change)
    if commitment is None:
        return waiting.change
    data = reading.pending_number(waiting)
    if data is None:
        raise Refused(Code.SEAL_BROKEN, "pending_number: no such row")
    part = from_bytes(IndividualNumberPart, data)
    if part.resident != waiting.change.resident or part.commitment() != commitment:
        raise Refused(Code.RECORD_NOT_SIGNED, "the individual number of another change")
    return _exchanged(waiting.change, part.number, None)


def pending_digest(waiting: StoredChange) -> bytes:
    """Give the SHA-256 of a change as it is kept; of its individual number only the salted commitment goes into it."""
    return hashlib.sha256(waiting.change.to_bytes()).digest()


def residents_shown(changes: Iterable[Change]) -> tuple[str, ...]:
    """Give everybody of whom changes say something, each once: who they are of, and members of households in them."""
    found: dict[str, None] = {}
    for change in changes:
        found[change.resident] = None
        found |= dict.fromkeys(_members(change.body() if change.kind in BODIES else None))
    return tuple(resident for resident in found if resident)


def _members(part: object) -> Iterator[str]:
    if isinstance(part, MemberPlace):
        yield part.resident
    elif isinstance(part, tuple):
        for one in part:
            yield from _members(one)
    elif is_dataclass(part):
        for field in fields(part):
            yield from _members(getattr(part, field.name))


def _numbered(change: Change) -> RecordWritten | NewIndividualNumber | None:
    if change.kind not in BODIES:
        return None
    body = change.body()
    return body if isinstance(body, RecordWritten | NewIndividualNumber) else None


def _number_of(change: Change) -> str | None:
    body = _numbered(change)
    return None if body is None else body.individual_number


def _commitment_of(change: Change) -> bytes | None:
    body = _numbered(change)
    if isinstance(body, RecordWritten):
        return body.record.individual_number
    return None if body is None else body.commitment


def _exchanged(change: Change, number: str | None, commitment: bytes | None) -> Change:
    """Give a change with its number or the commitment to it, whichever is not None."""
    body = _numbered(change)
    if isinstance(body, RecordWritten):
        record = replace(body.record, individual_number=commitment)
        return replace(change, content=to_bytes(replace(body, record=record, individual_number=number)))
    return replace(change, content=to_bytes(NewIndividualNumber(individual_number=number, commitment=commitment)))
