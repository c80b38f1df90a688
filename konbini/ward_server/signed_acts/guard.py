"""The guard of an operators' socket: what changes something is taken signed, checked here, and handed on.

    CHALLENGE -> nonce;  SIGNED [method, arguments, proof] -> nonce taken -> passkey of the roll -> signature over this
    very call -> kept and recorded -> the ordinary handler -> recorded

The guard knows no method: whatever is not named as open is refused unsigned, so that a method that is added is guarded
until somebody says otherwise. It believes nothing of what the console says but the signature: the nonce is its own,
given to nobody else and taken once, so that no clock of the console's counts and a proof is of one process and one
life of it; the public key is of its own roll; the operator that the call names must be whose passkey signed.

Limits: the person was shown by the console what they signed. Where acts are taken by name (`origin` None), everything
is as each handler has it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from konbini.process.calls import Handler, together
from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.log import logger
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_value
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.residents.registry import require_person
from konbini.ward_server.signed_acts import roll
from konbini.ward_server.signed_acts.call import arguments_of, call_digest
from konbini.ward_server.signed_acts.calls import SignedCall, SignedMethod
from konbini.ward_server.signed_acts.events import SignedEvents
from konbini.ward_server.signed_acts.judging import check_assertion
from konbini.ward_server.signed_acts.proof import Proof, act_challenge
from konbini.ward_server.signed_acts.rows import SignedAct, keep

__all__ = ["Guard"]

_NONCE_BYTES: Final = 32
_NONCE_SECONDS: Final = 15.0 * 60.0
"""How long a challenge waits: longer than the console lets a prepared act wait."""
_MOST_NONCES: Final = 1024
"""That are out at once; of more, the oldest go."""

_log = logger("konbini.ward_server.signed_acts")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A signed call, with whoever it names, and what the passkey must have signed."""

    method: int
    person: str
    arguments: Sequence[Value]
    call: bytes
    proof: Proof

    @property
    def challenge(self) -> bytes:
        return act_challenge(person=self.person, said=self.proof.said, nonce=self.proof.nonce, call=self.call)


