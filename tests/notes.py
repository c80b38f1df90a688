"""What tests of rows do with a small schema of notes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from konbini.process.statements import Connection

__all__ = ["RecordedCommits", "add", "texts"]


class RecordedCommits:
    """Keeps the steps of each group, and holds the writer at the edge of a commit while `gate` is closed."""

    def __init__(self, patience: float = 10) -> None:
        """Start with the gate open; who waits at it for longer than `patience` seconds has met a defect."""
        self._patience = patience
        self.groups: list[tuple[str, ...]] = []
        self.gate = threading.Event()
        self.gate.set()

    def before_commit(self, steps: tuple[str, ...]) -> None:
        """Wait for the gate."""
        assert self.gate.wait(self._patience)
        self.groups.append(steps)

    def after_commit(self, steps: tuple[str, ...]) -> None:
        """See that the group that was announced is the one that was committed."""
        assert self.groups[-1] == steps


def add(text: str) -> Callable[[Connection], int]:
    """Return a change that adds a note and answers its id."""

    def change(connection: Connection) -> int:
        (number,) = connection.execute("INSERT INTO note (text) VALUES (?) RETURNING id", (text,)).fetchone()
        return int(number)

    return change


def texts(connection: Connection) -> list[str]:
    """Look at all notes."""
    return [text for (text,) in connection.execute("SELECT text FROM note ORDER BY id")]
