"""A record as people write and read it: one JSON object with the names of the record's fields (see `text_form`).

The commitment to the individual number is never written here: an individual number is given beside the record.
"""

from __future__ import annotations

import json

from konbini.ward_server.residents.record import ResidentRecord
from konbini.ward_server.residents.text_form import from_object, to_object

__all__ = ["record_from", "write_record"]


def write_record(record: ResidentRecord) -> str:
    """Write a record, without what is None and without the commitment."""
    return json.dumps(to_object(record), ensure_ascii=False, indent=2)


def record_from(written: object) -> ResidentRecord:
    """Read a record from what was a JSON object.

    Raises:
        Refused: `CHANGE_INVALID`, naming the field.
    """
    return from_object(ResidentRecord, written)
