"""`konbini ward import` as it is typed: bad rows by their lines, killed in the middle, and followed afterwards."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from functools import partial
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.commands.ward import carry_out
from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.process.sqlite.rows import SqliteRows
from konbini.protocol.cose import SigningKey, VerifyingKey
from konbini.simulation.town.listing import write_csv
from konbini.simulation.town.numbers import individual_number, resident_code
from konbini.ward_server.clerk.index import Index
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.issuing.copy import ResidentCopy
from konbini.ward_server.residents.changes import Restriction
from konbini.ward_server.residents.config import RegistryConfig
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.main import open_registry
from konbini.ward_server.residents.store import RegistryReading
from konbini.ward_server.residents.town import TownCard, TownRow
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.sealing import KeyEncryptionKeys, Sealer
from tests.records import written

ROOT = Path(__file__).parents[4]
TODAY = 20261120
_A_PART_SECONDS = 1.0
"""Of CPU: starting a pool of two takes a third of it, the rows below three times as much."""


def card_of(place: int) -> CardSerial:
    """Make a resident's card."""
    return CardSerial(issuer_key_id=bytes(20), serial=place.to_bytes(4))


def rows_of(count: int) -> Iterator[TownRow]:
    """Make a town of people who live alone, every hundredth under a measure."""
    for place in range(count):
        yield TownRow(
            record=written(f"1{place:09d}", resident_code=resident_code(place)),
            individual_number=individual_number(place),
            cards=(TownCard(card=card_of(place), counts_from=20200401),),
            measures=(Restriction(name=f"S-{place}", planned_end=None),) if place % 100 == 0 else (),
        )


def typed(folder: Path, *more: str) -> list[str]:
    """Give the command's arguments."""
    people = ("--entered-by", "aoki", "--approved-by", "bando", "--source", "移行データ")
    return ["import", str(folder / "list.csv"), "--config", str(folder / "registry.toml"), *people, *more]


def kept(folder: Path) -> dict[str, int]:
    """Count what the registry's file holds of a town."""
    with closing(sqlite3.connect(folder / "registry.db")) as file:
        tables = (
            "data_key",
            "record",
            "card_link",
            "restriction",
            "individual_number",
            "given_number",
            "feed",
            "feed_block",
            "change",
        )
        return {name: file.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}  # noqa: S608 - above


def test_a_thousand_bad_rows_are_a_thousand_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each by its own line of the file, and nothing is kept."""
    write_csv(folder / "list.csv", rows_of(1500))
    lines = (folder / "list.csv").read_text(encoding="utf-8").splitlines()
    bad = range(2, 1002)
    for line in bad:
        lines[line - 1] = lines[line - 1].replace("19850403", "19851303", 1)
    (folder / "list.csv").write_text("\n".join(lines), encoding="utf-8")
    assert carry_out(typed(folder, "--processes", "2")) == 1
    out, err = capsys.readouterr()
    named = [int(match) for match in re.findall(r"^line (\d+): CHANGE_INVALID .*birth", out, re.MULTILINE)]
    assert sorted(named) == list(bad)
    assert len(out.splitlines()) == 1000
    assert "1000 bad rows" in err
    assert set(kept(folder).values()) == {0}


def test_good_rows_alone_are_taken_where_both_ask_for_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was left out stands on the lines, each with its reason, and is counted; by default nothing is taken."""
    write_csv(folder / "list.csv", rows_of(1200))
    lines = (folder / "list.csv").read_text(encoding="utf-8").splitlines()
    for line in (3, 900):
        lines[line - 1] = lines[line - 1].replace("19850403", "19851303", 1)
    (folder / "list.csv").write_text("\n".join([*lines, "quite another row"]), encoding="utf-8")
    assert carry_out(typed(folder, "--processes", "2")) == 1
    assert set(kept(folder).values()) == {0}
    refused = capsys.readouterr().out.splitlines()
    assert carry_out(typed(folder, "--processes", "2", "--accept-good-rows")) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line for line in told if line.startswith("line ")] == refused
    assert [line.split(":")[0] for line in refused] == ["line 3", "line 900", "line 1202"]
    assert "1198 residents taken over, 3 rows left out, SHA-256 " in "\n".join(told)
    assert kept(folder)["record"] == 1198


