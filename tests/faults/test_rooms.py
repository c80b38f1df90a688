"""What looks for acknowledged things can say no: of what never happened, and of a store that was tampered with."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from konbini.process.stores import SqliteAddress, look_once
from tests.faults.kills.center_room import CenterRoom
from tests.faults.kills.clerk_room import ClerkRoom
from tests.faults.kills.issuing_room import IssuingRoom
from tests.faults.kills.journal_room import JournalRoom
from tests.faults.kills.registry_room import RegistryRoom
from tests.faults.kills.rooms import Room, Word

pytestmark = pytest.mark.faults

_VISIT = "07" * 16
_NEVER = {
    "registry": [("enter", "c1"), ("approve", "c1", "1"), ("withdraw", "c1"), ("look up", "l1")],
    "issuing": [("open visit", _VISIT), ("reserve", _VISIT, "N"), ("complete", _VISIT, "N"), ("settle", _VISIT, "1")],
    "clerk": [("audit", "N"), ("certify", "N", "0", "00"), ("seal", "N", "00")],
    "journal": [
        *(("opened", _VISIT), ("step", _VISIT, "1", "1"), ("conclude", _VISIT, "1", "2")),
        *(("close", _VISIT), ("final", _VISIT, "1", "5")),
    ],
    "center": [("TICKET", _VISIT), ("OPEN", _VISIT), ("FINAL", _VISIT), ("NOTICE", "999990", "1")],
}
_HALF = {
    "issuing": (
        "INSERT INTO issuance (number, visit, ordinal, kiosk, t, kind, fee, order_hash, reserved, epoch, state)"
        " VALUES ('N', x'00', 1, 'K', x'00', 1, 300, x'00', 1, 1, 1)"
    ),
    "clerk": "INSERT INTO status_counter (incarnation, next) VALUES (7, 1)",
    "journal": "INSERT INTO visit (visit_id, visit, t, ward, ticketed, ended) VALUES (x'00', x'00', x'00', 'w', 1, 1)",
    "center": (
        "INSERT INTO visit (visit_id, kiosk, ward, ticket_expires, phase_since)"
        " VALUES (x'00000000000000000000000000000000', 'K', 'w', 1, 1)"
    ),
}
"""A row that no log entry, or no receipt, stands for; the registry's rows stand on one another, and none alone."""


_MADE: dict[str, Callable[[], Room]] = {
    "registry": RegistryRoom,
    "issuing": partial(IssuingRoom, 1),
    "clerk": ClerkRoom,
    "journal": JournalRoom,
    "center": CenterRoom,
}


@pytest.mark.parametrize("name", list(_MADE))
def test_what_never_happened_is_not_found(name: str, tmp_path: Path) -> None:
    """Each kind of word, of a store in which nothing was done; then a row that stands alone."""
    room = _MADE[name]()
    address = SqliteAddress(path=tmp_path / "store.db")
    asyncio.run(room.prepare(address))
    for kind, *about in _NEVER[room.name]:
        word = Word(kind=kind, about=tuple(about))
        assert look_once(address, partial(room.found, word=word, entries={})) is False
    assert look_once(address, room.whole) == []
    if room.name in _HALF:
        with closing(sqlite3.connect(address.path)) as connection:
            connection.execute(_HALF[room.name])
            connection.commit()
        assert look_once(address, room.whole) != []
