"""What two persons decide at `issuing` beside what every copy has: what stands still, cases, orders in doubt, papers.

Each effect is asked at entering and again at agreeing, and is one transaction with its audit entry.
"""

from __future__ import annotations

from dataclasses import replace

from konbini.process.clock import Clock, to_seconds
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CENTER, CertificateKind
from konbini.protocol.numbers import IssuanceNumber
from konbini.protocol.shape import from_bytes
from konbini.ward_server.asking.opening import KioskRegister
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import append
from konbini.ward_server.decisions.decision import Decision, DecisionKind
from konbini.ward_server.decisions.desk import Agreed, Effect
from konbini.ward_server.issuing.decided import CaseNumber, KioskDay, Withdrawn
from konbini.ward_server.issuing.ledger.barred import Part, PartScope, bar, is_barred, lift_bar
from konbini.ward_server.issuing.ledger.cases import Case, case_named, close_case
from konbini.ward_server.issuing.ledger.days import DayState, about_day, account_of, differing_day, settle_day
from konbini.ward_server.issuing.ledger.doubts import Settlement, check_settlement, settle
from konbini.ward_server.issuing.ledger.withdrawals import check_withdrawal, withdraw

__all__ = ["issuing_effects"]


def issuing_effects(ward: str, register: KioskRegister, clock: Clock) -> dict[DecisionKind, Effect]:
    """Give what these decisions do.

    Args:
        ward: the municipality code.
        register: the ward's kiosks.
        clock: says which orders are in doubt.
    """
    return {
        DecisionKind.PART_HELD: _Held(ward, register),
        DecisionKind.PART_RELEASED: _Released(),
        DecisionKind.CASE_CLOSED: _CaseClosed(),
        DecisionKind.ORDER_SETTLED: _OrderSettled(clock),
        DecisionKind.CERTIFICATE_WITHDRAWN: _Withdrawn(ward),
        DecisionKind.DAY_SETTLED: _DaySettled(),
    }


class _OfThisProcess:
    """An effect that needs nothing of other processes."""

    async def prepare(self, _decision: Decision) -> bytes:
        """Nothing of another process is needed."""
        return b""


class _Held(_OfThisProcess):
    """A part of the service stands still."""

    def __init__(self, ward: str, register: KioskRegister) -> None:
        self._ward = ward
        self._register = register

    def check(self, connection: Connection, decision: Decision) -> None:
        """Refuse what is no part of this ward's service, and what stands still already.

        Raises:
            Refused: `CHANGE_INVALID`.
        """
        part = from_bytes(Part, decision.content)
        if not self._is_ours(part):
            raise Refused(Code.CHANGE_INVALID, f"nothing of this ward's: {part}")
        if is_barred(connection, part):
            raise Refused(Code.CHANGE_INVALID, f"stands still already: {part}")

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """Bar it, without a mismatch's code."""
        part = from_bytes(Part, agreed.decision.content)
        bar(connection, part, agreed.moment, 0, agreed.decision.reason)
        append(connection, agreed.entry(AuditEvent.PART_HELD, str(part), digest=agreed.decision.digest()))

    def _is_ours(self, part: Part) -> bool:
        match part.scope:
            case PartScope.KIOSK:
                return part.name in self._register.names
            case PartScope.LINK:
                return part.name in (CENTER, self._ward)
            case PartScope.KIND:
                return part.name in {str(int(kind)) for kind in CertificateKind}
            case PartScope.WARD:
                return not part.name


class _Released(_OfThisProcess):
    """What stood still is served again."""

    def check(self, connection: Connection, decision: Decision) -> None:
        """Refuse what does not stand still.

        Raises:
            Refused: `CHANGE_INVALID`.
        """
        part = from_bytes(Part, decision.content)
        if not is_barred(connection, part):
            raise Refused(Code.CHANGE_INVALID, f"does not stand still: {part}")

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """Release it; a case that it was stopped for stays open."""
        part = from_bytes(Part, agreed.decision.content)
        code = lift_bar(connection, part)
        entry = agreed.entry(AuditEvent.PART_RELEASED, str(part), code=code, digest=agreed.decision.digest())
        append(connection, entry)


