"""CHECKPOINT and COSIGNED: a log's holder asks another to co-sign its checkpoint, and what the other answers.

The body of CHECKPOINT is a request as C2SP tlog-witness writes it (`konbini.protocol.tlog.checkpoints`), in the open
and unsigned but for the checkpoint's own signature. The body of COSIGNED is the array below. What is refused is shown
with the checkpoint that was co-signed last, which whoever asked has signed itself: it can see for itself whether its
log still holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from konbini.protocol.shape import UpTo

__all__ = ["MOST_ORIGIN", "MOST_WITNESSING_BYTES", "Cosigned"]

MOST_ORIGIN: Final = 128
"""Characters of a log's name."""
MOST_WITNESSING_BYTES: Final = 16 * 1024
"""A proof of 63 hashes and a checkpoint with some dozens of signatures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """The answer to a CHECKPOINT.

    Attributes:
        origin: which log.
        code: 0, or a number of failure-codes.md.
        size: how many leaves the checkpoint has that was co-signed last, this one included; 0: none ever was.
        text: signature lines where `code` is 0; otherwise the note of the checkpoint that was co-signed last, or
            nothing.
    """

    origin: Annotated[str, UpTo(MOST_ORIGIN)]
    code: Annotated[int, UpTo(9999)]
    size: Annotated[int, UpTo(2**53)]
    text: Annotated[bytes, UpTo(MOST_WITNESSING_BYTES)]
