"""Finds the QR codes on a page: a clean print, a bad scan, a photo taken from the side.

The reader is tried on the page as it is, then on a few other versions of it (sharpened, enlarged, softened,
reduced), until one gives a code: a fixed number of tries, so that a page without any code costs a bounded time. What a
code says is for `konbini.pdf.paper_seal` to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import zxingcpp
from PIL import Image, ImageFilter, ImageOps

__all__ = ["MOST_CODES", "codes_on"]

MOST_CODES: Final = 16
"""Different codes of one page that are looked at."""
_LONG_EDGE: Final = 4200  # an A4 page at 360 dots per inch; more than that only costs time
_MOST_FACTOR: Final = 3


def codes_on(picture: Image.Image) -> tuple[bytes, ...]:
    """Give the bytes of every QR code found, each once.

    Args:
        picture: a page in 8-bit grey.
    """
    for version in _versions(picture):
        found = tuple(dict.fromkeys(code.bytes for code in _read(version) if code.valid))
        if found:
            return found[:MOST_CODES]
    return ()


def _read(picture: Image.Image) -> list[zxingcpp.Barcode]:
    formats = zxingcpp.barcode_formats_from_str("QRCode")  # kept longer, it would be told a leak when Python ends
    return zxingcpp.read_barcodes(picture, formats=formats, text_mode=zxingcpp.TextMode.Plain, try_invert=False)


def _versions(picture: Image.Image) -> Iterator[Image.Image]:
    fitted = _at_most(picture, _LONG_EDGE)
    yield fitted
    changes: tuple[Callable[[Image.Image], Image.Image], ...] = (_sharpened, _enlarged, _softened, _reduced)
    for change in changes:
        yield change(fitted)


def _at_most(picture: Image.Image, edge: int) -> Image.Image:
    if max(picture.size) <= edge:
        return picture
    return ImageOps.contain(picture, (edge, edge), Image.Resampling.BOX)


def _sharpened(picture: Image.Image) -> Image.Image:
    """Undo a lens's or a scaling's softness."""
    return picture.filter(ImageFilter.UnsharpMask(radius=2, percent=150, threshold=0))


def _enlarged(picture: Image.Image) -> Image.Image:
    """Enlarge what is small: with it, squares a little over one pixel wide can be read."""
    factor = min(_MOST_FACTOR, _LONG_EDGE // max(picture.size))
    if factor == 1:
        return ImageOps.autocontrast(picture, cutoff=5)
    return picture.resize((factor * picture.width, factor * picture.height), Image.Resampling.LANCZOS)


def _softened(picture: Image.Image) -> Image.Image:
    """Take a copy-evident pattern and a scanner's grain out."""
    return picture.filter(ImageFilter.MedianFilter(3))


def _reduced(picture: Image.Image) -> Image.Image:
    """Reduce what is large and grainy; soften what is not."""
    return picture.reduce(2) if max(picture.size) > _LONG_EDGE // 2 else picture.filter(ImageFilter.GaussianBlur(1))
