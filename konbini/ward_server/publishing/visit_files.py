"""Each visit's own entries, in a file that the receipt's code finds and opens (`konbini.protocol.receipt_code`).

    visits/<day of the visit>/<locator>

The names are random to everybody else, the contents padded and sealed: what the public learns is how many visits there
were in a day. A file ends with its visit's history at `issuing`: the next publication removes the folder of a day of
which no visit is left there.

Entries are those that a published checkpoint covers. A file that is there is gone on with: entries are read once. It
holds the first thousand of each log: an honest visit has some tens, and a kiosk that contradicts itself without an end
would make a file that nobody may open, and no publication after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Final

from konbini.process.statements import Connection
from konbini.process.tree_rows import Opened, opened
from konbini.protocol.accounts import day_of, span_of
from konbini.protocol.receipt_code import ReceiptCode, VisitEntries, VisitEntry
from konbini.protocol.shape import from_bytes
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.publishing.logs import PublishedLog

__all__ = ["VISITS_FOLDER", "days_ended", "entries_by_visit", "entry_of", "visit_files", "visits_of"]

VISITS_FOLDER: Final = "visits"
_AT_ONCE: Final = 4096
_MOST_OF_A_LOG: Final = 1000


def entries_by_visit(connection: Connection, log: PublishedLog) -> dict[bytes, list[VisitEntry]]:
    """Give the entries that are new in a published log, by the visit (v) that they are of."""
    found: defaultdict[bytes, list[VisitEntry]] = defaultdict(list)
    for first in range(log.before, log.size, _AT_ONCE):
        for one in opened(connection, first, min(first + _AT_ONCE, log.size) - 1):
            visit = from_bytes(AuditEntry, one.entry).visit
            if visit:
                found[visit].append(entry_of(log.origin, one))
    return dict(found)


def visits_of(connection: Connection, visits: Iterable[bytes]) -> dict[bytes, tuple[str, ReceiptCode]]:
    """Give day and code of each of some visits that `issuing` has opened."""
    found = {}
    for visit in visits:
        row = connection.execute("SELECT opened, receipt_code FROM visit WHERE visit = ?", (visit,)).fetchone()
        if row is not None and row[1]:
            found[visit] = str(day_of(row[0])), ReceiptCode(row[1])
    return found


def visit_files(
    visits: Mapping[bytes, tuple[str, ReceiptCode]], entries: Sequence[Mapping[bytes, list[VisitEntry]]], before: Path
) -> dict[str, bytes]:
    """Make the files of visits of which something is new.

    Raises:
        Refused: a file that was published is not its visit's any more.
        OSError: it cannot be read.
    """
    files = {}
    for visit, (day, code) in visits.items():
        name = f"{VISITS_FOLDER}/{day}/{code.locator}"
        known = code.open((before / name).read_bytes()).entries if (before / name).exists() else ()
        new = (one for log in entries for one in log.get(visit, ()))
        by_place = {(one.log, one.position): one for one in (*known, *new)}
        files[name] = code.seal(VisitEntries(entries=_first(by_place[place] for place in sorted(by_place))))
    return files


def _first(entries: Iterable[VisitEntry]) -> tuple[VisitEntry, ...]:
    """Give the first entries of each log, of all in order."""
    of_logs = groupby(entries, key=lambda one: one.log)
    return tuple(one for _log, of_one in of_logs for one in islice(of_one, _MOST_OF_A_LOG))


def days_ended(connection: Connection, before: Path) -> tuple[str, ...]:
    """Give the folders of days of which `issuing` has no visit any more."""
    folder = before / VISITS_FOLDER
    days = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    return tuple(f"{VISITS_FOLDER}/{day}" for day in days if not _has_visits(connection, day))


def entry_of(log: str, one: Opened) -> VisitEntry:
    """Give an entry with what opens its commitment."""
    return VisitEntry(log=log, position=one.position, salt=one.salt, entry=one.entry)


def _has_visits(connection: Connection, day: str) -> bool:
    found = connection.execute(
        "SELECT 1 FROM visit WHERE opened >= ? AND opened < ? LIMIT 1", span_of(int(day))
    ).fetchone()
    return found is not None
