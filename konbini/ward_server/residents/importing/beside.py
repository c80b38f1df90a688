"""What stands beside the record in a row of a town's list: number, cards, measures, holds, seal, items kept beyond it.

In JSON each is an object with the names of its class's fields (`text_form`), a card's serial and a seal's day of
registration among them, and without those items of the entry that have columns of their own. In a CSV file cards have a
form of their own, measures and holds one of their own or a list of these objects, and the rest is JSON in the cell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_value, to_value
from konbini.ward_server.residents.bodies import CardKind
from konbini.ward_server.residents.changes import Restriction
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.importing.columns import KEPT_FIELDS, refuse_cells
from konbini.ward_server.residents.record import ResidentRecord
from konbini.ward_server.residents.text_form import from_object
from konbini.ward_server.residents.town import TownCard, TownRow, TownSeal

__all__ = ["row_of_cells", "row_of_members", "written_json"]

M = TypeVar("M")

_KEPT_FIELDS = frozenset(KEPT_FIELDS.values())

_CARRIERS = {None: int(CardKind.NUMBER_CARD)} | {kind.name.lower(): int(kind) for kind in CardKind}
_KINDS = "|".join(kind.name.lower() for kind in CardKind)
_CARD = re.compile(rf"([0-9a-f]{{2,128}}):([0-9a-f]{{2,42}}):([0-9]{{8}})(?::([0-9]{{8}}))?(?::({_KINDS}))?", re.ASCII)
_RESTRICTION = re.compile(r"([^:;]{1,64})(?::([0-9]{8}))?", re.ASCII)
_LIST_OF_OBJECTS = "[{"


def row_of_cells(record: ResidentRecord, kept: Sequence[Value], cells: Mapping[str, str]) -> TownRow:
    """Read what cells of a CSV file say beside the record; a cell that is not there is empty.

    Args:
        record: the row's record.
        kept: what was read of the columns `KEPT`.
        cells: those of the columns `BESIDE`.

    Raises:
        Refused: `CHANGE_INVALID`, naming the column.
    """
    return TownRow(
        record=record,
        individual_number=cells.get("individual_number") or None,
        cards=_listed(cells.get("cards", ""), _card),
        measures=_restrictions(cells.get("measures", ""), "measures"),
        holds=_restrictions(cells.get("holds", ""), "holds"),
        seal=_some(_in_cell(cells.get("seal", "")), _seal),
        entry=_with_kept(_some(_in_cell(cells.get("entry", "")), _entry), kept),
    )


def row_of_members(record: ResidentRecord, kept: Sequence[Value], written: Mapping[str, object]) -> TownRow:
    """Read what an object's members say beside the record.

    Args:
        record: the row's record.
        kept: what was read of the columns `KEPT`.
        written: the object.

    Raises:
        Refused: `CHANGE_INVALID`, naming the member.
    """
    return TownRow(
        record=record,
        individual_number=_text_or_none(written, "individual_number"),
        cards=_objects(written.get("cards", []), "cards", _card_object),
        measures=_objects(written.get("measures", []), "measures", _restriction),
        holds=_objects(written.get("holds", []), "holds", _restriction),
        seal=_some(written.get("seal"), _seal),
        entry=_with_kept(_some(written.get("entry"), _entry), kept),
    )


def written_json(text: str) -> object:
    """Read JSON in which no member stands twice.

    Raises:
        Refused: `CHANGE_INVALID`.
    """
    try:
        found: object = json.loads(text, object_pairs_hook=_members)
    except (ValueError, RecursionError) as error:
        raise Refused(Code.CHANGE_INVALID, "not JSON, or a member twice") from error
    return found


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _in_cell(cell: str) -> object:
    return written_json(cell) if cell else None


def _some(written: object, read: Callable[[object], M]) -> M | None:
    return None if written is None else read(written)


def _listed(cell: str, read: Callable[[str], M]) -> tuple[M, ...]:
    return tuple(read(one.strip()) for one in cell.split(";")) if cell else ()


def _restrictions(cell: str, name: str) -> tuple[Restriction, ...]:
    if cell.startswith(_LIST_OF_OBJECTS):
        return _objects(written_json(cell), name, _restriction)
    return _listed(cell, _short_restriction)


def _card(written: str) -> TownCard:
    found = _CARD.fullmatch(written)
    if found is None:
        raise Refused(
            Code.CHANGE_INVALID, "cards are not ISSUER:SERIAL:YYYYMMDD[:YYYYMMDD][:CARRIER], ids in small hexadecimal"
        )
    issuer, serial, counts_from, valid_until, carrier = found.groups()
    last_day = None if valid_until is None else int(valid_until)
    try:
        card: Value = [bytes.fromhex(issuer), bytes.fromhex(serial)]
        return from_value(TownCard, [card, int(counts_from), last_day, _CARRIERS[carrier]])
    except (Refused, ValueError) as error:
        raise Refused(Code.CHANGE_INVALID, "a card's issuer, serial or days") from error


def _card_object(item: dict[str, object]) -> TownCard:
    if "card" in item:
        raise Refused(Code.CHANGE_INVALID, "a card has an issuer_key_id and a serial")
    rest = {name: value for name, value in item.items() if name not in ("issuer_key_id", "serial")}
    return from_object(TownCard, {"card": [item.get("issuer_key_id"), item.get("serial")], **rest})


def _short_restriction(written: str) -> Restriction:
    found = _RESTRICTION.fullmatch(written)
    if found is None:
        raise Refused(Code.CHANGE_INVALID, "measures and holds are not NAME, NAME:YYYYMMDD or a list of objects")
    return _restriction({"name": found[1], "planned_end": found[2] and int(found[2])})


def _restriction(item: dict[str, object]) -> Restriction:
    if not item.get("name"):
        raise Refused(Code.CHANGE_INVALID, "a measure or a hold has a name")
    return _without_control(from_object(Restriction, item))


def _seal(written: object) -> TownSeal:
    if not isinstance(written, dict):
        raise Refused(Code.CHANGE_INVALID, "seal is an object")
    registered = {name: value for name, value in written.items() if name != "registered"}
    return _without_control(from_object(TownSeal, {"registered": written.get("registered"), "seal": registered}))


def _entry(written: object) -> RegisterEntry:
    if isinstance(written, dict) and not _KEPT_FIELDS.isdisjoint(written):
        raise Refused(Code.CHANGE_INVALID, "an item of the entry that has a column of its own")
    return _without_control(from_object(RegisterEntry, written))


def _with_kept(entry: RegisterEntry | None, kept: Sequence[Any]) -> RegisterEntry | None:
    """Put items with columns of their own into an entry; their bounds are looked at when it is written."""
    if not any(kept):
        return entry
    items = dict(zip(KEPT_FIELDS.values(), kept, strict=True))
    return RegisterEntry(**items) if entry is None else replace(entry, **items)


def _text_or_none(written: Mapping[str, object], name: str) -> str | None:
    value = written.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused(Code.CHANGE_INVALID, f"{name} is not text")
    return value or None


def _objects(items: object, name: str, read: Callable[[dict[str, object]], M]) -> tuple[M, ...]:
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Refused(Code.CHANGE_INVALID, f"{name} is not a list of objects")
    return tuple(read(item) for item in items)


def _without_control(message: M) -> M:
    """Refuse control characters in the texts of what was read: JSON may write them where no cell has any."""
    refuse_cells(tuple(_texts(to_value(message))))
    return message


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
