"""A seal's code as the picture that a document carries: one bit a module, quiet zone included."""

from __future__ import annotations

from konbini.pdf.paper_seal.qr import code
from konbini.pdf.picture import Picture
from konbini.pdf.stored import stored

__all__ = ["code_picture"]

_NO_PREDICTION = 1  # byte before each row (ISO 15948, 9.2): of 0


def code_picture(seal: bytes) -> Picture:
    """Draw a seal's code.

    Raises:
        Refused: `FORM_OVERFLOW`: no code holds it.
    """
    matrix = code(seal)
    rows = matrix.rows_behind(_NO_PREDICTION)
    return Picture(width=matrix.edge, height=matrix.edge, bits=1, rows=stored(rows))  # chance does not deflate
