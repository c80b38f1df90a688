"""Who comes into a process's roll, and who leaves it: two persons put in, one takes away.

The first persons are put in by whoever has the machine and its process stopped, who is believed with the store already
(`enrol_at_machine`): nothing that reaches the operators' socket, the console above all, can begin a roll.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from konbini.process.calls import Handler
from konbini.process.clock import Clock
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.process.stores import StoreAddress
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes, from_value, to_value
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.decisions.decision import Decision
from konbini.ward_server.decisions.desk import Agreed
from konbini.ward_server.keeping.at_rest import at_rest
from konbini.ward_server.keeping.kept_store import KeptStore
from konbini.ward_server.residents.registry import require_person
from konbini.ward_server.signed_acts import roll
from konbini.ward_server.signed_acts.calls import By, EndOperator, SignedMethod
from konbini.ward_server.signed_acts.roll import Enrolment

__all__ = ["FirstKeys", "OperatorEnrolled", "RollDesk", "enrol_at_machine"]

_PURPOSE: Final = "operators' roll"


class OperatorEnrolled:
    """Two persons put another's passkey into the roll: what that decision does.

    Args:
        event: under which it is recorded, beside the decision.
        clock: whose time is over.
        is_signed: whether this process takes acts signed alone; where it does not, whoever names two persons would put
            keys of their own into the roll before it counts.
    """

    def __init__(self, event: AuditEvent, clock: Clock, *, is_signed: bool) -> None:
        self._event = event
        self._clock = clock
        self._is_signed = is_signed

    async def prepare(self, _decision: Decision) -> bytes:
        """Nothing of another process is needed."""
        return b""

    def check(self, connection: Connection, decision: Decision) -> None:
        """Refuse what cannot be enrolled.

        Raises:
            Refused: `PROOF_NEEDED`: acts are taken by name here; `CHANGE_INVALID`; `MALFORMED`.
        """
        if not self._is_signed:
            raise Refused(Code.PROOF_NEEDED, "a roll begins at the machine, and is changed by signed acts")
        roll.check_enrolment(connection, from_bytes(Enrolment, decision.content), self._clock.now())

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """Enrol it.

        Raises:
            Refused: `OWN_RIGHTS`: one of the two is whose passkey it is.
        """
        enrolment = from_bytes(Enrolment, agreed.decision.content)
        if enrolment.person in agreed.operators:
            raise Refused(Code.OWN_RIGHTS)
        roll.enrol(connection, enrolment, agreed.operators, agreed.moment)
        digest = bytes.fromhex(enrolment.fingerprint)
        append(connection, agreed.entry(self._event, enrolment.person, digest=digest))


class RollDesk:
    """The roll of one process, for its operators.

    Args:
        rows: the process's.
        event: under which an end is recorded.
        clock: for its moment.
    """

    def __init__(self, rows: Rows, event: AuditEvent, clock: Clock) -> None:
        self._rows = rows
        self._event = event
        self._clock = clock

    def handlers(self) -> Mapping[int, Handler]:
        """Give the methods."""

        async def operators(arguments: Sequence[Value]) -> Value:
            require_person(from_value(By, arguments).operator)
            return [to_value(one) for one in await self._rows.read(roll.whole_roll)]

        async def end(arguments: Sequence[Value]) -> Value:
            asked = from_value(EndOperator, arguments)
            return await self.end(asked.operator, asked.person)

        return {SignedMethod.OPERATORS: operators, SignedMethod.END_OPERATOR: end}

    async def end(self, operator: str, person: str) -> int:
        """End every passkey of a person; one person suffices to take away.

        Raises:
            Refused: `OPERATOR_UNKNOWN`: they have none here.
        """
        require_person(operator)
        now = self._clock.now()

        def change(connection: Connection) -> int:
            ended = roll.end(connection, person, now)
            if not ended:
                raise Refused(Code.OPERATOR_UNKNOWN, "nobody of the roll")
            append(connection, AuditEntry(moment=now, event=self._event, operators=(operator,), about=person))
            return ended

        return await self._rows.write(change, step="end operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstKeys:
    """What is enrolled at the machine, and by whom, as they were typed there."""

    enrolments: tuple[Enrolment, ...]
    operators: tuple[str, str]
    event: AuditEvent


async def enrol_at_machine(kept: KeptStore, address: StoreAddress, first: FirstKeys, clock: Clock) -> None:
    """Enrol passkeys in a store that no process has open, all of them or none.

    Raises:
        Refused: `SAME_PERSON`; `CHANGE_INVALID`.
        AlreadyOwned, NotInStep: its process is at work.
        NotOpened, SchemaRefused, NotStored, sqlite3.Error: the store cannot be used.
    """
    parts = tuple(one.public_key for one in first.enrolments)
    async with at_rest(address, kept.migrations, first.operators, purpose=_PURPOSE, parts=parts) as rows:
        await rows.write(lambda connection: _enrol(connection, first, clock.now()), step="enrol at machine")


def _enrol(connection: Connection, first: FirstKeys, now: int) -> None:
    for enrolment in first.enrolments:
        roll.check_enrolment(connection, enrolment, now)
        roll.enrol(connection, enrolment, first.operators, now)
        digest = bytes.fromhex(enrolment.fingerprint)
        about = f"{enrolment.person} at the machine"
        entry = AuditEntry(moment=now, event=first.event, operators=first.operators, about=about, digest=digest)
        append(connection, entry)
