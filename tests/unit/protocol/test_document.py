"""docs/protocol.md says of every array, number and bound what the code says.

The prose and the column "meaning" are written there and nowhere else. Everything else in the tables is brought up to
date by `python tests/unit/protocol/test_document.py`, which keeps the meanings.
"""

from __future__ import annotations

import dataclasses
import enum
import re
import types
import typing
from pathlib import Path
from typing import Annotated, Any

from konbini.protocol import (
    accounts,
    frames,
    kinds,
    numbers,
    own_list,
    receipts,
    sealing,
    service,
    shape,
    tickets,
    trust,
    visits,
    witnessing,
)
from konbini.protocol.codec import Value

DOCUMENT = Path(__file__).parents[3] / "docs" / "protocol.md"
MODULES = (frames, trust, tickets, visits, own_list, receipts, service, accounts, witnessing)
ENUMERATIONS = (
    kinds.MessageKind,
    kinds.CertificateKind,
    kinds.Scope,
    kinds.Options,
    kinds.Outcome,
    kinds.IssuanceFate,
    service.Condition,
    kinds.LeftThings,
    kinds.Mismatched,
    sealing.SealedSize,
)
CONSTANTS: dict[str, Value] = {
    "PROTOCOL": kinds.PROTOCOL,
    "VERSION": frames.VERSION,
    "SUITE": kinds.SUITE,
    "CENTER": kinds.CENTER,
    "ANYONE": kinds.ANYONE,
    "MOST_ORDERS": kinds.MOST_ORDERS,
    "VISIT_MINUTES": kinds.VISIT_MINUTES,
    "LONG_VISIT_MINUTES": kinds.LONG_VISIT_MINUTES,
    "TICKET_SECONDS": tickets.TICKET_SECONDS,
    "CLOCK_SKEW_SECONDS": tickets.CLOCK_SKEW_SECONDS,
    "PREKEY_SECONDS": tickets.PREKEY_SECONDS,
    "PRINT_SECONDS": visits.PRINT_SECONDS,
    "MOST_OWN_LISTS": own_list.MOST_OWN_LISTS,
    "MOST_OWN_ISSUANCES": own_list.MOST_OWN_ISSUANCES,
    "MOST_BARRED": service.MOST_BARRED,
    "MESSAGE_KEY_SECONDS": trust.MESSAGE_KEY_SECONDS,
    "MOST_FRAME_BYTES": frames.MOST_FRAME_BYTES,
    "PUBLIC_BYTES": sealing.PUBLIC_BYTES,
    "SEAL_BYTES": sealing.SEAL_BYTES,
    "MOST_COUNTER": numbers.MOST_COUNTER,
}
TABLE = re.compile(r"(?m)^### `(?P<name>\w+)`(?P<rest>[^\n]*)\n(?P<prose>(?:(?!#|\|).*\n)*)(?P<table>(?:\|.*\n)*)")
ROW = re.compile(r"\| (?P<number>[^|]+) \| (?P<name>[^|]*) \| (?P<form>[^|]*) \| (?P<meaning>[^|]*) \|")
BARE = {int: "integer", bytes: "bytes", str: "text", bool: "boolean"}


def messages() -> dict[str, type]:
    """Every dataclass that the protocol's modules declare, by name."""
    return {
        name: kind
        for module in MODULES
        for name, kind in vars(module).items()
        if dataclasses.is_dataclass(kind) and isinstance(kind, type) and kind.__module__ == module.__name__
    }


def form(kind: Any) -> str:  # noqa: ANN401 - a type form
    """Say what a field may hold."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        return f"{form(arguments[0])}, {' and '.join(bound(one, arguments[0]) for one in arguments[1:])}"
    if origin in (types.UnionType, typing.Union):
        (inner,) = (one for one in arguments if one is not types.NoneType)
        return f"{form(inner)}, or null"
    if origin is tuple:
        return f"array of ({form(arguments[0])})"
    return BARE.get(kind) or f"`{kind.__name__}`"


def bound(one: object, of: Any) -> str:  # noqa: ANN401 - a type form
    """Say what a bound allows."""
    assert isinstance(one, shape.Sized | shape.UpTo)
    count = f"2^{one.count.bit_length() - 1}" if one.count > 1 << 20 and one.count.bit_count() == 1 else one.count
    if isinstance(one, shape.Sized):
        return f"exactly {count}"
    return f"0 to {count}" if of is int else f"at most {count}"


def rows() -> dict[str, list[tuple[str, str, str]]]:
    """Give the first three columns of every table, by its name."""
    tables: dict[str, list[tuple[str, str, str]]] = {}
    for name, kind in messages().items():
        hints = typing.get_type_hints(kind, include_extras=True)
        fields = [field.name for field in dataclasses.fields(kind)]
        tables[name] = [(str(place), f"`{field}`", form(hints[field])) for place, field in enumerate(fields)]
    for enumeration in ENUMERATIONS:
        members: list[enum.IntEnum | enum.IntFlag] = list(enumeration)
        tables[enumeration.__name__] = [(str(int(one)), f"`{one.name}`", "") for one in members]
    tables["Constants"] = [(str(value), f"`{name}`", "") for name, value in CONSTANTS.items()]
    return tables


def meanings(table: str) -> dict[str, str]:
    """Read the hand-written column, by name."""
    return {match["name"]: match["meaning"] for match in map(ROW.fullmatch, table.splitlines()) if match}


def render(document: str) -> str:
    """Write every table anew, with the meanings that it has."""
    tables = rows()

    def table(match: re.Match[str]) -> str:
        known = meanings(match["table"])
        lines = [
            f"| {first} | {second} | {third} | {known.get(second, '')} |\n"
            for first, second, third in tables[match["name"]]
        ]
        head = "| | name | form | meaning |\n|---|---|---|---|\n"
        return f"### `{match['name']}`{match['rest']}\n{match['prose']}{head}{''.join(lines)}"

    return TABLE.sub(table, document)


def test_the_document_is_up_to_date() -> None:
    """Every field, number and bound stands in it as in the code."""
    document = DOCUMENT.read_text(encoding="utf-8")
    assert render(document) == document


def test_the_document_has_every_table_and_no_other() -> None:
    """A message that is declared is described."""
    found = [match["name"] for match in TABLE.finditer(DOCUMENT.read_text(encoding="utf-8"))]
    assert sorted(found) == sorted(rows())


def test_every_row_has_a_meaning() -> None:
    """Nothing is left to be guessed."""
    empty = []
    for match in TABLE.finditer(DOCUMENT.read_text(encoding="utf-8")):
        for line in match["table"].splitlines()[2:]:
            row = ROW.fullmatch(line)
            if row is None or not row["meaning"].strip():
                empty.append((match["name"], line))
    assert empty == []


def test_the_comparison_sees_a_difference() -> None:
    """A bound that is changed in the document is put right again."""
    document = DOCUMENT.read_text(encoding="utf-8")
    changed = document.replace("bytes, exactly 16", "bytes, exactly 17", 1)
    assert changed != document
    assert render(changed) == document


if __name__ == "__main__":
    DOCUMENT.write_text(render(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
