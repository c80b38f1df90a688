"""A seal's code as the picture that a document carries: one bit a module, quiet zone included."""

from __future__ import annotations

from konbini.pdf.paper_seal.qr import code
from konbini.pdf.picture import Picture
from konbini.pdf.stored import stored

__all__ = ["code_picture"]

_NO_PREDICTION = b"\0"


def code_picture(seal: bytes) -> Picture:
    """Draw a seal's code.

    Raises:
        Refused: `FORM_OVERFLOW`: no code holds it.
    """
    matrix = code(seal)
    row = len(matrix.rows) // matrix.edge
    starts = range(0, len(matrix.rows), row)
    rows = _NO_PREDICTION.join([b"", *[matrix.rows[start : start + row] for start in starts]])
    return Picture(width=matrix.edge, height=matrix.edge, bits=1, rows=stored(rows))  # chance does not deflate
