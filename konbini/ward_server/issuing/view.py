"""What operators see of `issuing`: methods of its operators' socket that read, their answers, and the caller's side.

A method's arguments are the fields of its class, in order; numbers go on from those of the methods that stand on the
same socket. Nothing here names a person but what is asked for by a person's number, which is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, Final

from konbini.process.calls import CallClient
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Outcome
from konbini.protocol.service import State
from konbini.protocol.shape import Line, UpTo, from_bytes, to_value
from konbini.ward_server.clerk.calls import ClerkCondition
from konbini.ward_server.issuing.ledger.barred import Barred
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.operator_calls import By
from konbini.ward_server.operator_id import OperatorId
from konbini.ward_server.residents.feed import FeedKind

__all__ = [
    "OPEN_VIEW_METHODS",
    "Health",
    "IssuanceFound",
    "IssuanceLine",
    "IssuancesFound",
    "LiveView",
    "NamedCount",
    "NumberAsked",
    "OutageSeen",
    "OutstandingDifference",
    "ResidentAsked",
    "StepTime",
    "ViewLine",
    "ViewMethod",
]

_MOST_VIEW_BYTES: Final = 1 << 20

_Code = Annotated[int, UpTo(9999)]
"""0 where nothing is refused; a code of a newer build may stand here."""
_Count = Annotated[int, UpTo(2**53)]
_Millis = Annotated[int, UpTo(2**53)]


@unique
class ViewMethod(IntEnum):
    """On the operators' socket of `issuing`, beside decisions and retention."""

    LIVE = 101
    """-> bytes of `LiveView`."""
    ISSUANCE = 102
    """-> bytes of `IssuanceFound`."""
    ISSUANCES_OF = 103
    """-> bytes of `IssuancesFound`; recorded as an access."""
    UNSETTLED = 104
    """-> bytes of `IssuancesFound`: the oldest orders of which nobody knows what became."""


OPEN_VIEW_METHODS: Final = frozenset(
    {ViewMethod.LIVE, ViewMethod.ISSUANCE, ViewMethod.ISSUANCES_OF, ViewMethod.UNSETTLED}
)
"""What is taken in an operator's name alone, also where acts are signed: all of them read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageSeen:
    """An outage that is in force; moments in Unix milliseconds."""

    ends: _Millis
    as_of: _Millis
    seals_as_holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What must hold for a paper to be issued; codes are 0 where nothing is wrong, moments Unix milliseconds.

    `clerk` is null where it does not answer; `heard` is when the registry was heard last with everything applied, 0
    before.
    """

    stop_code: _Code
    current: bool
    feed_number: _Count
    heard: _Millis
    feed_broken: _Code
    retaking: bool
    outage: OutageSeen | None
    reconciled: _Millis
    differences: _Count
    clerk: ClerkCondition | None
    link_up: bool
    open_now: bool

    @property
    def clerk_serves(self) -> bool:
        """Whether the clerk could certify and seal now."""
        clerk = self.clerk
        if clerk is None or clerk.stopped or clerk.broken:
            return False
        if clerk.stamps is not None and clerk.stamps.silent:
            return False
        return clerk.current if self.outage is None else clerk.outage_ends > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceLine:
    """One issuance; it names nobody. When its paper was left and gone, and when it was reserved, is Unix seconds."""

    number: Line
    kiosk: Line
    reserved: _Count
    kind: CertificateKind
    state: IssuanceState
    refused: _Code
    outcome: Outcome | None
    fee: _Count
    left_since: _Count | None
    left_gone: _Count | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutstandingDifference:
    """One open difference from the registry: its kind, and the place of its audit entry; it names nobody."""

    log_index: _Count
    kind: FeedKind
    since: _Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCount:
    """One count by its name; null is withheld, since it could tell of a person."""

    name: Line
    count: _Count | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """How long a step of an order took, in microseconds, over so many newest orders of the last hour."""

    step: Line
    count: _Count
    p50: _Count
    p95: _Count


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveView:
    """The ward at one moment: `now` in Unix milliseconds, money in yen.

    What was printed, fees, hours, kiosks, kinds and codes are of today. `under_way` is how many frames are being
    answered, `steps` are those of the process that answers, since it began at `steps_since` (Unix milliseconds).
    """

    now: _Millis
    health: Health
    under_way: _Count
    printed: _Count
    fees: _Count
    unsettled: _Count
    cases: _Count
    barred: tuple[Barred, ...]
    outage_issued: _Count
    outage_waiting: _Count
    outage_differ: _Count
    differences: tuple[OutstandingDifference, ...]
    newest: tuple[IssuanceLine, ...]
    kiosks: tuple[State, ...]
    steps_since: _Millis
    steps: tuple[StepTime, ...]
    hours: tuple[_Count, ...]
    by_kiosk: tuple[NamedCount, ...]
    by_kind: tuple[NamedCount, ...]
    refusals: tuple[NamedCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceFound:
    """One issuance with all that is known of it but whose it is; moments in Unix seconds, `taken` in milliseconds."""

    line: IssuanceLine
    ordinal: Annotated[int, UpTo(99)]
    print_by: _Count | None
    settled: _Count | None
    taken: _Millis
    owed: _Count
    cases: tuple[Line, ...]
    in_outage: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuancesFound:
    """Issuances, newest first where they are a resident's, oldest first where they are unsettled.

    `is_cut`: there are more, which this does not hold.
    """

    issuances: tuple[IssuanceLine, ...]
    is_cut: bool

    @classmethod
    def of(cls, found: Sequence[IssuanceLine], most: int) -> IssuancesFound:
        """Give the first `most` of what was found; who looks for one more than that knows whether there are more."""
        return cls(issuances=tuple(found[:most]), is_cut=len(found) > most)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberAsked:
    """Who asks, for which issuance."""

    operator: OperatorId
    number: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentAsked:
    """Who asks, for the issuances on whose cards."""

    operator: OperatorId
    resident: Line


class ViewLine:
    """An operator's line to `issuing` that reads; raises what `CallClient.call` raises."""

    def __init__(self, client: CallClient, operator: str) -> None:
        self._client = client
        self._operator = operator

    async def live(self) -> LiveView:
        """Read the ward at this moment."""
        answer = await self._call(ViewMethod.LIVE, By(operator=self._operator))
        return from_bytes(LiveView, answer, _MOST_VIEW_BYTES)

    async def issuance(self, number: str) -> IssuanceFound:
        """Read one issuance by its number; `CHANGE_UNKNOWN` where there is none."""
        answer = await self._call(ViewMethod.ISSUANCE, NumberAsked(operator=self._operator, number=number))
        return from_bytes(IssuanceFound, answer)

    async def issuances_of(self, resident: str) -> IssuancesFound:
        """Read what was issued on a resident's cards; it is recorded."""
        answer = await self._call(ViewMethod.ISSUANCES_OF, ResidentAsked(operator=self._operator, resident=resident))
        return from_bytes(IssuancesFound, answer, _MOST_VIEW_BYTES)

    async def unsettled(self) -> IssuancesFound:
        """Read the oldest orders of which nobody knows what became."""
        answer = await self._call(ViewMethod.UNSETTLED, By(operator=self._operator))
        return from_bytes(IssuancesFound, answer, _MOST_VIEW_BYTES)

    async def _call(self, method: ViewMethod, asked: object) -> bytes:
        arguments = to_value(asked)
        assert isinstance(arguments, list)  # noqa: S101 - a message's array
        answer: Value = await self._client.call(int(method), *arguments)
        if not isinstance(answer, bytes):
            raise Refused(Code.MALFORMED, "an answer of issuing")
        return answer
