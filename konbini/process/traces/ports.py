"""The port that rooms trace through, and the one that traces nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from konbini.process.traces.attributes import SpanName

__all__ = ["NoTraces", "Traces"]


class Traces(Protocol):
    """Spans. Neither method waits, nor raises anything of its own; an exception of the body passes through."""

    def of_visit(self, visit_id: bytes, name: SpanName, /, **attributes: object) -> AbstractContextManager[None]:
        """Trace the body as a part of a visit; without a visit id nothing is traced."""

    def within(self, name: SpanName, /, **attributes: object) -> AbstractContextManager[None]:
        """Trace the body as a part of what is being traced here; outside of any span nothing is."""


class NoTraces:
    """Traces nothing: for a process whose configuration names no collector."""

    __slots__ = ()

    @contextmanager
    def of_visit(self, visit_id: bytes, name: SpanName, /, **attributes: object) -> Iterator[None]:  # noqa: ARG002 - the port's
        """Trace nothing."""
        yield

    @contextmanager
    def within(self, name: SpanName, /, **attributes: object) -> Iterator[None]:  # noqa: ARG002 - the port's
        """Trace nothing."""
        yield
