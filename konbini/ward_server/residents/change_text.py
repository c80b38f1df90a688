"""A change as an operator writes it, and reads another's: one JSON object, or the same as TOML.

    {"kind": "measure_set", "resident": "000000000000001", "seen": 0, "effective": 20260921, "source": "支援措置申出書",
     "name": "2026-017", "category": "stalking", "planned_end": 20270331}

`kind` is the name of a `ChangeKind` in small letters; `resident`, `seen`, `effective`, `source`, `corrects` and `basis`
are those of `Change` (the last two may be left out). All other fields are those of the kind's body, by their names
(`bodies`, docs/registry.md), in the form that `text_form` describes.
"""

from __future__ import annotations

import json
import tomllib
from typing import TypeVar

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.changes import BODIES, Change, ChangeKind, new_change
from konbini.ward_server.residents.entry import Basis
from konbini.ward_server.residents.text_form import from_object, to_object

__all__ = ["read_change", "write_change"]

T = TypeVar("T")

_OF_THE_CHANGE = frozenset({"kind", "resident", "seen", "effective", "source", "corrects", "basis"})


def read_change(text: str) -> Change:
    """Read a change.

    Raises:
        Refused: `CHANGE_INVALID`, naming the field.
    """
    fields = _fields(text)
    kind = _kind(fields.get("kind"))
    body = from_object(BODIES[kind], {name: value for name, value in fields.items() if name not in _OF_THE_CHANGE})
    return new_change(
        kind,
        _given(fields, "resident", str),
        body,
        seen=_given(fields, "seen", int),
        effective=_given(fields, "effective", int),
        source=_given(fields, "source", str),
        corrects=_given(fields, "corrects", str) if "corrects" in fields else "",
        basis=_basis(fields.get("basis", Basis.NOTIFIED.name.lower())),
    )


def write_change(change: Change) -> str:
    """Write a change as `read_change` takes it, without what is left out.

    Raises:
        Refused: `CHANGE_INVALID`: what it holds is not its kind's.
    """
    written: dict[str, object] = {
        "kind": change.kind.name.lower(),
        "resident": change.resident,
        "seen": change.seen,
        "effective": change.effective,
        "source": change.source,
    }
    if change.corrects:
        written["corrects"] = change.corrects
    if change.basis is not Basis.NOTIFIED:
        written["basis"] = change.basis.name.lower()
    return json.dumps(written | to_object(change.body()), ensure_ascii=False, indent=2)


def _fields(text: str) -> dict[str, object]:
    try:
        fields = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # the latter: brackets within brackets, some hundred deep
        raise Refused(Code.CHANGE_INVALID, "neither JSON nor TOML") from error
    if not isinstance(fields, dict):
        raise Refused(Code.CHANGE_INVALID, "a change is an object")
    return fields


def _given(fields: dict[str, object], name: str, kind: type[T]) -> T:
    value = fields.get(name)
    if type(value) is not kind:
        raise Refused(Code.CHANGE_INVALID, f"field {name}")
    return value


def _kind(name: object) -> ChangeKind:
    for kind in BODIES:
        if name == kind.name.lower():
            return kind
    raise Refused(Code.CHANGE_INVALID, "field kind")


def _basis(name: object) -> Basis:
    for basis in Basis:
        if name == basis.name.lower():
            return basis
    raise Refused(Code.CHANGE_INVALID, "field basis")
