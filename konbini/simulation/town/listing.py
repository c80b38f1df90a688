"""The town's residents as a list that `konbini ward import` takes: CSV or JSON Lines; of any length.

A town has numbers for 100,000 people. A longer list repeats the people of one town under other numbers, with no prefix
of zeros that would tell them: it is for measuring, and is thrown away.
"""

from __future__ import annotations

import csv
import dataclasses
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import IntEnum
from pathlib import Path

from konbini.simulation.town.numbers import check_digit
from konbini.ward_server.residents.bodies import CardKind
from konbini.ward_server.residents.changes import Restriction
from konbini.ward_server.residents.entry import PLAIN
from konbini.ward_server.residents.importing.columns import BESIDE, COLUMNS, FOREIGN, KEPT_FIELDS
from konbini.ward_server.residents.text_form import to_object
from konbini.ward_server.residents.town import TownCard, TownRow, TownSeal

__all__ = ["json_line", "repeated", "write_csv", "write_json_lines"]

_FOREIGN_NAMES = tuple(column.name for column in FOREIGN)
_KATAKANA = "foreign_katakana"
_HEADER = (*(column.name for column in COLUMNS), *_FOREIGN_NAMES, *KEPT_FIELDS, *BESIDE)


def write_csv(path: Path, rows: Iterable[TownRow]) -> int:
    """Write rows under English names of columns and give how many they were."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        counted = itertools.count()
        writer.writerows(_cells(row) for row, _ in zip(rows, counted, strict=False))
        return next(counted)


def write_json_lines(path: Path, rows: Iterable[TownRow]) -> None:
    """Write rows, one object a line."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json_line(row) + "\n" for row in rows)


def json_line(row: TownRow) -> str:
    """Give one row as a line of JSON."""
    record, foreign = row.record, row.record.foreign
    written = {column.name: _plain(getattr(record, column.name)) for column in COLUMNS}
    kept = _kept(row)
    if foreign is not None:
        items = {field.name: _plain(getattr(foreign, field.name)) for field in dataclasses.fields(foreign)}
        written["foreign"] = items | {KEPT_FIELDS[_KATAKANA]: kept.pop(_KATAKANA)}
    else:
        kept.pop(_KATAKANA)
    written |= kept
    written["individual_number"] = row.individual_number
    written["cards"] = [_card_object(held) for held in row.cards]
    for name, restrictions in (("measures", row.measures), ("holds", row.holds)):
        written[name] = [to_object(one) for one in restrictions]
    written["seal"] = None if row.seal is None else _seal_object(row.seal)
    written["entry"] = _entry_object(row)
    return _json(written)


def repeated(rows: Sequence[TownRow], count: int) -> Iterator[TownRow]:
    """Give the households of these rows again and again, under new numbers, until there are `count` rows."""
    ordinals = itertools.count(1)
    for turn in itertools.count():
        for household, members in itertools.groupby(rows, key=lambda row: row.record.household):
            for row in members:
                ordinal = next(ordinals)
                yield _renumbered(row, f"{household}-{turn}", ordinal)
            if ordinal >= count:
                return


def _renumbered(row: TownRow, household: str, ordinal: int) -> TownRow:
    digits, code = f"{ordinal + 10**10:011d}", f"{ordinal + 10**9:010d}"
    return replace(
        row,
        record=replace(
            row.record, resident=f"{ordinal:015d}", household=household, resident_code=code + check_digit(code)
        ),
        individual_number=digits + check_digit(digits),
        cards=tuple(replace(held, card=replace(held.card, serial=ordinal.to_bytes(8, "big"))) for held in row.cards),
    )


def _cells(row: TownRow) -> list[str]:
    record, foreign = row.record, row.record.foreign
    cells = [_cell(getattr(record, column.name)) for column in COLUMNS]
    names = (name.removeprefix("foreign_") for name in _FOREIGN_NAMES)
    cells += ["" if foreign is None else _cell(getattr(foreign, name)) for name in names]
    cells += map(_cell, _kept(row).values())
    entry = _entry_object(row)
    beside: Mapping[str, str] = {
        "individual_number": row.individual_number or "",
        "cards": ";".join(map(_card, row.cards)),
        "measures": _restrictions(row.measures),
        "holds": _restrictions(row.holds),
        "seal": "" if row.seal is None else _json(_seal_object(row.seal)),
        "entry": "" if entry is None else _json(entry),
    }
    return [*cells, *(beside[name] for name in BESIDE)]


def _kept(row: TownRow) -> dict[str, object]:
    """Give the items of the entry that have columns of their own, by column."""
    return {column: getattr(row.entry or PLAIN, name) for column, name in KEPT_FIELDS.items()}


def _entry_object(row: TownRow) -> dict[str, object] | None:
    """Give the other items of the entry; None where there are none and the columns make it."""
    if row.entry is None:
        return None
    others = {name: item for name, item in to_object(row.entry).items() if name not in KEPT_FIELDS.values()}
    return None if not others and any(_kept(row).values()) else others


def _plain(value: object) -> object:
    return value.name.lower() if isinstance(value, IntEnum) else value


def _cell(value: object) -> str:
    match _plain(value):
        case None:
            return ""
        case bool() as truth:
            return str(truth).lower()
        case plain:
            return str(plain)


def _card(held: TownCard) -> str:
    parts = [held.card.issuer_key_id.hex(), held.card.serial.hex(), str(held.counts_from)]
    if held.valid_until is not None:
        parts.append(str(held.valid_until))
    if held.carrier is not CardKind.NUMBER_CARD:
        parts.append(held.carrier.name.lower())
    return ":".join(parts)


def _card_object(held: TownCard) -> dict[str, object]:
    serial = {"issuer_key_id": held.card.issuer_key_id.hex(), "serial": held.card.serial.hex()}
    return serial | {name: value for name, value in to_object(held).items() if name != "card"}


def _restrictions(restrictions: Sequence[Restriction]) -> str:
    """Write the short form where it says everything."""
    if all(_is_short(one) for one in restrictions):
        return ";".join(
            one.name if one.planned_end is None else f"{one.name}:{one.planned_end}" for one in restrictions
        )
    return _json([to_object(one) for one in restrictions])


def _is_short(one: Restriction) -> bool:
    plain = one == Restriction(name=one.name, planned_end=one.planned_end)
    return plain and one.name == one.name.strip() and not set(one.name) & set(":;[")


def _seal_object(held: TownSeal) -> dict[str, object]:
    return {"registered": held.registered, **to_object(held.seal)}


def _json(written: object) -> str:
    return json.dumps(written, ensure_ascii=False)
