"""Who may speak with the screen."""

from __future__ import annotations

import socket

import pytest

from konbini.kiosk.ui.guard import Guard
from konbini.process.entropy import SystemEntropy


def test_a_socket_that_others_reach_is_refused() -> None:
    """The screen is never served beyond this machine, whatever it is handed."""
    with socket.socket() as sock:
        sock.bind(("0.0.0.0", 0))  # noqa: S104 - this is what must be refused
        with pytest.raises(ValueError, match="loopback"):
            Guard(listener=sock, entropy=SystemEntropy())


def test_a_socket_of_another_kind_is_refused() -> None:
    """A UNIX socket has no origin to check."""
    with socket.socket(socket.AF_UNIX) as sock, pytest.raises(ValueError, match="TCP"):
        Guard(listener=sock, entropy=SystemEntropy())


def test_each_process_has_its_own_token() -> None:
    """A page of the process before cannot act on this one."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        first, second = (Guard(listener=sock, entropy=SystemEntropy()) for _ in range(2))
        assert first.own(first.token)
        assert not second.own(first.token)
        assert not first.own("é")
