"""`issuing` in a process of its own, with real files and sockets; run as a program by the tests.

    issuing_child.py CONFIG SOCKET NOW [before|after STEP]

Its clock stands still at NOW (Unix milliseconds). Kiosks' messages come over SOCKET instead of the link to the
center. Says `ready` when it could serve. With `before STEP` or `after STEP` it ends itself with SIGKILL at that edge of
the first commit that holds the step.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from konbini.process.calls import CallServer, Handler
from konbini.process.entropy import SystemEntropy
from konbini.process.tasks import StandingTasks
from konbini.protocol.codec import Value
from konbini.simulation.clock import SettableClock
from konbini.ward_server.issuing.config import read_config
from konbini.ward_server.issuing.main import serve
from tests.crashing import Crash
from tests.integration.ward_server.front import DeskFront, FrontMethod


def handlers(front: DeskFront) -> Mapping[int, Handler]:
    """Give the front's answers."""

    async def open_visit(arguments: Sequence[Value]) -> Value:
        match arguments:
            case [str() as kiosk, bytes() as visit_id, bytes() as body]:
                reply = await front.open(kiosk, visit_id, body)
                return [int(reply.kind), reply.body]
        raise TypeError("OPEN")

    async def order(arguments: Sequence[Value]) -> Value:
        match arguments:
            case [str() as kiosk, bytes() as body]:
                reply = await front.order(kiosk, body)
                return [int(reply.kind), reply.body]
        raise TypeError("ORDER")

    async def receipt(arguments: Sequence[Value]) -> Value:
        match arguments:
            case [str() as kiosk, bytes() as body]:
                reply = await front.receipt(kiosk, body)
                return [int(reply.kind), reply.body]
        raise TypeError("RECEIPT")

    async def prekey(_arguments: Sequence[Value]) -> Value:
        return front.prekey

    return {
        FrontMethod.OPEN: open_visit,
        FrontMethod.ORDER: order,
        FrontMethod.RECEIPT: receipt,
        FrontMethod.PREKEY: prekey,
    }


async def main() -> None:
    """Serve until the process is ended."""
    config, socket, now, *crash = sys.argv[1:]
    clock = SettableClock(int(now))
    watch = Crash(crash[0], step=crash[1]) if crash else None
    async with serve(read_config(Path(config)), clock, SystemEntropy(), StandingTasks(), watch=watch) as desk:
        while desk.prekeys.newest is None or not desk.current.lease_holds():  # noqa: ASYNC110 - they set no event
            await asyncio.sleep(0.01)
        await CallServer.listen(Path(socket), handlers(DeskFront(desk)), peers=frozenset({os.getuid()}))
        os.write(1, b"ready\n")
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
