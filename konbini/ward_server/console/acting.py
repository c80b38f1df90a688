"""Acts: prepared, shown with their effect, confirmed with a fresh passkey, carried out, shown again.

    form -> Prepared -> passkey over exactly this act -> recorded -> carried out -> recorded

What the passkey signs is the act's digest: who, which act, its arguments, the version that was seen, a nonce that makes
each act another, and the one call at a process that carries it out, byte for byte: that very call is sent. The
assertion is kept with the entry that was written before anything was done, so that whoever audits can check, with the
passkey's public key alone, that this person confirmed this very act.

Invariants: an act is carried out at most once, however often it is confirmed; nothing is carried out that was not
recorded; whoever confirms is whoever prepared, in the same session. An answer that was lost is "in doubt" and never
"done". Prepared acts are in memory: a restart forgets those that nobody confirmed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Annotated, Any, Final

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Digest, Line, UpTo, to_bytes
from konbini.ward_server.console.act import MOST_REASON, Act, Called, Outcome, Preview
from konbini.ward_server.console.act_rows import ActRows, ActState
from konbini.ward_server.console.entrance import Entrance, SignedIn
from konbini.ward_server.console.forms import line
from konbini.ward_server.console.lines import Lines
from konbini.ward_server.console.sessions import Session
from konbini.ward_server.signed_acts.proof import Assertion, Proof, act_challenge, said_digest

__all__ = ["ActDesk", "ActMade", "Evidence", "Prepared", "Stage"]

_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 32
_WAITS_SECONDS: Final = 10.0 * 60.0
"""How long a prepared act waits, and how long its outcome is shown."""
_MOST_PREPARED: Final = 512
_MOST_OF_ONE: Final = 32
"""That one person may leave unconfirmed, so that nobody keeps the others from acting."""
_AT_ONCE_SECONDS: Final = 2.0
"""How long an answer to the browser waits for an act; a longer one is shown as it goes on."""

_log = logger("konbini.ward_server.console.acting")


@unique
class Stage(Enum):
    """Where a prepared act is; a stage that is left does not come again, but back from CONFIRMING."""

    PREPARED = "prepared"
    CONFIRMING = "confirming"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"


@dataclass(slots=True, kw_only=True)
class Prepared:
    """One act of one person, from its preview to its outcome; `is_proven`: the process gave the nonce, and checks."""

    act_id: str
    act: Act[Any]
    person: str
    session: Session
    arguments: Any
    reason: str
    preview: Preview
    called: Called | None
    call_digest: bytes
    nonce: bytes
    is_proven: bool
    until: float
    proof: Proof | None = None
    stage: Stage = Stage.PREPARED
    code: Code | None = None
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def evidence(self) -> ActMade:
        """What it is made of."""
        return ActMade(
            name=self.act.name,
            arguments=hashlib.sha256(to_bytes(self.arguments)).digest(),
            reason=self.reason,
            seen=self.preview.seen,
            nonce=self.nonce,
            call=self.call_digest,
        )

    @property
    def digest(self) -> bytes:
        """What the passkey signs."""
        return self.evidence.challenge(self.person)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActMade:
    """What an act was made of.

    `arguments` is the SHA-256 of what was done, so that what it says of a resident is not kept a second time; `call` is
    that of the call at a process (`signed_acts.call`), empty where none is made.
    """

    name: Line
    arguments: Digest
    reason: Annotated[str, UpTo(MOST_REASON)]
    seen: Annotated[bytes, UpTo(32)]
    nonce: Annotated[bytes, UpTo(32)]
    call: Annotated[bytes, UpTo(32)]

    @property
    def said(self) -> bytes:
        """Give the SHA-256 of what the person was shown and typed."""
        return said_digest(name=self.name, arguments=self.arguments, reason=self.reason, seen=self.seen)

    def challenge(self, person: str) -> bytes:
        """Give what the person's passkey signs."""
        return act_challenge(person=person, said=self.said, nonce=self.nonce, call=self.call)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What an act was made of, and what the passkey signed."""

    made: ActMade
    assertion: Assertion


class ActDesk:
    """Prepares, confirms and carries out.

    Args:
        rows: where what was confirmed is kept.
        entrance: judges passkeys.
        lines: to the processes that carry acts out.
        clock: moments and waiting.
        entropy: ids and nonces.
    """

    def __init__(self, rows: ActRows, entrance: Entrance, lines: Lines, clock: Clock, entropy: Entropy) -> None:
        self._rows = rows
        self._entrance = entrance
        self._lines = lines
        self._clock = clock
        self._entropy = entropy
        self._prepared: dict[str, Prepared] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def prepare(self, asker: SignedIn, act: Act[Any], form: Mapping[str, str]) -> Prepared:
        """Read a form and what the act would do.

        Raises:
            Refused: `RIGHT_MISSING`, `CHANGE_INVALID`, `BUSY`, and what the process refuses to show.
            ConnectionError, TimeoutError: the process is not reached.
        """
        if not asker.roles & act.may:
            raise Refused(Code.RIGHT_MISSING, act.name)
        reason = line(form, "reason", most=MOST_REASON)
        arguments = act.read(form)
        preview = await act.preview(asker.person.person, arguments)
        called = None if act.call is None else await act.call(asker.person.person, arguments)
        nonce = None if called is None else await self._lines.nonce(called.process, called.call)
        now = self._clock.monotonic()
        self._forget(now)
        self._check_room(asker.person.person)
        prepared = Prepared(
            act_id=self._entropy.token(_ID_BYTES).hex(),
            act=act,
            person=asker.person.person,
            session=asker.session,
            arguments=arguments,
            reason=reason,
            preview=preview,
            called=called,
            call_digest=b"" if called is None else self._lines.digest(called.process, called.call),
            nonce=nonce or self._entropy.token(_NONCE_BYTES),
            is_proven=nonce is not None,
            until=now + _WAITS_SECONDS,
        )
        self._prepared[prepared.act_id] = prepared
        return prepared

    def of(self, asker: SignedIn, act_id: str) -> Prepared:
        """Give an act that the person prepared in this very session.

        Raises:
            Refused: `ACT_UNKNOWN`: there is none, or it was forgotten.
        """
        found = self._prepared.get(act_id)
        if found is None or found.session is not asker.session or found.until <= self._clock.monotonic():
            raise Refused(Code.ACT_UNKNOWN)
        return found

    async def fingerprints(self, asker: SignedIn) -> tuple[str, ...]:
        """Give the fingerprints of the keys that a person's acts are signed with."""
        return await self._entrance.fingerprints(asker.session)

    async def options(self, asker: SignedIn, prepared: Prepared) -> str:
        """Give what the browser asks the passkey to sign."""
        return await self._entrance.options_for(asker.session, prepared.digest)

    async def confirm(self, asker: SignedIn, prepared: Prepared, answer: str) -> None:
        """Take the passkey's answer, record it, and carry the act out; a second time it changes nothing.

        Raises:
            Refused: `RIGHT_MISSING`: the right ended meanwhile; `PASSKEY_REFUSED`: the act still waits.
        """
        if prepared.stage is not Stage.PREPARED:
            return
        prepared.stage = Stage.CONFIRMING
        try:
            if not asker.roles & prepared.act.may:
                raise Refused(Code.RIGHT_MISSING, prepared.act.name)  # noqa: TRY301 - the act waits again
            assertion = await self._entrance.passkey_of(asker.session, answer, prepared.digest)
            await self._keep(prepared, assertion)
        except BaseException:
            prepared.stage = Stage.PREPARED
            raise
        prepared.stage = Stage.RUNNING
        prepared.until = self._clock.monotonic() + _WAITS_SECONDS
        task = asyncio.create_task(self._carry(prepared))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.wait([task], timeout=_AT_ONCE_SECONDS)

    @property
    def running(self) -> bool:
        """Whether an act is being carried out."""
        return bool(self._running)

    async def close(self) -> None:
        """Let what runs come to its end."""
        if self._running:
            await asyncio.wait(self._running, timeout=_AT_ONCE_SECONDS)
        for task in self._running:
            task.cancel()

    async def _keep(self, prepared: Prepared, assertion: Assertion) -> None:
        evidence = Evidence(made=prepared.evidence, assertion=assertion)
        if prepared.is_proven:
            prepared.proof = Proof(said=evidence.made.said, nonce=prepared.nonce, assertion=assertion)
        await self._rows.confirmed(
            act_id=prepared.act_id,
            person=prepared.person,
            name=prepared.act.name,
            digest=prepared.digest,
            evidence=to_bytes(evidence),
            assertion=assertion,
            moment=self._clock.now(),
        )

    async def _carry(self, prepared: Prepared) -> None:
        """Carry an act out and record what came of it; nothing escapes but a defect, which is in doubt too."""
        stage, state = Stage.IN_DOUBT, ActState.IN_DOUBT
        try:
            prepared.outcome = await self._outcome(prepared)
            stage, state = Stage.DONE, ActState.DONE
        except Refused as refused:
            prepared.code, stage, state = refused.code, Stage.REFUSED, ActState.REFUSED
            if refused.code is Code.INTERNAL:
                stage, state = Stage.IN_DOUBT, ActState.IN_DOUBT
        except (ConnectionError, TimeoutError) as error:
            _log.warning("answer_lost", step=prepared.act.name, error=type(error).__name__)
        finally:
            await self._rows.concluded(
                prepared.act_id, state, prepared.code or 0, prepared.outcome.about, self._clock.now()
            )
            prepared.until = self._clock.monotonic() + _WAITS_SECONDS
            prepared.stage = stage

    async def _outcome(self, prepared: Prepared) -> Outcome:
        """Carry out what was signed, in the one way that the act has."""
        called, carry = prepared.called, prepared.act.carry
        if called is not None:
            return called.told(await self._lines.carry(called.process, called.call, prepared.proof))
        assert carry is not None  # noqa: S101 - an act has a call, or is carried out here
        return await carry(prepared.person, prepared.arguments)

    def _forget(self, now: float) -> None:
        self._prepared = {key: one for key, one in self._prepared.items() if one.until > now}

    def _check_room(self, person: str) -> None:
        """Refuse one act more, of all or of this person.

        Raises:
            Refused: `BUSY`.
        """
        own = sum(one.person == person and one.stage is Stage.PREPARED for one in self._prepared.values())
        if len(self._prepared) >= _MOST_PREPARED or own >= _MOST_OF_ONE:
            raise Refused(Code.BUSY, "too many acts wait")