class _CaseClosed(_OfThisProcess):
    """A case is closed, with the reason as its finding."""

    def check(self, connection: Connection, decision: Decision) -> None:
        """Refuse a case that is not open, and one of a day that still differs.

        Raises:
            Refused: `CHANGE_UNKNOWN`; `CAUSE_STANDS`: the day is to agree, or to be settled.
        """
        case = case_named(connection, from_bytes(CaseNumber, decision.content).number)
        if case.kind == AuditEvent.COUNT_DIFFERS.name and _still_differs(connection, case):
            raise Refused(Code.CAUSE_STANDS, "a day that differs is settled, and its case with it")

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """Close it."""
        case = case_named(connection, from_bytes(CaseNumber, agreed.decision.content).number)
        close_case(connection, case.number, agreed.moment, agreed.decision.reason)
        entry = agreed.entry(AuditEvent.CASE_CLOSED, f"{case.number} {case.kind}", digest=agreed.decision.digest())
        append(connection, replace(entry, visit=case.visit, ordinal=case.ordinal, number=case.issued))


def _still_differs(connection: Connection, case: Case) -> bool:
    """Say whether the day that a case names differs yet."""
    account = account_of(connection, case.kiosk, int(case.about.rpartition(" ")[2]))
    return account is not None and account.state is DayState.DIFFERS


class _DaySettled(_OfThisProcess):
    """A day that differs is settled, and its cases are closed with the same finding."""

    def check(self, connection: Connection, decision: Decision) -> None:
        """Refuse a day that does not differ.

        Raises:
            Refused: `CHANGE_INVALID`.
        """
        named = from_bytes(KioskDay, decision.content)
        differing_day(connection, named.kiosk, named.day)

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """Settle it."""
        named = from_bytes(KioskDay, agreed.decision.content)
        cases = settle_day(connection, named.kiosk, named.day, agreed.moment, agreed.decision.reason)
        digest = agreed.decision.digest()
        append(connection, agreed.entry(AuditEvent.DAY_SETTLED, about_day(named.kiosk, named.day), digest=digest))
        for number in cases:
            about = f"{number} {AuditEvent.COUNT_DIFFERS.name}"
            append(connection, agreed.entry(AuditEvent.CASE_CLOSED, about, digest=digest))


class _OrderSettled(_OfThisProcess):
    """What became of an order in doubt."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def check(self, connection: Connection, decision: Decision) -> None:
        """Refuse what cannot be, as things stand.

        Raises:
            Refused: as `check_settlement`.
        """
        check_settlement(connection, from_bytes(Settlement, decision.content), to_seconds(self._clock.now()))

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """Settle it; it is final."""
        settlement = from_bytes(Settlement, agreed.decision.content)
        number = check_settlement(connection, settlement, to_seconds(self._clock.now()))
        entry = agreed.entry(AuditEvent.ORDER_SETTLED, settlement.outcome.name, digest=agreed.decision.digest())
        index = append(connection, replace(entry, visit=settlement.visit, ordinal=settlement.ordinal, number=number))
        settle(connection, settlement, agreed.moment, agreed.decision_id, index)


class _Withdrawn(_OfThisProcess):
    """A printed certificate is taken back."""

    def __init__(self, ward: str) -> None:
        self._ward = ward

    def check(self, connection: Connection, decision: Decision) -> None:
        """Refuse what was never printed, and what was taken back before.

        Raises:
            Refused: `CHANGE_INVALID`, `CHANGE_UNKNOWN`.
        """
        number = from_bytes(Withdrawn, decision.content).number
        try:
            of_ours = IssuanceNumber.parse(number).ward == self._ward
        except Refused as refused:
            raise Refused(Code.CHANGE_INVALID, refused.detail) from refused
        if not of_ours:
            raise Refused(Code.CHANGE_INVALID, "a number of another ward")
        check_withdrawal(connection, number)

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """Take it back; the next status list says so."""
        number = from_bytes(Withdrawn, agreed.decision.content).number
        withdraw(connection, number, agreed.moment, agreed.decision_id)
        entry = agreed.entry(AuditEvent.CERTIFICATE_WITHDRAWN, digest=agreed.decision.digest())
        append(connection, replace(entry, number=number))
