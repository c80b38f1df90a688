"""Who may dial the center: kiosks at one listening socket, wards at another."""

from __future__ import annotations

from konbini.issuance_center.lines import KIOSK_WAITING_BYTES, WARD_WAITING_BYTES
from konbini.issuance_center.relay.routing import KioskEnd, Sender, WardEnd
from konbini.issuance_center.trust import Trust
from konbini.process.link_server import Peers
from konbini.protocol.frames import MOST_FRAME_BYTES

__all__ = ["kiosks", "wards"]

_MOST_FROM_KIOSK = 64 * 1024


def kiosks(trust: Trust) -> Peers[Sender]:
    """Give the gateway's side for kiosks: certificates name `kiosk:<id>`."""
    return Peers(
        by_name={f"kiosk:{name}": KioskEnd(name) for name in trust.kiosk_names},
        most_frame_bytes=_MOST_FROM_KIOSK,
        waiting_bytes=KIOSK_WAITING_BYTES,
        label=_label,
    )


def wards(trust: Trust) -> Peers[Sender]:
    """Give the gateway's side for wards: certificates name `ward:<code>`, or `ward:<code>:<server>` of several."""
    return Peers(
        by_name={
            f"ward:{name}:{server}" if server else f"ward:{name}": WardEnd(name, server)
            for name, server in trust.servers
        },
        most_frame_bytes=MOST_FRAME_BYTES,
        waiting_bytes=WARD_WAITING_BYTES,
        label=_label,
    )


def _label(peer: Sender) -> str:
    return peer.kiosk if isinstance(peer, KioskEnd) else f"{peer.ward} {peer.server}".rstrip()
