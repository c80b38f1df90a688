"""The pages of disclosures: what waits and what left, and the encrypted file itself."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from konbini.ward_server.console.disclosing import DisclosureDesk
from konbini.ward_server.console.drawing import Drawing
from konbini.ward_server.console.forms import line
from konbini.ward_server.console.rights import READS_RESIDENTS
from konbini.ward_server.console.visit import Page, Request, attached

__all__ = ["DisclosurePages"]


class DisclosurePages:
    """Serves the list of disclosures, and their files."""

    def __init__(self, desk: DisclosureDesk, drawing: Drawing) -> None:
        self._desk = desk
        self._drawing = drawing

    def pages(self) -> Mapping[str, Page]:
        """Give the pages by the names of the table."""
        return {"disclosures": self.disclosures, "disclosure_file": self.file}

    async def disclosures(self, request: Request) -> web.StreamResponse:
        """List what was asked for and what became of it; whoever reads no resident sees none."""
        reads = bool(request.signed_in.roles & READS_RESIDENTS)
        return self._drawing.page(request, "disclosures", disclosures=await self._desk.newest(), reads=reads)

    async def file(self, request: Request) -> web.StreamResponse:
        """Give the file, which opens with the receiver's key alone."""
        disclosure_id = line(request.form, "disclosure")
        sealed = await self._desk.fetch(request.signed_in.person.person, disclosure_id)
        return attached(sealed, f"disclosure-{disclosure_id}.p7m", "application/pkcs7-mime")
