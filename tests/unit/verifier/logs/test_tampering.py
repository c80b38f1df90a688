"""A published log that somebody changed: each way is found, and has its own word."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from konbini.commands.audit import audit
from konbini.protocol.tlog.checkpoints import Checkpoint
from konbini.protocol.tlog.notes import Note, NoteSigner, SignatureType
from konbini.protocol.tlog.tiles import TILE, tile_name
from konbini.verifier.logs.checking import CheckedLog, check_log
from konbini.verifier.logs.files import LogFiles
from konbini.verifier.logs.findings import Flaw, difference
from konbini.verifier.logs.policy import read_policy
from tests.unit.verifier.logs.town import (
    LOG,
    ORIGIN,
    POLICY,
    SEEN_AT,
    WITNESS,
    Folder,
    commitment,
    entry_of,
    salt_of,
    signed,
)

SIZE = 600
LEAVES = [commitment(position) for position in range(SIZE)]


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 600 entries: two whole tiles and one of 88."""
    folder = Folder(tmp_path_factory.mktemp("published"))
    folder.publish(LEAVES)
    return folder.root


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Folder:
    """A copy of it, to be changed."""
    shutil.copytree(published, tmp_path / "out")
    return Folder(tmp_path / "out", list(LEAVES))


def found(folder: Folder, before: Path | None = None) -> list[tuple[Flaw, str]]:
    """Give what is found, in order."""
    return [(one.flaw, one.detail) for one in checked(folder, before).findings]


def checked(folder: Folder, before: Path | None = None) -> CheckedLog:
    """Check the log."""
    earlier = None if before is None else LogFiles(before / "log" / "issuing")
    return check_log(LogFiles(folder.log), read_policy(POLICY), earlier)


def flaws(folder: Folder, before: Path | None = None) -> list[Flaw]:
    """Give the words of what is found."""
    return [flaw for flaw, _ in found(folder, before)]


def test_an_honest_log_holds(folder: Folder, published: Path) -> None:
    """It has its size, its co-signature with the time, each of its entries at its place, and goes on from itself."""
    log = checked(folder, published)
    assert (log.name, log.findings) == (ORIGIN, ())
    assert log.checkpoint is not None
    assert log.checkpoint.size == SIZE
    assert dict(log.cosigned) == {WITNESS.key: SEEN_AT}
    for position in (0, 255, 256, SIZE - 1):
        assert log.includes(position, salt_of(position), entry_of(position)) is None
        other = log.includes(position, salt_of(position), b"something else")
        assert other is not None
        assert other.flaw is Flaw.NOT_INCLUDED
    beyond = log.includes(SIZE, salt_of(SIZE), entry_of(SIZE))
    assert beyond is not None


@pytest.mark.parametrize(
    ("word", "tampered", "place"),
    [
        (Flaw.CHANGED, [*LEAVES[:300], commitment(300, b"x"), *LEAVES[301:]], 300),
        (Flaw.REMOVED, [*LEAVES[:300], *LEAVES[301:]], 300),
        (Flaw.INSERTED, [*LEAVES[:530], commitment(7, b"x"), *LEAVES[530:]], 530),
        (Flaw.REORDERED, [*LEAVES[:10], LEAVES[11], LEAVES[10], *LEAVES[12:]], 10),
        (Flaw.TRUNCATED, LEAVES[:590], 590),
    ],
)
def test_entries_that_were_tampered_with(folder: Folder, word: Flaw, tampered: list[bytes], place: int) -> None:
    """The tree says which leaves were signed, and the bundles are not these."""
    folder.write_bundles(tampered)
    assert found(folder) == [(word, f"entries, from {place} on")]


@pytest.mark.parametrize(
    ("word", "tampered", "place"),
    [
        (Flaw.CHANGED, [*LEAVES[:300], commitment(300, b"x"), *LEAVES[301:]], 300),
        (Flaw.REORDERED, [*LEAVES[:10], LEAVES[11], LEAVES[10], *LEAVES[12:]], 10),
    ],
)
def test_tiles_that_were_tampered_with(folder: Folder, word: Flaw, tampered: list[bytes], place: int) -> None:
    """The bundles are the signed leaves, and the tiles are not; the hashes above are off with them."""
    folder.write_tiles(tampered)
    assert found(folder)[0] == (word, f"tiles, from {place} on")
    assert set(flaws(folder)[1:]) == {Flaw.CHANGED}


