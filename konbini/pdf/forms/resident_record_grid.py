"""The grid of 住民票の写し, household form (世帯連記式): 40 columns, four blocks of twelve rows on a sheet.

Labels and boxes only, named by the facts' fields; both the drawing and the reading look here for where a cell is,
and each says for itself what belongs in it. Blocks are described for the topmost place and moved down from there.
A foreign resident's block has other labels where the law gives other items (住民基本台帳法 Article 30-45):
外国人住民となった年月日 for 住民となった年月日, 国籍・地域 and 在留資格 for 本籍,
在留カード等の番号 for 筆頭者, the rest in the two spare rows.
"""

from __future__ import annotations

from typing import Final

from konbini.pdf.forms.cells import LabelledCell
from konbini.pdf.forms.geometry import A4_HEIGHT, MM, Box
from konbini.pdf.forms.ink import Align
from konbini.pdf.forms.setting import Step, Steps
from konbini.pdf.forms.sheet import COLUMN, LEFT, WIDTH

__all__ = [
    "ADDRESS", "BLOCKS", "BLOCK_HEIGHT", "FOREIGN", "HEAD", "HOUSEHOLD", "JAPANESE", "NOTHING_BELOW", "ORDINAL",
    "SPARE_LABELS", "SPARE_VALUES", "block_box", "nothing_below_box", "unused_box",
]  # fmt: skip

BLOCKS: Final = 4
_ROWS: Final = 12
_ROW: Final = 4.4 * MM
BLOCK_HEIGHT: Final = _ROWS * _ROW
_TOP: Final = A4_HEIGHT - 38 * MM
_HEAD_ROW: Final = 7.2 * MM
_HEAD_TOP: Final = A4_HEIGHT - 22 * MM

_ONE_ROW: Final[Steps] = (Step(8.5, 1), Step(7.5, 1), Step(6.5, 1), Step(5.2, 2))
_NARROW: Final[Steps] = (Step(8.5, 1), Step(8, 1), Step(7, 1), Step(5.2, 2))
_NAME: Final[Steps] = (Step(15, 1), Step(12.5, 1), Step(10.5, 1), Step(10, 2), Step(8.5, 2), Step(7, 3))
_READING: Final[Steps] = (Step(8, 1), Step(7, 1), Step(6, 1), Step(5.2, 2))
_TWO_ROWS: Final[Steps] = (Step(8.5, 1), Step(8.5, 2), Step(7, 3), Step(6, 3), Step(5.2, 4))
NOTHING_BELOW: Final[Steps] = (Step(10.5, 1), Step(9, 1))
_NOTHING_BELOW_HEIGHT: Final = 10 * MM
_ADDRESS: Final[Steps] = (Step(11, 1), Step(10, 1), Step(9, 2), Step(8, 2), Step(6, 3))


def _box(row: int, column: int, span: int, rows: int = 1) -> Box:
    """Rows count from 1 at the block's top, columns from 0."""
    return Box(LEFT + column * COLUMN, _TOP - (row + rows - 1) * _ROW, span * COLUMN, rows * _ROW)


def _left(field: str, label: str, row: int, steps: Steps = _ONE_ROW, rows: int = 1) -> LabelledCell:
    return LabelledCell(
        field=field, label=label, label_box=_box(row, 1, 5, rows), box=_box(row, 6, 18, rows), steps=steps
    )


def _right(field: str, label: str, row: int) -> LabelledCell:
    return LabelledCell(field=field, label=label, label_box=_box(row, 24, 6), box=_box(row, 30, 10), steps=_ONE_ROW)


def _wide(field: str, label: str, row: int, steps: Steps = _ONE_ROW, rows: int = 1) -> LabelledCell:
    return LabelledCell(
        field=field, label=label, label_box=_box(row, 1, 5, rows), box=_box(row, 6, 34, rows), steps=steps
    )


def _small(field: str, label: str, column: int, span: int) -> LabelledCell:
    return LabelledCell(
        field=field,
        label=label,
        label_box=_box(6, column, 2),
        box=_box(6, column + 2, span),
        steps=_NARROW,
        align=Align.CENTRE,
    )


