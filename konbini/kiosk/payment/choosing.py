"""Which payment device a kiosk has, by its configuration."""

from __future__ import annotations

from pathlib import Path

from konbini.kiosk import controller
from konbini.kiosk.payment.client import CoinDevice
from konbini.kiosk.payment.means import Means
from konbini.kiosk.payment.ports import Cash
from konbini.kiosk.payment.terminal import CashlessTerminal
from konbini.process.clock import Clock

__all__ = ["payment_device"]


def payment_device(means: Means, socket: Path, clock: Clock) -> Cash:
    """Give the device behind a socket."""
    return CoinDevice(controller.at(socket), clock) if means is Means.COINS else CashlessTerminal(socket, clock)