def test_another_file_than_the_one_approved_or_one_person_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is read."""
    write_csv(folder / "list.csv", rows_of(3))
    assert carry_out(typed(folder, "--sha256", "0" * 64, "--processes", "0")) == 1
    assert carry_out([*typed(folder, "--processes", "0"), "--approved-by", "aoki"]) == 1
    assert capsys.readouterr().err.count("refused: ") == 2
    assert carry_out(typed(folder, "--processes", "0")) == 0
    assert capsys.readouterr().out.startswith("3 residents taken over, SHA-256 ")


def children_of(pid: int) -> set[int]:
    """Give the processes that a process has started and that live."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def alive(pids: set[int]) -> set[int]:
    """Give those that live."""
    return {pid for pid in pids if Path(f"/proc/{pid}").exists()}


def cpu_seconds(pid: int) -> float:
    """Give the processors' time of a process (proc(5): utime, stime); none where it has ended meanwhile."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pool_at_work(process: subprocess.Popen[bytes]) -> set[int]:
    """Wait until an import's pool has prepared a part of the rows, by its own processors' time; gives the pool."""
    while True:
        assert process.poll() is None, "it ended before it was in the middle"
        pool = children_of(process.pid)
        if len(pool) >= 2 and sum(map(cpu_seconds, pool)) > _A_PART_SECONDS:
            return pool
        time.sleep(0.01)


def test_killed_in_the_middle_it_leaves_nothing(folder: Path) -> None:
    """Neither a row nor a process; the next import takes the whole town over."""
    write_csv(folder / "list.csv", rows_of(6000))
    script = "import sys; from konbini.commands.main import main; sys.exit(main(sys.argv[1:]))"
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", script, "ward", *typed(folder, "--processes", "2")],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        pool = pool_at_work(process)
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    for _ in range(400):
        if not alive(pool):
            break
        time.sleep(0.05)
    assert not alive(pool)
    assert set(kept(folder).values()) == {0}
    (folder / "list.csv").unlink()
    write_csv(folder / "list.csv", rows_of(50))
    assert carry_out(typed(folder, "--processes", "0")) == 0
    assert kept(folder)["record"] == 50


@asynccontextmanager
async def followers(folder: Path, key: VerifyingKey) -> AsyncIterator[tuple[ResidentCopy, Index]]:
    """Open the issuing copy and the clerk's index."""
    lookup = KeyedHash(bytes(32))
    copies = [
        SqliteRows.open(folder / f"{name}.db", files(f"konbini.ward_server.{name}") / "migrations")
        for name in ("issuing", "clerk")
    ]
    feed = FeedRows("131997", key, lookup)
    sealer = Sealer(KeyEncryptionKeys((bytes(32),)), "131997", SystemEntropy())
    try:
        yield (
            ResidentCopy(copies[0], feed, sealer=sealer, record_key=key, municipality="131997"),
            Index(copies[1], feed),
        )
    finally:
        for rows in copies:
            await rows.close()


def _blocks_beyond(reading: RegistryReading, number: int) -> Sequence[bytes]:
    return reading.feed_after(number, 600)


async def test_followers_apply_a_town(folder: Path, config: RegistryConfig, record_key: SigningKey) -> None:
    """Each resident's signed record, card and measure, at both; what the registry gives again changes nothing."""
    write_csv(folder / "list.csv", rows_of(700))
    assert await asyncio.to_thread(carry_out, typed(folder, "--processes", "1")) == 0
    async with (
        open_registry(config, SystemClock(), SystemEntropy()) as rooms,
        followers(folder, record_key.verifying) as (copy, index),
    ):
        end = (await rooms.store.read(lambda reading: reading.position())).number
        assert end == 700 + 700 + 7
        for follower in (copy, index):
            number = 0
            while number < end:
                blocks = await rooms.store.read(partial(_blocks_beyond, number=number))
                number = (await follower.apply(blocks)).number
                assert (await follower.apply(blocks)).number == number
            assert await follower.holder(card_of(321), TODAY) == "1000000321"
        (person,) = await copy.household_of("1000000321")
        assert person.signed.record.name == written("1").name
        assert (await index.person("1000000321")).record_hash == person.signed.digest
        assert [(await index.person(f"1000000{place}")).barred for place in (300, 321)] == [True, False]
