"""How the calls to one peer go, as figures: how long each took, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from konbini.process.calls import AnswerLost, PeerUnreachable
from konbini.process.clock import Clock
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.ports import Measures, timed
from konbini.protocol.errors import Refused

__all__ = ["measured_call"]


@contextmanager
def measured_call(measures: Measures, peer: str, clock: Clock) -> Iterator[None]:
    """Count one call, made in the body, by how it ends; one whose caller left is not counted.

    Args:
        measures: told of it.
        peer: what the peer is called in the figures.
        clock: times it.
    """
    outcome = None
    try:
        with timed(measures, clock, Metric.CALL_SECONDS, peer=peer):
            yield
        outcome = "answered"
    except Refused:
        outcome = "refused"
        raise
    except PeerUnreachable:
        outcome = "unreachable"
        raise
    except AnswerLost:
        outcome = "lost"
        raise
    except TimeoutError:
        outcome = "late"
        raise
    finally:
        if outcome is not None:
            measures.count(Metric.CALLS, peer=peer, outcome=outcome)
