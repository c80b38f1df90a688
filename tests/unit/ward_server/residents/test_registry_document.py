"""docs/registry.md against the published list of items and against the code: nothing is missing, nothing made up."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from pathlib import Path
from typing import Any

from konbini.ward_server.residents.changes import BODIES, Change, ChangeKind
from konbini.ward_server.residents.entry import Administrative, AliasPeriod, RegisterEntry
from konbini.ward_server.residents.record import ForeignItems, IndividualNumberPart, ResidentRecord
from konbini.ward_server.residents.store import StoredChange, StoredLink, StoredRestriction

DOCUMENT = Path(__file__).parents[4] / "docs" / "registry.md"
ITEMS = Path(__file__).with_name("register_items.tsv")
KEPT_IN: dict[str, Any] = {
    "record": ResidentRecord,
    "foreign": ForeignItems,
    "entry": RegisterEntry,
    "alias": AliasPeriod,
    "administrative": Administrative,
    "link": StoredLink,
    "restriction": StoredRestriction,
    "number": IndividualNumberPart,
    "change": Change,
    "stored_change": StoredChange,
}
OF_A_LINK_OR_MEASURE = {"link.card", "link.counts_from", "link.valid_until", "restriction.name"}
"""What the feed's `LinkChange` and `MeasureChange` take of these two; records leave whole."""
NUMBERED_ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$")
KIND_ROW = re.compile(r"^\| `([A-Z_]+)` \| .+? \| (?:`([A-Za-z]+)`|-) \| .+ \|$")


def table() -> list[tuple[str, str, str, str, str]]:
    """Give the document's items: group, number, item, where it is kept, whether it leaves."""
    rows, group = [], ""
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("### "):
            group = line.removeprefix("### ")
        elif found := NUMBERED_ROW.match(line):
            number, item, where, leaves, _why = found.groups()
            rows.append((group, number, item, where, leaves))
    return rows


def field_at(path: str) -> bool:
    """Say whether a dotted path leads through declared fields."""
    root, *names = path.split(".")
    kind = KEPT_IN.get(root)
    for name in names:
        if not dataclasses.is_dataclass(kind) or name not in {field.name for field in dataclasses.fields(kind)}:
            return False
        kind = bare(typing.get_type_hints(kind)[name])
    return kind is not None


def bare(kind: Any) -> Any:  # noqa: ANN401 - a type form
    """Give what an optional type may hold."""
    if isinstance(kind, types.UnionType):
        return next(one for one in typing.get_args(kind) if one is not types.NoneType)
    return kind


def test_every_item_of_the_list_has_its_row() -> None:
    """All of 基本項目, 外国人住民, 通称履歴, 行政項目, その他 and what other systems keep, in the list's own order."""
    listed = [tuple(line.split("\t")) for line in ITEMS.read_text(encoding="utf-8").splitlines()[1:]]
    assert len(listed) == 117
    assert [row[:3] for row in table()] == listed


def test_every_place_is_one() -> None:
    """Where an item is kept is a field of the code, or another system that is named."""
    for _group, _number, item, where, _leaves in table():
        paths = re.findall(r"`([a-z_.]+)`", where)
        if where.startswith("elsewhere: "):
            continue
        assert paths, item
        assert all(field_at(path) for path in paths), where


def test_what_leaves_is_what_the_feed_carries() -> None:
    """Records leave whole, of links and measures what is named; entries and changes never."""
    for _group, _number, item, where, leaves in table():
        paths = re.findall(r"`([a-z_.]+)`", where) if not where.startswith("elsewhere") else []
        sent = [path.startswith(("record.", "foreign.")) or path in OF_A_LINK_OR_MEASURE for path in paths]
        expected = "yes" if any(sent) else "no"
        assert leaves == ("apart" if paths == ["number.number"] else expected), item


def test_every_kind_of_change_has_its_row() -> None:
    """With the class of its body."""
    rows = [row.groups() for line in DOCUMENT.read_text("utf-8").splitlines() if (row := KIND_ROW.match(line))]
    found = {str(name): body for name, body in rows}
    assert found == {kind.name: BODIES[kind].__name__ if kind in BODIES else None for kind in ChangeKind}
    assert len(rows) == len(ChangeKind)
