"""What an auditor opens a ward's logs with: salt and entry of each position that still says something.

It is written beside what is published, for one person, and says all that the entries say: times, kiosks, numbers,
operators, no resident. Whoever holds it against the published tree sees that it is all of it, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from konbini.process.log_keeping import checkpoint_to_publish
from konbini.process.statements import Connection
from konbini.process.stores import StoreAddress, look_once
from konbini.process.tree_rows import opened
from konbini.protocol.receipt_code import VisitEntries
from konbini.protocol.tlog.checkpoints import Checkpoint
from konbini.protocol.tlog.tiles import TILE
from konbini.ward_server.publishing.config import PublishingConfig
from konbini.ward_server.publishing.logs import log_name
from konbini.ward_server.publishing.visit_files import entry_of

__all__ = ["openings_of"]


def openings_of(config: PublishingConfig) -> Iterator[tuple[str, int, VisitEntries]]:
    """Give name of the log, number of the block of 256 and its openings, of all that a checkpoint covers.

    Raises:
        NotOpened, sqlite3.Error: a store cannot be read.
    """
    for store in (config.registry, config.console, config.clerk, config.issuing):
        checkpoint = None if store is None else look_once(store, _checkpoint)
        if store is not None and checkpoint is not None:
            yield from _blocks(store, checkpoint)


def _blocks(store: StoreAddress, checkpoint: Checkpoint) -> Iterator[tuple[str, int, VisitEntries]]:
    for number in range(-(-checkpoint.size // TILE)):
        last = min((number + 1) * TILE, checkpoint.size) - 1
        found = look_once(store, partial(opened, first=number * TILE, last=last))
        entries = tuple(entry_of(checkpoint.origin, one) for one in found)
        yield log_name(checkpoint.origin), number, VisitEntries(entries=entries)


def _checkpoint(connection: Connection) -> Checkpoint | None:
    note = checkpoint_to_publish(connection)
    return None if note is None else Checkpoint.of(note)
