"""Acts of disposal (廃棄): what of a process is beyond its time is listed by one, destroyed when another approves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line
from konbini.ward_server.console.act import Act, Called, Field, Outcome, Preview, Row, waits_as
from konbini.ward_server.console.ending import OWN_KINDS
from konbini.ward_server.console.forms import choice, line, member
from konbini.ward_server.console.lines import Lines, Process
from konbini.ward_server.console.rights import Role
from konbini.ward_server.keeping.calls import approving_disposal, disposing, withdrawing_disposal
from konbini.ward_server.keeping.disposal_rows import Disposed
from konbini.ward_server.settings.retention import Kept

__all__ = ["disposal_acts"]

_ENTERS: Final = frozenset({Role.SUPERVISION})
_CONCLUDES: Final = frozenset({Role.APPROVAL, Role.SUPERVISION})
_WHERE: Final = Field(name="process", kind="choice", choices=tuple(process.value for process in Process))
_KINDS: Final = Field(
    name="kept", kind="choice", choices=tuple(kept.name.lower() for kept in Kept if kept not in OWN_KINDS)
)
_NAMED: Final = (_WHERE, Field(name="disposal", most=64))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dispose:
    """What of a process is to end."""

    process: Line
    kept: Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A list that waits at a process."""

    process: Line
    disposal: Line


def disposal_acts(lines: Lines) -> tuple[Act[Any], ...]:
    """Give the acts."""
    at = _DisposalActs(lines)
    return (
        Act(
            name="dispose",
            group="disposal",
            may=_ENTERS,
            fields=(_WHERE, _KINDS),
            read=_read_dispose,
            preview=at.due,
            call=at.dispose,
        ),
        Act(
            name="approve-disposal",
            group="",
            may=_CONCLUDES,
            fields=_NAMED,
            read=_read_named,
            preview=at.waiting,
            call=at.approve,
        ),
        Act(
            name="withdraw-disposal",
            group="",
            may=_CONCLUDES,
            fields=_NAMED,
            read=_read_named,
            preview=at.waiting,
            call=at.withdraw,
        ),
    )


class _DisposalActs:
    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    async def due(self, operator: str, asked: _Dispose) -> Preview:
        shown = await self._lines.retention(Process(asked.process), operator).retention()
        due = next((one for one in shown.due if one.kept is asked.kept), None)
        count = 0 if due is None else due.count
        return Preview(
            before=(
                Row(word="row.kept", value=f"kept.{asked.kept.name.lower()}"),
                Row(word="row.due", value=str(count)),
            ),
            after=(Row(word="row.process", value=asked.process), Row(word="row.destroyed_then", value=str(count))),
            text="" if due is None else "\n".join(due.targets),
        )

    async def waiting(self, operator: str, asked: _Named) -> Preview:
        shown = await self._lines.retention(Process(asked.process), operator).retention()
        found = next((one for one in shown.waiting if one.disposal_id == asked.disposal), None)
        if found is None:
            raise Refused(Code.DISPOSAL_UNKNOWN)
        return Preview(
            before=(Row(word="row.entered_by", value=found.entered_by),),
            after=(
                Row(word="row.process", value=asked.process),
                Row(word="row.kept", value=f"kept.{found.kept.name.lower()}"),
                Row(word="row.destroyed_then", value=str(found.count)),
                Row(word="row.digest", value=found.digest.hex()),
            ),
            seen=found.digest,
        )

    async def dispose(self, operator: str, asked: _Dispose) -> Called:
        return Called(process=Process(asked.process), call=disposing(operator, asked.kept), told=waits_as)

    async def approve(self, operator: str, asked: _Named) -> Called:
        def told(done: Disposed) -> Outcome:
            rows = (
                Row(word="row.destroyed", value=str(done.destroyed)),
                Row(word="row.left_alone", value=str(done.left)),
            )
            return Outcome(about=asked.disposal, rows=rows)

        return Called(process=Process(asked.process), call=approving_disposal(operator, asked.disposal), told=told)

    async def withdraw(self, operator: str, asked: _Named) -> Called:
        return Called(
            process=Process(asked.process),
            call=withdrawing_disposal(operator, asked.disposal),
            told=lambda _: Outcome(about=asked.disposal),
        )


def _read_dispose(form: Mapping[str, str]) -> _Dispose:
    return _Dispose(process=choice(form, "process", Process).value, kept=member(form, "kept", Kept))


def _read_named(form: Mapping[str, str]) -> _Named:
    return _Named(process=choice(form, "process", Process).value, disposal=line(form, "disposal"))
