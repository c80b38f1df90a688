"""Center and ward co-sign each other's checkpoints over the link, and neither takes one that does not go on."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from konbini.issuance_center.ledger.entries import LedgerEntry
from konbini.process.sqlite.connection import SqliteConnection
from konbini.process.tree_rows import opened, verify_tree
from konbini.protocol.errors import Code
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from konbini.protocol.merkle import check_consistency, leaf_hash, root_of
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.tlog.checkpoints import Checkpoint, CheckpointRequest
from konbini.protocol.tlog.notes import Note, SignatureType, signature_lines
from konbini.protocol.tlog.tiles import TileTree
from konbini.protocol.witnessing import Cosigned
from tests.integration.issuance_center.conftest import WARDS, End, RunningCenter, Town

WARD = WARDS[0]
ORIGIN = f"konbini/{WARD}/issuing"
LEAVES = [b"%d" % number for number in range(40)]
COSIGNATURE = SignatureType.COSIGNATURE


def request(town: Town, leaves: Sequence[bytes], old_size: int, origin: str = ORIGIN) -> Frame:
    """Ask for a co-signature of a log of these leaves."""
    hashes = [leaf_hash(leaf) for leaf in leaves]
    text = Checkpoint(origin=origin, size=len(leaves), root=root_of(hashes)).text
    note = Note(text=text, signatures=(town.log_signer(ORIGIN).sign(text),))
    proof = TileTree(len(leaves), lambda _level, _number: hashes).consistency(old_size)
    body = CheckpointRequest(old_size=old_size, proof=proof, note=note).to_bytes()
    return Frame(kind=MessageKind.CHECKPOINT, ward=WARD, body=body)


async def answered(ward: End) -> Cosigned:
    """Give the center's next answer about a log."""
    frame = await ward.of_logs.get()
    while frame.kind is not MessageKind.COSIGNED:
        frame = await ward.of_logs.get()
    return from_bytes(Cosigned, frame.body)


async def asked(center: RunningCenter, ward: End) -> CheckpointRequest:
    """Give the center's next checkpoint; time goes on until it comes."""
    async with asyncio.timeout(20):
        while ward.of_logs.empty():
            await center.clock.advance(30)
            await asyncio.sleep(0.01)
    frame = await ward.of_logs.get()
    assert (frame.kind, frame.kiosk, frame.visit_id) == (MessageKind.CHECKPOINT, "", b"")
    return CheckpointRequest.from_bytes(frame.body)


def cosigned(town: Town, asked_for: CheckpointRequest, moment: int) -> Frame:
    """Co-sign the center's checkpoint, as the ward's witness."""
    line = town.log_signer(f"konbini/{WARD}/witness", COSIGNATURE).sign(asked_for.note.text, moment)
    size = Checkpoint.of(asked_for.note).size
    answer = Cosigned(origin="konbini/center", code=0, size=size, text=str(line).encode())
    return Frame(kind=MessageKind.COSIGNED, ward=WARD, body=to_bytes(answer))


def ledger_rows(center: RunningCenter, query: str) -> list[tuple[object, ...]]:
    """Read the ledger beside the center."""
    with contextlib.closing(sqlite3.connect(center.town.folder / "ledger.db")) as connection:
        return connection.execute(query).fetchall()


async def test_the_center_cosigns_what_goes_on(center: RunningCenter) -> None:
    """The first from nothing, the next from the first; the signature is the witness's, at the center's time."""
    ward, town = await center.connect(WARD), center.town
    witness = town.log_signer("konbini/center/witness", COSIGNATURE).key
    for size, old_size in ((30, 0), (40, 30), (40, 40)):
        frame = request(town, LEAVES[:size], old_size)
        ward.send(frame)
        answer = await answered(ward)
        assert (answer.origin, answer.code, answer.size) == (ORIGIN, 0, size)
        note = CheckpointRequest.from_bytes(frame.body).note
        lines = Note(text=note.text, signatures=signature_lines(answer.text.decode()))
        assert lines.require(witness) == center.now


