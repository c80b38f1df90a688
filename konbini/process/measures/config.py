"""Where a process shows its figures: [measures] with a `port` on the loopback address, or a `socket`.

A process without a network of its own (registry and clerk as their units run them) takes a socket: the loopback of a
private network is nobody else's. Off where the table is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from konbini.process.config import Table

__all__ = ["MeasuresConfig", "read_measures"]

_LAST_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuresConfig:
    """One of the two: a port on the loopback address (0: any free one), or the path of a UNIX socket."""

    port: int | None
    socket: Path | None


def read_measures(table: Table) -> MeasuresConfig | None:
    """Take [measures], where it stands.

    Raises:
        ConfigRefused: naming the place; also both ways, or neither.
    """
    if not table.has("measures"):
        return None
    with table.part("measures") as part:
        if part.has("socket") and part.has("port"):
            raise part.refused("socket", "a port or a socket, not both")
        if part.has("socket"):
            return MeasuresConfig(port=None, socket=part.path("socket"))
        port = part.integer("port")
        if port > _LAST_PORT:
            raise part.refused("port", f"at most {_LAST_PORT}")
        return MeasuresConfig(port=port, socket=None)
