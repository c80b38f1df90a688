"""The ward's exchange of checkpoints: who is asked from which size, and what is done with what comes back."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from konbini.process.calls import Handler
from konbini.process.log_config import WitnessConfig
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.witnessing import Witness
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind
from konbini.protocol.merkle import EMPTY_ROOT
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.tlog.checkpoints import Checkpoint, CheckpointRequest
from konbini.protocol.tlog.notes import Note, NoteSigner, SignatureType
from konbini.protocol.witnessing import Cosigned
from konbini.simulation.clock import SettableClock
from konbini.ward_server.audit.log_calls import log_handlers
from konbini.ward_server.issuing.desk import Reply
from konbini.ward_server.issuing.log_exchange import LogExchange, open_log_case

CENTER = NoteSigner("konbini/center", SignatureType.ED25519, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
CONSOLE = "konbini/131997/console"
COSIGNING = NoteSigner(
    "konbini/center/witness", SignatureType.COSIGNATURE, Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
)


def checkpoint(origin: str, old_size: int, *, size: int = 0, root: bytes = EMPTY_ROOT) -> bytes:
    """Ask for a co-signature of a log, of an empty one where nothing is said."""
    text = Checkpoint(origin=origin, size=size, root=root).text
    note = Note(text=text, signatures=(CENTER.sign(text),))
    return CheckpointRequest(old_size=old_size, proof=(), note=note).to_bytes()


class Kept:
    """A log that writes down what it is asked and told; it asks again where the answer says another size."""

    def __init__(self, origin: str, *, there: bool = True) -> None:
        self.origin = origin
        self.there = there
        self.asked: list[int] = []
        self.told: list[Cosigned] = []

    async def request(self, old_size: int) -> bytes | None:
        """Ask, where there is something to ask."""
        self.asked.append(old_size)
        return checkpoint(self.origin, old_size) if self.there else None

    async def take(self, answer: Cosigned) -> bool:
        """Take an answer."""
        self.told.append(answer)
        return answer.code == Code.LOG_OLD_SIZE


class Away:
    """A log whose process is not there."""

    async def request(self, old_size: int) -> bytes | None:
        """Fail as a socket does."""
        raise ConnectionError(f"nobody answers about {old_size}")

    async def take(self, answer: Cosigned) -> bool:
        """Fail as a socket does."""
        raise ConnectionError(answer.origin)


@pytest.fixture
async def witness(tmp_path: Path) -> AsyncIterator[Witness]:
    """A witness of the center's log."""
    path = tmp_path / "witness.key"
    path.touch(mode=0o600)
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    path.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    rows = SqliteRows.open(tmp_path / "issuing.db", files("konbini.ward_server.issuing") / "migrations")
    config = WitnessConfig(name="konbini/131997/witness", key=path, logs=(CENTER.key,))
    yield Witness(config, rows, open_log_case, SettableClock(1_795_000_000_000))
    await rows.close()


def answer(origin: str, code: int, size: int) -> bytes:
    """Write an answer."""
    return to_bytes(Cosigned(origin=origin, code=code, size=size, text=b""))


async def test_each_log_is_asked_from_where_it_was_cosigned(witness: Witness) -> None:
    """One that is away or has nothing is passed over; an answer with another size is asked from there at once."""
    one, none, sent = Kept("konbini/131997/issuing"), Kept("konbini/131997/clerk", there=False), list[Reply]()
    exchange = LogExchange((Away(), none, one), witness, sent.append, SettableClock(0))
    for log in exchange._logs:
        await exchange._turn(log)
    assert [reply.kind for reply in sent] == [MessageKind.CHECKPOINT]
    assert (one.asked, none.asked) == ([0], [0])
    again = await exchange.take(MessageKind.COSIGNED, answer(one.origin, int(Code.LOG_OLD_SIZE), 7))
    assert again is not None
    assert CheckpointRequest.from_bytes(again.body).old_size == 7
    assert await exchange.take(MessageKind.COSIGNED, answer(one.origin, int(Code.LOG_OLD_SIZE), 8)) is None
    assert await exchange.take(MessageKind.COSIGNED, answer(one.origin, 0, 9)) is None
    await exchange._turn(one)
    assert one.asked == [0, 7, 9]
    assert [told.code for told in one.told] == [Code.LOG_OLD_SIZE, Code.LOG_OLD_SIZE, 0]


