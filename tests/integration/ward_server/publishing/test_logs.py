"""A ward issues, the real center co-signs, somebody publishes, and a receipt's code finds that visit alone."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from konbini.commands.audit import audit
from konbini.issuance_center.config import read_config
from konbini.issuance_center.main import serve
from konbini.process.tasks import StandingTasks
from konbini.protocol.receipt_code import ReceiptCode
from konbini.protocol.tlog.checkpoints import Checkpoint
from konbini.protocol.tlog.notes import Note
from konbini.simulation.entropy import SeededEntropy
from tests.integration.ward_server.kiosk import Visit
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.publishing.test_publishing import Publishing, issued
from tests.integration.ward_server.ward import Ward

NAME = "葛\U000e0102城"


@pytest.fixture
async def center(ward: Ward) -> AsyncIterator[None]:
    """Run the center that the ward's configuration names."""
    async with serve(read_config(ward.town.configs / "center.toml"), ward.clock, SeededEntropy(7), StandingTasks()):
        yield


class Auditing:
    """Whoever checks a published folder."""

    def __init__(self, ward: Ward, folder: Path) -> None:
        self.ward = ward
        self.publishing = Publishing(ward, folder)
        self.out = self.publishing.out

    async def published(self) -> None:
        """Wait until everything that stands in the logs is co-signed, and publish."""
        await self.ward.go_on_until(lambda: all(map(self._covered, ("issuing", "clerk"))))
        assert self.publishing.publish() == 0

    def verify(self, *words: str) -> int:
        """Type the command."""
        return audit(["verify", str(self.out), "--policy", str(self.ward.town.public / "logs.policy"), *words])

    def checkpoint(self, name: str) -> Checkpoint:
        """Give a published checkpoint."""
        return Checkpoint.of(Note.from_bytes((self.out / "log" / name / "checkpoint").read_bytes()))

    def _covered(self, process: str) -> bool:
        ((size,),) = self.ward.rows(process, "SELECT count(*) FROM audit_entry")
        return self.ward.rows(process, "SELECT size FROM log_checkpoint WHERE cosigned = 1") == [(size,)]


@pytest.fixture
def auditing(ward: Ward, tmp_path: Path) -> Auditing:
    """Nothing published yet."""
    return Auditing(ward, tmp_path)


async def printed(ward: Ward, who: str = HEAD) -> tuple[Visit, str]:
    """Have one paper issued and printed; give its number too."""
    visit, told = await issued(ward, who)
    await visit.printed(told)
    return visit, told.given_document.number


def code_of(visit: Visit) -> str:
    """Compute the code that the kiosk shows."""
    return str(ReceiptCode.of(visit.v, visit.keys))


