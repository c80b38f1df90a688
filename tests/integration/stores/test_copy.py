"""`konbini ward copy-store`: from either engine to the other, whole or not at all."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.commands.ward import carry_out
from konbini.process.membership import Member, ServerNames
from konbini.process.stores import open_rows
from konbini.protocol.cose import SigningKey
from konbini.protocol.merkle import GrowingRoot, MerkleTree
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.registry import Registry
from konbini.ward_server.residents.rows_store import RowsRegistryStore
from konbini.ward_server.residents.scribe import RecordPen
from tests.places import Place, PostgresPlace, SqlitePlace, address, rows_of
from tests.unit.ward_server.residents.conftest import MUNICIPALITY, NOW, arrival_of, record_of, vault_of

RESIDENTS = 30


async def fill(place: Place, key: SigningKey) -> None:
    """Take some residents in."""
    clock = SettableClock(NOW)
    store = RowsRegistryStore.open(address(place, "registry"), vault_of())
    await store.begin(NOW // 1000, AuditEntry(moment=NOW, event=AuditEvent.REGISTRY_CREATED))
    registry = Registry(store, RecordPen(key, MUNICIPALITY, SeededEntropy(3)), Acknowledging((), clock), clock)
    for number in range(1, RESIDENTS + 1):
        await registry.approve("bando", await registry.enter("aoki", arrival_of(record_of(f"{number:015d}"))))
    await registry.look_up("aoki", f"{1:015d}", "照会")
    await store.close()


async def copied(source: Place, target: Place, name: str = "registry") -> int:
    """Run the command, beside the test's own loop."""
    given = ["copy-store", "--process", name, "--from", source.uri(name), "--to", target.uri(name)]
    return await asyncio.to_thread(carry_out, given)


