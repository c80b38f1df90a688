"""Finding the codes in a picture of a page, with another library than the one that drew them."""

from __future__ import annotations

from typing import Final

import zxingcpp

__all__ = ["decode_codes"]

_QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def decode_codes(pixels: memoryview) -> tuple[bytes, ...]:
    """Give what each QR code in a picture says.

    Args:
        pixels: grey, a byte a pixel, in two dimensions (rows, columns).
    """
    found = zxingcpp.read_barcodes(pixels, formats=_QR, try_invert=False)
    return tuple(bytes(one.bytes) for one in found)
