"""A small town, made once, for the tests that only read it."""

import datetime as dt
from pathlib import Path

import pytest

from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.configs import KioskDevices, Ports
from konbini.simulation.town.layout import make_town
from konbini.simulation.town.town import Town

NOW = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
DEVICES = KioskDevices(
    screen_port=0,
    reader_prefix="Virtual PCD",
    printer_uri="ipps://127.0.0.1:8631/ipp/print",
    printer_pin=bytes(32),
    printer_counter="printer-impressions-completed",
    printer_still_seconds=3,
    cash_socket=Path("/nowhere/cash.sock"),
    tray_socket=Path("/nowhere/tray.sock"),
)
PORTS = Ports(center_kiosks=7443, center_wards=7444, responder=2560, console=0, own_machines=7445)


@pytest.fixture
def clock() -> SettableClock:
    """Give noon in Japan on the day of the town."""
    return SettableClock(int(NOW.timestamp()) * 1000)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Make a town of 300 people and two kiosks."""
    directory: Path = tmp_path_factory.mktemp("t")
    clock = SettableClock(int(NOW.timestamp()) * 1000)
    return make_town(directory / "town", clock, SeededEntropy(1), seed=5, residents=300, kiosks=2)
