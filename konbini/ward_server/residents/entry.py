"""What the register keeps of a resident beyond the signed record: it never leaves the registry.

Owns the items of a resident's entry (住民基本台帳ファイル) that no certificate prints and no rule of issuing reads;
docs/registry.md has a row for each item. Each version is a sealed row of its own and none is ever changed.

Invariant: nothing here is a field of `ResidentRecord`, and nothing of it is in the feed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated

from konbini.protocol.shape import Line, UpTo
from konbini.ward_server.residents.dates import BirthDate, Date

__all__ = [
    "MOST_ENTRY_ITEMS_BYTES",
    "PLAIN",
    "Administrative",
    "AliasPeriod",
    "Basis",
    "Coverage",
    "DeathDay",
    "Doubt",
    "ForeignKept",
    "MailName",
    "NumberCard",
    "NumberCardStatus",
    "Postcode",
    "RegisterEntry",
    "Registered",
    "Remark",
    "RemarkKind",
    "Removed",
]

MOST_ENTRY_ITEMS_BYTES = 32 * 1024
"""An entry is never longer."""

Postcode = Annotated[str, UpTo(7)]
"""郵便番号, without a hyphen."""

_Name = Annotated[str, UpTo(200)]
_Place = Annotated[str, UpTo(300)]
_Count = Annotated[int, UpTo(9999)]
_Month = Annotated[int, UpTo(999_912)]


@unique
class Basis(IntEnum):
    """届出区分・異動処理区分: on whose word a change is entered."""

    NOTIFIED = 1
    """届出."""
    APPLIED = 2
    """申出・請求."""
    NOTICE = 3
    """通知 of another office."""
    EX_OFFICIO = 4
    """職権."""


@unique
class Doubt(IntEnum):
    """死亡日不詳区分."""

    NONE = 1
    """The day is known."""
    ABOUT = 2
    """頃."""
    ESTIMATED = 3
    """推定."""
    BETWEEN = 4
    """から…までの間."""
    UNKNOWN = 5
    """不詳."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathDay:
    """死亡日, with what is not known of it (死亡日不詳).

    `first` may be unknown in part; `last` is the end of the time between where `doubt` is `BETWEEN`.
    """

    first: BirthDate
    doubt: Doubt
    last: BirthDate | None = None

    def is_consistent(self) -> bool:
        """Say whether the doubt and the days go together."""
        whole = self.first % 100 != 0
        spans = self.last is not None and self.last >= self.first
        return {
            Doubt.NONE: whole and self.last is None,
            Doubt.ABOUT: self.first != 0 and self.last is None,
            Doubt.ESTIMATED: self.first != 0 and self.last is None,
            Doubt.BETWEEN: self.first != 0 and spans,
            Doubt.UNKNOWN: self.last is None,
        }[self.doubt]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What a removed record (除票) says beside its reason, which is the record's presence.

    Fields: day of ceasing to be a resident (住民でなくなる日); day of death; day of moving out for good (転出確定日),
    of its notice (転出確定通知日) and where to (転出確定地).
    """

    ceased: Date | None
    death: DeathDay | None = None
    left_on: Date | None = None
    left_notified: Date | None = None
    left_to: _Place | None = None


@unique
class NumberCardStatus(IntEnum):
    """個人番号カード運用状況."""

    NOT_ISSUED = 1
    """未交付."""
    IN_USE = 2
    """運用中."""
    SUSPENDED = 3
    """一時停止."""
    LOST = 4
    """紛失."""
    EXPIRED = 5
    """有効期間満了."""
    RETURNED = 6
    """返納・回収."""
    REVOKED = 7
    """失効・廃止."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberCard:
    """個人番号カード: its state, day of issue and last day of validity, where it is sent and where it was issued."""

    status: NumberCardStatus
    issued: Date | None = None
    valid_until: Date | None = None
    delivery: _Place | None = None
    issued_at: _Place | None = None


@unique
class MailName(IntEnum):
    """宛名送付区分: which name letters to a foreign resident bear."""

    NAME = 1
    """氏名."""
    ALIAS = 2
    """通称."""
    KATAKANA = 3
    """氏名カナ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A day on a foreign resident's record with its reason (事由), day of notification and basis (届出区分)."""

    day: Date
    reason: Line
    notified: Date | None = None
    basis: Basis = Basis.NOTIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKept:
    """What is kept of a foreign resident alone: name on letters, and how the two days of the record came about."""

    mail_name: MailName = MailName.NAME
    became_resident: Registered | None = None
    address_set: Registered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasPeriod:
    """One line of a resident's aliases (通称履歴); `removed_on` is None while it is the present one."""

    alias: _Name
    reading: _Name
    entered_on: Date
    entered_at: Line
    removed_on: Date | None = None
    removed_at: Line | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """From when and until when somebody is covered (資格取得日、資格喪失日)."""

    since: Date | None = None
    until: Date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrative:
    """行政項目 (住民基本台帳法 Article 7, items 9 to 11-2): what other offices have entered.

    Fields: voters' list (選挙人名簿登録); national health insurance (国民健康保険), and its retired persons' part
    (退職区分, 該当日, 非該当日); late-stage elderly (後期高齢者医療); national pension (国民年金) with its class (種別)
    and basic pension number (基礎年金番号); long-term care (介護保険); child allowance (児童手当), months yyyymm.
    """

    voter: bool = False
    health: Coverage = Coverage()
    health_retired: bool = False
    retired: Coverage = Coverage()
    elderly: Coverage = Coverage()
    pension: Coverage = Coverage()
    pension_class: Annotated[int, UpTo(3)] | None = None
    pension_number: Annotated[str, UpTo(10)] | None = None
    care: Coverage = Coverage()
    child_allowance_from: _Month | None = None
    child_allowance_until: _Month | None = None


@unique
class RemarkKind(IntEnum):
    """What a remark that is kept here, and printed nowhere, speaks of."""

    ENTRY = 1
    """記載."""
    AMENDMENT = 2
    """修正."""
    REMOVAL = 3
    """消除."""
    REMAKING = 4
    """改製."""
    CARD = 5
    """カード."""
    OTHER = 9
    """その他."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A remark (備考) that no certificate prints; what is printed is the record's own `remarks`."""

    kind: RemarkKind
    text: Annotated[str, UpTo(500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """One resident's items beyond the record; a plain one is what is kept of somebody of whom nothing was entered.

    Fields: postcode (郵便番号) of the record's address, empty where there is none; reading of the record's alias
    (通称の振り仮名) and a foreign resident's name in katakana (氏名カナ); the name before its last change (旧氏名) and
    its reading; address that was never notified (転入未届地); last registered address (最終住所); where a planned
    move goes (転出予定地); whether the notice of the other municipality is outstanding (通知未着区分); how often and
    when the record was made anew (改製連番、改製日); the rest as their classes say. The first three are changed with
    the record, by the kinds that write it.
    """

    postcode: Postcode = ""
    alias_reading: _Name | None = None
    katakana: _Name | None = None
    name_before: _Name | None = None
    name_before_reading: _Name | None = None
    unnotified_address: _Place | None = None
    last_address: _Place | None = None
    leaving_to: _Place | None = None
    notice_outstanding: bool = False
    removed: Removed | None = None
    remade: _Count = 0
    remade_on: Date | None = None
    number_card: NumberCard | None = None
    foreign: ForeignKept | None = None
    aliases: tuple[AliasPeriod, ...] = ()
    administrative: Administrative = Administrative()
    remarks: tuple[Remark, ...] = ()


PLAIN = RegisterEntry()
"""What is kept of somebody of whom nothing was entered."""
