"""The link without a socket: what waits is bounded, a deaf peer is cut, faults hold no bodies, dials are spread."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from types import TracebackType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.process.config import ConfigRefused, read_table
from konbini.process.link import Link, LinkAddress, LinkLimits, Outlet, forget_locals
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy


class Nobody:
    """A user who is told nothing in these tests."""

    async def opened(self) -> None:
        """Send nothing."""

    async def received(self, frame: Frame) -> None:
        """Take nothing."""

    async def closed(self) -> None:
        """Mind nothing."""


def link(seed: int = 1) -> Link:
    """Give a link that nobody has dialled."""
    return Link(
        address=LinkAddress(host="127.0.0.1", port=1),
        tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        user=Nobody(),
        clock=SettableClock(0),
        entropy=SeededEntropy(seed),
        limits=LinkLimits(first_pause_seconds=2.0, longest_pause_seconds=30.0),
    )


def test_the_centers_address_is_read(tmp_path: Path) -> None:
    """Host and port as configured, the center's name always; a port that cannot be dialled is refused."""
    file = tmp_path / "made.toml"
    file.write_text('host = "127.0.0.1"\nport = 7443\n', encoding="utf-8")
    with read_table(file) as table:
        assert LinkAddress.read(table) == LinkAddress(host="127.0.0.1", port=7443, name="center")
    file.write_text('host = "127.0.0.1"\nport = 0\n', encoding="utf-8")
    with pytest.raises(ConfigRefused, match="port"):
        LinkAddress.read(read_table(file))


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_what_waits_is_bounded_in_bytes(frames: list[bytes]) -> None:
    """A frame that does not fit is refused whole, and one that fits is counted."""
    outlet, held = Outlet(100), 0
    for frame in frames:
        taken = outlet.offer(frame)
        assert taken == (held + len(frame) <= 100)
        held += len(frame) if taken else 0
        assert outlet.held == held
    outlet.drop()
    assert outlet.held == 0


async def settle() -> None:
    """Let tasks run to their next wait."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_frames_leave_in_their_order_and_make_room() -> None:
    """First in, first out; room is free again once the transport has a frame."""
    outlet, sent = Outlet(6), []

    async def send(data: bytes) -> None:
        sent.append(data)

    for frame in (b"one", b"two"):
        assert outlet.offer(frame)
    assert not outlet.offer(b"x")
    emptying = asyncio.create_task(outlet.empty_into(send, 5))
    await settle()
    assert outlet.held == 0
    assert outlet.offer(b"three")
    await settle()
    emptying.cancel()
    await asyncio.wait({emptying})
    assert sent == [b"one", b"two", b"three"]


async def test_a_peer_that_takes_nothing_ends_the_sending() -> None:
    """And the fault that says so holds none of the bytes."""
    outlet, body = Outlet(100), b"a body of the wire"
    assert outlet.offer(body)

    async def deaf(data: bytes) -> None:
        assert data
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError) as fault:
        await outlet.empty_into(deaf, 0.01)
    assert not holds(fault.value, body)


def test_a_traceback_that_is_emptied_holds_nothing() -> None:
    """Positive control first: as it is raised, it does; so does its cause."""
    body = b"a body of the wire"

    def inner(data: bytes) -> None:
        raise ValueError(len(data))

    def outer(data: bytes) -> None:
        try:
            inner(data)
        except ValueError as fault:
            raise Refused(Code.MALFORMED) from fault

    with pytest.raises(Refused) as refused:
        outer(body)
    caught = refused.value
    assert holds(caught, body)
    assert caught.__cause__ is not None
    assert holds(caught.__cause__, body)
    forget_locals(caught)
    assert not holds(caught, body)
    assert not holds(caught.__cause__, body)


def holds(fault: BaseException, body: bytes) -> bool:
    """Say whether a frame of the traceback, below the test's own, has these bytes in a variable."""
    trace: TracebackType | None = fault.__traceback__
    while trace is not None:
        own = trace.tb_frame.f_code.co_name.startswith("test_")
        if not own and body in trace.tb_frame.f_locals.values():
            return True
        trace = trace.tb_next
    return False


def test_a_link_that_is_down_takes_nothing() -> None:
    """The caller learns it at once, and repeats later end to end."""
    with pytest.raises(Refused) as refused:
        link().send(Frame(kind=MessageKind.STATE, kiosk="K-0001", body=b""))
    assert refused.value.code is Code.CENTER_UNREACHABLE


@given(st.integers(0, 2**32), st.integers(1, 100))
def test_pauses_grow_to_their_bound_and_are_spread(seed: int, attempt: int) -> None:
    """A random part of 2, 4, 8, 16, 30, 30, ... seconds."""
    assert 0 <= link(seed)._pause(attempt) < min(2.0 * 2 ** (attempt - 1), 30.0)


def test_a_fleet_does_not_come_back_in_one_moment() -> None:
    """Of a thousand kiosks no more than a handful dial in the same hundredth of the first two seconds."""
    moments = [int(link(seed)._pause(1) * 100) for seed in range(1000)]
    assert max(moments.count(moment) for moment in set(moments)) < 20
