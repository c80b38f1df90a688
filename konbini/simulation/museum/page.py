"""The museum's pages: one for each mutant, and an index. All of it follows from the catalogue but what was measured.

A page ends with a part that a run fills; `body` is everything before it, which a test compares with the documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from konbini.simulation.museum.altering import difference
from konbini.simulation.museum.catalogue import CATALOGUE
from konbini.simulation.museum.mutant import Mutant
from konbini.simulation.museum.running import Row
from konbini.simulation.museum.telling import measured

__all__ = ["INDEX", "MEASURED", "body", "file_name", "index", "write_pages"]

INDEX: Final = "README.md"
MEASURED: Final = "## Measured\n"
_NOT_YET: Final = "`konbini museum --pages docs/museum` fills this in.\n"
_PUBLISHED: Final = 12

_INTRODUCTION: Final = """\
# The incident museum

Certificates that reached the wrong person, or should not have been issued: the published cases of 2019 to 2025 (1 to
12), and faults of our own making. Each is built into our own source, by an import hook in a process of its own
([ADR 0026](../adr/0026-the-incident-museum.md)), and run in the simulated world twice: with every check that stands in
its way taken away, where wrong papers must come out, and with all of them, where none may. `konbini museum` runs them
all; the pages are written by `konbini museum --pages docs/museum`.

| no. | case | the fault | what stands in its way |
|---|---|---|---|
"""


def file_name(mutant: Mutant) -> str:
    """Name a mutant's page."""
    return f"{mutant.number:02d}-{mutant.name}.md"


def index() -> str:
    """Write the index."""
    rows = (
        f"| {one.number} | [{one.name}]({file_name(one)}) | {one.title} | "
        f"{', '.join(defence.name for defence in one.defences)} |\n"
        for one in CATALOGUE
    )
    return _INTRODUCTION + "".join(rows)


def body(mutant: Mutant) -> str:
    """Write a mutant's page up to what was measured."""
    return "\n".join(_body(mutant)) + "\n\n"


def write_pages(folder: Path, rows: Sequence[Row]) -> None:
    """Write every page and the index; what was measured of a mutant that was not run now stays as it stands.

    Raises:
        OSError: a file cannot be read or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INDEX).write_text(index(), encoding="utf-8")
    told = {row.mutant.name: "\n".join(measured(row)) + "\n" for row in rows}
    for mutant in CATALOGUE:
        path = folder / file_name(mutant)
        before = path.read_text(encoding="utf-8").partition(MEASURED)[2].lstrip("\n") if path.exists() else ""
        says = told.get(mutant.name) or before or _NOT_YET
        path.write_text(f"{body(mutant)}{MEASURED}\n{says}", encoding="utf-8")


def _body(mutant: Mutant) -> Iterator[str]:
    story, kind = mutant.story, "published case" if mutant.number <= _PUBLISHED else "our own"
    yield f"# {mutant.number}. {mutant.title}"
    yield ""
    yield f"`{mutant.name}`, {kind}."
    yield from ("", "## What happened", story.happened)
    yield from ("", "## The fault in our code", story.fault, "", "```diff")
    yield from difference(mutant.alterations)
    yield from ("```", "", "## With the defences off", story.off)
    yield from ("", "## With the defences on", story.on)
    yield from ("", "## What stands in its way")
    for defence in mutant.defences:
        yield f"- **{defence.name}** (`{defence.alterations[-1].module}`): {defence.duty}"
    yield from ("", "What makes it show: " + _workload(mutant))


def _workload(mutant: Mutant) -> str:
    workload = mutant.workload
    besides = "".join(f"; {one.value}" for one in workload.besides)
    return (
        f"the world's profile *{workload.profile}* with {workload.wards} ward(s) and {workload.kiosks} kiosks{besides}."
    )
