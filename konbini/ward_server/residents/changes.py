"""RegistryChange (異動): what an operator enters and another approves.

A change names its resident, its source document, its date of effect, and the version that the operator saw (`seen`):
at approval that is compared with the version in force then, and a change prepared on older facts is refused. Nothing is
erased: a mistake is corrected by a further change, which may name the one that it `corrects`.

What a change does is its body, one class for each group of kinds (`bodies`); docs/registry.md has a row for each kind.
`seen` is the version of what the change is about: of the record (0 for a new resident), of the entry (`EntryKept`,
`NumberCardChanged`), of the card's link (0 for a new one: a card is linked once in all time) or of the restriction (0
for a new one). An IMPORT has no body: a whole town, entered by `importing` alone. Nor has a BULK: a list,
its digest, entered by `bulk` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, TypeAlias

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo, from_bytes, to_bytes
from konbini.ward_server.residents.bodies import (
    AliasWritten,
    CardEnded,
    CardKind,
    CardLinked,
    CardResumed,
    CardWithheld,
    Death,
    DomicileChanged,
    EntryKept,
    FormerNameWritten,
    HouseholdMoved,
    Households,
    LeavingPlanned,
    MovedOut,
    NameChanged,
    NameRegistration,
    NationalityLost,
    Naturalised,
    NewIndividualNumber,
    NewResidentCode,
    NumberCardChanged,
    RecordWritten,
    Remade,
    Removal,
    ResidenceStatus,
    Restored,
    Restriction,
)
from konbini.ward_server.residents.dates import Date
from konbini.ward_server.residents.entry import MOST_ENTRY_ITEMS_BYTES, Basis
from konbini.ward_server.residents.seal import SealCancelled, SealRegistered

__all__ = [
    "BODIES",
    "MOST_CHANGE_BYTES",
    "Body",
    "CardEnded",
    "CardKind",
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

MOST_BODY_BYTES = MOST_ENTRY_ITEMS_BYTES + 1024
MOST_CHANGE_BYTES = MOST_BODY_BYTES + 1024


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
    """消除: declared missing, or ex officio."""
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

    MOVE_IN_BY_CARD = 101
    """個人番号カードを利用した転入 (特例転入): the other municipality's notice came over the network."""
    ENTRY_FROM_ABROAD = 102
    """国外からの転入・入国."""
    ENTRY_EX_OFFICIO = 103
    """職権記載."""
    CORRECTION_EX_OFFICIO = 104
    """職権修正."""
    HOUSEHOLD_MOVED = 105
    """転居 of a whole household."""
    MOVED_OUT = 106
    """転出確定."""
    DEATH = 107
    """死亡."""
    RESTORED = 108
    """回復: a removed record stands again."""
    NAME_CHANGED = 109
    """氏名の変更."""
    DOMICILE_CHANGED = 110
    """本籍・筆頭者の変更."""
    FORMER_NAME_ENTERED = 111
    """旧氏の記載."""
    FORMER_NAME_CHANGED = 112
    """旧氏の変更."""
    FORMER_NAME_REMOVED = 113
    """旧氏の削除."""
    ALIAS_ENTERED = 114
    """通称の記載."""
    ALIAS_CHANGED = 115
    """通称の変更."""
    ALIAS_REMOVED = 116
    """通称の削除."""
    RESIDENCE_STATUS = 117
    """在留資格・在留期間等の変更."""
    RESIDENT_CODE = 118
    """住民票コードの変更."""
    INDIVIDUAL_NUMBER = 119
    """個人番号の変更."""
    REMADE = 120
    """改製."""
    HOUSEHOLD_MERGED = 121
    """世帯合併."""
    HOUSEHOLD_SPLIT = 122
    """世帯分離."""
    HOUSEHOLD_CHANGED = 123
    """世帯変更: members, order or relationships."""
    HEAD_CHANGED = 124
    """世帯主変更."""
    NATURALISED = 125
    """帰化 and every other way to Japanese nationality (日本国籍の取得)."""
    NATIONALITY_LOST = 126
    """国籍喪失."""
    ENTRY_KEPT = 131
    """行政項目 and the other items that no certificate prints."""
    NUMBER_CARD = 132
    """個人番号カード運用状況の変更."""
    CARD_WITHHELD = 133
    """A card's serial suspended (一時停止) or lost (紛失)."""
    CARD_RESUMED = 134
    """A card's serial that counts again."""
    MEASURE_ANEW = 141
    """支援措置 applied for anew, under a number of its own, while an earlier one stands."""
    SEAL_REGISTERED = 61
    """印鑑登録."""
    SEAL_CANCELLED = 62
    """印鑑登録の抹消."""


