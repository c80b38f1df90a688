"""`konbini gallery`: every form and edge case as signed PDF and as pictures, from made-up residents.

    konbini gallery --out DIR [--dpi N] [--json]

Owns: the words behind `gallery`. The directory is made, or is empty; a gallery is never mixed with anything else.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from konbini.protocol.errors import Refused
from konbini.simulation.gallery.making import Workshop
from konbini.simulation.gallery.showing import Shown, make_gallery
from konbini.simulation.town.typeface import TYPEFACE

__all__ = ["gallery"]

_REFUSED = 1
_CANNOT_RUN = 2
_RESOLUTION = 150
_RESOLUTIONS = range(50, 601)


def gallery(given: Sequence[str]) -> int:
    """Make the gallery; 1 with a sentence where a case cannot be drawn, 2 where nothing could begin."""
    parser = argparse.ArgumentParser(
        prog="konbini gallery", description="Every form and edge case, from made-up people"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="made if it is not there; empty if it is"
    )
    parser.add_argument("--dpi", type=_resolution, default=_RESOLUTION, metavar="N", help="of the pictures")
    parser.add_argument("--json", action="store_true", help="a last line for programs")
    read = parser.parse_args(given)
    if not TYPEFACE.exists():
        return _said(f"{TYPEFACE} is missing; Debian's fonts-ipamj-mincho has it", _CANNOT_RUN)
    if read.out.exists() and (not read.out.is_dir() or any(read.out.iterdir())):
        return _said(f"{read.out} is there and not an empty directory", _CANNOT_RUN)
    read.out.mkdir(parents=True, exist_ok=True)
    try:
        shown = make_gallery(Workshop(), read.out, read.dpi)
    except Refused as refused:
        return _said(f"refused: {refused.code.name} {refused.detail}", _REFUSED)
    sys.stdout.write("".join(f"{one.name:<44} {one.pages:>2} p {one.kilobytes:>7} KB  {one.shows}\n" for one in shown))
    sys.stdout.write(_last_line(shown) + "\n" if read.json else "")
    return 0


def _resolution(text: str) -> int:
    number = int(text)
    if number not in _RESOLUTIONS:
        raise argparse.ArgumentTypeError(f"{_RESOLUTIONS[0]} to {_RESOLUTIONS[-1]}")
    return number


def _said(sentence: str, code: int) -> int:
    sys.stderr.write(f"konbini gallery: {sentence}\n")
    return code


def _last_line(shown: Sequence[Shown]) -> str:
    sizes = [one.kilobytes for one in shown]
    return json.dumps({"papers": len(shown), "pages": sum(one.pages for one in shown), "largest_kb": max(sizes)})
