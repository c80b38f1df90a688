"""The order as it is put together: answers, the questions still due, back without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.session.action import (
    Action,
    Back,
    Cancel,
    Change,
    ChooseKind,
    ChooseMembers,
    ChooseOptions,
    ChooseScope,
    Confirm,
    ShowNames,
    StillHere,
)
from konbini.kiosk.session.choice_views import CheckView, MembersView
from konbini.kiosk.session.draft import Draft, KindOffer, MemberOffer, Offer, event_of, question, questions, settled
from konbini.kiosk.session.flow import Event, State, follow
from konbini.kiosk.session.look import Language
from konbini.protocol.kinds import CertificateKind, Options, Scope

RECORD = CertificateKind.RESIDENT_RECORD
HOLDER, CHILD = b"\x01" * 8, b"\x02" * 8


def offer(
    scopes: tuple[Scope, ...] = (Scope.SELF, Scope.PART, Scope.WHOLE), options: Options = Options.DOMICILE
) -> Offer:
    """Return a menu for a household of two."""
    return Offer(
        kinds=(KindOffer(kind=RECORD, fee=300, scopes=scopes, options=options),),
        members=(
            MemberOffer(handle=HOLDER, name="見本　太郎", is_holder=True),
            MemberOffer(handle=CHILD, name="見本　花子", is_holder=False, reading="みほん　はなこ"),
        ),
    )


def walk(menu: Offer, answers: list[Action]) -> tuple[State, Draft]:
    """Answer in turn, as the visit does, and return where that leads."""
    state, draft = State.KIND, Draft()
    for answer in answers:
        draft = settled(menu, draft, answer)
        event = event_of(state, answer, menu, draft)
        assert event is not None
        after = follow(state, event)
        assert after is not None, (state, event)
        state = after
    return state, draft


def test_a_part_of_the_household_asks_for_its_members() -> None:
    """All questions in their order, each leading to the next."""
    menu = offer()
    state, draft = walk(
        menu,
        [
            ChooseKind(kind=RECORD),
            ChooseScope(scope=Scope.PART),
            ChooseMembers(handles=(CHILD,)),
            ChooseOptions(options=Options.DOMICILE),
        ],
    )
    assert state is State.CHECK
    assert draft == Draft(kind=RECORD, scope=Scope.PART, handles=(CHILD,), options=Options.DOMICILE)


@pytest.mark.parametrize(("scope", "handles"), [(Scope.SELF, (HOLDER,)), (Scope.WHOLE, (HOLDER, CHILD))])
def test_a_scope_means_its_people(scope: Scope, handles: tuple[bytes, ...]) -> None:
    """Oneself is the card's holder, the whole household is everybody on the menu."""
    state, draft = walk(offer(), [ChooseKind(kind=RECORD), ChooseScope(scope=scope)])
    assert state is State.OPTIONS
    assert draft.handles == handles


def test_what_has_one_answer_is_not_asked() -> None:
    """One scope and no options: from the kind straight to the check."""
    menu = offer(scopes=(Scope.SELF,), options=Options(0))
    state, draft = walk(menu, [ChooseKind(kind=RECORD)])
    assert state is State.CHECK
    assert (draft.scope, draft.handles) == (Scope.SELF, (HOLDER,))
    assert questions(menu, draft) == (State.KIND, State.CHECK)


def test_a_seal_is_asked_for_in_one_tap() -> None:
    """Beside a kind with every question: no scope, no members, no options, nothing left of the other kind's answers."""
    seal = KindOffer(kind=CertificateKind.SEAL_REGISTRATION, fee=300, scopes=(Scope.SELF,), options=Options(0))
    menu = Offer(kinds=(*offer().kinds, seal), members=offer().members)
    other: list[Action] = [
        ChooseKind(kind=RECORD),
        ChooseScope(scope=Scope.WHOLE),
        ChooseOptions(options=Options.DOMICILE),
        Change(question=State.KIND),
    ]
    for before in ([], other):
        state, draft = walk(menu, [*before, ChooseKind(kind=seal.kind)])
        assert state is State.CHECK
        assert draft == Draft(kind=seal.kind, scope=Scope.SELF, handles=(HOLDER,))
        assert questions(menu, draft) == (State.KIND, State.CHECK)
        assert walk(menu, [*before, ChooseKind(kind=seal.kind), Back()])[0] is State.KIND


