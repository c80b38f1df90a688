"""Acts of disclosure (開示請求): entered by one with the receiver's certificate, approved by a supervisor, declined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line
from konbini.ward_server.console.act import Act, Field, Outcome, Preview, Row, waits_as
from konbini.ward_server.console.disclosing import DisclosureDesk
from konbini.ward_server.console.disclosure import MOST_REASON, Disclosure
from konbini.ward_server.console.enveloping import MOST_CERTIFICATE_BYTES, Receiver
from konbini.ward_server.console.forms import line
from konbini.ward_server.console.rights import READS_RESIDENTS, Role
from konbini.ward_server.console.showing import found_rows
from konbini.ward_server.residents.registry import Found

__all__ = ["disclosure_acts"]

_WHOSE: Final = frozenset({"item.resident", "item.name", "item.birth", "item.address"})
_NAMED: Final = (Field(name="disclosure", most=64),)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A disclosure by its id."""

    disclosure_id: Line


def disclosure_acts(desk: DisclosureDesk) -> tuple[Act[Any], ...]:
    """Give the acts."""
    at = _DisclosureActs(desk)
    return (
        Act(
            name="disclose",
            group="output",
            may=READS_RESIDENTS,
            fields=(
                Field(name="resident", most=64),
                Field(name="matter", most=64),
                Field(name="certificate", kind="area", most=MOST_CERTIFICATE_BYTES),
            ),
            read=_read_disclosure,
            preview=at.effect,
            carry=at.enter,
        ),
        Act(
            name="approve-disclosure",
            group="",
            may=frozenset({Role.SUPERVISION}),
            fields=_NAMED,
            read=_read_named,
            preview=at.waiting,
            carry=at.approve,
        ),
        Act(
            name="decline-disclosure",
            group="",
            may=READS_RESIDENTS,
            fields=_NAMED,
            read=_read_named,
            preview=at.waiting,
            carry=at.decline,
        ),
    )


class _DisclosureActs:
    def __init__(self, desk: DisclosureDesk) -> None:
        self._desk = desk

    async def effect(self, operator: str, asked: Disclosure) -> Preview:
        return Preview(before=_whose(await self._desk.person(operator, asked)), after=_rows(asked))

    async def enter(self, operator: str, asked: Disclosure) -> Outcome:
        return waits_as(await self._desk.enter(operator, asked))

    async def waiting(self, operator: str, asked: _Named) -> Preview:
        kept = await self._desk.find(asked.disclosure_id)
        found = await self._desk.person(operator, kept.disclosure)
        return Preview(
            before=_whose(found),
            after=(
                *_rows(kept.disclosure),
                Row(word="row.reason_given", value=kept.disclosure.reason),
                Row(word="row.entered_by", value=kept.entered_by),
            ),
            seen=kept.disclosure.digest(),
        )

    async def approve(self, operator: str, asked: _Named) -> Outcome:
        counts = await self._desk.approve(operator, asked.disclosure_id)
        return Outcome(about=asked.disclosure_id, rows=(Row(word="row.disclosed", value=counts),))

    async def decline(self, operator: str, asked: _Named) -> Outcome:
        await self._desk.decline(operator, asked.disclosure_id)
        return Outcome(about=asked.disclosure_id)


def _whose(found: Found) -> tuple[Row, ...]:
    """Say whose record it is, and no more of it: who approves tells the person, and need not read them."""
    return tuple(row for row in found_rows(found) if row.word in _WHOSE)


def _rows(disclosure: Disclosure) -> tuple[Row, ...]:
    receiver = Receiver.of_bytes(disclosure.certificate)
    return (
        Row(word="row.resident", value=disclosure.resident),
        Row(word="row.matter", value=disclosure.matter),
        Row(word="row.receiver", value=receiver.name),
        Row(word="row.fingerprint", value=receiver.fingerprint),
    )


def _read_disclosure(form: Mapping[str, str]) -> Disclosure:
    text = form.get("certificate", "")
    if len(text) > MOST_CERTIFICATE_BYTES:
        raise Refused(Code.CHANGE_INVALID, "field certificate")
    return Disclosure(
        resident=line(form, "resident"),
        reason=line(form, "reason", most=MOST_REASON),
        matter=line(form, "matter"),
        certificate=Receiver.of_text(text).data,
    )


def _read_named(form: Mapping[str, str]) -> _Named:
    return _Named(disclosure_id=line(form, "disclosure"))
