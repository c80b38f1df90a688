"""A change as an operator writes it, and reads another's: one JSON object.

    {"kind": "measure_set", "resident": "000000000000001", "seen": 0, "effective": 20260921, "source": "支援措置申出書",
     "name": "2026-017", "planned_end": 20270331}

`kind` is the name of a `ChangeKind` in small letters; `seen`, `effective`, `source` and `corrects` (may be left out)
are those of `Change`; what else stands depends on the kind:

    move_in, birth, move_within, correction    record (see `record_text`), individual_number (where new)
    leaving                                    day (left out: called off)
    removal                                    reason: moved_out, died, declared_missing, removed_ex_officio
    name_registration                          pending: true or false
    card_linked                                card, replaces (may be left out), each [issuer key id, serial] in hex
    card_ended                                 card
    measure_*, hold_*                          name, planned_end (may be left out)
    seal_registered                            number, form (name, former_name, alias, katakana), text (what the seal
                                               reads), katakana (with that form alone), image: {"png": the file in
                                               base64, "dots_per_inch": how finely it was scanned}
    seal_cancelled                             reason: at_request, lost, ex_officio
"""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import TypeVar

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.changes import (
    Body,
    CardEnded,
    CardLinked,
    Change,
    ChangeKind,
    LeavingPlanned,
    NameRegistration,
    RecordWritten,
    Removal,
    Restriction,
    new_change,
)
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.record import Presence, ResidentRecord
from konbini.ward_server.residents.record_text import record_from, record_object
from konbini.ward_server.residents.seal import NameForm, SealCancelled, SealEnd, SealImage, SealRegistered

__all__ = ["read_change", "write_change"]

T = TypeVar("T")
E = TypeVar("E", bound=IntEnum)


