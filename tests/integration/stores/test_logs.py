"""A log in rows, its checkpoints and its witness, on both engines: each thing that somebody could do to it is found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from pathlib import Path
from zlib import crc32

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymerkle import InmemoryTree

from konbini.process.log_config import LogConfig, WitnessConfig, read_note_signer
from konbini.process.log_keeping import CheckpointKeeper, LogOwner, checkpoint_to_publish, newest_checkpoint
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.process.stores import open_rows
from konbini.process.tree_rows import append_entry, commitments, tree_of, verify_tree
from konbini.process.witnessing import Contradiction, Witness
from konbini.protocol.errors import Code, Refused
from konbini.protocol.merkle import check_consistency
from konbini.protocol.tlog.checkpoints import Checkpoint, CheckpointRequest
from konbini.protocol.tlog.notes import Note, NoteKey, SignatureType
from konbini.protocol.witnessing import Cosigned
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from tests.places import Place, address

ORIGIN = "konbini/131997/issuing"
WITNESS = "konbini/center/witness"
NOW = 1_795_000_000_000
MIGRATIONS = files("konbini.ward_server.issuing") / "migrations"


def key_file(folder: Path, name: str) -> Path:
    """Write a key."""
    path = folder / f"{name}.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(
            Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    return path


def vkey(folder: Path, name: str, origin: str = ORIGIN) -> NoteKey:
    """Give the public half of a log's key, or of a witness's."""
    kind = SignatureType.COSIGNATURE if origin.endswith("witness") else SignatureType.ED25519
    return read_note_signer(key_file(folder, name), origin, kind).key


@dataclass
class Log:
    """A process's log, open, and what its process was told."""

    rows: Rows
    keeper: CheckpointKeeper
    told: list[Checkpoint] = field(default_factory=list)

    async def grow(self, entries: int, what: bytes = b"entry") -> None:
        """Add entries."""

        def change(connection: Connection) -> None:
            for number in range(entries):
                append_entry(connection, b"%s %d" % (what, number))

        await self.rows.write(change)

    async def newest(self) -> Checkpoint | None:
        """Give the newest checkpoint in the rows."""
        found = await self.rows.read(lambda connection: newest_checkpoint(connection, self.keeper.origin))
        return None if found is None else Checkpoint.of(found)

    async def shown(self) -> Note:
        """Give the checkpoint that is published."""
        found = await self.rows.read(checkpoint_to_publish)
        assert found is not None
        return found

    async def requested(self, old_size: int = 0) -> bytes:
        """Sign, and give what a witness is asked with."""
        await self.keeper.sign()
        request = await self.keeper.request(old_size)
        assert request is not None
        return request.to_bytes()


@dataclass
class Witnessing:
    """A witness, open, and what it found."""

    rows: Rows
    witness: Witness
    found: list[Contradiction] = field(default_factory=list)

    async def evidence(self) -> list[CheckpointRequest]:
        """Give the refused checkpoints that it keeps."""
        query = "SELECT request FROM refused_checkpoint ORDER BY moment"
        rows = await self.rows.read(lambda connection: connection.execute(query).fetchall())
        return [CheckpointRequest.from_bytes(bytes(data)) for (data,) in rows]


@dataclass
class House:
    """What opens logs and witnesses in a place."""

    place: Place
    folder: Path
    ending: AsyncExitStack
    clock: SettableClock

    async def log(self, name: str = "one", *, key: str = "log", origin: str = ORIGIN, may_sign: bool = True) -> Log:
        """Open a log."""
        rows = open_rows(address(self.place, name), MIGRATIONS, entropy=SeededEntropy(crc32(name.encode())))
        self.ending.push_async_callback(rows.close)
        told: list[Checkpoint] = []
        owner = LogOwner(
            may_sign=lambda _connection: may_sign and not told,
            rewritten=lambda _connection, seen, _now: told.append(seen),
        )
        witnesses = (vkey(self.folder, "witness", WITNESS),)
        config = LogConfig(origin=origin, key=key_file(self.folder, key), witnesses=witnesses)
        return Log(rows, CheckpointKeeper(config, rows, owner, self.clock), told)

    async def witness(self, name: str = "seen", *, key: str = "witness") -> Witnessing:
        """Open a witness of that log."""
        rows = open_rows(address(self.place, name), MIGRATIONS)
        self.ending.push_async_callback(rows.close)
        found: list[Contradiction] = []
        config = WitnessConfig(name=WITNESS, key=key_file(self.folder, key), logs=(vkey(self.folder, "log"),))
        return Witnessing(rows, Witness(config, rows, lambda _connection, one: found.append(one), self.clock), found)


