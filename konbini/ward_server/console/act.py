"""What an act is, for whoever offers one: its form, its preview, its outcome. Knows nothing of passkeys and of rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from konbini.ward_server.console.lines import Process
from konbini.ward_server.console.rights import Role
from konbini.ward_server.signed_acts.call import OperatorsCall

__all__ = ["MOST_REASON", "Act", "Called", "DiffLine", "Field", "Misread", "Outcome", "Preview", "Row", "waits_as"]

T = TypeVar("T")

MOST_REASON: Final = 200


class Misread(Exception):  # noqa: N818 - the answer to what somebody typed
    """What was typed cannot be what it should: the form is shown again with it, and with what is wrong.

    Args:
        word: of the catalogues, what it is that is wrong.
        detail: entry, reason and line, as the reader names them.
        line: what stands in that line; empty where none is named.
    """

    def __init__(self, word: str, detail: str, line: str = "") -> None:
        super().__init__(detail)
        self.word = word
        self.detail = detail
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of what is shown: a word of the catalogues, and a value."""

    word: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an act's form; `choices` are words of the catalogues below `choice.`.

    Of the kinds, "place" is a choice that the rest of the form begins from, and "hidden" is what the form began from.
    """

    name: str
    kind: str = "text"
    choices: tuple[str, ...] = ()
    most: int = MOST_REASON
    needed: bool = True
    rows: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """One line of a difference: `sign` is "added", "removed", "same" or "gap"; a gap's `old` counts its lines.

    Numbers are from 1 in the text of before and of after; 0 where the line is not there.
    """

    sign: str
    old: int
    new: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an act would do, read now: how it stands before, what it changes, and the version that was seen."""

    before: tuple[Row, ...] = ()
    after: tuple[Row, ...] = ()
    text: str = ""
    lines: tuple[DiffLine, ...] = ()
    seen: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it. `about` stands in the log; rows are shown to whoever did it, once, and never kept."""

    about: str = ""
    rows: tuple[Row, ...] = ()


def waits_as(name: str) -> Outcome:
    """Say under which id what was entered waits for another person."""
    return Outcome(about=name, rows=(Row(word="row.waits_as", value=name),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """The call that carries an act out, and what its answer comes to; `Refused` where that is a refusal."""

    process: Process
    call: OperatorsCall[Any]
    told: Callable[[Any], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Generic[T]):
    """One kind of act.

    Attributes:
        name: in addresses, in the log and in what is signed.
        group: under which it is listed; empty for one that begins from what it is about.
        may: who may do it.
        fields: of its form, without the reason, which every one has.
        read: makes the arguments from what was typed; raises `Refused` `CHANGE_INVALID`, or `Misread`.
        preview: reads what it would do, in the person's name.
        call: says which one call at a process carries it out, in the person's name; this very call is signed and sent.
        carry: carries out what no process is called for, but the console's own rooms; an act has one of the two.
        begins: gives what the form begins with, in the person's name, from what is known already.
    """

    name: str
    group: str
    may: frozenset[Role]
    fields: tuple[Field, ...]
    read: Callable[[Mapping[str, str]], T]
    preview: Callable[[str, T], Awaitable[Preview]]
    call: Callable[[str, T], Awaitable[Called]] | None = None
    carry: Callable[[str, T], Awaitable[Outcome]] | None = None
    begins: Callable[[str, Mapping[str, str]], Awaitable[Mapping[str, str]]] | None = None

    def __post_init__(self) -> None:
        """Refuse an act that could be carried out in two ways, or in none.

        Raises:
            ValueError: it says both, or neither.
        """
        if (self.call is None) is (self.carry is None):
            raise ValueError(f"{self.name} is carried out in one way")