class _Written:
    """What an operator wrote, with a note of what was looked at."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields
        self._left = set(fields)

    def take(self, name: str, kind: type[T]) -> T:
        value = self._fields.get(name)
        self._left.discard(name)
        if type(value) is not kind:
            raise Refused(Code.CHANGE_INVALID, f"field {name}")
        return value

    def take_or_none(self, name: str, kind: type[T]) -> T | None:
        return None if self._fields.get(name) is None else self.take(name, kind)

    def end(self) -> None:
        if self._left:
            raise Refused(Code.CHANGE_INVALID, "a field that this kind of change does not have")


def read_change(text: str) -> Change:
    """Read a change.

    Raises:
        Refused: `CHANGE_INVALID`, naming the field.
    """
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise Refused(Code.CHANGE_INVALID, "not JSON") from error
    if not isinstance(fields, dict):
        raise Refused(Code.CHANGE_INVALID, "a change is an object")
    written = _Written(fields)
    kind = _kind(written.take("kind", str))
    change = new_change(
        kind,
        written.take("resident", str),
        _BODIES[kind](written),
        seen=written.take("seen", int),
        effective=written.take("effective", int),
        source=written.take("source", str),
        corrects=written.take_or_none("corrects", str) or "",
    )
    written.end()
    return change


def write_change(change: Change) -> str:
    """Write a change as `read_change` takes it, without what is left out.

    Raises:
        Refused: `CHANGE_INVALID`: what it holds is not its kind's.
    """
    body = change.body()
    fields = {field.name: getattr(body, field.name) for field in dataclasses.fields(body)}
    written: dict[str, object] = {
        "kind": change.kind,
        "resident": change.resident,
        "seen": change.seen,
        "effective": change.effective,
        "source": change.source,
        "corrects": change.corrects or None,
        **fields,
    }
    shown = {name: _shown(value) for name, value in written.items() if value is not None}
    return json.dumps(shown, ensure_ascii=False, indent=2)


def _shown(value: object) -> object:
    match value:
        case IntEnum():
            return value.name.lower()
        case CardSerial():
            return [value.issuer_key_id.hex(), value.serial.hex()]
        case ResidentRecord():
            return record_object(value)
        case SealImage():
            return {"png": base64.b64encode(value.png).decode("ascii"), "dots_per_inch": value.dots_per_inch}
    return value


def _kind(name: str) -> ChangeKind:
    for kind in _BODIES:
        if name == kind.name.lower():
            return kind
    raise Refused(Code.CHANGE_INVALID, "field kind")


def _record(written: _Written) -> RecordWritten:
    record = record_from(written.take("record", dict))
    return RecordWritten(record=record, individual_number=written.take_or_none("individual_number", str))


def _leaving(written: _Written) -> LeavingPlanned:
    return LeavingPlanned(day=written.take_or_none("day", int))


def _removal(written: _Written) -> Removal:
    return Removal(reason=_member(written, "reason", Presence))


def _member(written: _Written, name: str, kind: type[E]) -> E:
    """Take a member of an enumeration by its name in small letters."""
    value = written.take(name, str)
    for member in kind:
        if value == member.name.lower():
            return member
    raise Refused(Code.CHANGE_INVALID, f"field {name}")


def _name_registration(written: _Written) -> NameRegistration:
    return NameRegistration(pending=written.take("pending", bool))


def _card_linked(written: _Written) -> CardLinked:
    replaces = written.take_or_none("replaces", list)
    return CardLinked(card=_card(written.take("card", list)), replaces=None if replaces is None else _card(replaces))


def _card_ended(written: _Written) -> CardEnded:
    return CardEnded(card=_card(written.take("card", list)))


def _restriction(written: _Written) -> Restriction:
    return Restriction(name=written.take("name", str), planned_end=written.take_or_none("planned_end", int))


def _seal_registered(written: _Written) -> SealRegistered:
    return SealRegistered(
        number=written.take("number", str),
        form=_member(written, "form", NameForm),
        text=written.take("text", str),
        katakana=written.take_or_none("katakana", str),
        image=_image(written.take("image", dict)),
    )


def _image(fields: dict[str, object]) -> SealImage:
    image = _Written(fields)
    try:
        png = base64.b64decode(image.take("png", str), validate=True)
    except ValueError as error:
        raise Refused(Code.CHANGE_INVALID, "field png") from error
    dots_per_inch = image.take("dots_per_inch", int)
    image.end()
    return SealImage(png=png, dots_per_inch=dots_per_inch)


def _seal_cancelled(written: _Written) -> SealCancelled:
    return SealCancelled(reason=_member(written, "reason", SealEnd))


def _card(written: list[object]) -> CardSerial:
    try:
        issuer_key_id, serial = (bytes.fromhex(part) if isinstance(part, str) else b"" for part in written)
    except ValueError as error:
        raise Refused(Code.CHANGE_INVALID, "field card") from error
    if not issuer_key_id or not serial:
        raise Refused(Code.CHANGE_INVALID, "field card")
    return CardSerial(issuer_key_id=issuer_key_id, serial=serial)


_BODIES: Mapping[ChangeKind, Callable[[_Written], Body]] = {
    ChangeKind.MOVE_IN: _record,
    ChangeKind.BIRTH: _record,
    ChangeKind.MOVE_WITHIN: _record,
    ChangeKind.CORRECTION: _record,
    ChangeKind.LEAVING: _leaving,
    ChangeKind.REMOVAL: _removal,
    ChangeKind.NAME_REGISTRATION: _name_registration,
    ChangeKind.CARD_LINKED: _card_linked,
    ChangeKind.CARD_ENDED: _card_ended,
    ChangeKind.MEASURE_SET: _restriction,
    ChangeKind.MEASURE_RENEWED: _restriction,
    ChangeKind.MEASURE_RELEASED: _restriction,
    ChangeKind.HOLD_SET: _restriction,
    ChangeKind.HOLD_RELEASED: _restriction,
    ChangeKind.SEAL_REGISTERED: _seal_registered,
    ChangeKind.SEAL_CANCELLED: _seal_cancelled,
}