async def test_the_center_refuses_and_keeps_what_does_not_go_on(center: RunningCenter) -> None:
    """Rolled back, another tree: named, shown what was co-signed last, kept as signed, and an entry of its own log."""
    ward, town = await center.connect(WARD), center.town
    ward.send(request(town, LEAVES[:30], 0))
    await answered(ward)
    other = [*LEAVES[:29], b"other", *LEAVES[30:]]
    for frame, code in (
        (request(town, LEAVES[:20], 20), Code.LOG_ROLLED_BACK),
        (request(town, other[:30], 30), Code.LOG_SPLIT_VIEW),
        (request(town, other, 30), Code.LOG_SPLIT_VIEW),
        (request(town, other, 30), Code.LOG_SPLIT_VIEW),
        (request(town, LEAVES, 0), Code.LOG_OLD_SIZE),
        (request(town, LEAVES, 0, "konbini/999999/issuing"), Code.LOG_UNKNOWN),
    ):
        ward.send(frame)
        answer = await answered(ward)
        assert answer.code == code
        if code is not Code.LOG_UNKNOWN:
            assert Checkpoint.of(Note.from_bytes(answer.text)).size == answer.size == 30
    kept = ledger_rows(center, "SELECT origin, code FROM refused_checkpoint ORDER BY code, moment")
    assert kept == [(ORIGIN, Code.LOG_ROLLED_BACK), (ORIGIN, Code.LOG_SPLIT_VIEW), (ORIGIN, Code.LOG_SPLIT_VIEW)]
    with contextlib.closing(sqlite3.connect(town.folder / "ledger.db", factory=SqliteConnection)) as connection:
        size, _root = verify_tree(connection)
        entries = [from_bytes(LedgerEntry, one.entry) for one in opened(connection, 0, size)]
    assert [(one.about, one.code) for one in entries if one.kind is MessageKind.CHECKPOINT] == [
        (ORIGIN, code) for code in (Code.LOG_ROLLED_BACK, Code.LOG_SPLIT_VIEW, Code.LOG_SPLIT_VIEW)
    ]
    ward.send(request(town, LEAVES, 30))
    assert (await answered(ward)).code == 0


async def test_a_ward_does_not_speak_for_another_wards_log(center: RunningCenter) -> None:
    """What a ward signed long ago and everybody has is no case against it in another's hand."""
    ward, other = await center.connect(WARD), await center.connect(WARDS[1])
    ward.send(request(center.town, LEAVES[:30], 0))
    assert (await answered(ward)).code == 0
    other.send(replace(request(center.town, LEAVES[:20], 20), ward=WARDS[1]))
    assert (await answered(other)).code == Code.LOG_UNKNOWN
    assert ledger_rows(center, "SELECT origin, code FROM refused_checkpoint") == []


async def test_a_ward_cosigns_the_centers_log(center: RunningCenter) -> None:
    """Each minute it is asked, from the size that it co-signed last; frames of visits are in the tree."""
    ward, town = await center.ward(WARD), center.town
    first = await asked(center, ward)
    first.note.require(town.log_signer("konbini/center").key)
    ward.send(cosigned(town, first, center.now))
    kiosk, keys = await center.connect("K-0001"), center.town.kiosks["K-0001"]
    kiosk.send(keys.hello(WARD, bytes(range(16))))
    await kiosk.next(MessageKind.TICKET)
    second = await asked(center, ward)
    while second.note.text == first.note.text:
        ward.send(cosigned(town, second, center.now))
        second = await asked(center, ward)
    old, new = Checkpoint.of(first.note), Checkpoint.of(second.note)
    assert (second.old_size, new.size > old.size) == (old.size, True)
    check_consistency(old.size, old.root, new.size, new.root, second.proof)
    assert [size for (size,) in ledger_rows(center, "SELECT size FROM log_checkpoint WHERE cosigned = 1")] == [old.size]


async def test_a_ward_that_knows_more_is_asked_from_there_once(center: RunningCenter) -> None:
    """It says which size it co-signed last, and is asked again at once; the next such answer is not followed."""
    ward = await center.connect(WARD)
    first = await asked(center, ward)
    size = Checkpoint.of(first.note).size
    told = Cosigned(origin="konbini/center", code=int(Code.LOG_OLD_SIZE), size=size, text=b"")
    for _ in range(2):
        ward.send(Frame(kind=MessageKind.COSIGNED, ward=WARD, body=to_bytes(told)))
    again = await asked(center, ward)
    assert (again.old_size, again.note) == (size, first.note)
    ward.send(Frame(kind=MessageKind.CHECKPOINT, ward=WARD, body=b"nothing"))
    assert await ward.refused() is Code.MALFORMED
    assert ward.of_logs.empty()


async def test_a_ward_that_answers_badly_cosigns_nothing(center: RunningCenter) -> None:
    """Another key's signature, or nothing of the kind, is refused on the link; the link and the log go on."""
    ward, town = await center.connect(WARD), center.town
    first = await asked(center, ward)
    imposter = town.log_signer("imposter", COSIGNATURE).sign(first.note.text, 1)
    size = Checkpoint.of(first.note).size
    bad = Cosigned(origin="konbini/center", code=0, size=size, text=str(imposter).encode())
    for body in (to_bytes(bad), b"nothing"):
        ward.send(Frame(kind=MessageKind.COSIGNED, ward=WARD, body=body))
        assert await ward.refused() in (Code.SIGNATURE_INVALID, Code.MALFORMED)
    ward.send(Frame(kind=MessageKind.CHECKPOINT, ward=WARD, body=b"nothing"))
    assert await ward.refused() is Code.MALFORMED
    assert ledger_rows(center, "SELECT size FROM log_checkpoint WHERE cosigned = 1") == []
    ward.send(cosigned(town, first, center.now))
    ward.send(request(town, LEAVES, 0))
    assert (await answered(ward)).code == 0
    assert ledger_rows(center, "SELECT size FROM log_checkpoint WHERE cosigned = 1") == [(size,)]
