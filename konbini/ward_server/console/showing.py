"""What the registry gives of a resident or of a change, as rows with the words of the catalogues. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from konbini.ward_server.console.act import Row
from konbini.ward_server.console.writing import written_day
from konbini.ward_server.residents.changes import Change
from konbini.ward_server.residents.operator_text import found_lines
from konbini.ward_server.residents.record import Presence, Sex, unchecked_record
from konbini.ward_server.residents.registry import Found
from konbini.ward_server.residents.text_form import to_object

__all__ = ["DATES", "NAMED", "body_rows", "found_rows", "written"]

DATES: Final = frozenset(
    ("birth", "became_resident", "address_set", "notified", "moved_in", "leaving", "effective", "planned_end")
)
"""Fields whose number is a day, yyyymmdd."""
NAMED: Final = {"sex": Sex, "presence": Presence}
"""Fields whose value has a word in the catalogues, below the field's own name."""


def found_rows(found: Found) -> tuple[Row, ...]:
    """Give the record item by item, what is kept beyond it, then a row for each card, measure, hold and seal."""
    record = to_object(unchecked_record(found.record))
    beside = list(found_lines(found))[2:]
    return (
        *(
            Row(word=f"item.{name}", value=written(name, value))
            for name, value in record.items()
            if name != "municipality"
        ),
        *(Row(word=f"field.{name}", value=written(name, value)) for name, value in _kept(found)),
        *(Row(word="row.beside", value=text) for text in beside),
    )


def body_rows(change: Change) -> tuple[Row, ...]:
    """Give what a change writes, item by item; what is an item of a record has the record's word."""
    return tuple(_body_rows(to_object(change.body())))


def _body_rows(body: dict[str, object]) -> Iterator[Row]:
    for name, value in body.items():
        if name == "record" and isinstance(value, dict):
            yield from (Row(word=f"item.{item}", value=written(item, one)) for item, one in value.items())
        else:
            yield Row(word=f"field.{name}", value=written(name, value))


def _kept(found: Found) -> list[tuple[str, object]]:
    return list(to_object(found.entry).items()) if found.entry_version else []


def written(name: str, value: object) -> str:
    """Write a field's value: a day as people write it, a word of the catalogues, a text as it stands, the rest as JSON.

    Args:
        name: the field's.
        value: as `konbini.ward_server.residents.text_form` gives it.
    """
    if isinstance(value, bool):
        return "value.yes" if value else "value.no"
    if isinstance(value, int) and name in DATES:
        return written_day(value)
    if isinstance(value, str):
        return f"{name}.{value}" if name in NAMED else value
    return json.dumps(value, ensure_ascii=False)
