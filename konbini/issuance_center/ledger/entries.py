"""What the center's log says: an entry for each row that the ledger writes, of ids, kinds and times alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from konbini.protocol.frames import VisitId
from konbini.protocol.kinds import MessageKind
from konbini.protocol.shape import Line, Moment, UpTo

__all__ = ["LedgerEntry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One thing that the center did.

    Attributes:
        moment: Unix seconds.
        kind: TICKET: one was given; NOTICE: a ward's was kept; CHECKPOINT: one was refused; any other: such a frame of
            a visit passed.
        about: which log, of a refused checkpoint.
        code: why it was refused; 0 otherwise.
        digest: SHA-256 of the text of a refused checkpoint; empty otherwise.
    """

    moment: Moment
    kind: MessageKind
    visit_id: VisitId = b""
    kiosk: Line = ""
    ward: Line = ""
    server: Line = ""
    about: Line = ""
    code: Annotated[int, UpTo(9999)] = 0
    digest: Annotated[bytes, UpTo(32)] = b""
