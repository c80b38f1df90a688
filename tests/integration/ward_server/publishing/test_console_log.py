"""The console's log among the ward's: co-signed by the real center through `issuing`, published, checked, opened."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from konbini.commands.audit import audit
from konbini.issuance_center.config import read_config
from konbini.issuance_center.main import serve
from konbini.process.calls import CallClient
from konbini.process.log_config import read_note_signer
from konbini.process.log_keeping import SIGNING_SECONDS
from konbini.process.tasks import StandingTasks
from konbini.protocol.errors import Code, Refused
from konbini.protocol.tlog.checkpoints import Checkpoint, CheckpointRequest
from konbini.protocol.tlog.notes import Note, SignatureType
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.cosigning import CosignLine
from tests.integration.ward_server.console.house import FIRST, open_house
from tests.integration.ward_server.publishing.test_logs import Auditing
from tests.integration.ward_server.ward import Ward, eventually

COVERED = "SELECT size FROM log_checkpoint WHERE cosigned = 1"


@pytest.fixture
async def center(ward: Ward) -> AsyncIterator[None]:
    """Run the center that the ward's configuration names."""
    async with serve(read_config(ward.town.configs / "center.toml"), ward.clock, SeededEntropy(7), StandingTasks()):
        yield


def published_too(ward: Ward) -> None:
    """Name the console's store to whoever publishes."""
    path = ward.town.configs / "publishing.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("[stores]\n", f'[stores]\nconsole = "{ward.place.uri("console")}"\n'), "utf-8")


def covered(ward: Ward) -> bool:
    """Say whether all that stands in the console's log is co-signed."""
    ((size,),) = ward.rows("console", "SELECT count(*) FROM audit_entry")
    return ward.rows("console", COVERED) == [(size,)]


def line_to_issuing(ward: Ward) -> CallClient:
    """Open another line to the operators' socket of `issuing`."""
    return CallClient(ward.town.run / "issuing-operators.sock", peers=frozenset({os.getuid()}))


@pytest.mark.usefixtures("center")
async def test_the_consoles_log_is_cosigned_published_and_opened(
    ward: Ward, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who signed in stands under the center's co-signature, in an auditor's sight alone; a changed entry shows."""
    published_too(ward)
    auditing = Auditing(ward, tmp_path)
    async with open_house(ward) as house:
        await house.first()
        await ward.go_on_until(lambda: covered(ward))
    await auditing.published()
    capsys.readouterr()
    assert auditing.verify() == 0
    said = capsys.readouterr().out
    assert f"konbini/{ward.code}/console: {auditing.checkpoint('console').size} entries" in said
    assert said.count("co-signed by konbini/center/witness at ") == 3
    for path in auditing.out.glob("log/console/**/*"):
        assert path.is_dir() or FIRST.encode() not in path.read_bytes()
    openings = tmp_path / "openings"
    assert audit(["export", "--config", str(auditing.publishing.config), "--out", str(openings)]) == 0
    assert auditing.verify("--openings", str(openings)) == 0
    (block,) = openings.glob("console/*")
    data = bytearray(block.read_bytes())
    data[data.index(FIRST.encode())] ^= 1
    block.write_bytes(data)
    capsys.readouterr()
    assert auditing.verify("--openings", str(openings)) == 1
    assert f"konbini/{ward.code}/console: not included: entry " in capsys.readouterr().out


@pytest.mark.usefixtures("center")
async def test_a_console_whose_store_was_put_back_says_so_and_is_not_cosigned(ward: Ward) -> None:
    """The center hands back what the log had signed itself; the console records that its log does not hold it."""
    async with open_house(ward) as house:
        await house.first()
        await ward.go_on_until(lambda: covered(ward))
    ward.place.back_up("console")
    async with open_house(ward) as house:
        await house.terminal()
        await ward.go_on_until(lambda: covered(ward))
    ward.place.restore("console")
    async with open_house(ward) as house:
        found = (AuditEvent.CONSOLE_LOG_CONTRADICTED, (), int(Code.LOG_REWRITTEN))
        await ward.go_on_until(lambda: found in house.events())
        await ward.go_on_until(lambda: ward.rows("console", COVERED) != [])
        assert house.events(AuditEvent.CONSOLE_LOG_CONTRADICTED) == [found]


async def test_without_a_center_nothing_is_cosigned_and_everybody_signs_in(ward: Ward) -> None:
    """The log is signed each minute all the same; what waits for the center holds nobody up."""
    async with open_house(ward) as house:
        await house.first()
        await ward.go_on_until(lambda: ward.rows("console", "SELECT 1 FROM log_checkpoint") != [])
        assert ward.rows("console", COVERED) == []


async def test_issuing_carries_no_log_that_it_asks_for_itself_and_nothing_that_is_no_request(ward: Ward) -> None:
    """Else an answer for the registry's log could be taken away; whoever asks again takes the turn of who waits."""
    await ward.go_on_until(lambda: ward.rows("issuing", "SELECT 1 FROM log_checkpoint") != [])
    await ward.pass_time(2 * SIGNING_SECONDS)
    ((note,),) = ward.rows("issuing", "SELECT note FROM log_checkpoint LIMIT 1")
    client = line_to_issuing(ward)
    line = CosignLine(client)
    try:
        for data, code in (
            (CheckpointRequest(old_size=0, proof=(), note=Note.parse(note)).to_bytes(), Code.LOG_UNKNOWN),
            (b"old 0", Code.MALFORMED),
            (bytes(20_000), Code.OVERSIZE),
        ):
            with pytest.raises(Refused) as refusal:
                await line.cosign(data)
            assert refusal.value.code is code
        key = ward.town.keys / "console/log.key"
        origin = ward.town.vkey("console/log.key").name
        text = Checkpoint(origin=origin, size=1, root=bytes(32)).text
        signed = Note(text=text, signatures=(read_note_signer(key, origin, SignatureType.ED25519).sign(text),))
        request = CheckpointRequest(old_size=0, proof=(), note=signed).to_bytes()
        first = asyncio.create_task(line.cosign(request))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(line.cosign(request))
        await eventually(first.done)
        assert first.result() is None
        assert not second.done()
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
    finally:
        await client.close()
