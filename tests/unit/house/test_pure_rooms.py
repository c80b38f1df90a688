"""What import contracts cannot see, found by reading the source: built-in functions that open files or ask the clock.

A method called `open` is left alone: seals and visits are opened too. What could open a file by such a method
(`pathlib`, `os`, `io`) the import contracts keep out of the pure rooms.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[3] / "konbini"
# Rooms that are handed moments and values; modules of theirs that are tools for documents stand apart.
SETTINGS = tuple(f"ward_server/settings/{name}.py" for name in ("settings", "hours", "calendar", "retention"))
PURE = ("kiosk/session", "kiosk/places", "issuance_center/relay", "ward_server/issuing/rules.py", *SETTINGS, "protocol")
TOOLS = frozenset(
    {PACKAGE / "kiosk/session/drawing.py", PACKAGE / "kiosk/places/making.py", PACKAGE / "protocol/tls.py"}
)
ASKS_THE_CLOCK = frozenset({"now", "utcnow", "today", "time_ns", "monotonic"})
WRITES_A_FILE = frozenset(
    {"open", "write_text", "write_bytes", "touch", "mkdir", "mkstemp", "memfd_create", "shm_open"}
)


def called(source: str) -> set[str]:
    """Return the last name of everything that is called: `x.now()` gives `now`; of `open`, the built-in alone."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            method = getattr(node.func, "attr", "")
            names |= {getattr(node.func, "id", ""), "" if method == "open" else method}
    return names


def modules(room: str) -> list[Path]:
    """Return the modules of a room, which is a folder or a file."""
    place = PACKAGE / room
    return sorted(place.rglob("*.py")) if place.is_dir() else [place]


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_asks_no_clock_and_opens_no_file(room: str) -> None:
    """`datetime.now()` needs no import that a contract could forbid; neither does `open`."""
    assert modules(room)
    for module in modules(room):
        if module not in TOOLS:
            assert not called(module.read_text(encoding="utf-8")) & (ASKS_THE_CLOCK | WRITES_A_FILE), module


def test_the_center_writes_no_file() -> None:
    """Its ledger keeps rows and notices; nothing of it could keep a relayed body."""
    assert modules("issuance_center")
    for module in modules("issuance_center"):
        assert not called(module.read_text(encoding="utf-8")) & WRITES_A_FILE, module


@pytest.mark.parametrize(
    "source", ["datetime.now(UTC)", "open('x', 'wb')", "Path('x').write_bytes(body)", "date.today()"]
)
def test_the_reader_sees_what_it_looks_for(source: str) -> None:
    """The positive control."""
    assert called(source) & (ASKS_THE_CLOCK | WRITES_A_FILE)
