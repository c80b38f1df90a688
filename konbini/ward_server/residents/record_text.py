"""A record as people read it: one JSON object with the names of the record's fields (see `text_form`).

The commitment to the individual number is never written here: an individual number is given beside the record.
"""

from __future__ import annotations

import json

from konbini.ward_server.residents.record import ResidentRecord
from konbini.ward_server.residents.text_form import to_object

__all__ = ["write_record"]


def write_record(record: ResidentRecord) -> str:
    """Write a record, without what is None and without the commitment."""
    return json.dumps(to_object(record), ensure_ascii=False, indent=2)
