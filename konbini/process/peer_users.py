"""Who is at the other end of a UNIX socket: the kernel's word (unix(7), SO_PEERCRED)."""

from __future__ import annotations

import socket
import struct
from typing import Any, Protocol

__all__ = ["Endpoint", "peer_user"]

_CREDENTIALS = struct.Struct("3i")


class Endpoint(Protocol):
    """A transport, or a stream over one."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as asyncio has it
        """Give what is known of the connection."""


def peer_user(endpoint: Endpoint) -> int:
    """Give the id of the user whose process connected; of a user namespace's stranger that is 65534.

    Raises:
        OSError: it is no UNIX socket, or it is closed.
    """
    connection = endpoint.get_extra_info("socket")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _pid, uid, _gid = _CREDENTIALS.unpack(credentials)
    return int(uid)
