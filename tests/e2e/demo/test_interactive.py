"""The demo for a person: the addresses that it prints answer, its hardware page works, and Ctrl-C ends all of it."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

_STARTING_SECONDS = 90.0
_PROCESSES = 8
"""Five services, a visit, pcscd, the coin device."""
_ADDRESS = re.compile(rb"^(kiosk|ward|hardware).*(http://(?:127\.0\.0\.1|localhost):[0-9]+)/$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Demo:
    process: asyncio.subprocess.Process
    addresses: Mapping[str, str]


@asynccontextmanager
async def _demo(konbini: str, folder: Path) -> AsyncIterator[_Demo]:
    """Start it, and read the addresses; it is ended here where a test did not end it."""
    process = await asyncio.create_subprocess_exec(
        *(konbini, "demo", "--residents", "200", "--dir", str(folder / "town")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    addresses = {}
    try:
        async with asyncio.timeout(_STARTING_SECONDS):
            while b"Ctrl-C" not in (line := await process.stdout.readline()):
                assert line, "it ended"
                if found := _ADDRESS.match(line.strip()):
                    addresses[found[1].decode()] = found[2].decode()
        yield _Demo(process=process, addresses=addresses)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


def _below(pid: int) -> frozenset[tuple[int, str, str]]:
    """Give every process that this one started and they in turn: id, time of its start (an id comes again), name."""
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text("ascii").split()
        ]
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return frozenset()
    here = frozenset((child, *_alive(child)) for child in children)
    return here.union(*map(_below, children))


def _alive(pid: int) -> tuple[str, str]:
    """Give when a process started and its name; ("", "") for one that has ended, waited for or not."""
    try:
        name, _, rest = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return "", ""
    fields = rest.split()
    return ("", "") if fields[0] == "Z" else (fields[19], name.partition("(")[2])


@pytest.mark.parametrize("told", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
async def test_nothing_is_left_when_it_is_told_to_end(konbini: str, folder: Path, told: signal.Signals) -> None:
    """Services, devices and the visit's processes have all ended when the command has; so have its sockets."""
    async with _demo(konbini, folder) as demo:
        assert set(demo.addresses) == {"kiosk", "ward", "hardware"}
        while len(started := _below(demo.process.pid)) < _PROCESSES:  # noqa: ASYNC110 - the first visit tells nobody
            await asyncio.sleep(0.1)
        demo.process.send_signal(told)
        assert await demo.process.wait() == 0
        assert not [(pid, *one) for pid, *one in started if (*one,) == _alive(pid)]
        async with aiohttp.ClientSession() as session:
            for address in demo.addresses.values():
                with pytest.raises(aiohttp.ClientConnectorError):
                    await session.get(address)


async def test_hands_reach_the_devices(konbini: str, folder: Path) -> None:
    """A card is put on the reader and taken off, a coin meets a shut slot, and a foreign page can do nothing."""
    async with _demo(konbini, folder) as demo, aiohttp.ClientSession() as session:
        page = demo.addresses["hardware"]
        text = await (await session.get(page)).text()
        (token,) = re.findall(r'name="token" content="([0-9a-f]{64})"', text)
        keys = re.findall(r'data-act="put" data-value="([^"]+)"', text)
        assert len(keys) == 12
        assert keys[-1] == "licence"

        async def do(act: str, value: str = "", *, origin: str = page, token: str = token) -> int:
            form = {"token": token, "act": act, "value": value}
            async with session.post(f"{page}/do", data=form, headers={"Origin": origin}) as answer:
                return answer.status

        async def seen() -> Mapping[str, object]:
            async with session.get(f"{page}/seen") as answer:
                found: Mapping[str, object] = await answer.json()
                return found

        assert (await seen())["card"] is None
        assert await do("put", keys[0], origin="http://127.0.0.1:1") == 403
        assert await do("put", keys[0], token="0" * 64) == 403
        assert (await seen())["card"] is None
        assert await do("put", "nobody") == 409
        for key in keys:
            assert await do("put", key) == 204
            lying = (await seen())["card"]
            assert isinstance(lying, dict)
            assert lying["key"] == key
            assert await do("put", keys[0]) == 409
            assert await do("pull") == 204
        assert await do("drop", "100") == 409
        assert await do("drop", "7") == 409
        assert await do("take") == 409
        assert await do("take-coins") == 409
        assert await do("break", "nothing of that name") == 409
        assert await do("break", "paper") == await do("break", "hopper") == 204
        broken = await seen()
        assert broken["broken"] == ["hopper", "paper"]
        assert broken["printer"] == {
            "works": True,
            "reasons": ["media-empty", "media-needed"],
            "sheets": 0,
            "counter": 0,
            "jobs": 0,
        }
        assert await do("mend", "paper") == await do("mend", "hopper") == 204
        assert (await seen())["broken"] == []
        async with session.get(f"{page}/seen", headers={"Host": "elsewhere"}) as answer:
            assert answer.status == 403
