"""The order as the resident puts it together (交付請求の下書き): answers, the questions still due, and their screens.

Pure. Owns: which questions a menu asks of whom, how an answer changes the others, and which flow event an action
means. Invariants: answers survive going back and changing the language; a draft never holds a kind, scope, handle or
option that the menu does not offer; the handles are always those that the scope means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from konbini.kiosk.session.action import (
    Action,
    AddAnother,
    Agree,
    AskForDomicile,
    Back,
    Cancel,
    Change,
    ChooseCopies,
    ChooseKind,
    ChooseLanguage,
    ChooseMembers,
    ChooseOptions,
    ChoosePrefecture,
    ChooseRow,
    ChooseScope,
    ChooseWard,
    Confirm,
    EnterPin,
    Finish,
    LookAgain,
    More,
    SearchByPostcode,
    SearchByPrefecture,
    SeeOwnList,
)
from konbini.kiosk.session.choice_views import (
    CheckView,
    KindView,
    MemberChoice,
    MembersView,
    OptionsView,
    PricedKind,
    ScopeView,
)
from konbini.kiosk.session.flow import Event, State
from konbini.kiosk.session.look import Language
from konbini.kiosk.session.masking import masked
from konbini.kiosk.session.view import View
from konbini.protocol.kinds import CertificateKind, Options, Scope

__all__ = ["Beside", "Draft", "KindOffer", "MemberOffer", "Offer", "event_of", "question", "questions", "settled"]

_NOTHING = Options(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberOffer:
    """A person whom the certificate may show: the ward's handle for this visit, the name, whether it is the holder.

    `reading` is the name in kana, empty where the ward has none.
    """

    handle: bytes
    name: str
    is_holder: bool
    reading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindOffer:
    """A certificate that can be drawn for these people.

    Attributes:
        kind: which one.
        fee: in yen.
        scopes: whom it may show, at least one.
        options: what may be shown or omitted.
    """

    kind: CertificateKind
    fee: int
    scopes: tuple[Scope, ...]
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the ward's menu offers, as the screens need it.

    Raises:
        ValueError: nothing is offered, a kind has no scope, or there is not exactly one holder.
    """

    kinds: tuple[KindOffer, ...]
    members: tuple[MemberOffer, ...]

    def __post_init__(self) -> None:
        if not self.kinds or not all(offer.scopes for offer in self.kinds):
            raise ValueError("a menu offers at least one kind, and each kind at least one scope")
        if sum(member.is_holder for member in self.members) != 1:
            raise ValueError("exactly one member holds the card")

    def of(self, kind: CertificateKind) -> KindOffer:
        """Return what is offered for `kind`.

        Raises:
            KeyError: the menu does not offer it.
        """
        for offer in self.kinds:
            if offer.kind is kind:
                return offer
        raise KeyError(kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The answers so far; None and empty where a question has no answer yet."""

    kind: CertificateKind | None = None
    scope: Scope | None = None
    handles: tuple[bytes, ...] = ()
    options: Options = _NOTHING
    copies: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside a draft: what is paid together with it, and how many of it are left.

    `may_list`: what was issued on this card can be asked for.
    """

    others: tuple[PricedKind, ...] = ()
    most_copies: int = 1
    may_list: bool = False


_ALONE = Beside()


def questions(offer: Offer, draft: Draft) -> tuple[State, ...]:
    """Return the questions that this menu asks after these answers, in their order; the check is always the last."""
    if draft.kind is None:
        return (State.KIND, State.CHECK)
    chosen = offer.of(draft.kind)
    due = (
        (State.KIND, True),
        (State.SCOPE, len(chosen.scopes) > 1),
        (State.MEMBERS, draft.scope is Scope.PART),
        (State.OPTIONS, bool(chosen.options)),
        (State.CHECK, True),
    )
    return tuple(state for state, asked in due if asked)


def settled(offer: Offer, draft: Draft, action: Action) -> Draft:
    """Return the draft after `action`; actions that answer no question change nothing."""
    match action:
        case ChooseKind(kind=kind) if kind is not draft.kind:
            only = offer.of(kind).scopes
            return _scoped(offer, Draft(kind=kind), only[0] if len(only) == 1 else None)
        case ChooseScope(scope=scope):
            return _scoped(offer, draft, scope)
        case ChooseMembers(handles=handles):
            return replace(draft, handles=handles)
        case ChooseOptions(options=options):
            return replace(draft, options=options)
        case ChooseCopies(copies=copies):
            return replace(draft, copies=copies)
        case _:
            return draft


def _scoped(offer: Offer, draft: Draft, scope: Scope | None) -> Draft:
    if scope is draft.scope:
        return draft
    handles = tuple(
        member.handle for member in offer.members if scope is Scope.WHOLE or (scope is Scope.SELF and member.is_holder)
    )
    return replace(draft, scope=scope, handles=handles)


_TO: Mapping[State, Event] = {
    State.KIND: Event.TO_KIND,
    State.SCOPE: Event.TO_SCOPE,
    State.MEMBERS: Event.TO_MEMBERS,
    State.OPTIONS: Event.TO_OPTIONS,
    State.CHECK: Event.TO_CHECK,
}
_PLAIN: Mapping[type[Action], Event] = {
    ChooseLanguage: Event.LANGUAGE_CHOSEN,
    Agree: Event.AGREED,
    SearchByPrefecture: Event.TO_PREFECTURES,
    SearchByPostcode: Event.TO_POSTCODE,
    AskForDomicile: Event.NOT_OFFERED,
    ChoosePrefecture: Event.PREFECTURE_CHOSEN,
    ChooseRow: Event.ROW_CHOSEN,
    ChooseWard: Event.WARD_CHOSEN,
    EnterPin: Event.PIN_ENTERED,
    SeeOwnList: Event.TO_OWN_LIST,
    AddAnother: Event.ADDED,
    More: Event.MORE,
    Confirm: Event.CONFIRMED,
    LookAgain: Event.LOOK,
    Back: Event.BACK,
    Cancel: Event.CANCEL,
    Finish: Event.FINISH,
}


def event_of(state: State, action: Action, offer: Offer | None, draft: Draft) -> Event | None:
    """Return what `action` means to the flow in `state`, or None where it moves nothing (names shown, still here).

    Args:
        state: where the visit stands.
        action: what the resident did.
        offer: the menu, None before it came.
        draft: the answers with `action` already settled.

    A closed ward and a fee of nothing are the caller's to tell: they turn `WARD_CHOSEN` and `CONFIRMED` into
    `CLOSED_WARD_CHOSEN` and `CONFIRMED_FREE`.
    """
    match action:
        case Change(question=asked):
            return _TO[asked]
        case Back() if offer is not None and state in _TO:
            return _TO[_neighbour(questions(offer, draft), state, -1)]
        case ChooseKind() | ChooseScope() | ChooseMembers() | ChooseOptions() if offer is not None:
            return _TO[_neighbour(questions(offer, draft), state, +1)]
        case _:
            return _PLAIN.get(type(action))


def _neighbour(asked: tuple[State, ...], state: State, way: int) -> State:
    return asked[asked.index(state) + way]


def question(  # noqa: PLR0913 - the parts of one screen
    state: State,
    offer: Offer,
    draft: Draft,
    language: Language,
    *,
    names_shown: bool = False,
    beside: Beside = _ALONE,
) -> View:
    """Return the screen of one question of the menu.

    Raises:
        ValueError: `state` asks nothing, or the check comes before the answers that it shows.
    """
    match state:
        case State.KIND:
            kinds = tuple(PricedKind(kind=each.kind, fee=each.fee) for each in offer.kinds)
            return KindView(language=language, kinds=kinds, chosen=draft.kind, may_list=beside.may_list)
        case State.SCOPE if draft.kind is not None:
            return ScopeView(language=language, scopes=offer.of(draft.kind).scopes, chosen=draft.scope)
        case State.MEMBERS:
            return MembersView(language=language, members=_choices(offer, draft))
        case State.OPTIONS if draft.kind is not None:
            return OptionsView(language=language, offered=offer.of(draft.kind).options, chosen=draft.options)
        case State.CHECK if draft.kind is not None and draft.scope is not None:
            check = _check(offer, offer.of(draft.kind), draft, draft.scope, names_shown=names_shown)
            return replace(check, language=language, others=beside.others, most_copies=beside.most_copies)
        case _:
            raise ValueError(f"no question at {state} with these answers")


def _choices(offer: Offer, draft: Draft) -> tuple[MemberChoice, ...]:
    return tuple(
        MemberChoice(
            handle=member.handle,
            name=member.name,
            chosen=member.handle in draft.handles,
            is_holder=member.is_holder,
            reading=member.reading,
        )
        for member in offer.members
    )


def _check(offer: Offer, chosen: KindOffer, draft: Draft, scope: Scope, *, names_shown: bool) -> CheckView:
    shown = [(at, member) for at, member in enumerate(offer.members, 1) if member.handle in draft.handles]

    def seen(text: str) -> str:
        return text if names_shown else masked(text)

    return CheckView(
        questions=questions(offer, draft)[:-1],
        kind=chosen.kind,
        scope=scope,
        people=tuple(seen(member.name) for _, member in shown),
        readings=tuple(seen(member.reading) for _, member in shown),
        positions=tuple(at for at, _ in shown),
        names_shown=names_shown,
        offered=chosen.options,
        shown=draft.options,
        fee=chosen.fee,
        copies=draft.copies,
    )
