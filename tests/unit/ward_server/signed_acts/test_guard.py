"""The guard of a socket: what changes something is carried out once, for whoever signed it, and for nobody else."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import cast

import pytest

from konbini.process.calls import Handler
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.statements import Connection
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes, to_value
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.decisions.calls import DecisionMethod, agreeing, declining, entering, stopping
from konbini.ward_server.decisions.decision import Decision, DecisionKind
from konbini.ward_server.decisions.ending import EndedDecisions
from konbini.ward_server.signed_acts import roll
from konbini.ward_server.signed_acts.calls import SignedCall, SignedMethod
from konbini.ward_server.signed_acts.events import CLERK
from konbini.ward_server.signed_acts.guard import Guard
from konbini.ward_server.signed_acts.rows import broken_proofs, signed_acts
from tests.unit.ward_server.signed_acts.signing import ORIGIN, Signer

PLACE = "139999/clerk"
NOW = 1_795_150_800_000
DAY = 24 * 3600 * 1000
CALL = agreeing("aoki", "0102030405060708")


@dataclass(kw_only=True)
class Socket:
    """A guarded socket whose handlers keep what they were asked."""

    rows: SqliteRows
    clock: SettableClock
    origin: str | None = ORIGIN
    place: str = PLACE
    asked: list[tuple[int, Sequence[Value]]] = field(default_factory=list)
    refuses: Exception | None = None

    def __post_init__(self) -> None:
        """Guard it."""
        handlers: dict[int, Handler] = {int(method): self._handler(method) for method in DecisionMethod}
        guard = Guard(
            self.rows,
            place=self.place,
            origin=self.origin,
            events=CLERK,
            clock=self.clock,
            entropy=SeededEntropy(5),
        )
        opened = frozenset({DecisionMethod.WAITING, DecisionMethod.STOP, DecisionMethod.DIFFERENCES})
        self.methods = guard.over(handlers, opened)

    def _handler(self, method: int) -> Handler:
        async def handle(arguments: Sequence[Value]) -> Value:
            if self.refuses is not None:
                raise self.refuses
            self.asked.append((method, arguments))
            return "done"

        return handle

    async def nonce(self) -> bytes:
        """Ask for a challenge."""
        given = await self.methods[SignedMethod.CHALLENGE]([])
        assert isinstance(given, bytes)
        return given

    async def send(self, signed: SignedCall) -> Value:
        """Send a signed call."""
        return await self.methods[SignedMethod.SIGNED](cast("Sequence[Value]", to_value(signed)))

    async def refusal(self, signed: SignedCall) -> Code:
        """Send a signed call that is refused, and say why."""
        with pytest.raises(Refused) as refused:
            await self.send(signed)
        assert self.asked == []
        return refused.value.code

    async def events(self) -> list[tuple[AuditEvent, tuple[str, ...], str, int, bytes]]:
        """Read the log."""
        rows = await self.rows.read(
            lambda connection: connection.execute("SELECT entry FROM audit_entry ORDER BY position").fetchall()
        )
        found = [from_bytes(AuditEntry, bytes(entry)) for (entry,) in rows]
        return [(one.event, one.operators, one.about, one.code, one.digest) for one in found]


@pytest.fixture
async def rows(tmp_path: Path) -> AsyncIterator[SqliteRows]:
    """Open the clerk's store."""
    opened = SqliteRows.open(tmp_path / "clerk.db", files("konbini.ward_server.clerk") / "migrations")
    yield opened
    await opened.close()


@pytest.fixture
async def aoki(rows: SqliteRows) -> Signer:
    """Enrol a person."""
    return await enrolled(rows, "aoki")


@pytest.fixture
def socket(rows: SqliteRows) -> Socket:
    """Guard a socket."""
    return Socket(rows=rows, clock=SettableClock(NOW))


