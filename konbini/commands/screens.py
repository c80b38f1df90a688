"""`konbini screens`: every screen of the kiosk as a picture, in Japanese and English, with an index.

    konbini screens --out DIR [--only STATE]...

Owns: the words behind `screens`. The directory is made, is empty, or holds what this command wrote before.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from konbini.kiosk.session.flow import State
from konbini.simulation.screens import CHROMIUM, is_ours, picture_screens, screen_name

__all__ = ["screens"]

_CANNOT_RUN = 2
_STATES = {screen_name(state): state for state in State}


def screens(given: Sequence[str]) -> int:
    """Write the pictures; 2 with a sentence where nothing could begin."""
    parser = argparse.ArgumentParser(prog="konbini screens", description="Every screen of the kiosk as a picture")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="made, empty, or written by this before")
    parser.add_argument(
        "--only", choices=_STATES, action="append", default=[], metavar="STATE", help="these states' screens alone"
    )
    read = parser.parse_args(given)
    if not CHROMIUM.exists():
        return _said(f"{CHROMIUM} is missing; Debian's chromium has it")
    if not is_ours(read.out):
        return _said(f"{read.out} is there and holds something else")
    shown = asyncio.run(picture_screens(read.out, [_STATES[name] for name in read.only]))
    sys.stdout.write(f"{2 * len(shown)} pictures of {len(shown)} screens in {read.out}\n")
    return 0


def _said(sentence: str) -> int:
    sys.stderr.write(f"konbini screens: {sentence}\n")
    return _CANNOT_RUN
