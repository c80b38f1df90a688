"""Reads what a process shows of itself at its socket: figures, what it lacks to be healthy or ready."""

from __future__ import annotations

from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

__all__ = ["Reading", "missing", "read"]


class Reading:
    """One reading of all figures."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def get(self, name: str, **labels: str) -> float | None:
        """Give one figure; None where it is absent."""
        return self._samples.get((name, frozenset(labels.items())))

    @property
    def names(self) -> set[str]:
        """Every name that is shown."""
        return {name for name, _ in self._samples}


async def read(socket: Path) -> Reading:
    """Read the figures."""
    async with _session(socket) as session, session.get("http://process/metrics") as response:
        assert response.status == 200
        return Reading(await response.text())


async def missing(socket: Path, what: str = "ready") -> list[str]:
    """Ask for readiness, or for health; status and body say the same."""
    async with _session(socket) as session, session.get(f"http://process/{what}") as response:
        found: list[str] = (await response.json())["missing"]
        assert response.status == (503 if found else 200)
        return found


def _session(socket: Path) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.UnixConnector(path=str(socket)))