async def enrolled(rows: SqliteRows, person: str) -> Signer:
    """Put a person into the roll."""
    signer = Signer(person=person, entropy=SeededEntropy(sum(person.encode())))
    await rows.write(lambda connection: roll.enrol(connection, signer.enrolment(), ("x", "y"), NOW))
    return signer


async def test_what_is_signed_is_carried_out_and_kept(socket: Socket, aoki: Signer) -> None:
    """With these very arguments; recorded before and after, and checked again from the rows."""
    signed = aoki.signed(CALL, PLACE, await socket.nonce())
    assert await socket.send(signed) == "done"
    assert socket.asked == [(DecisionMethod.AGREE, ["aoki", "0102030405060708"])]
    (kept,) = await socket.rows.read(lambda connection: list(signed_acts(connection)))
    assert (kept.person, kept.proof, kept.moment) == ("aoki", signed.proof, NOW)
    assert await socket.events() == [
        (AuditEvent.CLERK_PROOF_TAKEN, ("aoki",), "method 42", 0, kept.challenge),
        (AuditEvent.CLERK_PROOF_CONCLUDED, ("aoki",), "method 42", 0, kept.challenge),
    ]
    assert await socket.rows.read(lambda connection: broken_proofs(connection, ORIGIN, CLERK.taken)) == ()
    assert await socket.rows.read(lambda connection: broken_proofs(connection, "https://x.example", CLERK.taken)) == (
        kept,
    )


async def test_what_is_refused_or_fails_is_concluded_too(socket: Socket, aoki: Signer) -> None:
    """With its code; a defect as INTERNAL."""
    for fault, code in ((Refused(Code.SAME_PERSON), Code.SAME_PERSON), (RuntimeError("a defect"), Code.INTERNAL)):
        socket.refuses = fault
        with pytest.raises(type(fault)):
            await socket.send(aoki.signed(CALL, PLACE, await socket.nonce()))
        assert [entry[3] for entry in (await socket.events())[-2:]] == [0, code]


async def test_unsigned_acts_are_refused_and_recorded_and_the_rest_is_open(socket: Socket) -> None:
    """A stop by anybody, and what reads; a person who is none is not named in the log."""
    for arguments, named in ((["aoki", "0102030405060708"], ("aoki",)), (["青木", "1"], ()), ([], ())):
        with pytest.raises(Refused) as refused:
            await socket.methods[DecisionMethod.AGREE](arguments)
        assert refused.value.code is Code.PROOF_NEEDED
        assert (await socket.events())[-1][:2] == (AuditEvent.CLERK_PROOF_REFUSED, named)
    assert socket.asked == []
    for method in (DecisionMethod.STOP, DecisionMethod.WAITING, DecisionMethod.DIFFERENCES):
        assert await socket.methods[method](["aoki", "訓練"]) == "done"


async def test_a_method_that_nobody_opened_is_guarded(socket: Socket) -> None:
    """Every method of the socket but those named, whatever comes to stand there."""
    for method in (DecisionMethod.ENTER, DecisionMethod.DECLINE, DecisionMethod.RECONCILE):
        with pytest.raises(Refused) as refused:
            await socket.methods[method](["aoki"])
        assert refused.value.code is Code.PROOF_NEEDED


async def test_a_proof_is_taken_once(socket: Socket, aoki: Signer) -> None:
    """Again, and both at once: one is carried out."""
    signed = aoki.signed(CALL, PLACE, await socket.nonce())
    both = await asyncio.gather(socket.send(signed), socket.send(signed), return_exceptions=True)
    assert len(socket.asked) == 1
    (refused,) = (one for one in both if isinstance(one, Refused))
    assert refused.code is Code.PROOF_REFUSED
    with pytest.raises(Refused):
        await socket.send(signed)
    assert len(socket.asked) == 1


