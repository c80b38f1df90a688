"""What a restored store does with the signed list of disposals: it destroys again, and goes on where the list ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.keeping.disposal_list import Disposal, entry_hash
from konbini.ward_server.keeping.disposal_rows import Outcome
from konbini.ward_server.keeping.holding import Destroy
from konbini.ward_server.settings.retention import Kept

__all__ = ["destroy_again"]


def destroy_again(
    connection: Connection, ends: Mapping[Kept, Destroy], listed: Sequence[bytes], entries: Sequence[Disposal]
) -> int:
    """Destroy in a restored store what the newest list says was destroyed, and take that list as the store's own.

    The list that was published goes on from its last entry: the numbering is the list's, not the backup's, and what a
    decision in the backup still had before it is done where the list says so, so that nothing is listed twice.

    Args:
        connection: of the restored store.
        ends: how each kind is destroyed here.
        listed: the signed entries, from the first on.
        entries: the same, opened and checked (`open_list`).

    Returns:
        How many targets the list names.

    Raises:
        Refused: `EVIDENCE_MISMATCH`: the backup holds entries that the list has not, so that it is not the newest.
    """
    _take_list(connection, listed)
    for entry in entries:
        connection.executemany(
            "UPDATE disposal_target SET outcome = ? WHERE disposal_id = ? AND target = ?",
            [(Outcome.DESTROYED, entry.disposal_id, target) for target in entry.targets],
        )
        connection.executemany(
            "DELETE FROM due WHERE kept = ? AND target = ?", [(int(entry.kept), target) for target in entry.targets]
        )
        left = list(entry.targets)
        while left:
            whole = ends[entry.kept](connection, left).whole
            left = [target for target in left if target not in whole]
    return sum(len(entry.targets) for entry in entries)


def _take_list(connection: Connection, listed: Sequence[bytes]) -> None:
    """Have the store's list go as far as the one that was published."""
    found = connection.execute("SELECT signed FROM disposal_list ORDER BY number").fetchall()
    held = [bytes(signed) for (signed,) in found]
    if held != list(listed[: len(held)]):
        raise Refused(Code.EVIDENCE_MISMATCH, "the backup holds disposals that this list has not: give the newest")
    connection.executemany(
        "INSERT INTO disposal_list (number, signed, hash) VALUES (?, ?, ?)",
        [(number, signed, entry_hash(signed)) for number, signed in enumerate(listed, 1) if number > len(held)],
    )
