"""Acts at the registry: a change is entered, approved, withdrawn. What a change may be, the registry's rules say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo
from konbini.ward_server.console.act import MOST_REASON, Act, Called, Field, Outcome, Preview, Row, waits_as
from konbini.ward_server.console.forms import day, line, number
from konbini.ward_server.console.lines import Lines, Process
from konbini.ward_server.console.rights import Role
from konbini.ward_server.console.showing import body_rows, found_rows
from konbini.ward_server.residents.bodies import CardKind, MeasureCategory, Withheld
from konbini.ward_server.residents.bulk import BulkAnswer
from konbini.ward_server.residents.bulk_calls import approving_bulk
from konbini.ward_server.residents.change_text import read_change, write_change
from konbini.ward_server.residents.changes import MOST_CHANGE_BYTES, Change, ChangeKind
from konbini.ward_server.residents.operator_line import (
    OperatorLine,
    approving_change,
    entering_change,
    withdrawing_change,
)
from konbini.ward_server.residents.registry import Waiting

__all__ = ["registry_acts"]

_ENTERS: Final = frozenset({Role.ENTRY})
_APPROVES: Final = frozenset({Role.APPROVAL, Role.SUPERVISION})
_TAKES_BACK: Final = frozenset({Role.ENTRY, Role.APPROVAL, Role.SUPERVISION})
_MOST_TEXT: Final = 20_000
_CARD_PARTS: Final = 2

_RESIDENT: Final = Field(name="resident", most=64)
_SEEN: Final = Field(name="seen", kind="number")
_EFFECTIVE: Final = Field(name="effective", kind="day")
_NAME: Final = Field(name="name", most=64)
_CARD: Final = Field(name="card", most=160)
_PLANNED_END: Final = Field(name="planned_end", kind="day")
_CATEGORY: Final = Field(name="category", kind="choice", choices=tuple(one.name.lower() for one in MeasureCategory))
_WHY: Final = Field(name="why", kind="choice", choices=tuple(one.name.lower() for one in Withheld))
_CARRIER: Final = Field(name="carrier", kind="choice", choices=tuple(one.name.lower() for one in CardKind))

_FORMS: Final[Mapping[ChangeKind, tuple[Field, ...]]] = {
    ChangeKind.MEASURE_SET: (_NAME, _CATEGORY, _PLANNED_END),
    ChangeKind.MEASURE_ANEW: (_NAME, _CATEGORY, _PLANNED_END),
    ChangeKind.MEASURE_RENEWED: (_NAME, _PLANNED_END),
    ChangeKind.MEASURE_RELEASED: (_NAME,),
    ChangeKind.HOLD_SET: (_NAME,),
    ChangeKind.HOLD_RELEASED: (_NAME,),
    ChangeKind.CARD_LINKED: (_CARD, _CARRIER),
    ChangeKind.CARD_ENDED: (_CARD,),
    ChangeKind.CARD_WITHHELD: (_CARD, _WHY),
    ChangeKind.CARD_RESUMED: (_CARD,),
}
"""Changes that have a form of their own; every other kind is written as an object, as docs/registry.md says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entered:
    """A change, as `Change` bytes."""

    change: Annotated[bytes, UpTo(MOST_CHANGE_BYTES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A change that waits."""

    change_id: Line


def registry_acts(lines: Lines) -> tuple[Act[Any], ...]:
    """Give the acts."""
    at = _RegistryActs(lines)
    named = (Field(name="change", most=64),)
    return (
        *(
            Act(
                name=kind.name.lower().replace("_", "-"),
                group="residents",
                may=_ENTERS,
                fields=(_RESIDENT, _SEEN, _EFFECTIVE, *fields),
                read=partial(_read_form, kind=kind),
                preview=at.effect,
                call=at.enter,
            )
            for kind, fields in _FORMS.items()
        ),
        Act(
            name="change",
            group="residents",
            may=_ENTERS,
            fields=(Field(name="text", kind="area", most=_MOST_TEXT),),
            read=_read_text,
            preview=at.effect,
            call=at.enter,
        ),
        Act(
            name="approve",
            group="",
            may=_APPROVES,
            fields=named,
            read=_read_named,
            preview=at.waiting,
            call=at.approve,
        ),
        Act(
            name="withdraw",
            group="",
            may=_TAKES_BACK,
            fields=named,
            read=_read_named,
            preview=at.waiting,
            call=at.withdraw,
        ),
    )


class _RegistryActs:
    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    async def effect(self, operator: str, asked: _Entered) -> Preview:
        change = Change.open(asked.change)
        return Preview(
            before=await _record_rows(self._lines.registry(operator), change),
            after=_change_rows(change),
        )

    async def enter(self, operator: str, asked: _Entered) -> Called:
        return Called(process=Process.REGISTRY, call=entering_change(operator, asked.change), told=waits_as)

    async def waiting(self, operator: str, asked: _Named) -> Preview:
        registry = self._lines.registry(operator)
        listed = await _listed(registry, asked.change_id)
        entered = (
            Row(word="row.entered_by", value=listed.entered_by),
            Row(word="row.digest", value=listed.digest.hex()),
        )
        if listed.kind is ChangeKind.BULK:
            changes = await registry.bulk.show(asked.change_id)
            return Preview(
                after=(Row(word="row.changes", value=str(len(changes))), *entered),
                text="\n".join(map(write_change, changes)),
                seen=listed.digest,
            )
        change = await registry.show(asked.change_id)
        return Preview(
            before=await _record_rows(registry, change),
            after=(*_change_rows(change), *entered),
            seen=listed.digest,
        )

    async def approve(self, operator: str, asked: _Named) -> Called:
        """Approve a change, or a list: which of the two it is, the registry said."""

        def entry(number: int) -> Outcome:
            return Outcome(about=asked.change_id, rows=(Row(word="row.feed_number", value=str(number)),))

        def of_list(answer: BulkAnswer) -> Outcome:
            if answer.refused:
                raise Refused(Code(answer.refused[0].code), f"{len(answer.refused)} rows do not hold")
            return entry(answer.number)

        if (await _listed(self._lines.registry(operator), asked.change_id)).kind is ChangeKind.BULK:
            return Called(process=Process.REGISTRY, call=approving_bulk(operator, asked.change_id), told=of_list)
        return Called(process=Process.REGISTRY, call=approving_change(operator, asked.change_id), told=entry)

    async def withdraw(self, operator: str, asked: _Named) -> Called:
        return Called(
            process=Process.REGISTRY,
            call=withdrawing_change(operator, asked.change_id),
            told=lambda _: Outcome(about=asked.change_id),
        )


async def _listed(registry: OperatorLine, change_id: str) -> Waiting:
    for one in await registry.pending():
        if one.change_id == change_id:
            return one
    raise Refused(Code.CHANGE_UNKNOWN, "no such change waits")


async def _record_rows(registry: OperatorLine, change: Change) -> tuple[Row, ...]:
    """Say how the resident stands now, as the registry shows it; whoever has no record has no rows."""
    try:
        found = await registry.look_up(change.resident, change.source)
    except Refused as refused:
        if refused.code is not Code.RESIDENT_UNKNOWN:
            raise
        return (Row(word="row.record", value="state.no_record"),)
    return found_rows(found)


def _change_rows(change: Change) -> tuple[Row, ...]:
    return (
        Row(word="row.kind", value=f"change.{change.kind.name.lower()}"),
        Row(word="row.resident", value=change.resident),
        Row(word="row.seen", value=str(change.seen)),
        Row(word="row.effective", value=str(change.effective)),
        Row(word="row.source", value=change.source),
        *body_rows(change),
    )


def _read_named(form: Mapping[str, str]) -> _Named:
    return _Named(change_id=line(form, "change"))


def _read_text(form: Mapping[str, str]) -> _Entered:
    text = form.get("text", "")
    if len(text) > _MOST_TEXT:
        raise Refused(Code.CHANGE_INVALID, "field text")
    return _Entered(change=read_change(text).to_bytes())


def _read_form(form: Mapping[str, str], *, kind: ChangeKind) -> _Entered:
    """Write the form as an operator's object, and read it as every change is read."""
    written: dict[str, object] = {
        "kind": kind.name.lower(),
        "resident": line(form, "resident"),
        "seen": number(form, "seen"),
        "effective": day(form, "effective"),
        "source": line(form, "reason", most=MOST_REASON),
    }
    for field in _FORMS[kind]:
        written |= _written(form, field)
    return _Entered(change=read_change(json.dumps(written)).to_bytes())


def _written(form: Mapping[str, str], field: Field) -> dict[str, object]:
    if field.name == "card":
        parts = line(form, "card", most=field.most).split()
        if len(parts) != _CARD_PARTS:
            raise Refused(Code.CHANGE_INVALID, "field card")
        return {"card": parts}
    return {field.name: day(form, field.name) if field.kind == "day" else line(form, field.name)}
