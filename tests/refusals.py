"""The rows of "who is refused", with the rule that refuses and the code that leaves: one table for document and tests.

docs/refusals.md is written from it (tests/unit/house/test_refusals.py); every row of a running ward is shown by
tests/integration/ward_server/issuing/test_refusals.py, the others by the test that they name.
"""

from __future__ import annotations

from dataclasses import dataclass

from konbini.protocol.errors import Code

__all__ = ["ROWS", "Row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row.

    Attributes:
        key: names it in tests.
        japanese: the row, as the field says it.
        rule: where it is decided: a reason of `konbini/ward_server/issuing/rules.py`, or another place.
        code: what leaves; None where nothing is refused, since nothing is offered.
        shown: the test that shows it, where it is not the running ward's.
    """

    key: str
    japanese: str
    rule: str
    code: Code | None
    shown: str = "integration/ward_server/issuing/test_refusals.py"


_RULES = "unit/ward_server/issuing/test_matrix.py"
_COUNTER = Code.ASK_AT_COUNTER

ROWS = (
    Row(key="leaving", japanese="転出届が出ている（転出予定）", rule="`Reason.LEAVING`", code=_COUNTER),
    Row(
        key="leaving in the household",
        japanese="世帯に転出予定者がいる（設定）",
        rule="`Reason.LEAVING`, `leaving_bars`",
        code=_COUNTER,
    ),
    Row(
        key="moved in today",
        japanese="転入の当日（設定）",
        rule="`Reason.MOVED_IN_TODAY`, `moved_in_today_bars`",
        code=_COUNTER,
    ),
    Row(
        key="address notice today",
        japanese="住所異動の届出の当日（設定）",
        rule="`Reason.ADDRESS_NOTICE_TODAY`, `address_notice_today_bars`",
        code=_COUNTER,
    ),
    Row(key="moved out", japanese="転出済み（除票）", rule="`Reason.REMOVED`", code=_COUNTER),
    Row(key="died", japanese="死亡（除票）", rule="`Reason.REMOVED`", code=_COUNTER),
    Row(key="protected", japanese="支援措置（本人）", rule="`Reason.PROTECTED`", code=_COUNTER),
    Row(key="beside a protected person", japanese="支援措置（世帯の誰か）", rule="`Reason.PROTECTED`", code=_COUNTER),
    Row(key="held", japanese="発行停止（保留）", rule="`Reason.PROTECTED`", code=_COUNTER),
    Row(key="name in registration", japanese="外字登録中", rule="`Reason.NAME_IN_REGISTRATION`", code=_COUNTER),
    Row(
        key="name too long",
        japanese="氏名が様式に収まらない",
        rule="`menus.can_draw` (`FORM_OVERFLOW`)",
        code=_COUNTER,
    ),
    Row(
        key="address too long",
        japanese="住所が様式に収まらない",
        rule="`menus.can_draw` (`FORM_OVERFLOW`)",
        code=_COUNTER,
    ),
    Row(key="birth unknown", japanese="生年月日不詳", rule="`Reason.AGE_UNKNOWN`", code=_COUNTER),
    Row(key="under age", japanese="15歳未満（証明書ごとの設定）", rule="`Reason.UNDER_AGE`", code=Code.UNDER_AGE),
    Row(
        key="seal not registered",
        japanese="印鑑登録がない、または廃止された",
        rule="`Reason.SEAL_NOT_REGISTERED`",
        code=_COUNTER,
        shown=_RULES,
    ),
    Row(
        key="tax not filed",
        japanese="税の未申告",
        rule="the kind is not offered: no number of the wire means it",
        code=None,
        shown=_RULES,
    ),
    Row(
        key="family register in progress",
        japanese="戸籍の届出の処理中",
        rule="the kind is not offered: no number of the wire means it",
        code=None,
        shown=_RULES,
    ),
    Row(key="card expired", japanese="電子証明書の有効期限切れ", rule="`check_issued`", code=Code.CARD_EXPIRED),
    Row(key="card revoked", japanese="電子証明書の失効", rule="`check_certificate`", code=Code.CARD_REVOKED),
    Row(key="card held", japanese="電子証明書の一時保留", rule="`check_certificate`", code=Code.CARD_REVOKED),
    Row(
        key="revocation unknown",
        japanese="失効の有無を確認できない",
        rule="`CardCheck`",
        code=Code.REVOCATION_UNKNOWN,
    ),
    Row(
        key="card of another issuer",
        japanese="電子証明書の発行者が不明",
        rule="`check_issued`",
        code=Code.CARD_ISSUER_UNKNOWN,
    ),
    Row(key="card unlinked", japanese="市区町村が知らないカード", rule="`FeedRows.holder`", code=Code.CARD_UNLINKED),
    Row(
        key="card linked today",
        japanese="カードの届出の当日（設定）",
        rule="`FeedRows.holder`, `new_card_counts_from`",
        code=Code.CARD_UNLINKED,
    ),
    Row(key="closed", japanese="受付時間外・休止日", rule="`Settings.check_open`", code=Code.WARD_CLOSED),
    Row(key="kind closed", japanese="証明書ごとの受付時間外", rule="`Settings.check_open`", code=Code.WARD_CLOSED),
    Row(key="maintenance", japanese="メンテナンス中", rule="`Settings.check_open`", code=Code.WARD_CLOSED),
    Row(key="offers nothing", japanese="その日は交付していない", rule="`Settings.terms`", code=Code.WARD_CLOSED),
    Row(
        key="takes no part",
        japanese="コンビニ交付に参加していない",
        rule="the center's list of wards",
        code=Code.WARD_UNREACHABLE,
        shown="integration/issuance_center/test_relaying.py",
    ),
    Row(key="visit elsewhere", japanese="ほかの端末で利用中", rule="`VisitLedger.open`", code=Code.VISIT_ELSEWHERE),
    Row(key="daily limit", japanese="1日の利用回数の上限", rule="`VisitLedger.open`", code=Code.DAILY_LIMIT),
    Row(key="visit limit", japanese="1回の利用の枚数の上限", rule="`ReceiptLedger.check_left`", code=Code.VISIT_LIMIT),
    Row(key="kiosk unknown", japanese="端末が登録されていない", rule="`KioskRegister.find`", code=Code.KIOSK_UNKNOWN),
    Row(key="fee changed", japanese="手数料が変わった", rule="`Orders`", code=Code.CHANGED_LOOK_AGAIN),
    Row(key="household changed", japanese="世帯の記録が変わった", rule="`may_issue`", code=Code.CHANGED_LOOK_AGAIN),
    Row(key="option barred", japanese="記載できない項目", rule="`may_issue`, `barred_options`", code=Code.NOT_OFFERED),
)
