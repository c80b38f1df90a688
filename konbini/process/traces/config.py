"""Where a process hands its spans: [traces] with `collector`, the address of an OTLP/HTTP receiver of traces.

Nothing is traced where the table is not there. Nothing of the library that traces is loaded then.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from konbini.process.config import Table
from konbini.process.entropy import Entropy
from konbini.process.measures.ports import Measures
from konbini.process.measures.shapes import ServiceName
from konbini.process.traces.ports import NoTraces, Traces

__all__ = ["TracesConfig", "read_traces", "traces_to"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TracesConfig:
    """The collector's address, such as http://127.0.0.1:4318/v1/traces."""

    collector: str


def read_traces(table: Table) -> TracesConfig | None:
    """Take [traces], where it stands.

    Raises:
        ConfigRefused: naming the place.
    """
    if not table.has("traces"):
        return None
    with table.part("traces") as part:
        return TracesConfig(collector=part.convert("collector", _address))


@asynccontextmanager
async def traces_to(
    config: TracesConfig | None, service: ServiceName, instance: str, *, measures: Measures, entropy: Entropy
) -> AsyncIterator[Traces]:
    """Trace while the context lasts; at its end what waits is handed over for a moment, and then dropped.

    Args:
        config: where to.
        service: who traces.
        instance: which of them: a kiosk's name, a server's.
        measures: told of spans that were dropped.
        entropy: for the numbers of spans.
    """
    if config is None:
        yield NoTraces()
        return
    from konbini.process.traces.exporting import OtlpTraces  # noqa: PLC0415 - loaded where a collector is named, alone

    async with OtlpTraces.to(config.collector, service, instance, measures=measures, entropy=entropy) as traces:
        yield traces


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise ValueError("an address as http://127.0.0.1:4318/v1/traces is needed")
    return text
