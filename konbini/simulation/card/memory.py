"""The part of a card that outlives its power: PIN values and retry counters.

A card writes the counter down before it compares, so that pulling it out in the middle of a VERIFY buys nobody a
further try. `VolatileMemory` lives as long as the object (it is handed from card to card in a test); `FileMemory`
keeps the same in a small file, for a town that is stopped and started again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

__all__ = ["CardMemory", "FileMemory", "PinRecord", "VolatileMemory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PinRecord:
    """One PIN file's content."""

    fid: int
    value: bytes = field(repr=False)
    tries_left: int


class CardMemory(Protocol):
    """Where the card keeps its PINs."""

    def load(self) -> tuple[PinRecord, ...]:
        """Everything written so far; empty for a card that was never used."""
        ...

    def store(self, records: tuple[PinRecord, ...]) -> None:
        """Write all of it; on return it survives the card's power."""
        ...


class VolatileMemory:
    """A memory that lives as long as this object."""

    __slots__ = ("_records",)

    def __init__(self) -> None:
        self._records: tuple[PinRecord, ...] = ()

    def load(self) -> tuple[PinRecord, ...]:
        """See `CardMemory.load`."""
        return self._records

    def store(self, records: tuple[PinRecord, ...]) -> None:
        """See `CardMemory.store`."""
        self._records = records


class FileMemory:
    """A memory in one small JSON file, replaced as a whole.

    Args:
        path: the file; it need not exist, its folder must.
    """

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> tuple[PinRecord, ...]:
        """See `CardMemory.load`; raises ValueError when the file is not one of ours."""
        if not self._path.exists():
            return ()
        rows = json.loads(self._path.read_text("ascii"))
        return tuple(
            PinRecord(fid=int(fid), value=bytes.fromhex(value), tries_left=int(left)) for fid, value, left in rows
        )

    def store(self, records: tuple[PinRecord, ...]) -> None:
        """See `CardMemory.store`."""
        rows = [[record.fid, record.value.hex(), record.tries_left] for record in records]
        fresh = self._path.with_name(self._path.name + ".new")
        fresh.write_text(json.dumps(rows), "ascii")
        os.replace(fresh, self._path)  # noqa: PTH105 - the rename is the commit, said in the kernel's word
