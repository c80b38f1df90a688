"""The outer frame: what the center reads of every message, and nothing more.

[version, kind, visit id, kiosk, ward, body] in one WebSocket binary frame. The center routes by it and hands
the body on unread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind
from konbini.protocol.shape import Line, UpTo, from_bytes, to_bytes

__all__ = ["MOST_FRAME_BYTES", "VERSION", "Frame", "LinkRefusal", "VisitId"]

VERSION = 1
MOST_FRAME_BYTES = 544 * 1024
"""A sealed document of the largest size, with room for what stands around it."""

VisitId = Annotated[bytes, UpTo(16)]
"""16 random bytes; empty in a message that belongs to no visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message on a link.

    `kiosk` or `ward` is empty where a message has no such end.
    """

    version: int = VERSION
    kind: MessageKind
    visit_id: VisitId = b""
    kiosk: Line = ""
    ward: Line = ""
    body: bytes

    def to_bytes(self) -> bytes:
        """Encode the frame."""
        return to_bytes(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frame:
        """Decode a frame.

        Raises:
            Refused: `OVERSIZE`, `MALFORMED`, or `VERSION_UNKNOWN`.
        """
        frame = from_bytes(cls, data, MOST_FRAME_BYTES)
        if frame.version != VERSION:
            raise Refused(Code.VERSION_UNKNOWN, str(frame.version))
        return frame


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRefusal:
    """Body of `LINK_REFUSED`: why a frame was not taken, in the open, before anything sealed was read.

    `answered` is the SHA-256 of the frame's body that is refused, so that an old refusal answers nothing new.
    """

    code: Annotated[int, UpTo(999)]
    answered: Annotated[bytes, UpTo(32)]
