"""Entering, agreeing and declining: the use cases of decisions, the same at every process of the ward.

Invariants: a decision does nothing until a second person agreed; its effect, its state and its audit entry are one
transaction; what was concluded stays. The same agreement by the same person again gets the same answer.

Limits: who acts is an argument, as at the registry's operators' socket: two ids are taken for two persons, which is
proved where acts are signed (`signed_acts.guard`) and nowhere else. What a decision holds beside its reason stands
hidden under the process's lookup key; the reason stands in the clear, and names no resident by the operators' rule
alone.

Table: `decision`, as each process's first migration declares it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.decisions.afterwards import Afterwards
from konbini.ward_server.decisions.decision import (
    Decision,
    DecisionKind,
    DecisionState,
    KeptDecision,
    most_content,
    most_waiting,
)
from konbini.ward_server.residents.registry import require_person, require_two
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["MOST_LISTED", "MOST_WAITING", "Agreed", "DecisionEvents", "DecisionRows", "Decisions", "Effect"]

T = TypeVar("T")

MOST_LISTED = 32
"""Decisions in one page of those that wait."""
MOST_WAITING = 16
"""Decisions of one operator that wait at a time: beyond any day's work, and few enough to be looked at one by one."""
_ID_BYTES = 8
_TABLE = "decision"
_COLUMNS = "decision_id, kind, reason, hidden, state, entered_by, entered_at, concluded_by, concluded_at"
_KNOWN = f"SELECT {_COLUMNS} FROM decision"  # noqa: S608 - a constant of this module


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionEvents:
    """Under which events a process records its decisions."""

    entered: AuditEvent
    agreed: AuditEvent
    declined: AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """A decision that two persons took, as its effect sees it; `moment` in Unix milliseconds."""

    decision_id: str
    decision: Decision
    operators: tuple[str, str]
    moment: int

    def entry(self, event: AuditEvent, about: str = "", *, code: int = 0, digest: bytes = b"") -> AuditEntry:
        """Make the audit entry of what it did; `about` is the decision's id where nothing else is said."""
        return AuditEntry(
            moment=self.moment,
            event=event,
            operators=self.operators,
            about=about or self.decision_id,
            code=code,
            digest=digest,
        )


class Effect(Protocol):
    """What a kind of decision does."""

    async def prepare(self, decision: Decision) -> bytes:
        """Learn from other processes what `apply` needs; called before the agreeing transaction."""

    def check(self, connection: Connection, decision: Decision) -> None:
        """Refuse what cannot be decided as things stand: at entering, and again at agreeing."""

    def apply(self, connection: Connection, agreed: Agreed, prepared: bytes) -> None:
        """Carry out, in the agreeing transaction."""


class DecisionRows(Protocol):
    """Where decisions are kept."""

    async def write(self, change: Callable[[Connection], T], *, step: str = "") -> T:
        """Run `change` in one transaction, and answer once it is durable."""

    async def read(self, look: Callable[[Connection], T]) -> T:
        """Run `look` on one moment."""