async def test_an_answer_about_no_log_of_ours_is_refused(witness: Witness) -> None:
    """Nobody asked about it."""
    exchange = LogExchange((), witness, lambda _reply: None, SettableClock(0))
    with pytest.raises(Refused) as refusal:
        await exchange.take(MessageKind.COSIGNED, answer("konbini/131997/issuing", 0, 1))
    assert refusal.value.code is Code.LOG_UNKNOWN


async def test_nothing_is_carried_before_the_wards_own_logs_were_heard(witness: Witness) -> None:
    """Whoever asks by itself could offer an old checkpoint of theirs, and have them accused of going back."""
    registry, clerk, sent = Kept("konbini/131997/registry"), Kept("konbini/131997/clerk", there=False), list[Reply]()
    exchange = LogExchange((registry, clerk), witness, sent.append, SettableClock(0))
    await exchange._turn(clerk)
    with pytest.raises(Refused) as refusal:
        await exchange.ask(checkpoint(registry.origin, 0))
    assert (refusal.value.code, sent) == (Code.BUSY, [])
    await exchange._turn(registry)
    with pytest.raises(Refused) as refusal:
        await exchange.ask(checkpoint(registry.origin, 0))
    assert (refusal.value.code, len(sent)) == (Code.LOG_UNKNOWN, 1)
    asking = asyncio.create_task(exchange.ask(checkpoint(CONSOLE, 0)))
    await asyncio.sleep(0)
    assert len(sent) == 2
    await exchange.take(MessageKind.COSIGNED, answer(CONSOLE, int(Code.LOG_OLD_SIZE), 3))
    assert (await asking) is not None


@pytest.mark.parametrize("other", [False, True])
async def test_an_answer_to_the_question_before_vouches_for_no_other_checkpoint(
    witness: Witness, *, other: bool
) -> None:
    """Who takes the turn of who waits gets an answer to another's question; only what it co-signs is time-stamped."""
    seen = list[Note]()

    async def see(note: Note) -> None:
        seen.append(note)

    exchange = LogExchange((), witness, lambda _reply: None, SettableClock(0), witnesses=(COSIGNING.key,), seen=see)
    asked, root = hashlib.sha256(b"asked").digest(), hashlib.sha256(b"other" if other else b"asked").digest()
    first = asyncio.create_task(exchange.ask(checkpoint(CONSOLE, 0, size=7, root=asked)))
    await asyncio.sleep(0)
    second = asyncio.create_task(exchange.ask(checkpoint(CONSOLE, 0, size=7, root=root)))
    await asyncio.sleep(0)
    line = COSIGNING.sign(Checkpoint(origin=CONSOLE, size=7, root=asked).text, 1)
    cosigned = Cosigned(origin=CONSOLE, code=0, size=7, text=str(line).encode())
    assert await exchange.take(MessageKind.COSIGNED, to_bytes(cosigned)) is None
    assert (await first, await second) == (None, cosigned)
    assert [Checkpoint.of(note).root for note in seen] == ([] if other else [asked])


async def test_the_centers_checkpoint_is_answered(witness: Witness) -> None:
    """By the witness."""
    exchange = LogExchange((), witness, lambda _reply: None, SettableClock(0))
    reply = await exchange.take(MessageKind.CHECKPOINT, checkpoint("konbini/center", 0))
    assert reply is not None
    assert reply.kind is MessageKind.COSIGNED
    told = from_bytes(Cosigned, reply.body)
    assert (told.origin, told.code) == ("konbini/center", 0)


@pytest.mark.parametrize("arguments", [[], [-1], [b"5"], [1, 2]])
async def test_a_call_with_other_arguments_is_refused(arguments: list[int | bytes]) -> None:
    """At the socket of a process whose log is carried."""
    handlers: dict[int, Handler] = dict(log_handlers(Kept("konbini/131997/clerk"), request=1, take=2))
    for method in (1, 2):
        if (method, arguments) == (2, [b"5"]):
            continue
        with pytest.raises(Refused) as refusal:
            await handlers[method](list(arguments))
        assert refusal.value.code is Code.MALFORMED


async def test_a_call_carries_question_and_answer() -> None:
    """There and back."""
    log = Kept("konbini/131997/clerk")
    handlers = log_handlers(log, request=1, take=2)
    assert await handlers[1]([5]) == checkpoint(log.origin, 5)
    assert await handlers[2]([answer(log.origin, int(Code.LOG_OLD_SIZE), 3)]) is True
    assert [told.size for told in log.told] == [3]
