"""The style sheets and scripts of the console: its own, and those of uPlot, which draws the charts."""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path
from typing import Final

from aiohttp import web

from konbini.protocol.errors import Code, Refused

__all__ = ["StaticFiles"]

_LIBRARY: Final = Path(sys.prefix) / "share" / "konbini" / "console" / "node_modules" / "uplot" / "dist"
_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_OWN: Final = ("console.css", "console.js", "icon.svg", "live.js", "passkeys.js")
_CHARTS: Final = ("uPlot.iife.min.js", "uPlot.min.css")


class StaticFiles:
    """The files, read once.

    Raises:
        OSError: the charts are not installed.
    """

    def __init__(self) -> None:
        own = files("konbini.ward_server.console") / "static"
        self._files = {name: (own / name).read_bytes() for name in _OWN}
        self._files |= {name: (_LIBRARY / name).read_bytes() for name in _CHARTS}

    def answer(self, name: str) -> web.Response:
        """Give a file.

        Raises:
            Refused: `CHANGE_UNKNOWN`: there is none of that name.
        """
        if name not in self._files:
            raise Refused(Code.CHANGE_UNKNOWN, "no such file")
        return web.Response(body=self._files[name], content_type=_TYPES[name.rpartition(".")[2]], charset="utf-8")