async def test_a_nonce_is_this_processes_and_of_now(socket: Socket, aoki: Signer) -> None:
    """One that it did not give, one of another process or of its life before, one that waited too long."""
    assert await socket.refusal(aoki.signed(CALL, PLACE, bytes(32))) is Code.PROOF_REFUSED
    before = await socket.nonce()
    assert (
        await Socket(rows=socket.rows, clock=socket.clock).refusal(aoki.signed(CALL, PLACE, before))
        is Code.PROOF_REFUSED
    )
    await socket.clock.advance(15 * 60)
    assert await socket.refusal(aoki.signed(CALL, PLACE, before)) is Code.PROOF_REFUSED


async def test_of_many_challenges_the_oldest_go(socket: Socket, aoki: Signer) -> None:
    """Whoever asks without end takes nobody's memory, and the newest still hold."""
    first = await socket.nonce()
    for _ in range(1024):
        newest = await socket.nonce()
    assert await socket.refusal(aoki.signed(CALL, PLACE, first)) is Code.PROOF_REFUSED
    assert await socket.send(aoki.signed(CALL, PLACE, newest)) == "done"


async def test_what_was_signed_is_what_is_asked(socket: Socket, aoki: Signer) -> None:
    """Other arguments, another method, another process, another thing shown: the signature is not over it."""
    other = declining("aoki", "0102030405060708")
    decision = entering("aoki", Decision(kind=DecisionKind.RELEASE, reason="確認"))
    for change in (
        {"arguments": agreeing("aoki", "0102030405060709").arguments},
        {"method": other.method},
        {"method": decision.method, "arguments": decision.arguments},
    ):
        signed = aoki.signed(CALL, PLACE, await socket.nonce())
        assert await socket.refusal(replace(signed, **change)) is Code.PROOF_REFUSED
    signed = aoki.signed(CALL, "139999/issuing", await socket.nonce())
    assert await socket.refusal(signed) is Code.PROOF_REFUSED
    signed = aoki.signed(CALL, PLACE, await socket.nonce())
    changed = replace(signed.proof, said=bytes(32))
    assert await socket.refusal(replace(signed, proof=changed)) is Code.PROOF_REFUSED
    assert {entry[3] for entry in await socket.events()} == {Code.PROOF_REFUSED}


async def test_the_operator_is_whose_passkey_signed(socket: Socket, aoki: Signer, rows: SqliteRows) -> None:
    """Another's proof does not stand for one's own, also where that other signed for it; nor does a stranger's."""
    bando = await enrolled(rows, "bando")
    for signer, person in ((bando, "aoki"), (Signer(person="aoki", entropy=SeededEntropy(99)), "aoki")):
        signed = signer.signed(CALL, PLACE, await socket.nonce(), person=person)
        assert await socket.refusal(signed) is Code.OPERATOR_UNKNOWN
    theirs = agreeing("bando", "0102030405060708")
    assert await socket.refusal(aoki.signed(theirs, PLACE, await socket.nonce())) is Code.OPERATOR_UNKNOWN


async def test_a_passkey_that_ended_or_is_over_is_not_believed(socket: Socket, aoki: Signer, rows: SqliteRows) -> None:
    """Ended between what was prepared and what is sent, or beyond its day."""
    signed = aoki.signed(CALL, PLACE, await socket.nonce())
    await rows.write(lambda connection: roll.end(connection, "aoki", NOW + 1))
    assert await socket.refusal(signed) is Code.OPERATOR_UNKNOWN
    bando = await enrolled(rows, "bando")
    socket.clock.set_wall(NOW + 366 * DAY)
    theirs = agreeing("bando", "0102030405060708")
    assert await socket.refusal(bando.signed(theirs, PLACE, await socket.nonce())) is Code.OPERATOR_UNKNOWN


async def test_a_passkey_that_was_copied_does_not_count_on(socket: Socket, aoki: Signer) -> None:
    """Whichever of the two signs second is refused."""
    copied = aoki.authenticator.copy()
    await socket.send(aoki.signed(CALL, PLACE, await socket.nonce()))
    socket.asked.clear()
    aoki.authenticator = copied
    assert await socket.refusal(aoki.signed(CALL, PLACE, await socket.nonce())) is Code.PROOF_REFUSED


