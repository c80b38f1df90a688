"""Calls between processes: answers, refusals, bad frames, wrong users, broken connections."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from konbini.process.calls import AnswerLost, CallClient, CallServer, Handler, PeerUnreachable, together
from konbini.protocol.codec import Value, decode, encode
from konbini.protocol.errors import Code, Refused

OURSELVES = frozenset({os.getuid()})
ECHO, REFUSE, BREAK, SLOW, LONG, UNKNOWN = 1, 2, 3, 4, 5, 99


async def echo(arguments: Sequence[Value]) -> Value:
    """Answer with what came."""
    return arguments


async def refuse(_arguments: Sequence[Value]) -> Value:
    """Refuse with a detail that stays here."""
    raise Refused(Code.CARD_REVOKED, "serial found on the list")


async def break_down(_arguments: Sequence[Value]) -> Value:
    """Fail as no handler should."""
    raise KeyError("見本 花子")


async def slow(arguments: Sequence[Value]) -> Value:
    """Answer after the milliseconds that the first argument names."""
    assert isinstance(arguments[0], int)
    await asyncio.sleep(arguments[0] / 1000)
    return arguments[0]


async def long(arguments: Sequence[Value]) -> Value:
    """Answer with more bytes than a frame takes."""
    assert isinstance(arguments[0], int)
    return bytes(arguments[0])


HANDLERS: Mapping[int, Handler] = {ECHO: echo, REFUSE: refuse, BREAK: break_down, SLOW: slow, LONG: long}


@asynccontextmanager
async def serving(path: Path, *, peers: frozenset[int] = OURSELVES, **more: Any) -> AsyncIterator[CallServer]:  # noqa: ANN401 - passed on
    """Serve the handlers at `path`."""
    server = await CallServer.listen(path, HANDLERS, peers=peers, **more)
    try:
        yield server
    finally:
        await server.close(grace=1)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[CallClient]:
    """Return a client of a server that is there."""
    async with serving(tmp_path / "calls"):
        caller = CallClient(tmp_path / "calls", peers=OURSELVES)
        yield caller
        await caller.close()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=st.lists(st.none() | st.booleans() | st.integers(-9, 9) | st.text() | st.binary(), max_size=5))
async def test_arguments_come_back_as_they_were(client: CallClient, arguments: list[Value]) -> None:
    """Nothing is lost or changed on the way there and back."""
    assert await client.call(ECHO, *arguments) == arguments


async def test_calls_do_not_wait_for_each_other(client: CallClient) -> None:
    """Answers come in the order in which they are ready, each to its own caller."""
    done: list[Value] = []

    async def one(milliseconds: int) -> None:
        done.append(await client.call(SLOW, milliseconds))

    await asyncio.gather(one(150), one(60), one(5))
    assert done == [5, 60, 150]


async def test_a_refusal_crosses_as_its_code_alone(client: CallClient, capsys: pytest.CaptureFixture[str]) -> None:
    """The detail stays in the log of the process that refused."""
    with pytest.raises(Refused) as caught:
        await client.call(REFUSE)
    assert caught.value.code is Code.CARD_REVOKED
    assert "list" not in caught.value.detail
    assert json.loads(capsys.readouterr().err)["detail"] == "serial found on the list"


async def test_anything_else_becomes_internal(client: CallClient, capsys: pytest.CaptureFixture[str]) -> None:
    """No exception's text crosses, and none reaches the log."""
    with pytest.raises(Refused) as caught:
        await client.call(BREAK)
    assert caught.value.code is Code.INTERNAL
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["error"], line["method"]) == ("a call failed", "KeyError", BREAK)


async def test_an_unknown_method_is_malformed(client: CallClient) -> None:
    """A peer of another build is told so."""
    with pytest.raises(Refused) as caught:
        await client.call(UNKNOWN)
    assert caught.value.code is Code.MALFORMED


async def test_an_answer_over_the_limit_is_an_internal_fault(client: CallClient) -> None:
    """The connection lives on."""
    with pytest.raises(Refused) as caught:
        await client.call(LONG, 2 << 20)
    assert caught.value.code is Code.INTERNAL
    assert await client.call(ECHO, 1) == [1]


async def test_a_request_over_the_limit_is_not_sent(client: CallClient) -> None:
    """The caller hears it at once, and the connection lives on."""
    with pytest.raises(Refused) as caught:
        await client.call(ECHO, bytes(2 << 20))
    assert caught.value.code is Code.OVERSIZE
    assert await client.call(ECHO, 1) == [1]


async def test_half_a_mebibyte_passes(client: CallClient) -> None:
    """The largest document fits in a frame."""
    document = os.urandom(512 << 10)
    assert await client.call(ECHO, document) == [document]


async def test_a_time_out_leaves_the_connection_and_the_other_calls_alone(client: CallClient) -> None:
    """A late answer is dropped and does not become another call's."""
    with pytest.raises(TimeoutError):
        await client.call(SLOW, 100, within=0.02)
    assert await client.call(SLOW, 150) == 150
    assert await client.call(ECHO, "x") == ["x"]


