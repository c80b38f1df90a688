"""The grid of 印鑑登録証明書: the impression, at its true size, and the items beside it; 備考 below both."""

from __future__ import annotations

from typing import Final

from konbini.pdf.forms.cells import ROOMY, LabelledCell
from konbini.pdf.forms.geometry import A4_HEIGHT, MM, Box
from konbini.pdf.forms.setting import Step, Steps
from konbini.pdf.forms.sheet import COLUMN, LEFT, WIDTH

__all__ = ["CELLS", "FRAME", "IMPRESSION", "IMPRESSION_LABEL", "NOTHING_BELOW", "UNUSED", "impression_box"]

_TOP: Final = A4_HEIGHT - 26 * MM
_BOTTOM: Final = 49 * MM
_ROW: Final = 15 * MM
_NAME_ROW: Final = 20 * MM
_LABEL_ROW: Final = 9 * MM
_LEFT_COLUMNS: Final = 12
_LABEL: Final = 7
_VALUE_COLUMNS: Final = 40 - _LEFT_COLUMNS - _LABEL

_MARK: Final[Steps] = (Step(10, 1), Step(8, 1))
_NAME: Final[Steps] = (Step(18, 1), Step(16, 1), Step(14, 1), Step(14, 2), Step(12, 2), Step(10, 3), Step(8, 5))
_VALUE: Final[Steps] = (Step(12, 1), Step(11, 1), Step(10, 2), Step(9, 3), Step(8, 4), Step(7, 5))

_ROWS: Final = (
    ("name", "氏名", _NAME_ROW, _NAME),
    ("former_name", "旧氏", _ROW, _VALUE),
    ("alias", "通称", _ROW, _VALUE),
    ("name_in_katakana", "氏名のカタカナ表記", _ROW, _VALUE),
    ("birth_date", "生年月日", _ROW, _VALUE),
    ("address", "住所", _NAME_ROW, _VALUE),
)


def _cell(field: str, label: str, label_box: Box, box: Box, steps: Steps) -> LabelledCell:
    return LabelledCell(
        field=field, label=label, label_box=label_box, box=box, steps=steps, mark_steps=_MARK, padding=ROOMY
    )


def _cells() -> tuple[LabelledCell, ...]:
    cells, top, left = [], _TOP, LEFT + _LEFT_COLUMNS * COLUMN
    for field, label, height, steps in _ROWS:
        label_box = Box(left, top - height, _LABEL * COLUMN, height)
        box = Box(label_box.right, top - height, _VALUE_COLUMNS * COLUMN, height)
        cells.append(_cell(field, label, label_box, box, steps))
        top -= height
    label_box = Box(LEFT, top - _ROW, _LABEL * COLUMN, _ROW)
    box = Box(label_box.right, top - _ROW, WIDTH - label_box.width, _ROW)
    return (*cells, _cell("remarks", "備考", label_box, box, _VALUE))


CELLS: Final = _cells()
_HEIGHT: Final = _TOP - CELLS[-1].box.bottom
_ABOVE_REMARKS: Final = _HEIGHT - _ROW

FRAME: Final = Box(LEFT, _TOP - _HEIGHT, WIDTH, _HEIGHT)
"""The outline of the whole."""
IMPRESSION_LABEL: Final = Box(LEFT, _TOP - _LABEL_ROW, _LEFT_COLUMNS * COLUMN, _LABEL_ROW)
IMPRESSION: Final = Box(LEFT, CELLS[-1].box.top, _LEFT_COLUMNS * COLUMN, _ABOVE_REMARKS - _LABEL_ROW)
"""The cell of the impression, larger than any."""
UNUSED: Final = Box(LEFT, _BOTTOM, WIDTH, FRAME.bottom - _BOTTOM)
"""What is left of the sheet."""
NOTHING_BELOW: Final = Box(LEFT, UNUSED.top - 12 * MM, WIDTH, 12 * MM)


def impression_box(width_mm: float, height_mm: float) -> Box:
    """Return where an impression stands: about the middle of its cell, at its true size."""
    width, height = width_mm * MM, height_mm * MM
    left = IMPRESSION.left + (IMPRESSION.width - width) / 2
    return Box(left, IMPRESSION.bottom + (IMPRESSION.height - height) / 2, width, height)
