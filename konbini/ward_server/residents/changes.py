"""RegistryChange (異動): what an operator enters and another approves.

A change names its resident, its source document, its date of effect, and the version that the operator saw (`seen`):
at approval that is compared with the version in force then, and a change prepared on older facts is refused. Nothing is
erased: a mistake is corrected by a further change, which may name the one that it `corrects`.

What a change does is its body, one class for each group of kinds:

    RecordWritten      MOVE_IN, BIRTH, MOVE_WITHIN, CORRECTION   seen: the record's version, 0 for a new resident
    LeavingPlanned     LEAVING                                   seen: the record's version
    Removal            REMOVAL                                   seen: the record's version
    NameRegistration   NAME_REGISTRATION                         seen: the record's version
    CardLinked         CARD_LINKED                               seen: 0, a card is linked once in all time
    CardEnded          CARD_ENDED                                seen: the link's version
    Restriction        MEASURE_*, HOLD_*                         seen: the restriction's version, 0 for a new one
    (none)             IMPORT                                    a whole town; entered by `importing` alone
    (none)             BULK                                      a list, its digest; entered by `bulk` alone
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, TypeAlias

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo, from_bytes, to_bytes
from konbini.ward_server.residents.dates import Date
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.record import MOST_RECORD_BYTES, Presence, ResidentRecord

__all__ = [
    "MOST_CHANGE_BYTES",
    "Body",
    "CardEnded",
    "CardLinked",
    "Change",
    "ChangeKind",
    "LeavingPlanned",
    "NameRegistration",
    "RecordWritten",
    "Removal",
    "Restriction",
    "new_change",
]

MOST_CHANGE_BYTES = MOST_RECORD_BYTES + 2048


@unique
class ChangeKind(IntEnum):
    """異動事由 and its neighbours."""

    MOVE_IN = 1
    """転入."""
    BIRTH = 2
    """出生."""
    MOVE_WITHIN = 3
    """転居."""
    CORRECTION = 4
    """記載の修正."""
    LEAVING = 5
    """転出予定, or that it was called off."""
    REMOVAL = 6
    """消除: moved out, died, missing, ex officio."""
    NAME_REGISTRATION = 7
    """外字登録中, begun or done."""
    CARD_LINKED = 11
    """コンビニ交付シリアル番号 linked, possibly in place of the card before."""
    CARD_ENDED = 12
    """コンビニ交付シリアル番号 ended."""
    MEASURE_SET = 21
    """支援措置 begun, under an application number of its own."""
    MEASURE_RENEWED = 22
    """支援措置 extended."""
    MEASURE_RELEASED = 23
    """支援措置 released."""
    HOLD_SET = 31
    """発行抑止 begun."""
    HOLD_RELEASED = 32
    """発行抑止 released."""
    IMPORT = 41
    """A town taken over."""
    BULK = 42
    """A list of changes; its rows stand beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWritten:
    """The record as it shall read; its version is `seen` + 1, its commitment to the individual number left None.

    `individual_number` is the number where it is new or changed; None keeps what there is.
    """

    record: ResidentRecord
    individual_number: Annotated[str, UpTo(12)] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingPlanned:
    """The day of a planned move out, None where it was called off."""

    day: Date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Why the record is removed; the day is the change's date of effect. Card serials stay linked."""

    reason: Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRegistration:
    """Whether a character of the name is still being registered."""

    pending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLinked:
    """A card's serial, counting from the day after the date of effect; the card it replaces ends at once."""

    card: CardSerial
    replaces: CardSerial | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEnded:
    """A card's serial that counts no more."""

    card: CardSerial


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """A protective measure by its application number, or a hold by its name.

    `planned_end` is for people: nothing ends by itself, a release is a change of its own.
    """

    name: Line
    planned_end: Date | None


Body: TypeAlias = RecordWritten | LeavingPlanned | Removal | NameRegistration | CardLinked | CardEnded | Restriction

_BODIES: dict[ChangeKind, type[Body]] = {
    ChangeKind.MOVE_IN: RecordWritten,
    ChangeKind.BIRTH: RecordWritten,
    ChangeKind.MOVE_WITHIN: RecordWritten,
    ChangeKind.CORRECTION: RecordWritten,
    ChangeKind.LEAVING: LeavingPlanned,
    ChangeKind.REMOVAL: Removal,
    ChangeKind.NAME_REGISTRATION: NameRegistration,
    ChangeKind.CARD_LINKED: CardLinked,
    ChangeKind.CARD_ENDED: CardEnded,
    ChangeKind.MEASURE_SET: Restriction,
    ChangeKind.MEASURE_RENEWED: Restriction,
    ChangeKind.MEASURE_RELEASED: Restriction,
    ChangeKind.HOLD_SET: Restriction,
    ChangeKind.HOLD_RELEASED: Restriction,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, as it crosses to the registry and is kept there, sealed.

    Fields: kind; resident; `seen` (see the module); `effective`, the date of effect (異動日); `source`, the document it
    rests on (届書, 通知); `corrects`, the id of an earlier change, empty where it corrects none; the body's bytes.
    """

    kind: ChangeKind
    resident: Line
    seen: Annotated[int, UpTo(2**31)]
    effective: Date
    source: Annotated[str, UpTo(200)]
    corrects: Line
    content: Annotated[bytes, UpTo(MOST_RECORD_BYTES + 1024)]

    def __post_init__(self) -> None:
        """Refuse a change without a resident or a source document.

        Raises:
            Refused: `CHANGE_INVALID`.
        """
        if not self.source or (not self.resident and self.kind not in (ChangeKind.IMPORT, ChangeKind.BULK)):
            raise Refused(Code.CHANGE_INVALID, "a change names its resident and its source document")

    def body(self) -> Body:
        """Read the body.

        Raises:
            Refused: `CHANGE_INVALID`: not what this kind has.
        """
        kind = _BODIES.get(self.kind)
        if kind is None:
            raise Refused(Code.CHANGE_INVALID, f"{self.kind.name} is not entered")
        try:
            return from_bytes(kind, self.content)
        except Refused as refused:
            raise Refused(Code.CHANGE_INVALID, refused.detail) from refused

    def to_bytes(self) -> bytes:
        """Encode."""
        return to_bytes(self)

    @classmethod
    def open(cls, data: bytes) -> Change:
        """Read a change.

        Raises:
            Refused: `CHANGE_INVALID`.
        """
        try:
            return from_bytes(cls, data, MOST_CHANGE_BYTES)
        except Refused as refused:
            raise Refused(Code.CHANGE_INVALID, refused.detail) from refused


def new_change(  # noqa: PLR0913 - a change's particulars, all named
    kind: ChangeKind,
    resident: str,
    body: Body,
    *,
    seen: int,
    effective: int,
    source: str,
    corrects: str = "",
) -> Change:
    """Make a change from its body.

    Raises:
        Refused: `CHANGE_INVALID`: another body than the kind's, or one whose fields are not as declared.
    """
    if type(body) is not _BODIES.get(kind):
        raise Refused(Code.CHANGE_INVALID, f"{kind.name} with another kind's body")
    try:
        content = to_bytes(body)
    except TypeError as error:
        raise Refused(Code.CHANGE_INVALID, str(error)) from error
    return Change(
        kind=kind,
        resident=resident,
        seen=seen,
        effective=effective,
        source=source,
        corrects=corrects,
        content=content,
    )
