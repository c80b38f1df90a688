"""The rules: who may take what, as pure functions of records, a municipality's terms and a day. No clock, no store.

Two tables: what refuses a holder everything, and what refuses one kind. All rows of both run over the household before
an answer is made, so that nothing can be told from how long it took; the code that leaves never tells a protective
measure (支援措置) from another reason to go to the counter. Source: 住民基本台帳法 Article 12 and the municipality's
settings; docs/refusals.md names each row, and each has a test.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto, unique

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Options, Scope
from konbini.ward_server.certificates.conditions import CONDITIONS
from konbini.ward_server.residents.dates import age_on, to_number
from konbini.ward_server.residents.record import Presence, ResidentRecord
from konbini.ward_server.residents.seal import SealRegistration, stands
from konbini.ward_server.settings.settings import Leaving, Terms

__all__ = [
    "HOUSEHOLD_RULES",
    "KIND_RULES",
    "Household",
    "Person",
    "Reason",
    "Wish",
    "check_visit",
    "kind_reasons",
    "kinds_for",
    "may_issue",
    "options_for",
    "reasons",
    "scopes_for",
    "showable",
]


@unique
class Reason(Enum):
    """Why nothing is issued at a kiosk: known inside the ward alone. The value is what leaves."""

    PROTECTED = (1, Code.ASK_AT_COUNTER)
    """支援措置, or a hold, on anybody of the household."""
    REMOVED = (2, Code.ASK_AT_COUNTER)
    """除票: moved out, died, removed."""
    LEAVING = (3, Code.ASK_AT_COUNTER)
    """転出予定."""
    MOVED_IN_TODAY = (4, Code.ASK_AT_COUNTER)
    """転入の当日."""
    NAME_IN_REGISTRATION = (5, Code.ASK_AT_COUNTER)
    """外字登録中."""
    UNDER_AGE = (6, Code.UNDER_AGE)
    """15歳未満."""
    AGE_UNKNOWN = (7, Code.ASK_AT_COUNTER)
    """生年月日不詳."""
    ADDRESS_NOTICE_TODAY = (8, Code.ASK_AT_COUNTER)
    """届出の当日."""
    SEAL_NOT_REGISTERED = (9, Code.ASK_AT_COUNTER)
    """印鑑登録なし, or cancelled (廃止)."""

    @property
    def code(self) -> Code:
        """What the kiosk is told."""
        return self.value[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One resident as the rules see them.

    Attributes:
        record: the record.
        barred: a protective measure or a hold is in force.
        seal: the seal registration (印鑑登録), known of the holder alone.
    """

    record: ResidentRecord
    barred: bool
    seal: SealRegistration | None = None

    @property
    def seal_registered(self) -> bool:
        """Whether a seal registration is in force, and may stand beside the record."""
        return self.seal is not None and self.seal.in_force and stands(self.seal, self.record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """The card's holder and everybody of the household whose record stands, the holder among them if it does."""

    holder: Person
    members: tuple[Person, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """When and by which terms a rule looks."""

    terms: Terms
    day: dt.date


@unique
class Whom(Enum):
    """At whom a rule looks."""

    HOLDER = auto()
    EVERYBODY = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdRule:
    """One row: a reason to give this holder nothing, and of whom it must hold."""

    reason: Reason
    whom: Whom
    holds: Callable[[ResidentRecord, bool, At], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRule:
    """One row: a reason to give this holder no certificate of a kind."""

    reason: Reason
    holds: Callable[[Person, CertificateKind, At], bool]


def _leaves(record: ResidentRecord, bars: Leaving, at: At) -> bool:
    return at.terms.rules.leaving_bars is bars and record.leaving is not None


def _of_today(number: int | None, at: At) -> bool:
    """Say whether a day is today, or dated in advance."""
    return number is not None and number >= to_number(at.day)


HOUSEHOLD_RULES = (
    HouseholdRule(reason=Reason.PROTECTED, whom=Whom.EVERYBODY, holds=lambda _record, barred, _at: barred),
    HouseholdRule(
        reason=Reason.REMOVED,
        whom=Whom.HOLDER,
        holds=lambda record, _barred, _at: record.presence is not Presence.PRESENT,
    ),
    HouseholdRule(
        reason=Reason.LEAVING,
        whom=Whom.HOLDER,
        holds=lambda record, _barred, at: _leaves(record, Leaving.PERSON, at),
    ),
    HouseholdRule(
        reason=Reason.LEAVING,
        whom=Whom.EVERYBODY,
        holds=lambda record, _barred, at: _leaves(record, Leaving.HOUSEHOLD, at),
    ),
    HouseholdRule(
        reason=Reason.MOVED_IN_TODAY,
        whom=Whom.HOLDER,
        holds=lambda record, _barred, at: at.terms.rules.moved_in_today_bars and _of_today(record.moved_in, at),
    ),
    HouseholdRule(
        reason=Reason.ADDRESS_NOTICE_TODAY,
        whom=Whom.HOLDER,
        holds=lambda record, _barred, at: at.terms.rules.address_notice_today_bars and _of_today(record.notified, at),
    ),
    HouseholdRule(
        reason=Reason.NAME_IN_REGISTRATION,
        whom=Whom.HOLDER,
        holds=lambda record, _barred, _at: record.name_in_registration,
    ),
    HouseholdRule(
        reason=Reason.AGE_UNKNOWN, whom=Whom.HOLDER, holds=lambda record, _barred, _at: record.birth % 100 == 0
    ),
)
"""What refuses a holder everything."""

KIND_RULES = (
    KindRule(
        reason=Reason.UNDER_AGE,
        holds=lambda holder, kind, at: age_on(holder.record.birth, at.day) < at.terms.of(kind).under_age,
    ),
    KindRule(
        reason=Reason.SEAL_NOT_REGISTERED,
        holds=lambda holder, kind, _at: CONDITIONS[kind].needs_seal and not holder.seal_registered,
    ),
)
"""What refuses a holder one kind."""


def reasons(household: Household, terms: Terms, day: dt.date) -> frozenset[Reason]:
    """Give every reason why this holder gets nothing today; no row is left out for what another one found."""
    at = At(terms=terms, day=day)
    whose = {Whom.HOLDER: (household.holder,), Whom.EVERYBODY: (household.holder, *household.members)}
    found = [
        (rule.reason, any([rule.holds(person.record, person.barred, at) for person in whose[rule.whom]]))  # noqa: C419 - everybody is looked at
        for rule in HOUSEHOLD_RULES
    ]
    return frozenset(reason for reason, holds in found if holds)


def kind_reasons(kind: CertificateKind, household: Household, terms: Terms, day: dt.date) -> frozenset[Reason]:
    """Give every reason why this holder gets no certificate of a kind that is offered today."""
    at = At(terms=terms, day=day)
    found = [(rule.reason, rule.holds(household.holder, kind, at)) for rule in KIND_RULES]
    return frozenset(reason for reason, holds in found if holds)


def kinds_for(household: Household, terms: Terms, day: dt.date) -> tuple[CertificateKind, ...]:
    """Give the kinds, of those that are offered, that nothing refuses this holder."""
    return tuple(kind for kind in sorted(terms.kinds) if not kind_reasons(kind, household, terms, day))


def check_visit(household: Household, terms: Terms, day: dt.date) -> None:
    """Refuse a holder who gets nothing today, of whatever kind; where kinds are refused, by what refuses all of them.

    Raises:
        Refused: `UNDER_AGE` where that is the only reason, else `ASK_AT_COUNTER`.
    """
    found = reasons(household, terms, day)
    of_kinds = [kind_reasons(kind, household, terms, day) for kind in sorted(terms.kinds)]
    if all(of_kinds):
        found |= frozenset.intersection(*of_kinds) or frozenset.union(*of_kinds)
    _refuse(found)


def showable(household: Household, terms: Terms, day: dt.date) -> tuple[Person, ...]:
    """Give the members whom a certificate may show today; the age of the others is no hindrance."""
    at = At(terms=terms, day=day)
    return tuple(person for person in household.members if _may_be_shown(person, at))


def _may_be_shown(person: Person, at: At) -> bool:
    record, rules = person.record, at.terms.rules
    hindrances = (
        person.barred,
        record.name_in_registration,
        rules.moved_in_today_bars and _of_today(record.moved_in, at),
        rules.address_notice_today_bars and _of_today(record.notified, at),
        rules.leaving_bars is Leaving.PERSON and record.leaving is not None,
    )
    return not any(hindrances)


def scopes_for(kind: CertificateKind, household: Household, terms: Terms, day: dt.date) -> tuple[Scope, ...]:
    """Give the scopes of a kind that may be asked for.

    A part needs somebody to leave out, a whole needs everybody showable.
    """
    shown = len(showable(household, terms, day))
    scopes = [Scope.SELF]
    if shown > 1:
        scopes.append(Scope.PART)
    if shown == len(household.members):
        scopes.append(Scope.WHOLE)
    return tuple(scope for scope in scopes if scope in CONDITIONS[kind].scopes)


def options_for(kind: CertificateKind, people: Sequence[Person], terms: Terms) -> Options:
    """Give what these people may ask to have shown on a kind; a form may have no cell for some of it."""
    wanted = Options.HEAD_AND_RELATIONSHIP | Options.INDIVIDUAL_NUMBER | Options.RESIDENT_CODE | Options.EARLIER_ADDRESS
    if any(person.record.foreign is None for person in people):
        wanted |= Options.DOMICILE
    if any(person.record.foreign is not None for person in people):
        wanted |= Options.FOREIGN_ITEMS
    return wanted & CONDITIONS[kind].options & ~terms.of(kind).barred_options


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an order asks for."""

    kind: CertificateKind
    scope: Scope
    options: Options
    residents: frozenset[str]


def may_issue(wish: Wish, household: Household, terms: Terms, day: dt.date) -> tuple[Person, ...]:
    """Let an order through, or refuse it.

    Returns:
        The people whom the paper shows, in the order of the household.

    Raises:
        Refused: `ASK_AT_COUNTER`, `UNDER_AGE`, `NOT_OFFERED`, or `CHANGED_LOOK_AGAIN` where the household is not what
            it was when the menu was made.
    """
    check_visit(household, terms, day)
    terms.of(wish.kind)
    _refuse(kind_reasons(wish.kind, household, terms, day))
    shown = tuple(person for person in showable(household, terms, day) if person.record.resident in wish.residents)
    if len(shown) != len(wish.residents):
        raise Refused(Code.CHANGED_LOOK_AGAIN, "somebody is no longer of the household")
    if wish.options & ~options_for(wish.kind, household.members, terms) or wish.scope not in scopes_for(
        wish.kind, household, terms, day
    ):
        raise Refused(Code.NOT_OFFERED, "scope or options")
    expected = {
        Scope.SELF: wish.residents == {household.holder.record.resident},
        Scope.PART: 0 < len(shown) < len(household.members),
        Scope.WHOLE: len(shown) == len(household.members),
    }
    if not expected[wish.scope]:
        raise Refused(Code.CHANGED_LOOK_AGAIN, "these people are not that scope")
    return shown


def _refuse(found: frozenset[Reason]) -> None:
    if found:
        codes = {reason.code for reason in found}
        raise Refused(codes.pop() if len(codes) == 1 else Code.ASK_AT_COUNTER, "the rules")
