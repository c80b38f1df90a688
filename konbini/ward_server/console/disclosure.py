"""A disclosure (開示請求): what is asked for, and how it is kept as rows; plain functions of a transaction.

Of whom, why and to whom stands hidden under the console's lookup key, bound to its row.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, Any, Final

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo, from_bytes, to_bytes
from konbini.ward_server.console.enveloping import MOST_CERTIFICATE_BYTES
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["MOST_REASON", "Disclosure", "DisclosureRows", "DisclosureState", "KeptDisclosure"]

MOST_REASON: Final = 150
"""The processes' reasons have 200, and begin with the disclosure's id."""
_SHOWN: Final = 100
_KEPT: Final = (
    "SELECT disclosure_id, hidden, state, entered_by, entered_at, concluded_by, concluded_at, counts,"
    " length(sealed) FROM disclosure"
)


@unique
class DisclosureState(IntEnum):
    """Where a disclosure stands; it goes on from one to the next, or is declined before it was approved."""

    ENTERED = 1
    APPROVED = 2
    SEALED = 3
    DECLINED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """Of whom, why, for which matter (受付番号), and the receiver's certificate (DER)."""

    resident: Line
    reason: Annotated[str, UpTo(MOST_REASON)]
    matter: Line
    certificate: Annotated[bytes, UpTo(MOST_CERTIFICATE_BYTES)]

    def digest(self) -> bytes:
        """Give the SHA-256 of it, by which both persons' passkeys meant the same."""
        return hashlib.sha256(to_bytes(self)).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDisclosure:
    """A disclosure as it is kept; moments in Unix milliseconds, 0 while nobody concluded it.

    `counts` says how much was read; `is_there`: whether the encrypted file can be taken.
    """

    disclosure_id: str
    disclosure: Disclosure
    state: DisclosureState
    entered_by: str
    entered_at: int
    concluded_by: str
    concluded_at: int
    counts: str
    is_there: bool


class DisclosureRows:
    """Reads and writes disclosures within the caller's transaction."""

    def __init__(self, hashes: KeyedHash) -> None:
        self._hashes = hashes

    def put(self, connection: Connection, kept: KeptDisclosure) -> None:
        """Keep a disclosure that was entered."""
        hidden = self._hashes.hide("disclosure", kept.disclosure_id.encode(), to_bytes(kept.disclosure))
        connection.execute(
            "INSERT INTO disclosure (disclosure_id, hidden, state, entered_by, entered_at, concluded_by,"
            " concluded_at, counts, sealed) VALUES (?, ?, ?, ?, ?, '', 0, '', ?)",
            (kept.disclosure_id, hidden, int(kept.state), kept.entered_by, kept.entered_at, b""),
        )

    def find(self, connection: Connection, disclosure_id: str) -> KeptDisclosure:
        """Give one disclosure.

        Raises:
            Refused: `CHANGE_UNKNOWN`: there is none of that id.
        """
        row = connection.execute(f"{_KEPT} WHERE disclosure_id = ?", (disclosure_id,)).fetchone()
        if row is None:
            raise Refused(Code.CHANGE_UNKNOWN, "no such disclosure")
        return self._kept(row)

    def newest(self, connection: Connection) -> tuple[KeptDisclosure, ...]:
        """Give the newest disclosures, whatever became of them."""
        rows = connection.execute(f"{_KEPT} ORDER BY entered_at DESC, disclosure_id LIMIT ?", (_SHOWN,)).fetchall()
        return tuple(map(self._kept, rows))

    @staticmethod
    def conclude(connection: Connection, disclosure_id: str, state: DisclosureState, by: str, moment: int) -> None:
        """Keep who approved or declined."""
        connection.execute(
            "UPDATE disclosure SET state = ?, concluded_by = ?, concluded_at = ? WHERE disclosure_id = ?",
            (int(state), by, moment, disclosure_id),
        )

    @staticmethod
    def put_sealed(connection: Connection, disclosure_id: str, sealed: bytes, counts: str) -> None:
        """Keep what leaves."""
        connection.execute(
            "UPDATE disclosure SET state = ?, sealed = ?, counts = ? WHERE disclosure_id = ?",
            (int(DisclosureState.SEALED), sealed, counts, disclosure_id),
        )

    @staticmethod
    def sealed(connection: Connection, disclosure_id: str, since: int) -> bytes:
        """Give what leaves, of one that was concluded at a moment or later.

        Raises:
            Refused: `CHANGE_UNKNOWN`: there is nothing, or not any more.
        """
        row = connection.execute(
            "SELECT sealed FROM disclosure WHERE disclosure_id = ? AND concluded_at >= ? AND length(sealed) > 0",
            (disclosure_id, since),
        ).fetchone()
        if row is None:
            raise Refused(Code.CHANGE_UNKNOWN, "no file of that disclosure")
        return bytes(row[0])

    @staticmethod
    def empty_before(connection: Connection, moment: int) -> None:
        """Destroy the files that were concluded before a moment."""
        connection.execute(
            "UPDATE disclosure SET sealed = ? WHERE length(sealed) > 0 AND concluded_at < ?", (b"", moment)
        )

    def _kept(self, row: Any) -> KeptDisclosure:  # noqa: ANN401 - a row
        disclosure_id, hidden, state, entered_by, entered_at, concluded_by, concluded_at, counts, length = row
        content = self._hashes.reveal("disclosure", disclosure_id.encode(), bytes(hidden))
        return KeptDisclosure(
            disclosure_id=disclosure_id,
            disclosure=from_bytes(Disclosure, content),
            state=DisclosureState(state),
            entered_by=entered_by,
            entered_at=entered_at,
            concluded_by=concluded_by,
            concluded_at=concluded_at,
            counts=counts,
            is_there=length > 0,
        )
