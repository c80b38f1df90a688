"""Acts at a process: stop it, have it compared, and what two persons decide about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeVar

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line
from konbini.ward_server.console.act import MOST_REASON, Act, Called, Field, Outcome, Preview, Row, waits_as
from konbini.ward_server.console.decision_contents import CONTENT_FIELDS, content_rows, read_content
from konbini.ward_server.console.forms import choice, line
from konbini.ward_server.console.lines import Lines, Process
from konbini.ward_server.console.rights import Role
from konbini.ward_server.console.steering_acts import Steering
from konbini.ward_server.console.writing import code_name
from konbini.ward_server.decisions.calls import agreeing, declining, entering, reconciling, stopping
from konbini.ward_server.decisions.decision import Decision, DecisionKind, KeptDecision
from konbini.ward_server.signed_acts.call import OperatorsCall

__all__ = ["process_acts"]

T = TypeVar("T")

_READERS: Final = frozenset({Role.ENTRY, Role.APPROVAL, Role.SUPERVISION})
_STOPS: Final = _READERS | {Role.MAINTENANCE}
_STEERS: Final = frozenset({Role.ENTRY, Role.SUPERVISION, Role.MAINTENANCE})
_HOLDS: Final = frozenset({Role.ENTRY, Role.SUPERVISION})
_AGREES: Final = frozenset({Role.APPROVAL, Role.SUPERVISION})
_COPIES: Final = (Process.ISSUING.value, Process.CLERK.value)
_ALL: Final = tuple(process.value for process in Process)
_FROM_LISTS: Final = frozenset({DecisionKind.CASE_CLOSED, DecisionKind.ORDER_SETTLED, DecisionKind.DAY_SETTLED})
_IN_AN_OUTAGE: Final = frozenset(
    {
        DecisionKind.OUTAGE,
        DecisionKind.OUTAGE_ENDS,
        DecisionKind.SEALS_AS_HOLDS,
        DecisionKind.HOLD_SET,
        DecisionKind.HOLD_LIFTED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _At:
    """A process, and why."""

    process: Line
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decide:
    """What is to be decided at a process."""

    process: Line
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """A decision at a process."""

    process: Line
    decision: Line


def process_acts(lines: Lines, steering: Steering) -> tuple[Act[Any], ...]:
    """Give the acts."""
    at = _ProcessActs(lines, steering)
    return (*at.steps(), *at.entered(), *at.of_issuing(), *at.concluded())


class _ProcessActs:
    def __init__(self, lines: Lines, steering: Steering) -> None:
        self._lines = lines
        self._steering = steering

    def steps(self) -> tuple[Act[Any], ...]:
        where = (Field(name="process", kind="choice", choices=_COPIES),)
        return (
            Act(
                name="stop",
                group="process",
                may=_STOPS,
                fields=where,
                read=_read_at,
                preview=self._standing,
                call=self._stop,
            ),
            Act(
                name="reconcile",
                group="process",
                may=frozenset({Role.SUPERVISION, Role.MAINTENANCE}),
                fields=where,
                read=_read_at,
                preview=self._standing,
                call=self._reconcile,
            ),
        )

    def entered(self) -> tuple[Act[Any], ...]:
        where = Field(name="process", kind="choice", choices=_COPIES)
        anywhere = Field(name="process", kind="choice", choices=_ALL)
        return (
            self._deciding("release", DecisionKind.RELEASE, _STEERS, where),
            self._deciding("retake", DecisionKind.RETAKE, _STEERS, where),
            self._deciding("restored", DecisionKind.RESTORED, _STEERS, anywhere),
            self._deciding("outage", DecisionKind.OUTAGE, _STEERS, where),
            self._deciding("end-outage", DecisionKind.OUTAGE_ENDS, _STEERS, where),
            self._deciding("seals-as-holds", DecisionKind.SEALS_AS_HOLDS, _STEERS, where),
            self._deciding("hold", DecisionKind.HOLD_SET, _HOLDS, where),
            self._deciding("lift-hold", DecisionKind.HOLD_LIFTED, _HOLDS, where),
        )

    def of_issuing(self) -> tuple[Act[Any], ...]:
        at_issuing = Field(name="process", kind="choice", choices=(Process.ISSUING.value,))
        return tuple(
            self._deciding(name, kind, may, at_issuing)
            for name, kind, may in (
                ("hold-part", DecisionKind.PART_HELD, _STEERS),
                ("release-part", DecisionKind.PART_RELEASED, _STEERS),
                ("close-case", DecisionKind.CASE_CLOSED, _HOLDS),
                ("settle-order", DecisionKind.ORDER_SETTLED, _HOLDS),
                ("settle-day", DecisionKind.DAY_SETTLED, _HOLDS),
                ("withdraw-certificate", DecisionKind.CERTIFICATE_WITHDRAWN, _HOLDS),
            )
        )

    def concluded(self) -> tuple[Act[Any], ...]:
        named = (Field(name="process", kind="choice", choices=_ALL), Field(name="decision", most=64))
        return (
            Act(
                name="agree",
                group="",
                may=_AGREES,
                fields=named,
                read=_read_about,
                preview=self._agreeing,
                call=self._agree,
            ),
            Act(
                name="decline",
                group="",
                may=_READERS,
                fields=named,
                read=_read_about,
                preview=self._waiting,
                call=self._decline,
            ),
        )

    def _deciding(self, name: str, kind: DecisionKind, may: frozenset[Role], where: Field) -> Act[Any]:
        return Act(
            name=name,
            group=_group(kind),
            may=may,
            fields=(where, *CONTENT_FIELDS.get(kind, ())),
            read=partial(_read_decision, kind=kind),
            preview=self._decided,
            call=self._enter,
        )

    async def _standing(self, operator: str, asked: _At) -> Preview:
        return Preview(
            before=await self._condition(operator, Process(asked.process)),
            after=(Row(word="row.process", value=asked.process),),
        )

    async def _decided(self, operator: str, asked: _Decide) -> Preview:
        after = (
            Row(word="row.process", value=asked.process),
            Row(word="row.decision", value=f"decision.{asked.decision.kind.name.lower()}"),
            *content_rows(asked.decision),
        )
        return Preview(before=await self._condition(operator, Process(asked.process)), after=after)

    async def _condition(self, operator: str, process: Process) -> tuple[Row, ...]:
        """Say how a process stands; nothing where it does not answer, since a stop must be possible all the same."""
        if process is Process.REGISTRY:
            return ()
        try:
            health = (await self._lines.issuing(operator).live()).health
        except (Refused, ConnectionError, TimeoutError):
            return (Row(word="row.condition", value="state.silent"),)
        if process is Process.ISSUING:
            stopped, broken, outage = health.stop_code, health.feed_broken, health.outage is not None
        else:
            clerk = health.clerk
            if clerk is None:
                return (Row(word="row.condition", value="state.silent"),)
            stopped, broken, outage = clerk.stopped, clerk.broken, bool(clerk.outage_ends)
        return (
            Row(word="row.stopped", value=_code(stopped)),
            Row(word="row.broken", value=_code(broken)),
            Row(word="row.outage", value="state.yes" if outage else "state.no"),
        )

    async def _kept(self, operator: str, asked: _About) -> KeptDecision:
        waiting = await self._lines.decisions(Process(asked.process), operator).waiting()
        kept = next((one for one in waiting if one.decision_id == asked.decision), None)
        if kept is None:
            raise Refused(Code.CHANGE_UNKNOWN, "no such decision waits")
        return kept

    async def _waiting(self, operator: str, asked: _About) -> Preview:
        kept = await self._kept(operator, asked)
        return Preview(
            before=await self._condition(operator, Process(asked.process)),
            after=(Row(word="row.process", value=asked.process), *_decision_rows(kept)),
            seen=kept.decision.digest(),
        )

    async def _agreeing(self, operator: str, asked: _About) -> Preview:
        """Show what waits, and what of the process it would change as that stands now."""
        waiting = await self._waiting(operator, asked)
        kept = await self._kept(operator, asked)
        beside = await self._steering.shown(operator, Process(asked.process), kept.decision)
        return replace(
            waiting,
            before=(*waiting.before, *beside.before[1:]),
            after=(*waiting.after, *beside.after),
            lines=beside.lines,
        )

    async def _stop(self, operator: str, asked: _At) -> Called:
        return _called(asked.process, stopping(operator, asked.reason), lambda _: Outcome(about=asked.process))

    async def _reconcile(self, operator: str, asked: _At) -> Called:
        def told(found: int) -> Outcome:
            return Outcome(about=asked.process, rows=(Row(word="row.differences", value=str(found)),))

        return _called(asked.process, reconciling(operator), told)

    async def _enter(self, operator: str, asked: _Decide) -> Called:
        return _called(asked.process, entering(operator, asked.decision), waits_as)

    async def _agree(self, operator: str, asked: _About) -> Called:
        return _called(asked.process, agreeing(operator, asked.decision), lambda _: Outcome(about=asked.decision))

    async def _decline(self, operator: str, asked: _About) -> Called:
        return _called(asked.process, declining(operator, asked.decision), lambda _: Outcome(about=asked.decision))


def _called(process: str, call: OperatorsCall[T], told: Callable[[T], Outcome]) -> Called:
    return Called(process=Process(process), call=call, told=told)


def _group(kind: DecisionKind) -> str:
    """Say under what a decision is listed; what is about one case, order or day begins from its list."""
    if kind in _FROM_LISTS:
        return ""
    return "outage" if kind in _IN_AN_OUTAGE else "process"


def _read_at(form: Mapping[str, str]) -> _At:
    process = choice(form, "process", Process)
    if process is Process.REGISTRY:
        raise Refused(Code.CHANGE_INVALID, "field process")
    return _At(process=process.value, reason=line(form, "reason", most=MOST_REASON))


def _read_about(form: Mapping[str, str]) -> _About:
    return _About(process=choice(form, "process", Process).value, decision=line(form, "decision"))


def _read_decision(form: Mapping[str, str], *, kind: DecisionKind) -> _Decide:
    decision = Decision(kind=kind, reason=line(form, "reason", most=MOST_REASON), content=read_content(form, kind))
    return _Decide(process=choice(form, "process", Process).value, decision=decision)


def _decision_rows(kept: KeptDecision) -> tuple[Row, ...]:
    return (
        Row(word="row.decision", value=f"decision.{kept.decision.kind.name.lower()}"),
        *content_rows(kept.decision),
        Row(word="row.reason_given", value=kept.decision.reason),
        Row(word="row.entered_by", value=kept.entered_by),
        Row(word="row.digest", value=kept.decision.digest().hex()),
    )


def _code(code: int) -> str:
    return code_name(code) if code else "state.no"
