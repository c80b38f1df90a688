"""`konbini ward take-settings`: two persons have a stopped process take its settings file as the version in force.

For where the operators' socket is no way: a file that stops the start, a build that reads the kept text no more.
"""

from __future__ import annotations

import argparse
import asyncio
from argparse import _SubParsersAction
from collections.abc import Callable
from typing import Final

from konbini.commands.at_machine import Configured, add_process, configured, ended
from konbini.process.clock import Clock, SystemClock
from konbini.process.config import ConfigRefused
from konbini.process.statements import Connection
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.keeping.at_rest import at_rest
from konbini.ward_server.settings.kept.versions import Version, keep
from konbini.ward_server.settings.reading import read_text, settings_of_text

__all__ = ["add_command", "carry_out"]

_PURPOSE: Final = "settings"


def add_command(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    duty = "take a process's settings file as the version in force, while it is stopped"
    command: argparse.ArgumentParser = commands.add_parser("take-settings", help=duty, description=duty)
    add_process(command)
    command.add_argument("--entered-by", required=True, help="the operator who does it")
    command.add_argument("--approved-by", required=True, help="another operator, who approved it")


def carry_out(read: argparse.Namespace, show: Callable[[str], None], clock: Clock | None = None) -> int:
    """Take it; 1 where it is refused, 2 where it cannot be done: then nothing was changed."""

    def take() -> int:
        operators = (read.entered_by, read.approved_by)
        version = asyncio.run(_take(configured(read), operators, clock or SystemClock()))
        show(f"version {version.number} is in force from the next start on: {version.digest.hex()}")
        return 0

    return ended(take)


async def _take(there: Configured, operators: tuple[str, str], clock: Clock) -> Version:
    if there.settings is None:
        raise ConfigRefused("the configuration names no settings")
    text = read_text(there.settings)
    settings_of_text(text, there.ward, there.settings)

    def change(connection: Connection) -> Version:
        version = keep(connection, text, clock.now(), operators=operators)
        about = f"version {version.number}: the file"
        entry = AuditEntry(
            moment=version.since, event=there.settings_taken, operators=operators, about=about, digest=version.digest
        )
        append(connection, entry)
        return version

    parts = (text.encode(),)
    async with at_rest(there.address, there.kept.migrations, operators, purpose=_PURPOSE, parts=parts) as rows:
        return await rows.write(change, step="settings")