def test_back_loses_nothing() -> None:
    """From the check back to the first question, every answer is still there."""
    answers: list[Action] = [
        ChooseKind(kind=RECORD),
        ChooseScope(scope=Scope.PART),
        ChooseMembers(handles=(CHILD,)),
        ChooseOptions(options=Options.DOMICILE),
    ]
    there, before = walk(offer(), answers)
    back, after = walk(offer(), [*answers, Back(), Back(), Back(), Back()])
    assert (there, back) == (State.CHECK, State.KIND)
    assert after == before


def test_another_scope_forgets_the_people_of_the_last_one() -> None:
    """A chosen member never slips into another scope."""
    _, draft = walk(
        offer(), [ChooseKind(kind=RECORD), ChooseScope(scope=Scope.WHOLE), Back(), ChooseScope(scope=Scope.PART)]
    )
    assert draft.handles == ()


@given(
    st.lists(
        st.sampled_from(
            [
                ChooseKind(kind=RECORD),
                ChooseScope(scope=Scope.SELF),
                ChooseScope(scope=Scope.PART),
                ChooseScope(scope=Scope.WHOLE),
                ChooseMembers(handles=(CHILD,)),
                ChooseOptions(options=Options.DOMICILE),
                Back(),
                Change(question=State.SCOPE),
            ]
        ),
        max_size=25,
    )
)
def test_handles_are_always_those_of_the_scope(answers: list[Action]) -> None:
    """Whatever is tapped in whatever order on the screens that offer it, the draft names the right people."""
    menu, state, draft = offer(), State.KIND, Draft()
    asks = {
        ChooseKind: State.KIND,
        ChooseScope: State.SCOPE,
        ChooseMembers: State.MEMBERS,
        ChooseOptions: State.OPTIONS,
    }
    for answer in answers:
        if asks.get(type(answer), state) is not state or (isinstance(answer, Back) and state is State.KIND):
            continue
        if isinstance(answer, Change) and state is not State.CHECK:
            continue
        draft = settled(menu, draft, answer)
        event = event_of(state, answer, menu, draft)
        assert event is not None
        after = follow(state, event)
        assert after is not None, (state, answer)
        state = after
        if draft.scope is not None and draft.scope is not Scope.PART:
            assert draft.handles == ((HOLDER,) if draft.scope is Scope.SELF else (HOLDER, CHILD))
        if state is State.CHECK:
            assert draft.handles


def test_acts_that_move_nothing_have_no_event() -> None:
    """Showing names and being here are no steps."""
    assert event_of(State.CHECK, ShowNames(shown=True), offer(), Draft()) is None
    assert event_of(State.PIN, StillHere(), None, Draft()) is None
    assert event_of(State.CHECK, Confirm(), offer(), Draft()) is Event.CONFIRMED
    assert event_of(State.PAY, Cancel(), offer(), Draft()) is Event.CANCEL


def test_names_are_whole_where_one_chooses_and_masked_where_one_checks() -> None:
    """The members' screen needs the names; the check shows them on request."""
    menu, draft = offer(), Draft(kind=RECORD, scope=Scope.PART, handles=(CHILD,))
    members = question(State.MEMBERS, menu, draft, Language.JAPANESE)
    assert isinstance(members, MembersView)
    assert [(each.name, each.chosen) for each in members.members] == [("見本　太郎", False), ("見本　花子", True)]
    assert [each.reading for each in members.members] == ["", "みほん　はなこ"]
    check = question(State.CHECK, menu, draft, Language.JAPANESE)
    assert isinstance(check, CheckView)
    assert (check.people, check.readings) == (("見＊　花＊",), ("み＊　は＊",))
    shown = question(State.CHECK, menu, draft, Language.JAPANESE, names_shown=True)
    assert isinstance(shown, CheckView)
    assert (shown.people, shown.readings) == (("見本　花子",), ("みほん　はなこ",))


def test_a_menu_without_choices_is_refused() -> None:
    """A menu that offers nothing, or nobody, is no menu."""
    with pytest.raises(ValueError, match="at least one"):
        Offer(kinds=(), members=offer().members)
    with pytest.raises(ValueError, match="holds the card"):
        Offer(kinds=offer().kinds, members=())


def test_a_check_without_answers_is_refused() -> None:
    """The check is never drawn from half an order."""
    with pytest.raises(ValueError, match="no question"):
        question(State.CHECK, offer(), Draft(kind=RECORD), Language.JAPANESE)
