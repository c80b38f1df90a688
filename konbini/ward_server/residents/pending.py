"""A change while it waits for its second person: its individual number stands apart, as a record's does.

A change that brings an individual number is kept with the number's commitment in its record and the number itself left
None; the number waits in the numbers' vault, under a key of its own, until the change is approved or withdrawn. No
operator can write such a commitment: `effects_of` refuses a record that has one.

Limits: SQLite does not overwrite a removed row at once; what lingers in the file stays sealed under the numbers' key.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_bytes
from konbini.ward_server.residents.changes import Change, ChangeKind, RecordWritten
from konbini.ward_server.residents.record import IndividualNumberPart
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.residents.store import RegistryReading, RegistryWriting, StoredChange

__all__ = ["entered_change", "keep_entered", "pending_digest"]


def keep_entered(writing: RegistryWriting, entered: StoredChange, pen: RecordPen) -> None:
    """Keep a change that was just entered, its individual number apart."""
    body = _written(entered.change)
    if body is None or body.individual_number is None:
        writing.put_change(entered)
        return
    part = pen.number_part(entered.change.resident, body.individual_number)
    record = replace(body.record, individual_number=part.commitment())
    writing.put_change(
        replace(entered, change=_with(entered.change, RecordWritten(record=record, individual_number=None)))
    )
    writing.put_pending_number(entered.change_id, part)


def entered_change(reading: RegistryReading, waiting: StoredChange) -> Change:
    """Give a waiting change as it was entered, its individual number in place.

    Raises:
        Refused: `SEAL_BROKEN`: the number is not there, or is another change's; `RECORD_NOT_SIGNED`: it is not the one
            that was entered.
    """
    body = _written(waiting.change)
    if body is None or body.record.individual_number is None:
        return waiting.change
    data = reading.pending_number(waiting)
    if data is None:
        raise Refused(Code.SEAL_BROKEN, "pending_number: no such row")
    number = IndividualNumberPart.open(data, body.record).number
    record = replace(body.record, individual_number=None)
    return _with(waiting.change, RecordWritten(record=record, individual_number=number))


def pending_digest(waiting: StoredChange) -> bytes:
    """Give the SHA-256 of a change as it is kept; of its individual number only the salted commitment goes into it."""
    return hashlib.sha256(waiting.change.to_bytes()).digest()


def _written(change: Change) -> RecordWritten | None:
    if change.kind in (ChangeKind.IMPORT, ChangeKind.BULK):
        return None
    body = change.body()
    return body if isinstance(body, RecordWritten) else None


def _with(change: Change, body: RecordWritten) -> Change:
    return replace(change, content=to_bytes(body))
