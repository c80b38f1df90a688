"""What a change says, one class for each group of kinds; which kind has which, `changes` lists.

A body holds what its kind changes and nothing else: what it leaves out stays as it stands when the change is approved.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated

from konbini.protocol.shape import Digest, Line, Sized, UpTo
from konbini.ward_server.residents.dates import Date
from konbini.ward_server.residents.entry import DeathDay, NumberCard, Postcode, RegisterEntry
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.record import ForeignItems, Presence, ResidentRecord

__all__ = [
    "AliasWritten",
    "CardEnded",
    "CardKind",
    "CardLinked",
    "CardResumed",
    "CardWithheld",
    "Death",
    "DomicileChanged",
    "EntryKept",
    "FormerNameWritten",
    "HouseholdMoved",
    "HouseholdPlan",
    "Households",
    "LeavingPlanned",
    "MeasureCategory",
    "MemberPlace",
    "MovedOut",
    "NameChanged",
    "NameRegistration",
    "NationalityLost",
    "Naturalised",
    "NewIndividualNumber",
    "NewResidentCode",
    "NumberCardChanged",
    "Protection",
    "RecordWritten",
    "Remade",
    "Removal",
    "ResidenceStatus",
    "Restored",
    "Restriction",
    "Withheld",
]

_Name = Annotated[str, UpTo(200)]
_Place = Annotated[str, UpTo(300)]
_Version = Annotated[int, UpTo(2**31)]
_Order = Annotated[int, UpTo(999)]
_Relationship = Annotated[str, UpTo(64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWritten:
    """The record as it shall read; its version is `seen` + 1, its commitment to the individual number left None.

    `individual_number` is the number where it is new or changed; None keeps what there is. `postcode`, `alias_reading`
    and `katakana` are those of the entry beside the record as they shall read; None where there is none.
    """

    record: ResidentRecord
    individual_number: Annotated[str, UpTo(12)] | None
    postcode: Postcode
    alias_reading: _Name | None = None
    katakana: _Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingPlanned:
    """The day of a planned move out and where it goes (転出予定地); a day of None where it was called off."""

    day: Date | None
    to: _Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPlace:
    """Where a member stands in a household: order (記載順位) and relationship (続柄), and the version that was seen."""

    resident: Line
    seen: _Version
    order: _Order
    relationship: _Relationship


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Why the record is removed; the day is the change's date of effect. Card serials stay linked.

    `remaining` says how the household reads afterwards where the head (世帯主) of several goes.
    """

    reason: Presence
    remaining: tuple[MemberPlace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedOut:
    """転出確定: where to, and when the other municipality's notice came (None: outstanding, 通知未着)."""

    to: _Place
    notified: Date | None
    remaining: tuple[MemberPlace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """The day of death, and what is not known of it (死亡日不詳)."""

    day: DeathDay
    remaining: tuple[MemberPlace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A removed record that stands again (回復), and its place in a household; the change says what it `corrects`."""

    household: Line
    order: _Order
    relationship: _Relationship


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRegistration:
    """Whether a character of the name is still being registered."""

    pending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NameChanged:
    """氏名 and its reading as they read now; a head's name changes in all records of the household."""

    name: _Name
    reading: _Name


@dataclass(frozen=True, slots=True, kw_only=True)
class DomicileChanged:
    """本籍 and 筆頭者, as another office told."""

    domicile: _Place
    domicile_head: _Name


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerNameWritten:
    """旧氏 and its reading; both None where it is removed."""

    former_name: _Name | None
    reading: _Name | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasWritten:
    """通称 and its reading, both None where it is removed, and the municipality that did so (登録・削除市町村名)."""

    alias: _Name | None
    reading: _Name | None
    municipality: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidenceStatus:
    """The items of a foreign resident as the immigration office told them (法務省通知), and the name in katakana."""

    items: ForeignItems
    katakana: _Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Naturalised:
    """氏名, 本籍 and 筆頭者 as the new family register has them; the items of a foreign resident and 通称 end.

    `municipality` is the one that ends the alias (削除市町村名).
    """

    name: _Name
    reading: _Name
    domicile: _Place
    domicile_head: _Name
    municipality: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalityLost:
    """氏名, the items of a foreign resident and the name in katakana from now on; 本籍, 筆頭者 and 旧氏 end."""

    name: _Name
    reading: _Name
    items: ForeignItems
    katakana: _Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewResidentCode:
    """住民票コード as it is from now on."""

    resident_code: Annotated[str, Sized(11)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIndividualNumber:
    """個人番号 as it is from now on; while the change waits, the commitment stands for it (see `pending`)."""

    individual_number: Annotated[str, UpTo(12)] | None
    commitment: Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remade:
    """改製: the record is written anew as it reads, with these remarks; the one before is kept (改製原)."""

    remarks: Annotated[str, UpTo(1000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMoved:
    """転居 of a whole household: everybody of it, the version of each that was seen, and the new address."""

    household: Line
    members: tuple[MemberPlace, ...]
    postcode: Postcode
    address: _Place
    address_detail: _Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdPlan:
    """How one household shall read; its head is the member whose relationship is 世帯主."""

    household: Line
    members: tuple[MemberPlace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Households:
    """Households as they shall read, all of them together: nobody of a household that is touched is left out."""

    households: tuple[HouseholdPlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryKept:
    """The items that no certificate prints, as they shall read; what kinds of their own change stays as it stands."""

    entry: RegisterEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberCardChanged:
    """個人番号カード運用状況; the card's serials, and those of phones made from it, follow in the same change."""

    card: NumberCard


@unique
class CardKind(IntEnum):
    """What carries a serial that stands for a resident."""

    NUMBER_CARD = 1
    """個人番号カード."""
    PHONE = 2
    """スマートフォン (移動端末設備用)."""
    WARD_CARD = 3
    """The ward's own card (専用カード)."""


@unique
class Withheld(IntEnum):
    """Why a card does not count for the time being."""

    SUSPENDED = 1
    """一時停止."""
    LOST = 2
    """紛失."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLinked:
    """A card's serial, counting from the day after the date of effect; the card it replaces ends at once.

    `valid_until` is the last day on which its certificate is valid, None where that is not known.
    """

    card: CardSerial
    replaces: CardSerial | None
    carrier: CardKind = CardKind.NUMBER_CARD
    valid_until: Date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEnded:
    """A card's serial that counts no more."""

    card: CardSerial


@dataclass(frozen=True, slots=True, kw_only=True)
class CardWithheld:
    """A card's serial that does not count until it is resumed."""

    card: CardSerial
    why: Withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class CardResumed:
    """A card's serial that was withheld and counts again."""

    card: CardSerial


@unique
class MeasureCategory(IntEnum):
    """支援措置申出区分."""

    DOMESTIC_VIOLENCE = 1
    """配偶者からの暴力."""
    STALKING = 2
    """ストーカー行為等."""
    CHILD_ABUSE = 3
    """児童虐待."""
    OTHER = 9
    """その他これらに準ずるもの."""


@unique
class Protection(IntEnum):
    """保護区分: whose request the measure rests on. Both bar issuing alike."""

    APPLICANT = 1
    """申出者."""
    TOGETHER = 2
    """併せて支援を求める者."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """A protective measure by its application number, or a hold by its name.

    `planned_end` is for people: nothing ends by itself, a release is a change of its own. `begun` is the day it began
    where that is not the change's date of effect. What a renewal leaves out stays as it was.
    """

    name: Line
    planned_end: Date | None
    category: MeasureCategory | None = None
    protection: Protection | None = None
    remark: Annotated[str, UpTo(500)] = ""
    begun: Date | None = None