_COMMON: Final = (
    _left("name_reading", "氏名の振り仮名", 1, _READING),
    _right("individual_number", "個人番号", 1),
    _left("name", "氏名", 2, _NAME, rows=2),
    _right("resident_code", "住民票コード", 2),
    _left("former_name_reading", "旧氏の振り仮名", 4, _READING),
    _right("settled_on", "住所を定めた年月日", 4),
    _left("former_name", "旧氏", 5),
    _right("notified_on", "届出日", 5),
    LabelledCell(field="birth_date", label="生年月日", label_box=_box(6, 1, 5), box=_box(6, 6, 8), steps=_ONE_ROW),
    _small("sex", "性別", 14, 2),
    _small("relationship", "続柄", 18, 4),
    _wide("previous_address", "転入前住所", 8),
    _wide("remarks", "備考", 11, _TWO_ROWS, rows=2),
)

JAPANESE: Final[tuple[LabelledCell, ...]] = (
    *_COMMON,
    _right("became_resident_on", "住民となった年月日", 3),
    _right("register_head", "筆頭者", 6),
    _wide("registered_domicile", "本籍", 7),
)

FOREIGN: Final[tuple[LabelledCell, ...]] = (
    *_COMMON,
    _right("became_resident_on", "外国人住民となった年月日", 3),
    _right("card_number", "在留カード等の番号", 6),
    _left("nationality", "国籍・地域", 7),
    _right("residence_status", "在留資格", 7),
    _left("alias", "通称", 9),
    _right("residence_period", "在留期間等", 9),
    _left("category", "法第30条の45に規定する区分", 10),
    _right("period_ends_on", "在留期間の満了の日", 10),
)

SPARE_LABELS: Final = (_box(9, 1, 5), _box(9, 24, 6), _box(10, 1, 5), _box(10, 24, 6))
"""The two spare rows of a Japanese resident's block: label boxes, with the mark of what is unused."""
SPARE_VALUES: Final = (_box(9, 6, 18), _box(9, 30, 10), _box(10, 6, 18), _box(10, 30, 10))

ORDINAL: Final = _box(1, 0, 1, _ROWS)
"""The number cell: the person's place in the set, from 1 on."""

ADDRESS: Final = LabelledCell(
    field="address",
    label="住所",
    label_box=Box(LEFT, _HEAD_TOP - _HEAD_ROW, 6 * COLUMN, _HEAD_ROW),
    box=Box(LEFT + 6 * COLUMN, _HEAD_TOP - _HEAD_ROW, 34 * COLUMN, _HEAD_ROW),
    steps=_ADDRESS,
)
HEAD: Final = LabelledCell(
    field="head",
    label="世帯主",
    label_box=ADDRESS.label_box.moved(up=-_HEAD_ROW),
    box=ADDRESS.box.moved(up=-_HEAD_ROW),
    steps=_ADDRESS,
)

HOUSEHOLD: Final = Box(LEFT, _HEAD_TOP - 2 * _HEAD_ROW, WIDTH, 2 * _HEAD_ROW)
"""The outline of what concerns the whole household."""


def block_box(place: int) -> Box:
    """Return the outline of a block; places count from 0 at the top."""
    return Box(LEFT, _TOP - (place + 1) * BLOCK_HEIGHT, WIDTH, BLOCK_HEIGHT)


def unused_box(used: int) -> Box:
    """Return what is left below the used blocks of a sheet."""
    return Box(LEFT, _TOP - BLOCKS * BLOCK_HEIGHT, WIDTH, (BLOCKS - used) * BLOCK_HEIGHT)


def nothing_below_box(used: int) -> Box:
    """Return where the note that nothing follows stands in the unused part."""
    unused = unused_box(used)
    return Box(unused.left, unused.top - _NOTHING_BELOW_HEIGHT, unused.width, _NOTHING_BELOW_HEIGHT)