async def test_a_registry_goes_to_a_server_and_back(
    postgres_place: PostgresPlace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every table is the same on all three, sealed fields open, and the registry goes on where it stood."""
    key = SigningKey.generate()
    one, back = (SqlitePlace(folder=tmp_path / name) for name in ("one", "back"))
    for place in (one, back):
        place.folder.mkdir()
    await fill(one, key)
    assert await copied(one, postgres_place) == 0
    first = capsys.readouterr().out
    assert await copied(postgres_place, back) == 0
    assert capsys.readouterr().out == first
    lines = [line.split() for line in first.splitlines()]
    assert all(there[-2:] == here[-2:] for there, here in zip(lines[::2], lines[1::2], strict=True))
    counts = {line[0]: int(line[2].replace(",", "")) for line in lines[::2]}
    assert counts["record"] == counts["feed"] == RESIDENTS
    assert counts["audit_entry"] > RESIDENTS
    store = RowsRegistryStore.open(address(postgres_place, "registry"), vault_of(9))
    found = await store.read(lambda reading: reading.record(f"{RESIDENTS:015d}"))
    assert found is not None
    await store.close()
    rows = open_rows(address(back, "registry"), files("konbini.ward_server.residents") / "migrations")
    assert await rows.read(log.verify) == counts["audit_entry"]
    await rows.close()


async def test_a_target_that_holds_rows_is_left_as_it_is(
    postgres_place: PostgresPlace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second copy is refused, and changes nothing."""
    one = SqlitePlace(folder=tmp_path)
    await fill(one, SigningKey.generate())
    assert await copied(one, postgres_place) == 0
    before = rows_of(postgres_place, "registry", "SELECT count(*) FROM feed")
    capsys.readouterr()
    assert await copied(one, postgres_place) == 1
    assert "is not empty" in capsys.readouterr().err
    assert rows_of(postgres_place, "registry", "SELECT count(*) FROM feed") == before


async def test_a_difference_leaves_nothing(
    postgres_place: PostgresPlace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server that changes what it is given is found out: the roots differ, and nothing stays."""
    one = SqlitePlace(folder=tmp_path)
    await fill(one, SigningKey.generate())
    await open_rows(address(postgres_place, "registry"), files("konbini.ward_server.residents") / "migrations").close()
    postgres_place.write(
        "registry",
        "CREATE FUNCTION lies() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF NEW.position = 7 THEN NEW.commitment = decode(repeat('00', 32), 'hex'); END IF;"
        " RETURN NEW; END $$",
    )
    postgres_place.write(
        "registry", "CREATE TRIGGER a BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION lies()"
    )
    assert await copied(one, postgres_place) == 1
    said = capsys.readouterr()
    assert "DIFFERENT" in said.out
    assert "audit_entry: what was read back is not what was read" in said.err
    for table in ("feed", "record", "audit_entry", "data_key"):
        assert rows_of(postgres_place, "registry", f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608 - tables of this test


async def test_another_processs_store_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The clerk's rows are no registry's; neither is a file that is in use."""
    one, other = (SqlitePlace(folder=tmp_path / name) for name in ("one", "other"))
    for place in (one, other):
        place.folder.mkdir()
    await open_rows(address(one, "registry"), files("konbini.ward_server.clerk") / "migrations").close()
    assert await copied(one, other) == 2
    assert "differ" in capsys.readouterr().err
    used = open_rows(address(other, "clerk"), files("konbini.ward_server.clerk") / "migrations")
    assert await copied(other, one, "clerk") == 2
    await used.close()


async def test_numbers_that_the_server_gives_go_on(postgres_place: PostgresPlace, tmp_path: Path) -> None:
    """A case that is opened after the copy has the next number."""
    one = SqlitePlace(folder=tmp_path)
    migrations = files("konbini.ward_server.issuing") / "migrations"
    await open_rows(address(one, "issuing"), migrations).close()
    insert = (
        "INSERT INTO ward_case (kind, visit, ordinal, since, kiosk, log_index, about, operator, code, times, finding)"
        " SELECT 'K', digest, {n}, 1, 'K-0001', 1, '', '', 0, 1, '' FROM applied_migration WHERE number = 1"
    )
    for number in range(1, 4):
        one.write("issuing", insert.format(n=number))
    assert await copied(one, postgres_place, "issuing") == 0
    postgres_place.write("issuing", insert.format(n=9))
    found = rows_of(postgres_place, "issuing", "SELECT number FROM ward_case WHERE number > 0 ORDER BY number")
    assert found == [(1,), (2,), (3,), (4,)]


async def test_who_has_a_store_open_is_not_copied(
    postgres_place: PostgresPlace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Members are of the store that is left; a start at the new one has an epoch that no copied row has."""
    one, who = SqlitePlace(folder=tmp_path), Member.of(ServerNames(), [b"settings"])
    migrations = files("konbini.ward_server.issuing") / "migrations"
    before = open_rows(address(one, "issuing"), migrations, member=who)
    await before.close()
    assert await copied(one, postgres_place, "issuing") == 0
    assert "member" not in capsys.readouterr().out.split()
    assert rows_of(postgres_place, "issuing", "SELECT count(*) FROM member") == [(0,)]
    after = open_rows(address(postgres_place, "issuing"), migrations, member=who)
    assert after.epoch > before.epoch > 0
    await after.close()


def test_a_root_that_grows_is_the_trees() -> None:
    """For every count of leaves; of none it is the hash of nothing (RFC 6962, 2.1)."""
    grown = GrowingRoot()
    assert grown.root.hex().startswith("e3b0c44298fc1c14")
    leaves = [bytes([n]) for n in range(70)]
    for count, leaf in enumerate(leaves, start=1):
        grown.add(leaf)
        assert grown.root == MerkleTree(leaves[:count]).root
        assert grown.size == count


def test_a_file_that_is_no_store_is_said_to_be_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And an address that is none."""
    (tmp_path / "x.db").write_bytes(b"a letter to somebody, not a database" * 40)
    given = ["copy-store", "--process", "clerk", "--from", f"sqlite:{tmp_path}/x.db", "--to", f"sqlite:{tmp_path}/y.db"]
    assert carry_out(given) == 2
    assert carry_out([*given[:4], "nowhere", *given[5:]]) == 2
    assert "nothing was copied" in capsys.readouterr().err
