"""A form is a dated template of one municipality: data, read and checked at start, never code.

Municipalities word their certificates differently and change them on a fixed day, old and new side by side. What
differs is here: titles, certifying sentences (認証文), the line of the head of the municipality, the words of the
marks, the official seal's picture, and whether the paper is a specimen (見本) and copy-evident (牽制文字). The geometry
is the form's module's.

File: TOML, one template a file, `seal` naming a PNG beside it. Unknown and missing keys are refused at start.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

from konbini.pdf.facts import Cell, Mark
from konbini.pdf.picture import Picture
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Scope

__all__ = ["Marks", "OfficialSeal", "Sentences", "Template", "TemplateInvalid", "choose", "load", "load_all"]

T = TypeVar("T")

_LARGEST_SEAL_MM: Final = 30.0


class TemplateInvalid(ValueError):  # noqa: N818 - it is met at start by whoever wrote the file
    """A template's file is not what it should be; the text names file and key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """The certifying sentence for each scope."""

    self_only: str
    part: str
    whole: str

    def of(self, scope: Scope) -> str:
        """Return the sentence for a scope."""
        return {Scope.SELF: self.self_only, Scope.PART: self.part, Scope.WHOLE: self.whole}[scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The wording of the marks."""

    omitted: str
    unused: str
    blank: str

    def text(self, cell: Cell) -> str:
        """Return a cell's printed text."""
        if not isinstance(cell, Mark):
            return cell
        return {Mark.OMITTED: self.omitted, Mark.UNUSED: self.unused, Mark.BLANK: self.blank}[cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialSeal:
    """The official seal (公印): its picture, its edge in millimetres, and the note beside it."""

    picture: Picture
    edge_mm: float
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One form of one municipality from `valid_from` to `valid_to`, both days included (no end: open).

    `specimen` prints 見本 across the page; `copy_evident` lays the pattern that shows 複写 on a copy under it.
    """

    form: str
    kind: str
    municipality: str
    valid_from: date
    valid_to: date | None
    specimen: bool
    copy_evident: bool
    title: str
    sentences: Sentences
    mayor: str
    marks: Marks
    nothing_below: str
    fee_text: str
    seal: OfficialSeal

    def holds_on(self, day: date) -> bool:
        """Say whether the form is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def choose(templates: Iterable[Template], *, kind: str, municipality: str, day: date) -> Template:
    """Return the one template in force.

    Raises:
        Refused: `NOT_OFFERED`, where the municipality has no such form on that day.
    """
    for template in templates:
        if (template.kind, template.municipality) == (kind, municipality) and template.holds_on(day):
            return template
    raise Refused(Code.NOT_OFFERED, f"{municipality} has no form of {kind} on {day.isoformat()}")


def load_all(folder: Path) -> tuple[Template, ...]:
    """Read every template of a folder, newest first.

    Raises:
        TemplateInvalid: a file is wrong, an id stands twice, or two forms of one kind are in force on one day.
    """
    found = sorted((load(path) for path in folder.glob("*.toml")), key=lambda one: one.valid_from, reverse=True)
    if not found:
        raise TemplateInvalid(f"no template in {folder.name}")
    _refuse_conflicts(found)
    return tuple(found)


def _refuse_conflicts(newest_first: Sequence[Template]) -> None:
    if len({template.form for template in newest_first}) != len(newest_first):
        raise TemplateInvalid("a form's id stands twice")
    for index, newer in enumerate(newest_first):
        for older in newest_first[index + 1 :]:
            same = (older.kind, older.municipality) == (newer.kind, newer.municipality)
            if same and older.holds_on(newer.valid_from):
                raise TemplateInvalid(f"{older.form} and {newer.form} are in force on one day")


def load(path: Path) -> Template:
    """Read one template.

    Raises:
        TemplateInvalid: naming file and key.
    """
    try:
        table = _Table(tomllib.loads(path.read_text(encoding="utf-8")))
        template = _template(table, path.parent)
        table.refuse_rest()
    except (tomllib.TOMLDecodeError, OSError, ValueError) as error:
        raise TemplateInvalid(f"{path.name}: {error}") from error
    return template


def _template(table: _Table, folder: Path) -> Template:
    sentences, marks, seal = table.part("sentences"), table.part("marks"), table.part("seal")
    template = Template(
        form=table.take("form", str),
        kind=table.take("kind", str),
        municipality=table.take("municipality", str),
        valid_from=table.take("valid_from", date),
        valid_to=table.take("valid_to", date) if table.has("valid_to") else None,
        specimen=table.take("specimen", bool),
        copy_evident=table.take("copy_evident", bool),
        title=table.take("title", str),
        sentences=Sentences(**{name: sentences.take(name, str) for name in ("self_only", "part", "whole")}),
        mayor=table.take("mayor", str),
        marks=Marks(**{name: marks.take(name, str) for name in ("omitted", "unused", "blank")}),
        nothing_below=table.take("nothing_below", str),
        fee_text=table.take("fee_text", str),
        seal=_seal(seal, folder),
    )
    for part in (sentences, marks, seal):
        part.refuse_rest()
    if template.valid_to is not None and template.valid_to < template.valid_from:
        raise ValueError("valid_to is before valid_from")
    return template


def _seal(table: _Table, folder: Path) -> OfficialSeal:
    name, edge = table.take("picture", str), table.take("edge_mm", float)
    if Path(name).name != name or not 0 < edge <= _LARGEST_SEAL_MM:
        raise ValueError("seal: picture is not a plain file name, or edge_mm is out of bounds")
    return OfficialSeal(
        picture=Picture.from_png((folder / name).read_bytes()), edge_mm=edge, note=table.take("note", str)
    )


class _Table:
    """A TOML table whose keys are taken one by one, each once and of its type."""

    def __init__(self, entries: dict[str, object]) -> None:
        self._rest = dict(entries)

    def has(self, key: str) -> bool:
        return key in self._rest

    def take(self, key: str, kind: type[T]) -> T:
        value = self._rest.pop(key, None)
        if type(value) is not kind:
            raise ValueError(f"{key}: a {kind.__name__} is needed")
        return value

    def part(self, key: str) -> _Table:
        return _Table(self.take(key, dict))

    def refuse_rest(self) -> None:
        if self._rest:
            raise ValueError(f"unknown: {', '.join(sorted(self._rest))}")
