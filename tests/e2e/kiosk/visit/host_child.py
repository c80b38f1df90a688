"""The kiosk's long-lived process, which ends itself with SIGKILL at one edge of one commit; run by the tests.

    KIOSK_DIES="before|after STEP N" python -m tests.e2e.kiosk.visit.host_child CONFIG

It is the real service with a watch at its journal: it dies at that edge of the N-th commit that holds the step.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import partial

from konbini.kiosk.host.main import SERVICE, serve
from konbini.process.service import run_service
from tests.crashing import Crash

if __name__ == "__main__":
    edge, step, nth = os.environ["KIOSK_DIES"].split()
    watch = Crash(edge, step=step, nth=int(nth))
    sys.exit(run_service(replace(SERVICE, serve=partial(serve, watch=watch)), None))
