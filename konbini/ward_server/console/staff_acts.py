"""Acts about the console's people and terminals, prepared and confirmed as any other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, to_bytes
from konbini.ward_server.console.act import Act, Field, Outcome, Preview, Row
from konbini.ward_server.console.forms import day, line
from konbini.ward_server.console.rights import Role
from konbini.ward_server.console.staff import KeptStaffChange, StaffChange, StaffKind
from konbini.ward_server.console.staff_desk import StaffDesk

__all__ = ["staff_acts"]

_ENTERS: Final = frozenset({Role.ADMINISTRATION})
_DECIDES: Final = frozenset({Role.ADMINISTRATION, Role.SUPERVISION})
_NAMED_FREELY: Final = frozenset({"person", "place"})
_PERSON: Final = Field(name="person", most=32)
_SPAN: Final = (
    Field(name="role", kind="choice", choices=tuple(role.name.lower() for role in Role)),
    Field(name="begins", kind="day"),
    Field(name="ends", kind="day"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A change, a right, a person, a terminal or a place by its name."""

    named: Line


def staff_acts(desk: StaffDesk) -> tuple[Act[Any], ...]:
    """Give the acts."""
    at = _StaffActs(desk)
    enters: tuple[tuple[StaffKind, str, tuple[Field, ...]], ...] = (
        (StaffKind.ENROL, "enrol", (_PERSON, Field(name="full_name", most=64), *_SPAN)),
        (StaffKind.RIGHTS, "give-right", (_PERSON, *_SPAN)),
        (StaffKind.RECOVER, "recover", (_PERSON,)),
    )
    return (
        *(
            Act(
                name=name,
                group="staff",
                may=_ENTERS,
                fields=fields,
                read=partial(_read_change, kind=kind),
                preview=at.entered,
                carry=at.enter,
            )
            for kind, name, fields in enters
        ),
        at.named("agree-staff", _DECIDES, "staff_change", at.waiting, at.agree),
        at.named("decline-staff", _DECIDES, "staff_change", at.waiting, at.decline),
        at.named("withdraw-right", _DECIDES, "right", at.named_alone, at.withdraw),
        at.named("shut-out", _DECIDES, "person", at.named_alone, at.shut_out),
        at.named("terminal-code", _ENTERS, "place", at.named_alone, at.terminal_code),
        at.named("end-terminal", _DECIDES, "terminal", at.named_alone, at.end_terminal),
    )


class _StaffActs:
    def __init__(self, desk: StaffDesk) -> None:
        self._desk = desk

    @staticmethod
    def named(name: str, may: frozenset[Role], field: str, preview: Any, carry: Any) -> Act[Any]:  # noqa: ANN401 - acts on one name, whatever they do
        """Make an act upon one name."""
        return Act(
            name=name,
            group="staff" if field in _NAMED_FREELY else "",
            may=may,
            fields=(Field(name=field, most=64),),
            read=lambda form: _Named(named=line(form, field)),
            preview=preview,
            carry=carry,
        )

    async def entered(self, _operator: str, change: StaffChange) -> Preview:
        return Preview(after=_change_rows(change))

    async def enter(self, operator: str, change: StaffChange) -> Outcome:
        change_id, half = await self._desk.enter(operator, change)
        return Outcome(about=change_id, rows=(Row(word="row.waits_as", value=change_id), *_half("first", half)))

    async def waiting(self, _operator: str, asked: _Named) -> Preview:
        kept = await self._kept(asked.named)
        return Preview(
            after=(*_change_rows(kept.change), Row(word="row.entered_by", value=kept.entered_by)),
            seen=hashlib.sha256(to_bytes(kept.change)).digest(),
        )

    async def agree(self, operator: str, asked: _Named) -> Outcome:
        half = await self._desk.agree(operator, asked.named)
        return Outcome(about=asked.named, rows=_half("second", half))

    async def decline(self, operator: str, asked: _Named) -> Outcome:
        await self._desk.decline(operator, asked.named)
        return Outcome(about=asked.named)

    async def named_alone(self, _operator: str, asked: _Named) -> Preview:
        return Preview(after=(Row(word="row.named", value=asked.named),))

    async def withdraw(self, operator: str, asked: _Named) -> Outcome:
        await self._desk.withdraw(operator, asked.named)
        return Outcome(about=asked.named)

    async def shut_out(self, operator: str, asked: _Named) -> Outcome:
        await self._desk.leave(operator, asked.named)
        return Outcome(about=asked.named)

    async def terminal_code(self, operator: str, asked: _Named) -> Outcome:
        code = await self._desk.terminal_code(operator, asked.named)
        return Outcome(about=asked.named, rows=(Row(word="row.terminal_code", value=code),))

    async def end_terminal(self, operator: str, asked: _Named) -> Outcome:
        await self._desk.end_terminal(operator, asked.named)
        return Outcome(about=asked.named)

    async def _kept(self, change_id: str) -> KeptStaffChange:
        for kept in await self._desk.waiting():
            if kept.change_id == change_id:
                return kept
        raise Refused(Code.CHANGE_UNKNOWN, "no such change of staff waits")


def _half(which: str, half: str) -> tuple[Row, ...]:
    return (Row(word=f"row.{which}_half", value=half),) if half else ()


def _change_rows(change: StaffChange) -> tuple[Row, ...]:
    named = (Row(word="row.full_name", value=change.name),) if change.name else ()
    rights = tuple(Row(word="row.role", value=f"role.{role.name.lower()}") for role in change.roles)
    span = (Row(word="row.begins", value=str(change.begins)), Row(word="row.ends", value=str(change.ends)))
    return (
        Row(word="row.staff_kind", value=f"staff.{change.kind.name.lower()}"),
        Row(word="row.person", value=change.person),
        *named,
        *rights,
        *(span if rights else ()),
    )


def _read_change(form: Mapping[str, str], *, kind: StaffKind) -> StaffChange:
    """Read a change; more than one role stands behind another with a comma."""
    if kind is StaffKind.RECOVER:
        return StaffChange(kind=kind, person=line(form, "person"))
    by_name = {role.name.lower(): role for role in Role}
    named = line(form, "role").split(",")
    if not set(named) <= set(by_name):
        raise Refused(Code.CHANGE_INVALID, "field role")
    return StaffChange(
        kind=kind,
        person=line(form, "person"),
        name=line(form, "full_name") if kind is StaffKind.ENROL else "",
        roles=tuple(by_name[name] for name in named),
        begins=day(form, "begins"),
        ends=day(form, "ends"),
    )
