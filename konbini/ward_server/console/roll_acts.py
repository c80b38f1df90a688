"""Acts about a process's roll of operators (操作者名簿): whose passkeys it believes, beside what the console believes.

Two persons put a third's passkey in, and compare its fingerprint with what that person read on a page of their own; one
takes away. The first persons of a roll are put in at the machine: no act of a console begins one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, to_bytes
from konbini.ward_server.console.act import MOST_REASON, Act, Called, Field, Outcome, Preview, Row, waits_as
from konbini.ward_server.console.decision_contents import content_rows
from konbini.ward_server.console.forms import choice, day, line
from konbini.ward_server.console.lines import Lines, Process
from konbini.ward_server.console.rights import Role
from konbini.ward_server.decisions.calls import entering
from konbini.ward_server.decisions.decision import Decision, DecisionKind
from konbini.ward_server.signed_acts.calls import ending_operator
from konbini.ward_server.signed_acts.roll import Enrolment

__all__ = ["roll_acts"]

_MAY: Final = frozenset({Role.ADMINISTRATION, Role.SUPERVISION})
_WHERE: Final = Field(name="process", kind="choice", choices=tuple(process.value for process in Process))
_PERSON: Final = Field(name="person", most=32)
_MOST_CREDENTIAL: Final = 512
_MOST_KEY: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Enrol:
    """Whose passkey a process is to believe."""

    process: Line
    person: Line
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """Whose passkeys a process is to believe no more."""

    process: Line
    person: Line


def roll_acts(lines: Lines) -> tuple[Act[Any], ...]:
    """Give the acts."""
    at = _RollActs(lines)
    return (
        Act(
            name="enrol-operator",
            group="staff",
            may=_MAY,
            fields=(
                *(_WHERE, _PERSON, Field(name="credential", most=_MOST_CREDENTIAL)),
                *(Field(name="public_key", most=_MOST_KEY), Field(name="until", kind="day")),
            ),
            read=_read_enrol,
            preview=at.enrolled,
            call=at.enrol,
        ),
        Act(
            name="end-operator",
            group="staff",
            may=_MAY,
            fields=(_WHERE, _PERSON),
            read=_read_end,
            preview=at.ended,
            call=at.end,
        ),
    )


class _RollActs:
    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    async def enrolled(self, operator: str, asked: _Enrol) -> Preview:
        return Preview(
            before=await self._held(operator, asked.process, asked.person),
            after=(Row(word="row.process", value=asked.process), *content_rows(asked.decision)),
        )

    async def enrol(self, operator: str, asked: _Enrol) -> Called:
        return Called(process=Process(asked.process), call=entering(operator, asked.decision), told=waits_as)

    async def ended(self, operator: str, asked: _End) -> Preview:
        return Preview(
            before=await self._held(operator, asked.process, asked.person),
            after=(Row(word="row.process", value=asked.process), Row(word="row.person", value=asked.person)),
        )

    async def end(self, operator: str, asked: _End) -> Called:
        def told(count: int) -> Outcome:
            return Outcome(about=asked.person, rows=(Row(word="row.keys_ended", value=str(count)),))

        return Called(process=Process(asked.process), call=ending_operator(operator, asked.person), told=told)

    async def _held(self, operator: str, process: str, person: str) -> tuple[Row, ...]:
        """Say which passkeys of a person the process believes now."""
        roll = await self._lines.roll(Process(process), operator).operators()
        held = [one for one in roll if one.person == person and not one.ended_at]
        if not held:
            return (Row(word="row.in_roll", value="state.nothing"),)
        return tuple(
            row
            for one in held
            for row in (
                Row(word="row.key_fingerprint", value=one.fingerprint),
                Row(word="row.until", value=str(one.until)),
            )
        )


def _read_enrol(form: Mapping[str, str]) -> _Enrol:
    person = line(form, "person", most=32)
    try:
        content = to_bytes(
            Enrolment(
                person=person,
                credential=bytes.fromhex(line(form, "credential", most=_MOST_CREDENTIAL)),
                public_key=bytes.fromhex(line(form, "public_key", most=_MOST_KEY)),
                until=day(form, "until"),
            )
        )
    except ValueError as error:
        raise Refused(Code.CHANGE_INVALID, "field credential or public_key") from error
    reason = line(form, "reason", most=MOST_REASON)
    decision = Decision(kind=DecisionKind.OPERATOR_ENROLLED, reason=reason, content=content)
    return _Enrol(process=choice(form, "process", Process).value, person=person, decision=decision)


def _read_end(form: Mapping[str, str]) -> _End:
    return _End(process=choice(form, "process", Process).value, person=line(form, "person", most=32))