@pytest.mark.parametrize(
    ("word", "tampered", "place"),
    [
        (Flaw.CHANGED, [*LEAVES[:300], commitment(300, b"x"), *LEAVES[301:]], 300),
        (Flaw.REMOVED, [*LEAVES[:300], *LEAVES[301:], commitment(SIZE)], 300),
        (Flaw.INSERTED, [*LEAVES[:300], commitment(7, b"x"), *LEAVES[300:-1]], 300),
        (Flaw.REORDERED, [*LEAVES[:10], LEAVES[11], LEAVES[10], *LEAVES[12:]], 10),
    ],
)
def test_a_whole_log_that_was_tampered_with(
    folder: Folder, published: Path, word: Flaw, tampered: list[bytes], place: int
) -> None:
    """Tiles and bundles agree and are not what was signed: alone that is all to be said; a copy of before says what."""
    folder.write_tiles(tampered)
    folder.write_bundles(tampered)
    assert found(folder) == [(Flaw.CHANGED, "neither tiles nor entries are the tree that the checkpoint signs")]
    assert found(folder, published) == [
        (word, f"tiles, from {place} on"),
        (word, f"entries, from {place} on"),
    ]


def test_a_log_that_was_tampered_with_behind_a_copy_of_before(folder: Folder, published: Path) -> None:
    """What the copy has is as it was: the change is behind it, and is named whatever else is wrong."""
    longer = [*LEAVES, *(commitment(position) for position in range(SIZE, 700))]
    tampered = [*longer[:650], commitment(650, b"x"), *longer[651:]]
    behind = (Flaw.CHANGED, f"after {SIZE} entries, which are as they were")
    folder.publish(tampered, signed(longer))
    assert found(folder, published) == [behind]
    folder.publish(tampered, signed(longer, cosigned=False))
    assert flaws(folder, published) == [Flaw.COSIGNATURE, Flaw.CHANGED]
    assert found(folder, published)[1] == behind


def test_a_tile_above_that_was_changed(folder: Folder) -> None:
    """The hashes above the leaves are recomputed."""
    folder.change("tile/1/000.p/2", lambda data: data.__setitem__(5, data[5] ^ 1))
    assert found(folder) == [(Flaw.CHANGED, "tile 1/0")]


@pytest.mark.parametrize("name", ["tile/0/002.p/88", "tile/entries/001", "tile/1/000.p/2"])
def test_a_file_that_is_gone(folder: Folder, name: str) -> None:
    """Named as what it lacks."""
    (folder.log / name).unlink()
    assert Flaw.TRUNCATED in flaws(folder)


def test_a_log_that_was_rolled_back(folder: Folder, published: Path, tmp_path: Path) -> None:
    """A smaller tree, signed and co-signed as it once was: the checkpoints of before have more."""
    shutil.rmtree(folder.root)
    folder.publish(LEAVES[:400])
    assert found(folder) == []
    said = f"400 entries, and {SIZE} were signed before"
    assert found(folder, published) == [(Flaw.ROLLED_BACK, said)]
    policy = tmp_path / "policy"
    policy.write_text(POLICY, encoding="utf-8")
    kept = published / "log" / "issuing" / "checkpoint"
    assert audit(["verify", str(folder.root), "--policy", str(policy), "--checkpoint", str(kept)]) == 1
    (folder.log / "checkpoints" / str(SIZE)).write_bytes(kept.read_bytes())
    assert found(folder) == [(Flaw.ROLLED_BACK, said)]


def test_a_split_view_of_one_size(folder: Folder, published: Path) -> None:
    """Two signed roots of one size."""
    other = [*LEAVES[:-1], commitment(SIZE - 1, b"x")]
    shutil.rmtree(folder.root)
    folder.publish(other)
    assert found(folder, published) == [(Flaw.SPLIT_VIEW, f"two roots of {SIZE} entries")]


def test_a_split_view_that_goes_on(folder: Folder, published: Path) -> None:
    """A longer tree, signed, which the checkpoint of before does not begin."""
    other = [*LEAVES[:-1], commitment(SIZE - 1, b"x"), commitment(SIZE)]
    shutil.rmtree(folder.root)
    folder.publish(other)
    said = f"the checkpoint of {SIZE} entries does not begin this tree"
    assert found(folder, published) == [(Flaw.SPLIT_VIEW, said)]


def test_a_log_that_goes_on(folder: Folder, published: Path) -> None:
    """More entries behind what was published: nothing is wrong."""
    folder.publish([*LEAVES, *(commitment(position) for position in range(SIZE, 1100))])
    assert found(folder, published) == []


def test_a_checkpoint_that_another_signed(folder: Folder) -> None:
    """Under the log's name with another key, under another name, not co-signed, co-signed badly, or no note."""
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    for signer in (NoteSigner(ORIGIN, SignatureType.ED25519, other), WITNESS):
        folder.put("checkpoint", signed(LEAVES, signer=signer).to_bytes())
        assert flaws(folder)[0] is Flaw.SIGNATURE
    folder.put("checkpoint", signed(LEAVES, cosigned=False).to_bytes())
    assert flaws(folder) == [Flaw.COSIGNATURE]
    bad = WITNESS.sign("another text\n", SEEN_AT)
    folder.put("checkpoint", signed(LEAVES, cosigned=False).signed_by(bad).to_bytes())
    assert flaws(folder)[0] is Flaw.COSIGNATURE
    folder.put("checkpoint", b"nothing of the kind")
    assert flaws(folder) == [Flaw.MALFORMED]


