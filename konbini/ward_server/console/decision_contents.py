"""What decisions hold: read from a form, and said in rows. What may be decided, the process that keeps it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.ward_server.console.act import Field, Row
from konbini.ward_server.console.forms import day, line, member, number
from konbini.ward_server.console.steering_contents import STEERING_FIELDS, steering_content, steering_rows
from konbini.ward_server.decisions.decision import Decision, DecisionKind
from konbini.ward_server.following.outage import HoldOn, Hours, Switch
from konbini.ward_server.issuing.decided import CaseNumber, KioskDay, Withdrawn
from konbini.ward_server.issuing.ledger.barred import Part, PartScope
from konbini.ward_server.issuing.ledger.doubts import ALLOWED, Settlement
from konbini.ward_server.signed_acts.roll import Enrolment

__all__ = ["CONTENT_FIELDS", "content_rows", "names_a_resident", "read_content"]

_PART: Final = (
    Field(name="scope", kind="choice", choices=tuple(scope.name.lower() for scope in PartScope)),
    Field(name="part", most=64, needed=False),
)
_RESIDENT: Final = (Field(name="resident", most=64),)
_HOLD_KINDS: Final = frozenset({DecisionKind.HOLD_SET, DecisionKind.HOLD_LIFTED})
CONTENT_FIELDS: Final[Mapping[DecisionKind, tuple[Field, ...]]] = {
    **STEERING_FIELDS,
    DecisionKind.OUTAGE: (Field(name="hours", kind="number"),),
    DecisionKind.SEALS_AS_HOLDS: (Field(name="switch", kind="choice", choices=("on", "off")),),
    DecisionKind.HOLD_SET: _RESIDENT,
    DecisionKind.HOLD_LIFTED: _RESIDENT,
    DecisionKind.PART_HELD: _PART,
    DecisionKind.PART_RELEASED: _PART,
    DecisionKind.CASE_CLOSED: (Field(name="case", kind="number"),),
    DecisionKind.ORDER_SETTLED: (
        Field(name="visit", most=64),
        Field(name="ordinal", kind="number"),
        Field(name="outcome", kind="choice", choices=tuple(outcome.name.lower() for outcome in sorted(ALLOWED))),
        Field(name="after_page", kind="number"),
        Field(name="taken", kind="number"),
        Field(name="returned", kind="number"),
        Field(name="owed", kind="number"),
    ),
    DecisionKind.CERTIFICATE_WITHDRAWN: (Field(name="number", most=64),),
    DecisionKind.DAY_SETTLED: (Field(name="kiosk", most=64), Field(name="day", kind="day")),
}
"""What the forms of decisions ask for; a kind that is not here holds nothing beside its reason."""


def read_content(form: Mapping[str, str], kind: DecisionKind) -> bytes:
    """Read what a decision holds; nothing of a kind whose form asks for nothing.

    Raises:
        Refused: `CHANGE_INVALID`, naming the field.
    """
    if kind not in CONTENT_FIELDS:
        return b""
    try:
        return to_bytes(_content(form, kind))
    except TypeError as error:
        raise Refused(Code.CHANGE_INVALID, "a field is out of its bounds") from error


def names_a_resident(decision: Decision) -> bool:
    """Say whether a decision's content names a resident, so that maintenance does not see it."""
    return decision.kind in _HOLD_KINDS


