"""The settings in force at a process: read from its rows once for each version, and handed to whoever asks.

Invariant: whoever asks gets one whole version. A question that takes several steps asks once, at its beginning, and
goes on with what it was given; the next question gets what is in force then.

The file is the first version. From then on the rows say what is in force, and a file that says something else than any
version that was kept stops the start: one person at the machine would otherwise change alone what takes two.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from konbini.process.clock import Clock
from konbini.process.config import ConfigRefused
from konbini.process.log import logger
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.settings.kept.versions import Version, is_kept, keep, newest, short, text_of
from konbini.ward_server.settings.reading import read_text, settings_of_text
from konbini.ward_server.settings.settings import Settings

__all__ = ["SettingsInForce"]

_log = logger("konbini.ward_server.settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    version: Version
    settings: Settings


class SettingsInForce:
    """Holds the settings in force; made by `begin`."""

    def __init__(self, rows: Rows, municipality: str, held: _Held) -> None:
        self._rows = rows
        self._municipality = municipality
        self._held = held

    @classmethod
    async def begin(cls, rows: Rows, file: Path, municipality: str, taken: AuditEvent, clock: Clock) -> SettingsInForce:
        """Take the file where nothing was kept yet, and what was kept last where something was.

        Args:
            rows: the process's.
            file: the first version, or one that was kept.
            municipality: whose settings they must be.
            taken: under which event the taking of the file is recorded.
            clock: for its moment.

        Raises:
            ConfigRefused: the file is wrong, or says what no version says; or the kept text cannot be read by this
                build.
            OSError: the file cannot be read.
        """
        text = read_text(file)
        settings_of_text(text, municipality, file)
        now = clock.now()

        def change(connection: Connection) -> Version:
            found = newest(connection)
            if found is not None:
                _check_file(connection, file.name, text, found)
                return found
            first = keep(connection, text, now)
            append(connection, AuditEntry(moment=now, event=taken, about="version 1: the file", digest=first.digest))
            return first

        version = await rows.write(change, step="settings")
        held = await _read(rows, municipality, version)
        _log.info("settings in force", number=version.number, detail=short(version.digest))
        return cls(rows, municipality, held)

    def __call__(self) -> Settings:
        """Give them."""
        return self._held.settings

    @property
    def version(self) -> Version:
        """Which version that is."""
        return self._held.version

    async def look(self) -> None:
        """Take what is in force by the rows, if another version is: this server or another of the store changed it."""
        version = await self._rows.read(newest)
        if version is None or version.number == self._held.version.number:
            return
        self._held = await _read(self._rows, self._municipality, version)
        _log.info("settings in force", number=version.number, detail=short(version.digest))


async def _read(rows: Rows, municipality: str, version: Version) -> _Held:
    text = await rows.read(lambda connection: text_of(connection, version.number))
    path = Path(f"settings, version {version.number}")
    settings = await asyncio.to_thread(settings_of_text, text, municipality, path)
    return _Held(version=version, settings=settings)


def _check_file(connection: Connection, name: str, text: str, found: Version) -> None:
    """Refuse a file that says what no version that was kept says.

    Raises:
        ConfigRefused: with what to do.
    """
    if not is_kept(connection, text):
        raise ConfigRefused(
            f"{name}: not what was in force here at any time; in force is version {found.number}"
            f" ({short(found.digest)}). Two persons change settings (konbini ward change-settings), or take"
            " this file while the process is stopped (konbini ward take-settings)"
        )
