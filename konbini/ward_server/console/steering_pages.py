"""The pages of what is steered: settings in force at each process, which were before, and what wraps its data keys."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from aiohttp import web

from konbini.protocol.errors import Refused
from konbini.ward_server.console.drawing import Drawing
from konbini.ward_server.console.forms import choice, number
from konbini.ward_server.console.lines import Lines, Process
from konbini.ward_server.console.settings_diff import difference
from konbini.ward_server.console.visit import Page, Request
from konbini.ward_server.keeping.key_lists import KeyList
from konbini.ward_server.settings.kept.versions import Version

__all__ = ["SteeringPages", "settings_differ"]

T = TypeVar("T")

_NEWEST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stands:
    """How a process stands; None where it does not answer, or has no settings."""

    process: str
    versions: Sequence[Version] | None
    keys: Sequence[KeyList] | None


class SteeringPages:
    """Serves them."""

    def __init__(self, lines: Lines, drawing: Drawing) -> None:
        self._lines = lines
        self._drawing = drawing

    def pages(self) -> Mapping[str, Page]:
        """Give the pages by the names of the table."""
        return {"settings": self.settings, "settings_text": self.text}

    async def settings(self, request: Request) -> web.StreamResponse:
        """Show how each process stands."""
        person = request.signed_in.person.person
        stands = [await self._stands(process, person) for process in Process]
        visits = await _answer(self._lines.accounts(person).keys_of_visits())
        newest = {one.versions[0].digest for one in stands if one.versions}
        return self._drawing.page(
            request, "settings", stands=stands, visits=visits, differ=len(newest) > 1, newest=_NEWEST
        )

    async def text(self, request: Request) -> web.StreamResponse:
        """Show one version's text, and what it changed."""
        process, asked = choice(request.http.query, "process", Process), number(request.http.query, "number")
        line = self._lines.settings(process, request.signed_in.person.person)
        found = await line.text(asked)
        before = await line.text(found.version.number - 1) if found.version.number > 1 else None
        return self._drawing.page(
            request,
            "settings_text",
            process=process.value,
            found=found.version,
            lines=() if before is None else difference(before.text, found.text),
            text=found.text.splitlines(),
        )

    async def _stands(self, process: Process, person: str) -> _Stands:
        versions = await _answer(self._lines.settings(process, person).versions())
        keys = await _answer(self._lines.keys(process, person).keys())
        return _Stands(process=process.value, versions=versions, keys=None if keys is None else keys.lists)


async def settings_differ(lines: Lines, person: str) -> bool:
    """Say whether the processes that answer have different settings in force."""
    found = [await _answer(lines.settings(process, person).versions()) for process in Process]
    return len({versions[0].digest for versions in found if versions}) > 1


async def _answer(asked: Awaitable[T]) -> T | None:
    try:
        return await asked
    except (Refused, ConnectionError, TimeoutError):
        return None
