"""Checkpoints with time-stamps of a third party: certomancer's service gives them, openssl and our verifier judge."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from konbini.issuance_center.config import read_config
from konbini.issuance_center.main import serve
from konbini.process.tasks import StandingTasks
from konbini.simulation.entropy import SeededEntropy
from tests.integration.pdf.services import Infrastructure, Served, make_infrastructure
from tests.integration.ward_server.console.house import open_house
from tests.integration.ward_server.publishing.test_logs import Auditing, printed
from tests.integration.ward_server.ward import NOON, Ward

STAMPED = "SELECT origin, size FROM stamped_checkpoint WHERE length(stamp) > 0 ORDER BY origin"
COSIGNED = "SELECT 1 FROM log_checkpoint WHERE cosigned = 1"
OWED = "SELECT origin FROM stamped_checkpoint WHERE length(stamp) = 0"


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Infrastructure, Served]]:
    """Serve time-stamps, at the noon at which the ward's clock begins."""
    folder = tmp_path_factory.mktemp("time")
    running = make_infrastructure(folder, {"P-256": ec.generate_private_key(ec.SECP256R1())}, at=NOON)
    running.start()
    yield running, running.served("P-256", folder)
    running.close()


class Stamped:
    """A ward and a center that are told of a time-stamp service, and whoever checks what is published."""

    def __init__(self, ward: Ward, served: Served, folder: Path) -> None:
        self.ward = ward
        self.served = served
        self.folder = folder
        self.auditing = Auditing(ward, folder)
        self.authority = self.pem("time", served.stamps_authority)
        self.strangers = self.pem("papers", served.authority)
        self.ending = AsyncExitStack()

    def pem(self, name: str, der: bytes) -> Path:
        """Write an authority's certificate."""
        path = self.folder / f"{name}.pem"
        path.write_bytes(x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM))
        return path

    def tell(self, process: str, service: str = "stamps", url: str = "") -> None:
        """Write the service into a configuration."""
        path = self.ward.town.configs / f"{process}.toml"
        text = path.read_text("utf-8").partition("[time_stamps]")[0]
        text += f'[time_stamps]\nurl = "{url or self.served.stamps(service)}"\nauthorities = ["{self.authority}"]\n'
        path.write_text(text, "utf-8")

    async def tell_issuing(self, service: str = "stamps", url: str = "") -> None:
        """Start `issuing` with it."""
        await self.ward.stop("issuing")
        self.tell("issuing", service, url)
        await self.ward.start("issuing")
        await self.ward.caught_up()

    async def center(self) -> None:
        """Run the center."""
        config = read_config(self.ward.town.configs / "center.toml")
        await self.ending.enter_async_context(serve(config, self.ward.clock, SeededEntropy(7), StandingTasks()))

    async def stamped(self, *logs: str) -> None:
        """Wait until each of these logs has a time-stamp."""
        origins = {f"konbini/{self.ward.code}/{log}" for log in logs}
        await self.ward.go_on_until(lambda: origins <= {origin for origin, _size in self.ward.rows("issuing", STAMPED)})

    def files(self, log: str) -> tuple[Path, Path]:
        """Give the published checkpoint that was stamped first, and its time-stamp."""
        note = min(self.auditing.out.glob(f"log/{log}/stamped/*[0-9]"))
        return note, note.with_name(f"{note.name}.tst")

    def verify(self, authority: Path | None = None) -> int:
        """Check what is published, with time-stamps."""
        return self.auditing.verify("--time-stamps-under", str(authority or self.authority))

    def openssl(self, note: Path, stamp: Path, authority: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Let openssl judge, at the time of the time-stamp."""
        command = ["openssl", "ts", "-verify", "-data", str(note), "-in", str(stamp), "-token_in"]
        command += ["-CAfile", str(authority or self.authority), "-attime", str(int(NOON.timestamp()))]
        return subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603 - the test's own files


@pytest.fixture
async def stamping(ward: Ward, services: tuple[Infrastructure, Served], tmp_path: Path) -> AsyncIterator[Stamped]:
    """Nobody is told of the service yet."""
    made = Stamped(ward, services[1], tmp_path)
    yield made
    await made.ending.aclose()


async def test_each_log_of_the_ward_is_stamped_published_and_judged_by_others(
    ward: Ward, stamping: Stamped, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also those of processes without a network; openssl takes each, and refuses it over anything else."""
    await stamping.tell_issuing()
    path = stamping.auditing.publishing.config
    path.write_text(
        path.read_text("utf-8").replace("[stores]\n", f'[stores]\nconsole = "{ward.place.uri("console")}"\n'), "utf-8"
    )
    await stamping.center()
    # The console asks for its log once the link is up: it waits seconds for an answer, in which this clock goes on.
    await ward.go_on_until(lambda: ward.rows("issuing", COSIGNED) != [])
    async with open_house(ward) as house:
        await house.first()
        await printed(ward)
        await stamping.stamped("issuing", "clerk", "console")
        await ward.go_on_until(lambda: ward.rows("console", COSIGNED) != [])
        await stamping.auditing.published()
    for log in ("issuing", "clerk", "console"):
        note, stamp = stamping.files(log)
        good = stamping.openssl(note, stamp)
        assert (good.returncode, "Verification: OK" in good.stdout + good.stderr) == (0, True), good.stderr
        assert stamping.openssl(note, stamp, stamping.strangers).returncode != 0
        assert stamping.openssl(path, stamp).returncode != 0
    capsys.readouterr()
    assert stamping.verify() == 0
    said = capsys.readouterr().out
    assert said.count(" of them time-stamped at 2026-11-20 12:0") == 3
    assert ", 0 of them" not in said
    assert stamping.auditing.verify() == 0
    assert "time-stamped" not in capsys.readouterr().out
    assert stamping.auditing.publishing.publish() == 0
    assert stamping.verify() == 0


async def test_what_is_wrong_with_a_time_stamp_is_found_and_named(
    ward: Ward, stamping: Stamped, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other bytes, another's, none of its kind, missing, of a log that has none, of nobody who is pinned."""
    await stamping.tell_issuing()
    await stamping.center()
    await printed(ward)
    await stamping.stamped("issuing", "clerk")
    await stamping.auditing.published()

    def found(authority: Path | None = None) -> str:
        capsys.readouterr()
        assert stamping.verify(authority) == 1
        return capsys.readouterr().out

    issuing, clerk = f"konbini/{ward.code}/issuing: time-stamp: ", f"konbini/{ward.code}/clerk: time-stamp: "
    assert f"{issuing}stamped/" in found(stamping.strangers)
    assert "not under a pinned authority of time-stamps" in found(stamping.strangers)
    note, stamp = stamping.files("issuing")
    other_note, other = stamping.files("clerk")
    kept, kept_note = stamp.read_bytes(), note.read_bytes()
    stamp.write_bytes(other.read_bytes())
    assert f"{issuing}stamped/{note.name}: of other bytes, or changed" in found()
    stamp.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    assert f"{issuing}stamped/{note.name}: " in found()
    for data in (b"", b"noise", kept[: len(kept) // 2]):
        stamp.write_bytes(data)
        assert f"{issuing}stamped/{note.name}: no time-stamp: " in found()
    stamp.write_bytes(bytes(20_000))
    assert f"{issuing}{stamp.name}" in found()
    stamp.unlink()
    assert f"{issuing}{stamp.name}" in found()
    stamp.write_bytes(other.read_bytes())
    note.write_bytes(other_note.read_bytes())
    assert f"{issuing}stamped/{note.name}: a checkpoint of konbini/{ward.code}/clerk" in found()
    note.write_bytes(kept_note)
    stamp.write_bytes(kept)
    assert stamping.verify() == 0
    for path in (other, other_note):
        path.unlink()
    assert f"{clerk}no checkpoint has one" in found()


async def test_a_service_that_is_silent_or_anothers_holds_nothing_up(ward: Ward, stamping: Stamped) -> None:
    """Papers are issued, logs co-signed; what is owed is counted, and given once an honest service answers."""
    await stamping.tell_issuing(url="http://127.0.0.1:1/tsa")
    await stamping.center()
    await printed(ward)
    await stamping.auditing.published()
    assert ward.rows("issuing", STAMPED) == []
    owed = {origin for (origin,) in ward.rows("issuing", OWED)}
    assert f"konbini/{ward.code}/issuing" in owed
    await stamping.tell_issuing("stamps-of-strangers")
    await ward.pass_time(60)
    assert ward.rows("issuing", STAMPED) == []
    await stamping.tell_issuing()
    await stamping.stamped("issuing", "clerk")
    assert ward.rows("issuing", OWED) == []
    assert stamping.auditing.publishing.publish() == 0
    assert stamping.verify() == 0


async def test_the_center_has_its_own_log_stamped(ward: Ward, stamping: Stamped, tmp_path: Path) -> None:
    """Beside its checkpoint, in its own rows; with the ward's co-signature once there is one."""
    stamping.tell("center")
    await stamping.center()
    ledger = ward.town.data / "ledger.db"

    def stamped() -> list[tuple[str, bytes]]:
        return stamping_rows(ledger)

    await printed(ward)
    await ward.go_on_until(lambda: stamped() != [])
    await stamping.ending.aclose()
    (text, stamp), *_ = stamped()
    note, token = tmp_path / "note", tmp_path / "note.tst"
    note.write_text(text, "utf-8")
    token.write_bytes(stamp)
    assert text.startswith("konbini/center\n")
    assert stamping.openssl(note, token).returncode == 0


def stamping_rows(ledger: Path) -> list[tuple[str, bytes]]:
    """Read the center's time-stamps beside it."""
    with closing(sqlite3.connect(ledger)) as connection:
        return connection.execute(
            "SELECT note, stamp FROM stamped_checkpoint WHERE length(stamp) > 0 ORDER BY size"
        ).fetchall()
