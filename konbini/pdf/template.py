"""A form is a dated template of one municipality: data, read and checked at start, never code.

Municipalities word their certificates differently and change them on a fixed day, old and new side by side. What
differs is here: titles, certifying sentences (認証文), the words of the marks, the fee's text, and whether the paper is
a specimen (見本) and copy-evident (牽制文字); who signs, and with which seal, is the municipality's. The geometry is
the form's module's. A template that a head of the municipality leaves in the middle becomes two, each with its own id:
what a paper was drawn with is told by its form's id alone.

Files: TOML, one template a file, in one folder with the municipality's own. Unknown and missing keys are refused at
start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from konbini.pdf.facts import Cell, Mark
from konbini.pdf.municipality import FILE, Municipality, OfficialSeal, load_municipality
from konbini.pdf.template_table import Table, TemplateInvalid, reading
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Scope

__all__ = ["Marks", "OfficialSeal", "Sentences", "Template", "TemplateInvalid", "choose", "load_all"]


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
        return (self.omitted, self.unused, self.blank)[cell - Mark.OMITTED]  # the marks are numbered in this order


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
    files = sorted(path for path in folder.glob("*.toml") if path.name != FILE)
    municipality = load_municipality(folder / FILE)
    each = (template for path in files for template in _load(path, municipality))
    found = sorted(each, key=lambda one: one.valid_from, reverse=True)
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


def _load(path: Path, municipality: Municipality) -> Iterator[Template]:
    """Read one file: a template for each head of the municipality who signs while it is valid.

    The first has the file's own id; who comes later is told by the day on which they begin.
    """
    with reading(path) as table:
        whole = _template(table, municipality)
    for place, head in enumerate(municipality.heads_between(whole.valid_from, whole.valid_to)):
        yield replace(
            whole,
            form=f"{whole.form}.{head.begins:%Y%m%d}" if place else whole.form,
            valid_from=max(head.begins, whole.valid_from),
            valid_to=_earlier(head.ends, whole.valid_to),
            mayor=head.line,
            seal=head.seal,
        )


def _earlier(one: date | None, other: date | None) -> date | None:
    """Return the earlier of two last days; None is no last day."""
    return min((day for day in (one, other) if day is not None), default=None)


def _template(table: Table, municipality: Municipality) -> Template:
    sentences, marks = table.part("sentences"), table.part("marks")
    valid_from = table.take("valid_from", date)
    head = municipality.heads[0]
    if table.take("municipality", str) != municipality.code:
        raise ValueError("municipality: another than that of the folder")
    if valid_from < head.begins:
        raise ValueError("valid_from: nobody signs for the municipality on that day")
    template = Template(
        form=table.take("form", str),
        kind=table.take("kind", str),
        municipality=municipality.code,
        valid_from=valid_from,
        valid_to=table.take("valid_to", date) if table.has("valid_to") else None,
        specimen=table.take("specimen", bool),
        copy_evident=table.take("copy_evident", bool),
        title=table.take("title", str),
        sentences=Sentences(**{name: sentences.take(name, str) for name in ("self_only", "part", "whole")}),
        mayor=head.line,
        marks=Marks(**{name: marks.take(name, str) for name in ("omitted", "unused", "blank")}),
        nothing_below=table.take("nothing_below", str),
        fee_text=table.take("fee_text", str),
        seal=head.seal,
    )
    for part in (sentences, marks):
        part.refuse_rest()
    if template.valid_to is not None and template.valid_to < template.valid_from:
        raise ValueError("valid_to is before valid_from")
    return template
