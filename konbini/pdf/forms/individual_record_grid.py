"""The grid of the resident record, individual form (個人票): 40 columns, one person a sheet.

Labels and boxes only, named by the facts' fields; both the drawing and the reading look here for where a cell is, and
each says for itself what belongs in it. A foreign resident's sheet has other rows where the law gives other items
(住民基本台帳法 Article 30-45); what the rows leave of the sheet is the remarks' (備考).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from konbini.pdf.forms.cells import ROOMY, LabelledCell
from konbini.pdf.forms.geometry import A4_HEIGHT, MM, Box
from konbini.pdf.forms.setting import Step, Steps
from konbini.pdf.forms.sheet import COLUMN, LEFT, WIDTH

__all__ = ["ADDRESS", "FOREIGN", "HEAD", "HOUSEHOLD", "JAPANESE", "PERSON"]

_TOP: Final = A4_HEIGHT - 22 * MM
_ADDRESS_ROW: Final = 11.5 * MM
_HEAD_ROW: Final = 9.5 * MM
_PERSON_TOP: Final = _TOP - _ADDRESS_ROW - _HEAD_ROW - 2.5 * MM
_BOTTOM: Final = 49 * MM
_LABEL: Final = 7
_HALF: Final = 13
_FULL: Final = 33
_LOW, _ROW, _TALL, _NAME_ROW = 9 * MM, 11.5 * MM, 14 * MM, 18 * MM

_VALUE: Final[Steps] = (Step(11, 1), Step(10, 1), Step(9, 2), Step(8, 2), Step(7, 3), Step(6, 4))
_READING: Final[Steps] = (Step(10, 1), Step(9, 1), Step(8, 1), Step(7, 2), Step(6, 3))
_MARK: Final[Steps] = (Step(10, 1), Step(8, 1))
_NAME: Final[Steps] = (Step(20, 1), Step(18, 1), Step(16, 1), Step(14, 2), Step(12, 2), Step(10, 3), Step(8, 4))
_PLACE: Final[Steps] = (Step(11, 1), Step(10, 1), Step(10, 2), Step(9, 2), Step(8, 3), Step(7, 3))
_REMARKS: Final[Steps] = (Step(10, 1), Step(10, 8), Step(9, 10), Step(8, 12), Step(7, 14))

_Pair = tuple[str, str, int, Steps]


def _half(field: str, label: str, steps: Steps = _VALUE) -> _Pair:
    return field, label, _HALF, steps


def _full(field: str, label: str, steps: Steps = _VALUE) -> _Pair:
    return field, label, _FULL, steps


def _cell(field: str, label: str, label_box: Box, box: Box, steps: Steps) -> LabelledCell:
    return LabelledCell(
        field=field, label=label, label_box=label_box, box=box, steps=steps, mark_steps=_MARK, padding=ROOMY
    )


def _row(top: float, height: float, pairs: Sequence[_Pair]) -> list[LabelledCell]:
    cells, left = [], LEFT
    for field, label, columns, steps in pairs:
        label_box = Box(left, top - height, _LABEL * COLUMN, height)
        box = Box(label_box.right, top - height, columns * COLUMN, height)
        cells.append(_cell(field, label, label_box, box, steps))
        left = box.right
    return cells


def _rows(*rows: tuple[float, tuple[_Pair, ...]]) -> tuple[LabelledCell, ...]:
    """Stack rows from the top; the remarks take what is left."""
    cells, top = [], _PERSON_TOP
    for height, pairs in rows:
        cells += _row(top, height, pairs)
        top -= height
    return (*cells, *_row(top, top - _BOTTOM, [_full("remarks", "備考", _REMARKS)]))


_WHO: Final = (
    (_LOW, (_full("name_reading", "氏名の振り仮名", _READING),)),
    (_NAME_ROW, (_full("name", "氏名", _NAME),)),
)
_FORMER: Final = (_ROW, (_half("former_name_reading", "旧氏の振り仮名", _READING), _half("former_name", "旧氏")))
_BORN: Final = (_ROW, (_half("birth_date", "生年月日"), _half("sex", "性別")))
_STANDING: Final = (_ROW, (_half("relationship", "続柄"), _half("notified_on", "届出日")))
_NUMBERS: Final = (_ROW, (_half("individual_number", "個人番号"), _half("resident_code", "住民票コード")))
_WHENCE: Final = (
    (_TALL, (_full("previous_address", "転入前住所", _PLACE),)),
    (_TALL, (_full("earlier_address", "異動前住所", _PLACE),)),
)

JAPANESE: Final = _rows(
    *_WHO,
    _FORMER,
    _BORN,
    _STANDING,
    (_ROW, (_half("became_resident_on", "住民となった年月日"), _half("settled_on", "住所を定めた年月日"))),
    _NUMBERS,
    (_TALL, (_full("registered_domicile", "本籍", _PLACE),)),
    (_ROW, (_full("register_head", "筆頭者"),)),
    *_WHENCE,
)
FOREIGN: Final = _rows(
    *_WHO,
    (_ROW, (_full("alias", "通称"),)),
    _FORMER,
    _BORN,
    _STANDING,
    (_ROW, (_half("became_resident_on", "外国人住民となった年月日"), _half("settled_on", "住所を定めた年月日"))),
    _NUMBERS,
    (_ROW, (_half("nationality", "国籍・地域"), _half("residence_status", "在留資格"))),
    (_ROW, (_half("category", "法第30条の45に規定する区分"), _half("card_number", "在留カード等の番号"))),
    (_ROW, (_half("residence_period", "在留期間等"), _half("period_ends_on", "在留期間の満了の日"))),
    *_WHENCE,
)

(ADDRESS,) = _row(_TOP, _ADDRESS_ROW, [_full("address", "住所", _PLACE)])
(HEAD,) = _row(_TOP - _ADDRESS_ROW, _HEAD_ROW, [_full("head", "世帯主")])

HOUSEHOLD: Final = Box(LEFT, HEAD.box.bottom, WIDTH, _ADDRESS_ROW + _HEAD_ROW)
"""The outline of what concerns the whole household."""
PERSON: Final = Box(LEFT, _BOTTOM, WIDTH, _PERSON_TOP - _BOTTOM)
"""The outline of what concerns the person."""
