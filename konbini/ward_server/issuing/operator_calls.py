"""The methods of `issuing` on its operators' socket, the answers, and the operators' end of it.

Numbers go on from those of decisions and of retention, which stand on the same socket. Every answer is the bytes of one
message; what is listed names nobody but kiosks and numbers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, Final, TypeVar

from konbini.process.calls import CallClient, Handler
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.service import State
from konbini.protocol.shape import UpTo, from_bytes, from_value, to_bytes, to_value
from konbini.ward_server.decisions.calls import DecisionLine
from konbini.ward_server.decisions.decision import Decision, DecisionKind
from konbini.ward_server.issuing.decided import CaseNumber, KioskDay, Withdrawn
from konbini.ward_server.issuing.ledger.barred import Barred, Part
from konbini.ward_server.issuing.ledger.cases import Case
from konbini.ward_server.issuing.ledger.days import DayAccount
from konbini.ward_server.issuing.ledger.doubts import Doubt, Settlement
from konbini.ward_server.issuing.link_errors import LinkErrorLine
from konbini.ward_server.issuing.reports import FigureLine
from konbini.ward_server.operator_id import OperatorId

__all__ = [
    "OPEN_ISSUING_METHODS",
    "Accounts",
    "AskCases",
    "AskDays",
    "AskFigures",
    "By",
    "Cases",
    "Doubts",
    "Figures",
    "IssuingLine",
    "IssuingMethod",
    "KeysOfVisits",
    "Standing",
    "handler",
]

T = TypeVar("T")

NEWEST: Final = 2**53
_MOST_ANSWER_BYTES: Final = 1 << 20
_SECONDS: Final = 30.0


@unique
class IssuingMethod(IntEnum):
    """On the operators' socket of `issuing`."""

    CASES = 81
    """-> bytes of `Cases`: open or closed ones, the newest 200 below a number."""
    DOUBTS = 82
    """-> bytes of `Doubts`: the oldest 200 orders in doubt."""
    STANDING = 83
    """-> bytes of `Standing`: what stands still, the kiosks' last words, link errors."""
    FIGURES = 84
    """-> bytes of `Figures`: those of each day, kiosk and kind between two days, a month and a day at most."""
    DAYS = 85
    """-> bytes of `Accounts`: how each kiosk's day stands, the newest 1,000 from a day on."""
    COSIGN = 86
    """-> konbini/ward_server/issuing/cosigning.py: a process's, not an operator's."""
    KEYS_OF_VISITS = 89
    """-> bytes of `KeysOfVisits`: what two persons may have made anew, at this server."""