@pytest.mark.usefixtures("center")
async def test_a_code_finds_its_own_visit_and_nothing_else(
    ward: Ward, auditing: Auditing, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every entry of that visit, of both logs, each proved to be in the co-signed tree; nothing of another visit."""
    mine, number = await printed(ward)
    other, others_number = await printed(ward, ALONE)
    await auditing.published()
    capsys.readouterr()
    assert auditing.verify("--code", code_of(mine)) == 0
    said = capsys.readouterr().out
    for process in ("issuing", "clerk"):
        assert f"konbini/{ward.code}/{process}: {auditing.checkpoint(process).size} entries" in said
    assert said.count("co-signed by konbini/center/witness at ") == 2
    events = [line.split()[4] for line in said.splitlines() if line.startswith("  ")]
    assert events == [
        *("CERTIFYING", "CERTIFIED", "SEALING", "SEALED"),
        *("VISIT_OPENED", "ORDER_SEALING", "ORDER_SEALED", "RECEIPT_TAKEN"),
    ]
    assert number in said
    assert others_number not in said
    assert auditing.verify("--code", code_of(other)) == 0
    assert others_number in capsys.readouterr().out
    assert auditing.verify("--code", "0" * 30) == 1
    assert "visits: not included: no file of this code" in capsys.readouterr().out
    assert auditing.verify("--code", "12345") == 2


@pytest.mark.usefixtures("center")
async def test_what_is_published_names_nobody(ward: Ward, auditing: Auditing) -> None:
    """No name, number, kiosk or visit stands in any file; a visit's file has a set size, and its name says nothing."""
    visit, number = await printed(ward)
    await printed(ward, ALONE)
    await auditing.published()
    files = [path for folder in ("log", "visits", "witness") for path in auditing.out.glob(f"{folder}/**/*")]
    data = b"".join(path.read_bytes() for path in files if path.is_file())
    for secret in (NAME.encode(), number.encode(), b"K-0001", visit.v, visit.visit_id, code_of(visit).encode()):
        assert secret not in data
    visits = sorted(auditing.out.glob("visits/*/*"))
    assert len(visits) == 2
    assert len({path.stat().st_size for path in visits}) == 1
    assert {path.parent.name for path in visits} == {"20261120"}


@pytest.mark.usefixtures("center")
async def test_what_was_tampered_with_is_found_in_a_real_folder(
    ward: Ward, auditing: Auditing, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A visit's file, a tile, a checkpoint put back; an honest second publication goes on from the first."""
    visit, _ = await printed(ward)
    await auditing.published()
    shutil.copytree(auditing.out, tmp_path / "before")
    await printed(ward, ALONE)
    await auditing.published()
    before = ("--before", str(tmp_path / "before"))
    assert auditing.verify(*before, "--code", code_of(visit)) == 0
    (file,) = auditing.out.glob(f"visits/*/{ReceiptCode.of(visit.v, visit.keys).locator}")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    capsys.readouterr()
    assert auditing.verify("--code", code_of(visit)) == 1
    assert "visits: changed: the file is not this visit's, or was changed" in capsys.readouterr().out
    file.write_bytes(whole)
    newest = auditing.checkpoint("issuing").size
    for name in ("checkpoint", f"checkpoints/{newest}"):
        (auditing.out / "log" / "issuing" / name).unlink()
    shutil.copy(tmp_path / "before/log/issuing/checkpoint", auditing.out / "log/issuing/checkpoint")
    with_newer = tmp_path / "newest"
    shutil.copytree(tmp_path / "before", with_newer)
    assert auditing.publishing.publish() == 0
    shutil.copy(auditing.out / "log/issuing/checkpoint", tmp_path / "kept")
    auditing.out = with_newer
    capsys.readouterr()
    assert auditing.verify("--checkpoint", str(tmp_path / "kept")) == 1
    assert f"rolled back: {auditing.checkpoint('issuing').size} entries, and {newest}" in capsys.readouterr().out


@pytest.mark.usefixtures("center")
async def test_an_auditor_reads_every_entry_and_finds_a_number(
    ward: Ward, auditing: Auditing, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What is exported for them opens every leaf; a number that no entry names is said so; a changed one is found."""
    _, number = await printed(ward)
    await auditing.published()
    openings = tmp_path / "openings"
    exported = audit(["export", "--config", str(auditing.publishing.config), "--out", str(openings)])
    assert exported == 0
    capsys.readouterr()
    assert auditing.verify("--openings", str(openings), "--number", number) == 0
    said = capsys.readouterr().out
    assert said.count(number) == 7
    assert "ORDER_SEALED" in said
    assert auditing.verify("--openings", str(openings), "--number", "131997-261120-10000099-9") == 1
    assert "openings: not included: no entry names the number" in capsys.readouterr().out
    (block,) = openings.glob("issuing/*")
    data = bytearray(block.read_bytes())
    place = data.index(number.encode())
    data[place] ^= 1
    block.write_bytes(data)
    assert auditing.verify("--openings", str(openings)) == 1
    assert ": not included: entry " in capsys.readouterr().out


async def test_a_restored_log_is_published_under_another_name(
    ward: Ward, auditing: Auditing, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two persons who say that it was restored do not make one log of two; the old one stays published as it ended."""
    publishing, folder = auditing.publishing, auditing.out / "log"
    await ward.back_up("issuing")
    await ward.caught_up()
    await printed(ward)
    ((grown,),) = ward.rows("issuing", "SELECT count(*) FROM audit_entry")
    signed = f"SELECT 1 FROM log_checkpoint WHERE size >= {grown}"  # noqa: S608 - a count
    await ward.go_on_until(lambda: ward.rows("issuing", signed) != [])
    assert publishing.publish() == 0
    ended = auditing.checkpoint("issuing")
    await ward.pass_time(6)
    await ward.restore("issuing")
    await ward.decide("issuing", "restored")
    await ward.mended("issuing")
    publishing.restored("issuing")
    capsys.readouterr()
    assert publishing.publish() == 1
    assert f"{ended.origin} does not hold its checkpoint of {ended.size} entries" in capsys.readouterr().err
    await ward.stop("issuing")
    config = ward.town.configs / "issuing.toml"
    text = config.read_text("utf-8")
    config.write_text(text.replace(f'origin = "{ended.origin}"', f'origin = "{ended.origin}-2"'), "utf-8")
    await ward.start("issuing")
    await ward.caught_up()
    named = f"SELECT 1 FROM log_checkpoint WHERE origin = '{ended.origin}-2'"  # noqa: S608 - a name of this test's town
    await ward.go_on_until(lambda: ward.rows("issuing", named) != [])
    assert publishing.publish() == 0
    assert sorted(path.name for path in folder.iterdir()) == ["clerk", "issuing", "issuing-2"]
    assert auditing.checkpoint("issuing") == ended
    assert auditing.checkpoint("issuing-2").origin == f"{ended.origin}-2"
