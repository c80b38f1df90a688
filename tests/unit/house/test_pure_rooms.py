"""What import contracts cannot see: built-in functions that open files or ask the clock, found by reading the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[3] / "konbini"
# Rooms that are handed moments and values; modules of theirs that are tools for documents stand apart.
PURE = ("kiosk/session", "issuance_center/relay", "ward_server/issuing/rules.py", "protocol")
TOOLS = frozenset({PACKAGE / "kiosk/session/drawing.py", PACKAGE / "protocol/tls.py"})
ASKS_THE_CLOCK = frozenset({"now", "utcnow", "today", "time_ns", "monotonic"})
WRITES_A_FILE = frozenset(
    {"open", "write_text", "write_bytes", "touch", "mkdir", "mkstemp", "memfd_create", "shm_open"}
)


def called(source: str) -> set[str]:
    """Return the last name of everything that is called without being a keyword of ours: `x.now()` gives `now`."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            names.add(getattr(node.func, "attr", getattr(node.func, "id", "")))
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


def test_the_center_opens_no_file_for_writing() -> None:
    """Outside its ledger, which is opened by that name: the center keeps rows and notices, never a relayed body."""
    for module in modules("issuance_center"):
        found = called(module.read_text(encoding="utf-8")) & (WRITES_A_FILE - {"open"})
        assert not found, module
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "open":
                holder = ast.unparse(node.func)
                assert holder in {"Ledger.open", "Rows.open"}, f"{module}: {holder}"


@pytest.mark.parametrize(
    "source", ["datetime.now(UTC)", "open('x', 'wb')", "Path('x').write_bytes(body)", "date.today()"]
)
def test_the_reader_sees_what_it_looks_for(source: str) -> None:
    """The positive control."""
    assert called(source) & (ASKS_THE_CLOCK | WRITES_A_FILE)