@pytest.fixture
async def house(place: Place, tmp_path: Path) -> AsyncIterator[House]:
    """Nothing open yet."""
    async with AsyncExitStack() as ending:
        yield House(place, tmp_path, ending, SettableClock(NOW))


async def test_the_tree_in_rows_is_another_hands_too(house: House) -> None:
    """Through two levels of tiles, pymerkle has the same root at every size that we look at."""
    log = await house.log()
    other = InmemoryTree(algorithm="sha256")
    for entries in (1, 254, 1, 1, 300):
        await log.grow(entries)
        size, root = await log.rows.read(verify_tree)
        new = await log.rows.read(partial(commitments, first=other.get_size(), last=size - 1))
        for leaf in new:
            other.append_entry(leaf)
        assert (size, root) == (other.get_size(), other.get_root())
        assert await log.rows.read(lambda connection: tree_of(connection).root) == root


async def test_a_checkpoint_is_signed_as_the_log_grows_and_is_cosigned(house: House) -> None:
    """Signed where the log has grown, co-signed with the proof from the last one, at the witness's time."""
    log, seen = await house.log(), await house.witness()
    await log.grow(300)
    first = await seen.witness.add(await log.requested())
    assert (first.code, first.size) == (0, 300)
    assert await log.keeper.take(first) is False
    house.clock.set_wall(NOW + 60_000)
    await log.grow(40)
    await log.keeper.sign()
    assert await log.newest() != Checkpoint.of(await log.shown())
    second = await seen.witness.add(await log.requested(300))
    assert (second.code, second.size) == (0, 340)
    await log.keeper.take(second)
    log_key, witness_key = vkey(house.folder, "log"), vkey(house.folder, "witness", WITNESS)
    assert (await log.shown()).times((log_key, witness_key)) == {log_key: 0, witness_key: NOW // 1000 + 60}
    old, new = await log.rows.read(lambda connection: (tree_of(connection, 300), tree_of(connection, 340)))
    proof = await log.rows.read(lambda connection: tree_of(connection, 340).consistency(300))
    roots = await log.rows.read(lambda connection: (tree_of(connection, 300).root, tree_of(connection, 340).root))
    assert (old.size, new.size) == (300, 340)
    check_consistency(300, roots[0], 340, roots[1], proof)
    assert (log.told, seen.found) == ([], [])


async def test_a_witness_that_knows_more_is_asked_from_there(house: House) -> None:
    """Whoever has forgotten what was co-signed is told, and its own last checkpoint holds: it asks again."""
    log, seen = await house.log(), await house.witness()
    await log.grow(5)
    await log.keeper.take(await seen.witness.add(await log.requested()))
    await log.grow(5)
    told = await seen.witness.add(await log.requested(0))
    assert (told.code, told.size) == (Code.LOG_OLD_SIZE, 5)
    assert await log.keeper.take(told) is True
    again = await seen.witness.add(await log.requested(told.size))
    assert (again.code, again.size) == (0, 10)
    assert await log.keeper.take(again) is False
    assert (log.told, seen.found, await seen.evidence()) == ([], [], [])


async def test_a_log_that_was_put_back_is_found_by_what_the_witness_shows(house: House) -> None:
    """It signs again what it is now, is refused as rolled back, and sees by its own signature what it has forgotten."""
    log, seen = await house.log(), await house.witness()
    await log.grow(10)
    await log.keeper.take(await seen.witness.add(await log.requested()))
    await log.rows.close()
    house.place.back_up("one")
    log = await house.log()
    await log.grow(20)
    await log.keeper.take(await seen.witness.add(await log.requested(10)))
    await log.rows.close()
    house.place.restore("one")
    log = await house.log()
    await log.grow(3, b"other")
    answer = await seen.witness.add(await log.requested(10))
    assert (answer.code, answer.size) == (Code.LOG_ROLLED_BACK, 30)
    assert [(one.origin, one.code) for one in seen.found] == [(ORIGIN, Code.LOG_ROLLED_BACK)]
    assert await log.keeper.take(answer) is False
    assert [one.size for one in log.told] == [30]
    before = await log.newest()
    await log.grow(1)
    await log.keeper.sign()
    assert await log.newest() == before


async def test_a_split_view_is_refused_and_kept_as_evidence(house: House) -> None:
    """Another log under the same key: of the same size, or longer; the same checkpoint is told and kept once."""
    log, seen = await house.log(), await house.witness()
    await log.grow(10)
    await log.keeper.take(await seen.witness.add(await log.requested()))
    other = await house.log("two")
    await other.grow(10)
    for _ in range(2):
        answer = await seen.witness.add(await other.requested(10))
        assert (answer.code, answer.size) == (Code.LOG_SPLIT_VIEW, 10)
    await other.grow(7)
    answer = await seen.witness.add(await other.requested(10))
    assert answer.code == Code.LOG_SPLIT_VIEW
    assert [one.code for one in seen.found] == [Code.LOG_SPLIT_VIEW] * 2
    evidence = await seen.evidence()
    assert {Checkpoint.of(one.note).size for one in evidence} == {10, 17}
    for one in evidence:
        one.note.require(vkey(house.folder, "log"))
    await other.keeper.take(answer)
    assert [one.size for one in other.told] == [10]
    await log.grow(1)
    assert (await seen.witness.add(await log.requested(10))).code == 0


async def test_whoever_signs_one_history_after_another_fills_no_disk(house: House) -> None:
    """Each is refused; sixteen are kept and told."""
    log, seen = await house.log(), await house.witness()
    await log.grow(10)
    await log.keeper.take(await seen.witness.add(await log.requested()))
    signer = read_note_signer(key_file(house.folder, "log"), ORIGIN, SignatureType.ED25519)
    for number in range(40):
        text = Checkpoint(origin=ORIGIN, size=10, root=number.to_bytes(32)).text
        note = Note(text=text, signatures=(signer.sign(text),))
        answer = await seen.witness.add(CheckpointRequest(old_size=10, proof=(), note=note).to_bytes())
        assert answer.code == Code.LOG_SPLIT_VIEW
    assert len(await seen.evidence()) == len(seen.found) == 16
    await log.grow(1)
    assert (await seen.witness.add(await log.requested(10))).code == 0


async def test_what_no_log_of_ours_signed_is_not_cosigned(house: House) -> None:
    """Another key, another name, something that is no request; none of it is evidence against the log."""
    seen = await house.witness()
    stranger, unknown = await house.log("two", key="other"), await house.log("three", origin="konbini/131997/clerk")
    await stranger.grow(3)
    await unknown.grow(3)
    assert (await seen.witness.add(await stranger.requested())).code == Code.SIGNATURE_INVALID
    assert (await seen.witness.add(await unknown.requested())).code == Code.LOG_UNKNOWN
    named = await house.log("four", origin="konbini/" + "1" * 200)
    await named.grow(3)
    for data in (b"", b"old 0\n\n", b"\xff", b"old 0\n\n" + bytes(20_000), await named.requested()):
        with pytest.raises(Refused):
            await seen.witness.add(data)
    assert (seen.found, await seen.evidence()) == ([], [])


async def test_a_cosignature_counts_only_if_a_witness_of_ours_gave_it(house: House) -> None:
    """Another key under its name, another text, lines that are none: nothing is kept."""
    log = await house.log()
    await log.grow(3)
    await log.requested()
    imposter = await house.witness("false", key="imposter")
    answer = await imposter.witness.add(await log.requested())
    strange = read_note_signer(key_file(house.folder, "witness"), WITNESS, SignatureType.COSIGNATURE)
    for text in (answer.text, str(strange.sign("another text\n", 5)).encode(), b"nothing"):
        with pytest.raises(Refused):
            await log.keeper.take(Cosigned(origin=ORIGIN, code=0, size=3, text=text))
    assert [line.name for line in (await log.shown()).signatures] == [ORIGIN]
    late = Cosigned(origin=ORIGIN, code=0, size=2, text=answer.text)
    assert await log.keeper.take(late) is False


async def test_what_a_witness_shows_must_be_ours(house: House) -> None:
    """A checkpoint that this log never signed says nothing about it."""
    log, other, seen = await house.log(), await house.log("two", key="other"), await house.witness()
    await log.grow(3)
    await other.grow(9)
    await log.requested()
    shown = Note.parse(CheckpointRequest.from_bytes(await other.requested()).note.to_bytes().decode())
    with pytest.raises(Refused):
        await log.keeper.take(Cosigned(origin=ORIGIN, code=int(Code.LOG_OLD_SIZE), size=9, text=shown.to_bytes()))
    assert (log.told, seen.found) == ([], [])


async def test_a_store_that_may_not_sign_signs_nothing(house: House) -> None:
    """A restored one, before two persons have said so."""
    log = await house.log(may_sign=False)
    await log.grow(3)
    await log.keeper.sign()
    assert await log.newest() is None
    assert await log.keeper.request(0) is None


@pytest.mark.parametrize(
    ("statement", "how"),
    [
        ("UPDATE audit_entry SET salt = commitment WHERE position = 300", "audit entry 300 is changed"),
        ("DELETE FROM audit_entry WHERE position = 300", "audit entry 300 is removed"),
        (
            "UPDATE audit_entry SET salt = commitment, commitment = salt WHERE position = 5",
            "audit entry 5 is changed",
        ),
        ("UPDATE audit_tile SET hash = (SELECT commitment FROM audit_entry WHERE position = 1)", "audit entry 0 is"),
        ("DELETE FROM audit_tile", "audit entry 0 is"),
        ("DELETE FROM audit_entry WHERE position > 100", "audit entry 101 is"),
    ],
)
async def test_rows_that_were_changed_behind_the_store(house: House, statement: str, how: str) -> None:
    """Whoever walks the log finds the place; whoever signs finds that the last checkpoint does not hold."""
    log = await house.log()
    await log.grow(400)
    await log.keeper.sign()
    await log.rows.close()
    on = {name: f" ON {name}" if house.place.engine == "postgresql" else "" for name in ("audit_entry", "audit_tile")}
    for name, table in on.items():
        house.place.write("one", f"DROP TRIGGER {name}_stays{table}")
        house.place.write("one", f"DROP TRIGGER {name}_remains{table}")
    house.place.write("one", statement)
    log = await house.log()
    with pytest.raises(Refused) as refusal:
        await log.rows.read(verify_tree)
    assert refusal.value.detail.startswith(how)


async def test_a_log_that_was_written_anew_is_not_signed(house: House) -> None:
    """Whoever rewrites entries and tiles alike leaves the last checkpoint behind."""
    log = await house.log()
    await log.grow(400)
    await log.keeper.sign()
    await log.rows.close()
    table = " ON audit_entry" if house.place.engine == "postgresql" else ""
    house.place.write("one", f"DROP TRIGGER audit_entry_remains{table}")
    house.place.write("one", "DELETE FROM audit_entry WHERE position > 380")
    log = await house.log()
    assert await log.rows.read(verify_tree)
    await log.grow(19, b"forged")
    await log.keeper.sign()
    assert [one.size for one in log.told] == [400]
    newest = await log.newest()
    assert newest is not None
    assert newest.size == 400
