"""The lists of key-encryption keys, as operators see them: ids and counts, never a key.

What is shown is what the process wraps with now, what its configuration's files hold now, and how many data keys each
id wraps. What two persons decide is that exactly these files are taken.

Tables: those of `Wrapping.columns`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final

from konbini.process.config import ConfigRefused
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo, from_bytes
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import append
from konbini.ward_server.decisions.decision import Decision
from konbini.ward_server.decisions.desk import Agreed
from konbini.ward_server.keeping.rotation import KeyRotation, Progress, Stage, Wrapping
from konbini.ward_server.keeping.wrapped_keys import wrapped_by
from konbini.ward_server.storage.sealing import WRAPPING_ID_BYTES

__all__ = ["KeyCount", "KeyList", "KeysRotated", "KeysShown", "ListedIds", "ListsSeen", "shown_lists"]

_KeyId = Annotated[bytes, UpTo(WRAPPING_ID_BYTES)]
_UNREADABLE: Final = (ConfigRefused, OSError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedIds:
    """A list's name, and the ids of the keys in its files, the one that is to wrap first."""

    name: Line
    ids: tuple[_KeyId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListsSeen:
    """What a decision to read the lists again holds: what the files held when it was entered."""

    lists: tuple[ListedIds, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCount:
    """How many data keys an id wraps."""

    key_id: _KeyId
    count: Annotated[int, UpTo(2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyList:
    """One list.

    Attributes:
        name: as the configuration has it.
        in_use: the ids that the process holds, the one that wraps first.
        in_files: those that the files hold now; empty where they cannot be read.
        counts: data keys by the id of what wraps them.
        stage, moved, since: how far the going over them is (`Progress`).
    """

    name: Line
    in_use: tuple[_KeyId, ...]
    in_files: tuple[_KeyId, ...]
    counts: tuple[KeyCount, ...]
    stage: Stage
    moved: Annotated[int, UpTo(2**53)]
    since: Annotated[int, UpTo(2**53)]

    @property
    def lacks(self) -> frozenset[bytes]:
        """The ids that wrap something and are in no file."""
        return frozenset(one.key_id for one in self.counts) - frozenset(self.in_files)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysShown:
    """All lists of a process; none where it wraps nothing."""

    lists: tuple[KeyList, ...]

    def seen(self) -> ListsSeen:
        """Give what a decision made upon this holds."""
        return ListsSeen(lists=tuple(ListedIds(name=one.name, ids=one.in_files) for one in self.lists))


async def shown_lists(rows: Rows, rotation: KeyRotation) -> KeysShown:
    """Read the files and count the data keys."""
    files = await asyncio.to_thread(lambda: [_in_files(wrapping) for wrapping in rotation.wrappings])
    counts = await rows.read(
        lambda connection: [wrapped_by(connection, wrapping.columns) for wrapping in rotation.wrappings]
    )
    return KeysShown(
        lists=tuple(
            _shown(wrapping, rotation.progress(wrapping.name), ids, counted)
            for wrapping, ids, counted in zip(rotation.wrappings, files, counts, strict=True)
        )
    )


def _shown(wrapping: Wrapping, progress: Progress, in_files: tuple[bytes, ...], counts: dict[bytes, int]) -> KeyList:
    return KeyList(
        name=wrapping.name,
        in_use=wrapping.sealer.keys.listed,
        in_files=in_files,
        counts=tuple(KeyCount(key_id=key_id, count=counts[key_id]) for key_id in sorted(counts)),
        stage=progress.stage,
        moved=progress.moved,
        since=progress.since,
    )


def _in_files(wrapping: Wrapping) -> tuple[bytes, ...]:
    try:
        return wrapping.read().listed
    except _UNREADABLE:
        return ()


class KeysRotated:
    """The effect of the decision to read the lists again: the process is told, as by SIGHUP, after the commit."""

    def __init__(self, rotation: KeyRotation, event: AuditEvent) -> None:
        self._rotation = rotation
        self._event = event

    async def prepare(self, decision: Decision) -> bytes:
        """Hold the files against those that were seen.

        Raises:
            Refused: `CHANGED_MEANWHILE`.
        """
        found = await asyncio.to_thread(self._in_files)
        if found != from_bytes(ListsSeen, decision.content):
            raise Refused(Code.CHANGED_MEANWHILE, "other files than those that were seen")
        return b""

    def check(self, connection: Connection, decision: Decision) -> None:
        """Refuse lists with which something would not open any more.

        Raises:
            Refused: `CHANGE_INVALID`.
        """
        seen = {one.name: frozenset(one.ids) for one in from_bytes(ListsSeen, decision.content).lists}
        for wrapping in self._rotation.wrappings:
            listed = seen.get(wrapping.name, frozenset())
            if not listed or set(wrapped_by(connection, wrapping.columns)) - listed:
                raise Refused(Code.CHANGE_INVALID, f"{wrapping.name}: files that cannot be read, or lack a key in use")

    def _in_files(self) -> ListsSeen:
        return ListsSeen(lists=tuple(ListedIds(name=one.name, ids=_in_files(one)) for one in self._rotation.wrappings))

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """Record which keys wrap from here on."""
        seen = from_bytes(ListsSeen, agreed.decision.content)
        first = " ".join(f"{one.name}:{one.ids[0].hex()}" for one in seen.lists)
        append(connection, agreed.entry(self._event, first, digest=agreed.decision.digest()))