async def test_nobody_there_is_told_from_an_answer_lost(tmp_path: Path) -> None:
    """Before the peer starts nothing was sent; when it ends during a call, the call may have been carried out."""
    client = CallClient(tmp_path / "calls", peers=OURSELVES)
    with pytest.raises(PeerUnreachable):
        await client.call(ECHO)
    server = await CallServer.listen(tmp_path / "calls", HANDLERS, peers=OURSELVES)
    assert await client.call(ECHO, 1) == [1]
    waiting = asyncio.create_task(client.call(SLOW, 5000))
    await asyncio.sleep(0.05)
    await server.close(grace=0)
    with pytest.raises(AnswerLost):
        await waiting
    async with serving(tmp_path / "calls"):
        assert await client.call(ECHO, 2) == [2]
        await client.close()


async def test_a_call_that_runs_is_finished_although_its_caller_has_gone(tmp_path: Path) -> None:
    """Who gave up can ask what became of it: it was not undone half-way."""
    finished = asyncio.Event()

    async def lasting(_arguments: Sequence[Value]) -> Value:
        await asyncio.sleep(0.05)
        finished.set()
        return None

    server = await CallServer.listen(tmp_path / "calls", {1: lasting}, peers=OURSELVES)
    client = CallClient(tmp_path / "calls", peers=OURSELVES)
    with pytest.raises(TimeoutError):
        await client.call(1, within=0.01)
    await client.close()
    async with asyncio.timeout(2):
        await finished.wait()
    await server.close()


@pytest.mark.parametrize("side", ["server", "client"])
async def test_another_user_is_hung_up_on(tmp_path: Path, side: str) -> None:
    """Both ends ask the kernel who the other is."""
    others = frozenset({os.getuid() + 1})
    async with serving(tmp_path / "calls", peers=others if side == "server" else OURSELVES):
        client = CallClient(tmp_path / "calls", peers=others if side == "client" else OURSELVES)
        with pytest.raises(ConnectionError):
            await client.call(ECHO, 1)
        await client.close()


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">I", 2 << 20),
        struct.pack(">I", 3) + b"\xff\xff\xff",
        *(
            struct.pack(">I", len(body)) + body
            for body in (
                encode([1, 1]),
                encode([True, 1, []]),
                encode([1, 1, "x"]),
                encode("x"),
                b"\x83\x18\x01\x01\x80",
            )
        ),
    ],
)
async def test_a_frame_that_is_no_request_ends_the_connection(tmp_path: Path, frame: bytes) -> None:
    """Oversize, not CBOR, not the deterministic encoding, or of another shape: the peer is hung up on."""
    async with serving(tmp_path / "calls"):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "calls")
        writer.write(frame)
        async with asyncio.timeout(2):
            assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize("answer", [b"\xff", encode([1, 1]), encode("x")])
async def test_an_answer_that_is_none_ends_the_connection(answer: bytes) -> None:
    """A client does not guess at what a broken peer meant."""
    ours, theirs = socket.socketpair()
    client = await CallClient.over(ours, peers=OURSELVES)
    calling = asyncio.create_task(client.call(ECHO))
    loop = asyncio.get_running_loop()
    theirs.setblocking(False)  # noqa: FBT003 - the standard library's signature
    assert await loop.sock_recv(theirs, 100)
    await loop.sock_sendall(theirs, struct.pack(">I", len(answer)) + answer)
    with pytest.raises(AnswerLost):
        await calling
    with pytest.raises(PeerUnreachable):
        await client.call(ECHO)
    theirs.close()


@pytest.mark.parametrize("code", [31337, [], None])
async def test_a_refusal_of_a_newer_build_is_internal(code: Value) -> None:
    """A code that this build does not know is not passed on, whatever it is."""
    ours, theirs = socket.socketpair()
    client = await CallClient.over(ours, peers=OURSELVES)
    calling = asyncio.create_task(client.call(ECHO))
    loop = asyncio.get_running_loop()
    theirs.setblocking(False)  # noqa: FBT003 - the standard library's signature
    request = await loop.sock_recv(theirs, 100)
    parts = decode(request[4:], 100)
    assert isinstance(parts, list)
    answer = encode([parts[0], 1, code])
    await loop.sock_sendall(theirs, struct.pack(">I", len(answer)) + answer)
    with pytest.raises(Refused) as caught:
        await calling
    assert caught.value.code is Code.INTERNAL
    await client.close()
    theirs.close()


async def test_a_socket_pair_serves_until_the_peer_has_gone() -> None:
    """The host attends one visit; when the visit's process ends, the host knows."""
    ours, theirs = socket.socketpair()
    server = await CallServer.attend(theirs, HANDLERS, peers=OURSELVES)
    client = await CallClient.over(ours, peers=OURSELVES)
    assert await client.call(ECHO, b"x") == [b"x"]
    await client.close()
    async with asyncio.timeout(2):
        await server.ended()
    await server.close()


def test_calls_work_on_uvloop(tmp_path: Path) -> None:
    """The services run on uvloop: the peer's user is found there as well."""

    async def main() -> Value:
        async with serving(tmp_path / "calls"):
            client = CallClient(tmp_path / "calls", peers=OURSELVES)
            answer = await client.call(ECHO, "uvloop")
            await client.close()
            return answer

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(main()) == ["uvloop"]


def test_two_rooms_on_one_socket_have_no_method_in_common() -> None:
    """One would be called in the other's place."""
    assert set(together({ECHO: echo}, {REFUSE: echo})) == {ECHO, REFUSE}
    with pytest.raises(ValueError, match="twice"):
        together({ECHO: echo}, {ECHO: echo})
