"""The channel from a visit to its host: what crosses, and what is left when either is dead."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from konbini.process.calls import AnswerLost, PeerUnreachable
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.simulation.world.counter.channel import Channel
from konbini.simulation.world.counter.life import PlainBeing

ECHO, REFUSE, FAIL, WAIT = range(1, 5)


class Host:
    """The long-lived process, in small."""

    def __init__(self) -> None:
        self.being, self.visit = PlainBeing(), PlainBeing()
        self.gate = asyncio.Event()
        self.done = 0
        answers = {ECHO: self._echo, REFUSE: self._refuse, FAIL: self._fail, WAIT: self._wait}
        self.channel = Channel(answers, self.being, self.visit)

    async def _echo(self, arguments: Sequence[Value]) -> Value:
        return list(arguments)

    async def _refuse(self, _arguments: Sequence[Value]) -> Value:
        raise Refused(Code.WARD_STOPPED, "not to be told")

    async def _fail(self, _arguments: Sequence[Value]) -> Value:
        raise KeyError("not to be told")

    async def _wait(self, _arguments: Sequence[Value]) -> Value:
        await self.gate.wait()
        self.done += 1
        return None


async def test_results_and_refusals_cross() -> None:
    """A refusal as its code alone, a defect as INTERNAL; what is no method is refused."""
    host = Host()
    assert await host.channel.call(ECHO, 1, b"two") == [1, b"two"]
    for method, code in ((REFUSE, Code.WARD_STOPPED), (FAIL, Code.INTERNAL), (99, Code.MALFORMED)):
        with pytest.raises(Refused) as refused:
            await host.channel.call(method)
        assert (refused.value.code, "told" in refused.value.detail) == (code, False)


async def test_what_was_begun_is_carried_out_though_nobody_waits() -> None:
    """The caller gave up, or died: the long-lived process goes on."""
    host = Host()
    with pytest.raises(TimeoutError):
        await host.channel.call(WAIT, within=0.01)
    calling = host.visit.start(host.channel.call(WAIT))
    await asyncio.sleep(0)
    host.visit.kill()
    await asyncio.wait((calling,))
    host.gate.set()
    await asyncio.sleep(0.01)
    assert host.done == 2
    with pytest.raises(asyncio.CancelledError):
        await host.channel.call(ECHO)


async def test_the_death_of_the_host_loses_answers() -> None:
    """Who waits is told so, and so is who asks afterwards."""
    host = Host()
    calling = asyncio.create_task(host.channel.call(WAIT))
    await asyncio.sleep(0)
    host.being.kill()
    with pytest.raises(AnswerLost):
        await calling
    with pytest.raises(PeerUnreachable):
        await host.channel.call(ECHO)
    await host.channel.close()
    assert host.done == 0