OPEN_ISSUING_METHODS: Final = frozenset(
    {
        *(IssuingMethod.CASES, IssuingMethod.DOUBTS, IssuingMethod.STANDING, IssuingMethod.FIGURES),
        *(IssuingMethod.DAYS, IssuingMethod.COSIGN, IssuingMethod.KEYS_OF_VISITS),
    }
)
"""What is taken in an operator's name alone, also where acts are signed: all of them read, or co-sign what is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCases:
    """Which cases are asked for: those with a number below `before`."""

    operator: OperatorId
    closed: bool
    before: Annotated[int, UpTo(NEWEST)]


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who asks."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Cases, the newest first."""

    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """Orders in doubt, the oldest first."""

    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysOfVisits:
    """What visits need and no row holds, and how many visits are open.

    Attributes:
        ends: of the message key, Unix seconds; 0 where there is no message key yet.
        prekeys: kept in memory.
        visits: that end if these are made anew.
    """

    ends: Annotated[int, UpTo(2**40)]
    prekeys: Annotated[int, UpTo(2**20)]
    visits: Annotated[int, UpTo(2**20)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the service stands: what is barred, what each kiosk said last, which frames were refused in the open."""

    barred: tuple[Barred, ...]
    kiosks: tuple[State, ...]
    link_errors: tuple[LinkErrorLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskFigures:
    """Of which days (yyyymmdd), both included."""

    operator: OperatorId
    first: Annotated[int, UpTo(99_991_231)]
    last: Annotated[int, UpTo(99_991_231)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskDays:
    """From which day (yyyymmdd) on."""

    operator: OperatorId
    since: Annotated[int, UpTo(99_991_231)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures by day, kiosk and kind of certificate."""

    lines: tuple[FigureLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Kiosks' days, the newest first."""

    days: tuple[DayAccount, ...]


class IssuingLine(DecisionLine):
    """An operator's line to `issuing`: one method for each act. Each raises what `CallClient.call` raises.

    What two persons decide is entered here with its reason, and agreed to with `agree`, by another operator.
    """

    def __init__(self, client: CallClient, operator: str) -> None:
        super().__init__(client, operator)
        self._client = client
        self._operator = operator

    async def cases(self, *, closed: bool = False, before: int = NEWEST) -> tuple[Case, ...]:
        """List cases that are open, or that are closed, the newest first."""
        asked = AskCases(operator=self._operator, closed=closed, before=before)
        return (await self._ask(IssuingMethod.CASES, asked, Cases)).cases

    async def doubts(self) -> tuple[Doubt, ...]:
        """List the orders in doubt, with all that is known of them."""
        return (await self._ask(IssuingMethod.DOUBTS, By(operator=self._operator), Doubts)).doubts

    async def standing(self) -> Standing:
        """Give what stands still, the kiosks' last words, and the link errors."""
        return await self._ask(IssuingMethod.STANDING, By(operator=self._operator), Standing)

    async def keys_of_visits(self) -> KeysOfVisits:
        """Give how message key, prekeys and open visits stand."""
        return await self._ask(IssuingMethod.KEYS_OF_VISITS, By(operator=self._operator), KeysOfVisits)

    async def renew_message_keys(self, reason: str) -> str:
        """Enter that message key and prekeys are made anew; give the decision's id."""
        return await self.enter(Decision(kind=DecisionKind.MESSAGE_KEYS_RENEWED, reason=reason))

    async def figures(self, first: int, last: int) -> tuple[FigureLine, ...]:
        """Give the figures of each day, kiosk and kind, from one day (yyyymmdd) to another of the same month."""
        asked = AskFigures(operator=self._operator, first=first, last=last)
        return (await self._ask(IssuingMethod.FIGURES, asked, Figures)).lines

    async def days(self, since: int) -> tuple[DayAccount, ...]:
        """Give how each kiosk's day stands, from a day (yyyymmdd) on."""
        return (await self._ask(IssuingMethod.DAYS, AskDays(operator=self._operator, since=since), Accounts)).days

    async def settle_day(self, kiosk: str, day: int, finding: str) -> str:
        """Enter that a day that differs is settled, with where the difference came from; give the decision's id."""
        return await self._decide(DecisionKind.DAY_SETTLED, finding, KioskDay(kiosk=kiosk, day=day))

    async def hold_part(self, part: Part, reason: str) -> str:
        """Enter that a kiosk, a link, a kind of certificate or the whole ward is held; give the decision's id."""
        return await self._decide(DecisionKind.PART_HELD, reason, part)

    async def release_part(self, part: Part, reason: str) -> str:
        """Enter that what stands still is released; give the decision's id."""
        return await self._decide(DecisionKind.PART_RELEASED, reason, part)

    async def close_case(self, number: int, finding: str) -> str:
        """Enter that a case is closed, with its finding; give the decision's id."""
        return await self._decide(DecisionKind.CASE_CLOSED, finding, CaseNumber(number=number))

    async def settle_order(self, settlement: Settlement, reason: str) -> str:
        """Enter what became of an order in doubt; give the decision's id."""
        return await self._decide(DecisionKind.ORDER_SETTLED, reason, settlement)

    async def withdraw_certificate(self, number: str, reason: str) -> str:
        """Enter that a printed certificate is taken back; give the decision's id."""
        return await self._decide(DecisionKind.CERTIFICATE_WITHDRAWN, reason, Withdrawn(number=number))

    async def _decide(self, kind: DecisionKind, reason: str, content: object) -> str:
        return await self.enter(Decision(kind=kind, reason=reason, content=to_bytes(content)))

    async def _ask(self, method: IssuingMethod, asked: object, answer: type[T]) -> T:
        arguments = to_value(asked)
        assert isinstance(arguments, list)  # noqa: S101 - a message's array
        given = await self._client.call(int(method), *arguments, within=_SECONDS)
        if not isinstance(given, bytes):
            raise Refused(Code.MALFORMED, f"the answer to {method.name}")
        return from_bytes(answer, given, _MOST_ANSWER_BYTES)


def handler(asked: type[T], answer: Callable[[T], Awaitable[object]]) -> Handler:
    """Answer a method whose arguments are the fields of a class, in order, with the bytes of a message."""

    async def handle(arguments: Sequence[Value]) -> Value:
        return to_bytes(await answer(from_value(asked, arguments)))

    return handle
