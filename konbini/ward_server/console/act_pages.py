"""The pages of acts: what one may do, a form, the preview with its passkey, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.console.act import Act, Misread
from konbini.ward_server.console.acting import ActDesk, Prepared, Stage
from konbini.ward_server.console.drawing import Drawing
from konbini.ward_server.console.visit import Page, Request, to

__all__ = ["ActPages"]


class ActPages:
    """Serves the acts."""

    def __init__(self, desk: ActDesk, acts: Sequence[Act[Any]], drawing: Drawing) -> None:
        self._desk = desk
        self._acts = {act.name: act for act in acts}
        self._drawing = drawing

    def pages(self) -> Mapping[str, Page]:
        """Give the pages by the names of the table."""
        return {
            "acts": self.acts,
            "act_form": self.form,
            "prepare": self.prepare,
            "act": self.show,
            "confirm": self.confirm,
        }

    async def acts(self, request: Request) -> web.StreamResponse:
        """List what the person may do."""
        roles = request.signed_in.roles
        groups: dict[str, list[Act[Any]]] = {}
        for act in self._acts.values():
            if act.may & roles and act.group:
                groups.setdefault(act.group, []).append(act)
        keys = await self._desk.fingerprints(request.signed_in)
        return self._drawing.page(request, "acts", groups=groups, keys=keys)

    async def form(self, request: Request) -> web.StreamResponse:
        """Show a form; what another page knows already stands in it."""
        act = self._act(request)
        known = {field.name: request.http.query.get(field.name, "") for field in act.fields}
        known |= {one.name: one.choices[0] for one in act.fields if one.kind == "place" and not known[one.name]}
        if act.begins is not None:
            known |= await act.begins(request.signed_in.person.person, known)
        return self._drawing.page(request, "act_form", act=act, known=known, reason="", wrong=None)

    async def prepare(self, request: Request) -> web.StreamResponse:
        """Take a form, and go to the preview; what cannot be read is shown again as it was typed."""
        act = self._act(request)
        try:
            prepared = await self._desk.prepare(request.signed_in, act, request.form)
        except Misread as wrong:
            known = {field.name: request.form.get(field.name, "") for field in act.fields}
            reason = request.form.get("reason", "")
            return self._drawing.page(request, "act_form", status=400, act=act, known=known, reason=reason, wrong=wrong)
        return to(f"/act/{act.name}/{prepared.act_id}")

    async def show(self, request: Request) -> web.StreamResponse:
        """Show an act at the stage that it is at."""
        prepared = self._prepared(request)
        waits = prepared.stage is Stage.PREPARED
        options = await self._desk.options(request.signed_in, prepared) if waits else ""
        return self._drawing.page(request, "act", prepared=prepared, options=options)

    async def confirm(self, request: Request) -> web.StreamResponse:
        """Take the passkey's answer; whatever came of it is shown by a page that may be asked for again."""
        prepared = self._prepared(request)
        await self._desk.confirm(request.signed_in, prepared, request.form.get("answer", ""))
        return to(f"/act/{prepared.act.name}/{prepared.act_id}")

    def _prepared(self, request: Request) -> Prepared:
        """Give the act that the address names, of the kind that the route is of.

        Raises:
            Refused: `ACT_UNKNOWN`.
        """
        prepared = self._desk.of(request.signed_in, request.http.match_info["act_id"])
        if prepared.act is not self._act(request):
            raise Refused(Code.ACT_UNKNOWN)
        return prepared

    def _act(self, request: Request) -> Act[Any]:
        """Give the act that a route is of: `/act/NAME`, and what is behind it."""
        return self._acts[request.route.path.split("/")[2]]