class Guard:
    """The guard of one process.

    Args:
        rows: the process's, where its roll is and proofs are kept.
        place: which process it is (`call.place_of`).
        origin: of the console whose passkeys are believed; None: acts are taken by name.
        events: under which it records.
        clock: how long a challenge waits, and whose key is over.
        entropy: for challenges.
    """

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self, rows: Rows, *, place: str, origin: str | None, events: SignedEvents, clock: Clock, entropy: Entropy
    ) -> None:
        self._rows = rows
        self._place = place
        self._origin = origin
        self._events = events
        self._clock = clock
        self._entropy = entropy
        self._out: dict[bytes, float] = {}

    def over(self, handlers: Mapping[int, Handler], *open_methods: frozenset[int]) -> Mapping[int, Handler]:
        """Give a socket's methods as they are answered: all as they are, or those that are not open signed alone."""
        if self._origin is None:
            _log.warning("acts are taken by name, unsigned", kind=self._place)
            return together(handlers, {SignedMethod.CHALLENGE: _by_name})
        _log.info("acts are taken signed alone", kind=self._place)
        is_open = frozenset[int]().union(*open_methods)
        acting = {method: handler for method, handler in handlers.items() if method not in is_open}
        reading = {method: handler for method, handler in handlers.items() if method in is_open}
        return together(
            reading,
            {method: self._unsigned(method) for method in acting},
            {SignedMethod.CHALLENGE: self._challenge, SignedMethod.SIGNED: self._signed(acting, self._origin)},
        )

    async def _challenge(self, _arguments: Sequence[Value]) -> Value:
        now = self._clock.monotonic()
        self._out = {nonce: ends for nonce, ends in self._out.items() if ends > now}
        while len(self._out) >= _MOST_NONCES:
            del self._out[next(iter(self._out))]
        nonce = self._entropy.token(_NONCE_BYTES)
        self._out[nonce] = now + _NONCE_SECONDS
        return nonce

    def _unsigned(self, method: int) -> Handler:
        async def refuse(arguments: Sequence[Value]) -> Value:
            await self._record(self._events.refused, _named(arguments), method, code=Code.PROOF_NEEDED)
            raise Refused(Code.PROOF_NEEDED, f"method {method}")

        return refuse

    def _signed(self, acting: Mapping[int, Handler], origin: str) -> Handler:
        async def carry(arguments: Sequence[Value]) -> Value:
            asked = self._asked(from_value(SignedCall, arguments))
            handler = acting.get(asked.method)
            if handler is None:
                raise Refused(Code.MALFORMED, "no method that is taken signed")
            try:
                await self._take(asked, origin)
            except Refused as refused:
                await self._record(self._events.refused, asked.person, asked.method, code=refused.code)
                raise
            return await self._concluded(asked, lambda: handler(asked.arguments))

        return carry

    def _asked(self, signed: SignedCall) -> _Asked:
        arguments = arguments_of(signed.arguments)
        return _Asked(
            method=signed.method,
            person=_named(arguments),
            arguments=arguments,
            call=call_digest(self._place, signed.method, signed.arguments),
            proof=signed.proof,
        )

    async def _take(self, asked: _Asked, origin: str) -> None:
        """Check a proof, and keep it before anything is done.

        Raises:
            Refused: `PROOF_REFUSED`: no challenge of this process that is out, or no signature over this call;
                `OPERATOR_UNKNOWN`: the passkey is not in the roll any more, or not this person's.
        """
        if self._out.pop(asked.proof.nonce, 0.0) <= self._clock.monotonic():
            raise Refused(Code.PROOF_REFUSED, "no challenge that is out")
        now, assertion, challenge = self._clock.now(), asked.proof.assertion, asked.challenge
        key = await self._rows.read(lambda connection: _believed(connection, asked, now))
        try:
            check_assertion(
                assertion,
                challenge=challenge,
                origin=origin,
                public_key=key.public_key,
                sign_count=key.sign_count,
            )
        except Refused as refused:
            raise Refused(Code.PROOF_REFUSED, refused.detail) from refused

        def change(connection: Connection) -> None:
            again = _believed(connection, asked, now)
            if again.sign_count and again.sign_count >= assertion.sign_count:
                raise Refused(Code.PROOF_REFUSED, "a count that does not rise")
            roll.count(connection, key.credential, assertion.sign_count)
            entry = self._entry(self._events.taken, asked.person, asked.method, digest=challenge)
            kept = SignedAct(
                challenge=challenge,
                person=asked.person,
                method=asked.method,
                call=asked.call,
                proof=asked.proof,
                moment=now,
                log_index=append(connection, entry),
            )
            keep(connection, kept)

        await self._rows.write(change, step="proof taken")

    async def _concluded(self, asked: _Asked, act: Callable[[], Awaitable[Value]]) -> Value:
        """Carry a call out, and record what came of it; nothing is recorded of one that was broken off."""
        event, person, method, challenge = self._events.concluded, asked.person, asked.method, asked.challenge
        try:
            answer = await act()
        except Refused as refused:
            await self._record(event, person, method, code=refused.code, digest=challenge)
            raise
        except Exception:
            await self._record(event, person, method, code=Code.INTERNAL, digest=challenge)
            raise
        await self._record(event, person, method, digest=challenge)
        return answer

    async def _record(
        self, event: AuditEvent, person: str, method: int, *, code: Code | None = None, digest: bytes = b""
    ) -> None:
        entry = self._entry(event, person, method, code=code, digest=digest)
        await self._rows.write(lambda connection: append(connection, entry), step="proof recorded")

    def _entry(
        self, event: AuditEvent, person: str, method: int, *, code: Code | None = None, digest: bytes = b""
    ) -> AuditEntry:
        return AuditEntry(
            moment=self._clock.now(),
            event=event,
            operators=(person,) if person else (),
            about=f"method {method}",
            code=int(code or 0),
            digest=digest,
        )


async def _by_name(_arguments: Sequence[Value]) -> Value:
    """Say that no act is signed here."""
    return None


def _named(arguments: Sequence[Value]) -> str:
    """Give the operator that a call names, its first argument; empty where that is no operator's id."""
    named = arguments[0] if arguments else None
    try:
        require_person(named if isinstance(named, str) else "")
    except Refused:
        return ""
    return str(named)


def _believed(connection: Connection, asked: _Asked, now: int) -> roll.OperatorKey:
    """Find the passkey that signed, in force, of the person whom the call names.

    Raises:
        Refused: `OPERATOR_UNKNOWN`.
    """
    key = roll.find(connection, asked.proof.assertion.credential)
    if key is None or not key.holds_at(now) or key.person != asked.person:
        raise Refused(Code.OPERATOR_UNKNOWN, "not of the roll, or another's")
    return key
