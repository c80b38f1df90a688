"""Plays one scene in a ward of its own."""

from __future__ import annotations

from pathlib import Path

from tests.integration.museum.scenes import SCENES, Scene
from tests.integration.ward_server.ward import make_keys, open_ward

__all__ = ["play"]


async def play(keys: Path, folder: Path, name: str) -> dict[str, object]:
    """Open a ward, play, and say what came out."""
    async with open_ward(make_keys(keys), folder) as ward:
        scene = Scene(ward)
        wrong = await SCENES[name](scene)
        return {
            "papers": len(scene.papers),
            "wrong": wrong,
            "refusals": scene.refusals,
            "stops": [code.name for code in ward.stops().values() if code is not None],
        }
