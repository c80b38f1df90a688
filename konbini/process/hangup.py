"""SIGHUP: a service is told to read again what may be changed while it runs (`systemctl reload`)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["told_by_hangup"]


@contextmanager
def told_by_hangup(act: Callable[[], None]) -> Iterator[None]:
    """Call `act` in the loop at each SIGHUP while the context lasts; one context at a time, in the main thread."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, act)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
