"""The screens that ask for which certificate, of whom, and showing what. Base: `view.py`."""

from __future__ import annotations

from dataclasses import dataclass

from konbini.kiosk.session.fates import Money
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.view import View
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind, Options, Scope

__all__ = [
    "CheckView",
    "KindView",
    "LookAgainView",
    "MemberChoice",
    "MembersView",
    "OptionsView",
    "PricedKind",
    "ScopeView",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedKind:
    """A certificate that is offered, and its fee in yen."""

    kind: CertificateKind
    fee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KindView(View):
    """Which certificate; `may_list`: what was issued on this card can be asked for."""

    STATE = State.KIND

    kinds: tuple[PricedKind, ...]
    chosen: CertificateKind | None = None
    may_list: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeView(View):
    """Whom the certificate shows."""

    STATE = State.SCOPE

    scopes: tuple[Scope, ...]
    chosen: Scope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChoice:
    """A member of the household: the ward's handle for this visit, the name as recorded, whether it is the holder.

    `reading` is the name in kana (振り仮名), for the ear alone; empty where the ward has none.
    """

    handle: bytes
    name: str
    chosen: bool
    is_holder: bool = False
    reading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersView(View):
    """Which members of the household; at least one."""

    STATE = State.MEMBERS

    members: tuple[MemberChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsView(View):
    """What to show or omit; every flag of `chosen` is one of `offered`."""

    STATE = State.OPTIONS

    offered: Options
    chosen: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView(View):
    """Check the answers and the fee.

    Attributes:
        questions: the questions that were asked and can be changed, in their order.
        people: names, masked unless `names_shown`.
        readings: of these names, for the ear alone, masked as they are; empty where the ward has none.
        positions: the place of each of them in the household's list, from 1; the card's holder is the first there.
        shown: what the certificate will show, of `offered`.
        fee: of one, in yen.
        copies: how many of it.
        most_copies: how many of it the visit has left.
        others: what is paid together with it, in the order in which it was added.
    """

    STATE = State.CHECK

    questions: tuple[State, ...]
    kind: CertificateKind
    scope: Scope
    people: tuple[str, ...]
    names_shown: bool
    offered: Options
    shown: Options
    fee: int
    copies: int = 1
    most_copies: int = 1
    others: tuple[PricedKind, ...] = ()
    positions: tuple[int, ...] = ()
    readings: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Yen for all that is paid together."""
        return self.fee * self.copies + sum(other.fee for other in self.others)

    @property
    def may_add(self) -> bool:
        """Whether the visit has an order left beyond these."""
        return self.copies < self.most_copies


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAgainView(View):
    """Something changed meanwhile or the menu ran out; `money` says what became of it."""

    STATE = State.LOOK_AGAIN

    code: Code
    money: Money
