"""The peers' code: zxing's, as grey samples, a module a sample."""

from __future__ import annotations

from typing import NamedTuple

import zxingcpp

__all__ = ["Samples", "draw_code"]


class Samples(NamedTuple):
    """A square picture: its edge, and a byte a sample, row by row."""

    edge: int
    samples: bytes


def draw_code(seal: bytes) -> Samples:
    """Draw a seal's code, quiet zone included."""
    drawn = zxingcpp.create_barcode(seal, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(scale=1)
    return Samples(drawn.shape[0], bytes(drawn))  # type: ignore[call-overload]  # it has a buffer
