"""The open links: one for each kiosk and ward that is connected, and what waits for it.

Invariants: a peer has one line, the newest; what waits for a line is bounded, and a body is held only while it waits;
a kiosk whose line is full is cut off, because it does not read; a ward whose line is full refuses the kiosk instead.
"""

from __future__ import annotations

from konbini.issuance_center.relay.routing import KioskEnd, Sender, WardEnd
from konbini.process.link_server import Line
from konbini.protocol.errors import Code, Refused

__all__ = ["KIOSK_WAITING_BYTES", "WARD_WAITING_BYTES", "Lines"]

KIOSK_WAITING_BYTES = 5 << 18
"""1.25 MiB: two documents of the largest size, and what is small."""
WARD_WAITING_BYTES = 8 << 20
"""Some hundreds of orders."""


class Lines:
    """All open links, by the name in the peer's certificate."""

    def __init__(self) -> None:
        self._lines: dict[Sender, Line] = {}

    def join(self, peer: Sender, line: Line) -> None:
        """Make `line` the peer's one line; an older one is cut: its peer has dialled anew."""
        older = self._lines.get(peer)
        self._lines[peer] = line
        if older is not None:
            older.cut()

    def leave(self, peer: Sender, line: Line) -> bool:
        """Forget a line, unless a newer one has taken its place; say whether the peer is gone now."""
        if self._lines.get(peer) is not line:
            return False
        del self._lines[peer]
        return True

    def cut_all(self) -> None:
        """End every link."""
        for line in tuple(self._lines.values()):
            line.cut()

    @property
    def kiosks(self) -> tuple[KioskEnd, ...]:
        """The kiosks that are connected."""
        return tuple(peer for peer in self._lines if isinstance(peer, KioskEnd))

    @property
    def wards(self) -> tuple[WardEnd, ...]:
        """The wards' servers that are connected."""
        return tuple(peer for peer in self._lines if isinstance(peer, WardEnd))

    def require(self, peer: Sender) -> None:
        """Hold that a peer is connected.

        Raises:
            Refused: `WARD_UNREACHABLE`, `KIOSK_UNREACHABLE`.
        """
        self._find(peer)

    def hand(self, peer: Sender, data: bytes) -> None:
        """Hand a frame to a peer.

        Raises:
            Refused: `WARD_UNREACHABLE`, `KIOSK_UNREACHABLE` (also: it did not read and was cut off just now), `BUSY`.
        """
        line = self._find(peer)
        if line.outlet.offer(data):
            return
        if isinstance(peer, WardEnd):
            raise Refused(Code.BUSY, "too much waits for the ward")
        line.cut()
        raise Refused(Code.KIOSK_UNREACHABLE, "it does not read and was cut off")

    def _find(self, peer: Sender) -> Line:
        line = self._lines.get(peer)
        if line is not None:
            return line
        raise Refused(Code.WARD_UNREACHABLE if isinstance(peer, WardEnd) else Code.KIOSK_UNREACHABLE, "not connected")
