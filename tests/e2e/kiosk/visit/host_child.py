"""The kiosk's long-lived process, which ends itself with SIGKILL at one edge of one commit; run by the tests.

    KIOSK_DIES="before|after STEP N" python -m tests.e2e.kiosk.visit.host_child CONFIG

It is the real service with a watch at its journal: it dies at that edge of the N-th commit that holds the step.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from functools import partial

from konbini.kiosk.host.main import SERVICE, serve
from konbini.process.service import run_service


class Crash:
    """Ends the process at one edge of the n-th commit that holds a step."""

    def __init__(self, edge: str, step: str, nth: int) -> None:
        """Keep where to end."""
        self._edge, self._step, self._left = edge, step, nth

    def before_commit(self, steps: tuple[str, ...]) -> None:
        """Count, and end here if this is the place."""
        if self._step in steps:
            self._left -= 1
            self._end("before")

    def after_commit(self, steps: tuple[str, ...]) -> None:
        """End here if this is the place."""
        if self._step in steps:
            self._end("after")

    def _end(self, edge: str) -> None:
        if edge == self._edge and self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    edge, step, nth = os.environ["KIOSK_DIES"].split()
    watch = Crash(edge, step, int(nth))
    sys.exit(run_service(replace(SERVICE, serve=partial(serve, watch=watch)), None))