async def test_a_passkey_that_never_counts_is_believed(socket: Socket, aoki: Signer) -> None:
    """One that is synchronised says 0 each time; one that counted, and says 0 now, is another."""
    aoki.authenticator.counts = False
    for _ in range(2):
        assert await socket.send(aoki.signed(CALL, PLACE, await socket.nonce())) == "done"
    aoki.authenticator.counts = True
    assert await socket.send(aoki.signed(CALL, PLACE, await socket.nonce())) == "done"
    socket.asked.clear()
    aoki.authenticator.forget_counts()
    aoki.authenticator.counts = False
    assert await socket.refusal(aoki.signed(CALL, PLACE, await socket.nonce())) is Code.PROOF_REFUSED


async def test_what_is_no_signed_call_is_refused(socket: Socket, aoki: Signer) -> None:
    """What reads or stops is not taken signed; what is no call of the wire is malformed."""
    signed = aoki.signed(stopping("aoki", "訓練"), PLACE, await socket.nonce())
    assert await socket.refusal(signed) is Code.MALFORMED
    assert await socket.refusal(replace(signed, arguments=b"\xff")) is Code.MALFORMED
    with pytest.raises(Refused):
        await socket.methods[SignedMethod.SIGNED]([42])


async def test_where_acts_are_taken_by_name_nothing_is_signed(rows: SqliteRows) -> None:
    """No challenge is given, and each method is as it was."""
    socket = Socket(rows=rows, clock=SettableClock(NOW), origin=None)
    assert await socket.methods[SignedMethod.CHALLENGE]([]) is None
    assert SignedMethod.SIGNED not in socket.methods
    assert await socket.methods[DecisionMethod.AGREE](["aoki", "1"]) == "done"


def execute(statement: str, connection: Connection) -> None:
    """Carry a statement out."""
    connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE signed_act SET person = 'bando'",
        "UPDATE signed_act SET call = zeroblob(32)",
        "UPDATE signed_act SET log_index = 1",
        "UPDATE signed_act SET challenge = zeroblob(32)",
        "UPDATE operator_key SET person = 'bando'",
        "UPDATE operator_key SET credential = zeroblob(32)",
    ],
)
async def test_a_proof_is_found_when_a_row_was_changed(
    socket: Socket, aoki: Signer, rows: SqliteRows, statement: str
) -> None:
    """Of the proof or of the roll: no row lets itself be changed, and one that was does not hold any more."""
    await socket.send(aoki.signed(CALL, PLACE, await socket.nonce()))
    with pytest.raises(sqlite3.Error, match="stays"):
        await rows.write(partial(execute, statement))
    for trigger in ("signed_act_stays", "operator_key_stays"):
        await rows.write(partial(execute, f"DROP TRIGGER {trigger}"))
    await rows.write(partial(execute, statement))
    assert len(await rows.read(lambda connection: broken_proofs(connection, ORIGIN, CLERK.taken))) == 1


async def test_proofs_end_with_decisions(socket: Socket, aoki: Signer, rows: SqliteRows) -> None:
    """By the day on which they were signed, and not before; a key stays."""
    for _ in range(3):
        await socket.send(aoki.signed(CALL, PLACE, await socket.nonce()))
    ended = EndedDecisions(holds=True)
    assert await rows.read(lambda connection: ended.oldest(connection, 0, NOW)) is None
    assert await rows.read(lambda connection: ended.oldest(connection, 0, NOW + 1)) == NOW
    assert await rows.write(lambda connection: ended.destroy(connection, 0, NOW + 1, 2)) == 2
    assert await rows.write(lambda connection: ended.destroy(connection, 0, NOW + 1, 2)) == 1
    assert await rows.read(lambda connection: list(signed_acts(connection))) == []
    assert len(await rows.read(roll.whole_roll)) == 1
