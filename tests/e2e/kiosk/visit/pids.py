"""Which processes of visits a kiosk has."""

from __future__ import annotations

import contextlib
from pathlib import Path

__all__ = ["pids_of_visits"]


def pids_of_visits(host: int) -> list[int]:
    """Give the processes of visits that a kiosk's long-lived process has started, oldest first."""
    found = []
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if not process.name.isdigit() or b"konbini.kiosk.visit" not in (process / "cmdline").read_bytes():
                continue
            if int((process / "stat").read_text().rsplit(")", 1)[1].split()[1]) == host:
                found.append(int(process.name))
    return sorted(found)