Body: TypeAlias = (
    RecordWritten
    | LeavingPlanned
    | Removal
    | MovedOut
    | Death
    | Restored
    | NameRegistration
    | NameChanged
    | DomicileChanged
    | FormerNameWritten
    | AliasWritten
    | ResidenceStatus
    | Naturalised
    | NationalityLost
    | NewResidentCode
    | NewIndividualNumber
    | Remade
    | HouseholdMoved
    | Households
    | EntryKept
    | NumberCardChanged
    | CardLinked
    | CardEnded
    | CardWithheld
    | CardResumed
    | Restriction
    | SealRegistered
    | SealCancelled
)

BODIES: Mapping[ChangeKind, type[Body]] = {
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
    ChangeKind.MOVE_IN_BY_CARD: RecordWritten,
    ChangeKind.ENTRY_FROM_ABROAD: RecordWritten,
    ChangeKind.ENTRY_EX_OFFICIO: RecordWritten,
    ChangeKind.CORRECTION_EX_OFFICIO: RecordWritten,
    ChangeKind.HOUSEHOLD_MOVED: HouseholdMoved,
    ChangeKind.MOVED_OUT: MovedOut,
    ChangeKind.DEATH: Death,
    ChangeKind.RESTORED: Restored,
    ChangeKind.NAME_CHANGED: NameChanged,
    ChangeKind.DOMICILE_CHANGED: DomicileChanged,
    ChangeKind.FORMER_NAME_ENTERED: FormerNameWritten,
    ChangeKind.FORMER_NAME_CHANGED: FormerNameWritten,
    ChangeKind.FORMER_NAME_REMOVED: FormerNameWritten,
    ChangeKind.ALIAS_ENTERED: AliasWritten,
    ChangeKind.ALIAS_CHANGED: AliasWritten,
    ChangeKind.ALIAS_REMOVED: AliasWritten,
    ChangeKind.RESIDENCE_STATUS: ResidenceStatus,
    ChangeKind.NATURALISED: Naturalised,
    ChangeKind.NATIONALITY_LOST: NationalityLost,
    ChangeKind.RESIDENT_CODE: NewResidentCode,
    ChangeKind.INDIVIDUAL_NUMBER: NewIndividualNumber,
    ChangeKind.REMADE: Remade,
    ChangeKind.HOUSEHOLD_MERGED: Households,
    ChangeKind.HOUSEHOLD_SPLIT: Households,
    ChangeKind.HOUSEHOLD_CHANGED: Households,
    ChangeKind.HEAD_CHANGED: Households,
    ChangeKind.ENTRY_KEPT: EntryKept,
    ChangeKind.NUMBER_CARD: NumberCardChanged,
    ChangeKind.CARD_WITHHELD: CardWithheld,
    ChangeKind.CARD_RESUMED: CardResumed,
    ChangeKind.MEASURE_ANEW: Restriction,
    ChangeKind.SEAL_REGISTERED: SealRegistered,
    ChangeKind.SEAL_CANCELLED: SealCancelled,
}
"""The body that each kind has; a kind that is not here is not entered by an operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, as it crosses to the registry and is kept there, sealed.

    Fields: kind; resident; `seen` (see the module); `effective`, the date of effect (異動日); `source`, the document it
    rests on (届書, 通知); `corrects`, the id of an earlier change, empty where it corrects none; the body's bytes;
    `basis`, on whose word it is entered (届出、職権, ...).
    """

    kind: ChangeKind
    resident: Line
    seen: Annotated[int, UpTo(2**31)]
    effective: Date
    source: Annotated[str, UpTo(200)]
    corrects: Line
    content: Annotated[bytes, UpTo(MOST_BODY_BYTES)]
    basis: Basis = Basis.NOTIFIED

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
        kind = BODIES.get(self.kind)
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
    basis: Basis = Basis.NOTIFIED,
) -> Change:
    """Make a change from its body.

    Raises:
        Refused: `CHANGE_INVALID`: another body than the kind's, or one whose fields are not as declared.
    """
    if type(body) is not BODIES.get(kind):
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
        basis=basis,
    )
