"""The seal registrations of the gallery: seals of the smallest, a common and the largest size, and every name cell.

The impressions are the made-up seal's, drawn anew in another size at the same fineness; each is cut to its own extent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Final

from PIL import Image

from konbini.pdf.facts import Mark
from konbini.pdf.seal_facts import Impression, SealRegistrationFacts
from konbini.pdf.specimen.seal_registration import specimen_impression, specimen_seal_facts
from konbini.simulation.gallery.residents import LONG_PLACE

__all__ = ["seal_registrations"]

_SIZES_MM: Final = {"smallest": 8.2, "common": 20.0, "largest": 25.0}  # one that fits into 8 mm is not registered
_INCH_MM: Final = 25.4
_INK: Final = 128


def seal_registrations() -> Iterator[tuple[str, str, SealRegistrationFacts]]:
    """Give name, what to look at, and facts of each."""
    for name, size in _SIZES_MM.items():
        yield f"{name}-seal", f"印影 of {size:.1f} mm at its true size", _sealed(size)
    plain = replace(_sealed(15.0), former_name=Mark.UNUSED)
    yield "plain-name", "no 旧氏, no 通称", plain
    foreign = replace(
        plain,
        name="ALEXANDROPOULOS CHRISTOPHER WOLFGANG MAXIMILIAN BARTHOLOMEW",
        alias="有明　翔",
        name_in_katakana="アレクサンドロプロス　クリストファー　ヴォルフガング　マクシミリアン",
    )
    yield "foreign", "a foreign resident: 通称 and カタカナ表記", foreign
    yield "long-place", "an address with a long building (方書)", replace(plain, address=LONG_PLACE)


def _sealed(size_mm: float) -> SealRegistrationFacts:
    return replace(specimen_seal_facts(), impression=_impression(size_mm))


def _impression(size_mm: float) -> Impression:
    """Return the made-up seal in another size: black and white, as a registry scans it."""
    known = specimen_impression()
    edge = round(size_mm / _INCH_MM * known.dots_per_inch)
    drawn = Image.open(BytesIO(known.png)).convert("L").resize((edge, edge), Image.Resampling.LANCZOS)
    written = BytesIO()
    drawn.point(lambda level: 255 if level >= _INK else 0).convert("1").save(written, "PNG")
    return Impression(png=written.getvalue(), dots_per_inch=known.dots_per_inch)
