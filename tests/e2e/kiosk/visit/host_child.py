"""The kiosk's long-lived process, which kills itself or its visit at one edge of one commit; run by the tests.

    KIOSK_DIES="before|after STEP N host|visit" python -m tests.e2e.kiosk.visit.host_child CONFIG

It is the real service with a watch at its journal: SIGKILL comes at that edge of the N-th commit that holds the step.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import partial

from konbini.kiosk.host.main import SERVICE, serve
from konbini.process.service import run_service
from tests.crashing import Crash
from tests.e2e.kiosk.visit.pids import pids_of_visits


def serving() -> int:
    """Give the process of the visit that serves: the older of the two."""
    return pids_of_visits(os.getpid())[0]


if __name__ == "__main__":
    edge, step, nth, victim = os.environ["KIOSK_DIES"].split()
    watch = Crash(edge, step=step, nth=int(nth), victim=serving if victim == "visit" else os.getpid)
    sys.exit(run_service(replace(SERVICE, serve=partial(serve, watch=watch)), None))