def test_a_policy_says_who_counts(tmp_path: Path, folder: Folder) -> None:
    """No quorum is asked for where it says none; groups count their members; what is not understood is refused."""
    path = tmp_path / "policy"
    second = NoteSigner(
        "konbini/139999/witness", SignatureType.COSIGNATURE, Ed25519PrivateKey.from_private_bytes(bytes(32))
    )
    witnesses = f"log {LOG.key}\nwitness one {WITNESS.key}\nwitness two {second.key}\n"
    for tail, code in (
        ("quorum none\n", 0),
        ("group some any one two\nquorum some\n", 0),
        ("group every all one two\nquorum every\n", 1),
        ("group both 2 one two\nquorum both\n", 1),
        ("quorum two\n", 1),
        ("", 2),
        ("quorum three\n", 2),
        ("group g 3 one two\nquorum g\n", 2),
        ("group g x one two\nquorum g\n", 2),
        ("group g any one one\nquorum g\n", 2),
        ("quorum none\nquorum none\n", 2),
        (f"log {LOG.key}\nquorum none\n", 2),
        (f"log {WITNESS.key}\nquorum none\n", 2),
        (f"witness one {second.key}\nquorum none\n", 2),
        ("nonsense\nquorum none\n", 2),
    ):
        path.write_text(witnesses + tail, encoding="utf-8")
        assert audit(["verify", str(folder.root), "--policy", str(path)]) == code, tail


def test_the_command_names_what_it_found(folder: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for the log, one for each thing that is wrong; a log that is not there is no log."""
    path = tmp_path / "policy"
    path.write_text(POLICY, encoding="utf-8")
    folder.write_bundles(LEAVES[:590])
    assert audit(["verify", str(folder.root), "--policy", str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{ORIGIN}: {SIZE} entries, root ")
    assert lines[1:] == [f"{ORIGIN}: truncated: entries, from 590 on"]
    assert audit(["verify", str(tmp_path / "nothing"), "--policy", str(path)]) == 2


def test_a_bundle_of_millions_of_nothing_is_not_taken_apart(folder: Folder) -> None:
    """Sixteen megabytes of empty leaves are too large a file, before any leaf is made of them."""
    folder.put(tile_name("entries", SIZE // TILE, SIZE % TILE), bytes(TILE * (2 + 65535)))
    assert flaws(folder) == [Flaw.TRUNCATED, Flaw.TRUNCATED]


def test_what_a_log_says_drives_no_terminal(folder: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name with control characters beyond ASCII's, or that turns the line around, and a time that no calendar has."""
    path = tmp_path / "policy"
    path.write_text(POLICY, encoding="utf-8")
    name = "konbini/131997/\u009b2J\u202eissuing"
    signer = NoteSigner(name, SignatureType.ED25519, Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34))))
    text = Checkpoint(origin=name, size=SIZE, root=Checkpoint.of(signed(LEAVES)).root).text
    note = Note(text=text, signatures=(signer.sign(text), WITNESS.sign(text, 2**63 - 1)))
    folder.put("checkpoint", note.to_bytes())
    assert audit(["verify", str(folder.root), "--policy", str(path)]) == 1
    said = capsys.readouterr().out
    assert "konbini/131997/\ufffd2J\ufffdissuing: 600 entries" in said
    assert f"at {2**63 - 1} s" in said
    assert all(one.isprintable() or one == "\n" for one in said)


@given(
    st.lists(st.integers(0, 60), unique=True, min_size=1, max_size=30),
    st.sampled_from(list(Flaw)),
    st.data(),
)
def test_every_difference_has_its_word(numbers: list[int], flaw: Flaw, choice: st.DataObject) -> None:
    """Whatever was done once to a sequence of unlike leaves is called what it is."""
    right = [commitment(number) for number in numbers]
    place = choice.draw(st.integers(0, len(right) - 1))
    strange = commitment(99)
    changes: dict[Flaw, Callable[[], list[bytes]]] = {
        Flaw.CHANGED: lambda: [*right[:place], strange, *right[place + 1 :]],
        Flaw.REMOVED: lambda: [*right[:place], *right[place + 1 :]],
        Flaw.INSERTED: lambda: [*right[:place], strange, *right[place:]],
        Flaw.TRUNCATED: lambda: right[:place],
        Flaw.REORDERED: lambda: [*right[:place], *reversed(right[place:])],
    }
    if flaw not in changes:
        return
    tampered = changes[flaw]()
    named = difference(right, tampered)
    if tampered == right:
        assert named is None
        return
    assert named is not None
    at_the_end = flaw is Flaw.REMOVED and place == len(right) - 1
    assert named.flaw is (Flaw.TRUNCATED if at_the_end else flaw)
