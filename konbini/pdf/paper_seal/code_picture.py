"""A seal's code as the picture that a document carries: one bit a module, quiet zone included."""

from __future__ import annotations

import zlib

from konbini.pdf.paper_seal.qr import code
from konbini.pdf.picture import Picture

__all__ = ["code_picture"]

_NO_PREDICTION = b"\0"
_STORED = 0  # what looks like chance does not deflate


def code_picture(seal: bytes) -> Picture:
    """Draw a seal's code.

    Raises:
        Refused: `FORM_OVERFLOW`: no code holds it.
    """
    matrix = code(seal)
    row = len(matrix.rows) // matrix.edge
    starts = range(0, len(matrix.rows), row)
    rows = b"".join(_NO_PREDICTION + matrix.rows[start : start + row] for start in starts)
    return Picture(width=matrix.edge, height=matrix.edge, bits=1, rows=zlib.compress(rows, _STORED))