class Decisions:
    """The decisions of one process."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        rows: DecisionRows,
        *,
        events: DecisionEvents,
        effects: Mapping[DecisionKind, Effect],
        hashes: KeyedHash,
        clock: Clock,
        entropy: Entropy,
        afterwards: Afterwards | None = None,
    ) -> None:
        self._rows = rows
        self._events = events
        self._effects = effects
        self._hashes = hashes
        self._clock = clock
        self._entropy = entropy
        self._afterwards = afterwards

    async def enter(self, operator: str, decision: Decision) -> str:
        """Enter a decision; nothing is done yet.

        Returns:
            The id under which another person agrees.

        Raises:
            Refused: `CHANGE_INVALID`: no reason, or nothing that this process can be told; `BUSY`: so many of theirs
                wait, or of its kind, that others could be overlooked; what the effect refuses.
        """
        require_person(operator)
        if not decision.reason.strip():
            raise Refused(Code.CHANGE_INVALID, "a decision says why")
        if len(decision.content) > most_content(decision.kind):
            raise Refused(Code.CHANGE_INVALID, "longer than a decision of this kind")
        effect = self._effect(decision.kind)
        entered = KeptDecision(
            decision_id=self._entropy.token(_ID_BYTES).hex(),
            decision=decision,
            state=DecisionState.ENTERED,
            entered_by=operator,
            entered_at=self._clock.now(),
        )

        def change(connection: Connection) -> None:
            _check_room(connection, operator)
            _check_room_of_kind(connection, decision.kind)
            effect.check(connection, decision)
            self._insert(connection, entered)
            append(connection, _entry(entered, self._events.entered, entered.entered_at, (operator,)))

        await self._rows.write(change, step="enter decision")
        return entered.decision_id

    async def agree(self, operator: str, decision_id: str) -> None:
        """Agree to another's decision, and carry it out.

        Raises:
            Refused: `SAME_PERSON`; `CHANGE_UNKNOWN`: there is none, or it was concluded otherwise; what the effect
                refuses as things stand now.
        """
        require_person(operator)
        waiting = await self._rows.read(lambda connection: self._find(connection, decision_id, agreed_by=operator))
        if waiting.state is DecisionState.AGREED:
            return
        require_two(waiting.entered_by, operator)
        effect = self._effect(waiting.decision.kind)
        prepared = await effect.prepare(waiting.decision)
        now = self._clock.now()

        def change(connection: Connection) -> None:
            entered = self._find(connection, decision_id, agreed_by=operator)
            if entered.state is DecisionState.AGREED:
                return
            operators = (entered.entered_by, operator)
            effect.check(connection, entered.decision)
            agreed = Agreed(decision_id=decision_id, decision=entered.decision, operators=operators, moment=now)
            effect.apply(connection, agreed, prepared)
            _conclude(connection, decision_id, DecisionState.AGREED, operator, now)
            append(connection, _entry(entered, self._events.agreed, now, operators))

        await self._rows.write(change, step="agree to decision")
        if self._afterwards is not None:
            await self._afterwards.follow()

    async def decline(self, operator: str, decision_id: str) -> None:
        """Take a decision back, or turn it down, before it was agreed to; anybody may.

        Raises:
            Refused: `CHANGE_UNKNOWN`.
        """
        require_person(operator)
        now = self._clock.now()

        def change(connection: Connection) -> None:
            entered = self._find(connection, decision_id)
            _conclude(connection, decision_id, DecisionState.DECLINED, operator, now)
            append(connection, _entry(entered, self._events.declined, now, (entered.entered_by, operator)))

        await self._rows.write(change, step="decline decision")

    async def waiting(self, operator: str, *, behind: tuple[int, str] = (0, "")) -> tuple[KeptDecision, ...]:
        """List a page of the decisions that wait for a second person, oldest first.

        Args:
            operator: who asks.
            behind: when the last decision of the page before was entered, and its id.
        """
        require_person(operator)

        def look(connection: Connection) -> tuple[KeptDecision, ...]:
            found = connection.execute(
                f"{_KNOWN} WHERE state = 1 AND (entered_at, decision_id) > (?, ?) ORDER BY entered_at, decision_id"
                " LIMIT ?",
                (*behind, MOST_LISTED),
            )
            return tuple(self._kept(row) for row in found)

        return await self._rows.read(look)

    def _effect(self, kind: DecisionKind) -> Effect:
        effect = self._effects.get(kind)
        if effect is None:
            raise Refused(Code.CHANGE_INVALID, f"nothing that this process can be told: {kind.name}")
        return effect

    def _insert(self, connection: Connection, entered: KeptDecision) -> None:
        decision = entered.decision
        hidden = self._hashes.hide(_TABLE, entered.decision_id.encode(), decision.content or bytes(1))
        connection.execute(
            "INSERT INTO decision (decision_id, kind, reason, hidden, state, entered_by, entered_at, concluded_by,"
            " concluded_at) VALUES (?, ?, ?, ?, ?, ?, ?, '', 0)",
            (
                *(entered.decision_id, int(decision.kind), decision.reason, hidden),
                *(int(entered.state), entered.entered_by, entered.entered_at),
            ),
        )

    def _find(self, connection: Connection, decision_id: str, *, agreed_by: str = "") -> KeptDecision:
        """Find a decision that waits, or one that this very person has agreed to."""
        row = connection.execute(f"{_KNOWN} WHERE decision_id = ?", (decision_id,)).fetchone()
        if row is None:
            raise Refused(Code.CHANGE_UNKNOWN, "no such decision")
        kept = self._kept(row)
        again = kept.state is DecisionState.AGREED and kept.concluded_by == agreed_by
        if kept.state is not DecisionState.ENTERED and not again:
            raise Refused(Code.CHANGE_UNKNOWN, f"{kept.state.name.lower()} before")
        return kept

    def _kept(self, row: tuple[str, int, str, bytes, int, str, int, str, int]) -> KeptDecision:
        decision_id, kind, reason, hidden, state, entered_by, entered_at, concluded_by, concluded_at = row
        content = self._hashes.reveal(_TABLE, decision_id.encode(), bytes(hidden))
        return KeptDecision(
            decision_id=decision_id,
            decision=Decision(kind=DecisionKind(kind), reason=reason, content=b"" if content == bytes(1) else content),
            state=DecisionState(state),
            entered_by=entered_by,
            entered_at=entered_at,
            concluded_by=concluded_by,
            concluded_at=concluded_at,
        )


def _check_room(connection: Connection, operator: str) -> None:
    (waiting,) = connection.execute(
        "SELECT count(*) FROM decision WHERE state = ? AND entered_by = ?", (int(DecisionState.ENTERED), operator)
    ).fetchone()
    if waiting >= MOST_WAITING:
        raise Refused(Code.BUSY, f"{MOST_WAITING} decisions of one operator wait")


def _check_room_of_kind(connection: Connection, kind: DecisionKind) -> None:
    most = most_waiting(kind)
    if most is None:
        return
    (waiting,) = connection.execute(
        "SELECT count(*) FROM decision WHERE state = ? AND kind = ?", (int(DecisionState.ENTERED), int(kind))
    ).fetchone()
    if waiting >= most:
        raise Refused(Code.BUSY, f"{waiting} of this kind wait already")


def _conclude(connection: Connection, decision_id: str, state: DecisionState, operator: str, now: int) -> None:
    connection.execute(
        "UPDATE decision SET state = ?, concluded_by = ?, concluded_at = ? WHERE decision_id = ?",
        (int(state), operator, now, decision_id),
    )


def _entry(kept: KeptDecision, event: AuditEvent, moment: int, operators: tuple[str, ...]) -> AuditEntry:
    return AuditEntry(
        moment=moment,
        event=event,
        operators=operators,
        about=f"{kept.decision.kind.name} {kept.decision_id}",
        digest=kept.decision.digest(),
    )