def content_rows(decision: Decision) -> tuple[Row, ...]:  # noqa: PLR0911 - one return for each kind
    """Say what a decision holds beside its reason."""
    match decision.kind:
        case DecisionKind.OUTAGE:
            return (Row(word="row.hours", value=str(from_bytes(Hours, decision.content).hours)),)
        case DecisionKind.SEALS_AS_HOLDS:
            on = from_bytes(Switch, decision.content).on
            return (Row(word="row.switch", value="on" if on else "off"),)
        case DecisionKind.HOLD_SET | DecisionKind.HOLD_LIFTED:
            return (Row(word="row.resident", value=from_bytes(HoldOn, decision.content).resident),)
        case DecisionKind.PART_HELD | DecisionKind.PART_RELEASED:
            part = from_bytes(Part, decision.content)
            return (
                Row(word="field.scope", value=f"choice.{part.scope.name.lower()}"),
                Row(word="field.part", value=part.name or "–"),
            )
        case DecisionKind.CASE_CLOSED:
            return (Row(word="field.case", value=str(from_bytes(CaseNumber, decision.content).number)),)
        case DecisionKind.ORDER_SETTLED:
            return _settlement_rows(from_bytes(Settlement, decision.content))
        case DecisionKind.CERTIFICATE_WITHDRAWN:
            return (Row(word="field.number", value=from_bytes(Withdrawn, decision.content).number),)
        case DecisionKind.DAY_SETTLED:
            settled = from_bytes(KioskDay, decision.content)
            return (
                Row(word="field.kiosk", value=settled.kiosk),
                Row(word="field.day", value=str(settled.day)),
            )
        case DecisionKind.OPERATOR_ENROLLED:
            return _enrolment_rows(from_bytes(Enrolment, decision.content))
        case _:
            return steering_rows(decision)


def _content(form: Mapping[str, str], kind: DecisionKind) -> object:  # noqa: PLR0911 - as above
    match kind:
        case DecisionKind.OUTAGE:
            return Hours(hours=number(form, "hours"))
        case DecisionKind.SEALS_AS_HOLDS:
            if form.get("switch") not in ("on", "off"):
                raise Refused(Code.CHANGE_INVALID, "field switch")
            return Switch(on=form["switch"] == "on")
        case DecisionKind.HOLD_SET | DecisionKind.HOLD_LIFTED:
            return HoldOn(resident=line(form, "resident"))
        case DecisionKind.PART_HELD | DecisionKind.PART_RELEASED:
            return Part(scope=member(form, "scope", PartScope), name=line(form, "part", needed=False))
        case DecisionKind.CASE_CLOSED:
            return CaseNumber(number=number(form, "case"))
        case DecisionKind.ORDER_SETTLED:
            return _settlement(form)
        case DecisionKind.CERTIFICATE_WITHDRAWN:
            return Withdrawn(number=line(form, "number"))
        case DecisionKind.DAY_SETTLED:
            return KioskDay(kiosk=line(form, "kiosk"), day=day(form, "day"))
        case _:
            return steering_content(form, kind)


def _settlement(form: Mapping[str, str]) -> Settlement:
    try:
        visit = bytes.fromhex(line(form, "visit"))
    except ValueError as error:
        raise Refused(Code.CHANGE_INVALID, "field visit") from error
    return Settlement(
        visit=visit,
        ordinal=number(form, "ordinal"),
        outcome=member(form, "outcome", Outcome),
        after_page=number(form, "after_page"),
        taken=number(form, "taken"),
        returned=number(form, "returned"),
        owed=number(form, "owed"),
    )


def _enrolment_rows(enrolment: Enrolment) -> tuple[Row, ...]:
    return (
        Row(word="row.person", value=enrolment.person),
        Row(word="row.credential", value=enrolment.credential.hex()),
        Row(word="row.key_fingerprint", value=enrolment.fingerprint),
        Row(word="row.until", value=str(enrolment.until)),
    )


def _settlement_rows(settled: Settlement) -> tuple[Row, ...]:
    amounts = (("taken", settled.taken), ("returned", settled.returned), ("owed", settled.owed))
    return (
        Row(word="field.visit", value=settled.visit.hex()),
        Row(word="field.ordinal", value=str(settled.ordinal)),
        Row(word="field.outcome", value=f"outcome.{settled.outcome.name.lower()}"),
        Row(word="field.after_page", value=str(settled.after_page)),
        *(Row(word=f"field.{name}", value=str(yen)) for name, yen in amounts),
    )
