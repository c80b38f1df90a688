"""A municipality's own settings for its papers: its official name, and who signs them from which day on.

Certificates are signed by the head of the municipality (首長: 市長, 区長, 町長, 村長) or, while there is none or the
head is prevented, by an acting head (職務代理者), who may have a seal of another wording. Each begins on a day and
signs until the next one begins, so that a change is entered beforehand and no template is touched.

File: `municipality.toml` beside the templates:

code = "NNNNNN"                the code of six digits
official_name = "東京都○○区"
[[heads]]
begins = 2019-04-27            the first day
name = "霧島　千尋"
acting = "東京都○○区副区長"      the post of an acting head; without it, the head
[heads.seal]
picture = "seal.png"           the official seal (公印), a greyscale PNG beside this file
edge_mm = 24.0
note = "この印は黒色です"
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from konbini.pdf.picture import Picture
from konbini.pdf.template_table import Table, reading

__all__ = ["FILE", "Head", "Municipality", "OfficialSeal", "load_municipality"]

FILE: Final = "municipality.toml"
_LARGEST_SEAL_MM: Final = 24.0  # between the certifying sentence and the note below: a picture is opaque


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialSeal:
    """The official seal (公印): its picture, its edge in millimetres, and the note beside it."""

    picture: Picture
    edge_mm: float
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Who signs from `begins` to `ends` (None: until further notice), both days included: the line and the seal."""

    begins: date
    ends: date | None
    line: str
    seal: OfficialSeal


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """A municipality; `heads` are in their order, without a gap."""

    code: str
    official_name: str
    heads: tuple[Head, ...]

    def heads_between(self, first: date, last: date | None) -> tuple[Head, ...]:
        """Return who signs between two days, both included, in their order."""
        return tuple(
            head
            for head in self.heads
            if (last is None or head.begins <= last) and (head.ends is None or first <= head.ends)
        )


def load_municipality(path: Path) -> Municipality:
    """Read the file.

    Raises:
        TemplateInvalid: naming file and key.
    """
    with reading(path) as table:
        name = table.take("official_name", str)
        heads = [_head(part, name, path.parent) for part in table.parts("heads")]
        if any(one.begins >= other.begins for one, other in pairwise(heads)):
            raise ValueError("heads: not in the order of their first days")
        return Municipality(code=table.take("code", str), official_name=name, heads=_in_turn(heads))


def _in_turn(heads: Sequence[Head]) -> tuple[Head, ...]:
    """Let each sign until the day before the next one begins."""
    ends = [*(head.begins - timedelta(days=1) for head in heads[1:]), None]
    return tuple(
        Head(begins=head.begins, ends=end, line=head.line, seal=head.seal)
        for head, end in zip(heads, ends, strict=True)
    )


def _head(table: Table, official_name: str, folder: Path) -> Head:
    seal = table.part("seal")
    name = table.take("name", str)
    post = f"長職務代理者　{table.take('acting', str)}" if table.has("acting") else "長"
    head = Head(
        begins=table.take("begins", date), ends=None, line=f"{official_name}{post}　{name}", seal=_seal(seal, folder)
    )
    for part in (seal, table):
        part.refuse_rest()
    return head


def _seal(table: Table, folder: Path) -> OfficialSeal:
    name, edge = table.take("picture", str), table.take("edge_mm", float)
    if Path(name).name != name or not 0 < edge <= _LARGEST_SEAL_MM:
        raise ValueError("seal: picture is not a plain file name, or edge_mm is out of bounds")
    return OfficialSeal(
        picture=Picture.from_png((folder / name).read_bytes()), edge_mm=edge, note=table.take("note", str)
    )
