"""The flow's table: every way through it, walked."""

from collections.abc import Callable, Iterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.session.drawing import page
from konbini.kiosk.session.flow import FIRST, TABLE, Event, State, Step, follow, knows, patience, step

TAPS = frozenset(
    {
        Event.LANGUAGE_CHOSEN,
        Event.AGREED,
        Event.TO_PREFECTURES,
        Event.TO_POSTCODE,
        Event.PREFECTURE_CHOSEN,
        Event.ROW_CHOSEN,
        Event.POSTCODE_KNOWN,
        Event.POSTCODE_UNKNOWN,
        Event.NOT_OFFERED,
        Event.WARD_CHOSEN,
        Event.CLOSED_WARD_CHOSEN,
        Event.PIN_ENTERED,
        Event.TO_KIND,
        Event.TO_SCOPE,
        Event.TO_MEMBERS,
        Event.TO_OPTIONS,
        Event.TO_CHECK,
        Event.TO_OWN_LIST,
        Event.ADDED,
        Event.MORE,
        Event.CONFIRMED,
        Event.CONFIRMED_FREE,
        Event.LOOK,
        Event.BACK,
        Event.CANCEL,
        Event.FINISH,
    }
)
"""What only a resident's finger does."""
CARD_LIES = frozenset(
    {
        State.IDENTIFYING,
        State.PIN,
        State.CHECKING_PIN,
        State.ASKING,
        State.TAKE_CARD,
        State.REFUSED_TAKE_CARD,
        State.CARD_LEFT,
    }
)
MONEY_IS_IN = frozenset({State.PAY, State.PREPARING, State.PRINTING, State.RETURNING, State.RETURNING_TO_LOOK})
CHOOSING = frozenset({State.KIND, State.SCOPE, State.MEMBERS, State.OPTIONS, State.CHECK, State.PAY})


def reachable(start: State, allowed: Callable[[State, Event, State], bool]) -> set[State]:
    """Return every state that `allowed` arrows lead to from `start`."""
    seen, due = {start}, [start]
    while due:
        here = due.pop()
        for (before, event), after in TABLE.items():
            if before is here and after not in seen and allowed(before, event, after):
                seen.add(after)
                due.append(after)
    return seen


def crossings(inside: frozenset[State]) -> Iterator[tuple[State, Event, State]]:
    """Yield every arrow that leaves `inside`."""
    return (
        (before, event, after) for (before, event), after in TABLE.items() if before in inside and after not in inside
    )


def test_start_is_entered_from_wiping_alone() -> None:
    """Nothing of a visit can outlive it, whatever way it took."""
    assert {before for (before, _), after in TABLE.items() if after is State.START} == {State.WIPING}


def test_every_state_is_reached_from_the_first() -> None:
    """The table holds no state that no visit can come to."""
    assert reachable(FIRST, lambda *_: True) == set(State)


def test_every_state_ends_without_a_tap() -> None:
    """No dead end: a resident who walks away leaves no screen standing for ever."""
    for state in State:
        if state is not State.START:
            assert State.START in reachable(state, lambda _, event, __: event not in TAPS), state


def test_no_way_past_the_wiping() -> None:
    """Without the arrows through wiping, no state but the first leads to the start."""
    for state in set(State) - {State.START, State.WIPING}:
        assert State.START not in reachable(state, lambda *arrow: State.WIPING not in arrow), state


def test_the_card_stops_every_way_on() -> None:
    """Only taking the card, or losing the reader, leads out of the states where it lies there."""
    for before, event, after in crossings(CARD_LIES):
        if (before, event) == (State.ASKING, Event.CARD_TAKEN):
            continue
        assert event in {Event.CARD_TAKEN, Event.DEVICE_LOST}, (before, event, after)
    entering = {event for (before, event), after in TABLE.items() if after in CARD_LIES and before not in CARD_LIES}
    assert entering == {Event.CARD_PLACED, Event.CARD_FOUND}


def test_nothing_is_chosen_before_the_card_is_back() -> None:
    """With the card lying there, no question of the menu can be reached."""
    for state in CARD_LIES:
        found = reachable(state, lambda _, event, __: event not in {Event.CARD_TAKEN, Event.DEVICE_LOST})
        assert not found & CHOOSING


def test_money_leaves_by_its_own_doors() -> None:
    """Money that is in comes back, is owed, is captured with the last page, or is in doubt; nothing else."""
    doors = {event for _, event, _ in crossings(MONEY_IS_IN)}
    assert doors == {
        Event.MONEY_RETURNED,
        Event.MONEY_OWED,
        Event.PRINTED,
        Event.IN_DOUBT,
        Event.IN_DOUBT_PAPER_DUE,
        Event.PAPER_DUE,
    }


def test_nothing_is_cancelled_once_the_order_is_sent() -> None:
    """From the order to the paper the resident has no tap that could half undo it."""
    for state in (State.PREPARING, State.PRINTING, State.RETURNING, State.RETURNING_TO_LOOK):
        assert not [event for event in TAPS if knows(state, event)]


def test_cancel_before_payment_passes_no_money() -> None:
    """A cancel before the payment goes to the end without any state in which money moves."""
    for (before, event), after in TABLE.items():
        if event is Event.CANCEL and before is not State.PAY:
            assert not reachable(after, lambda _, __, to: to is not State.START) & MONEY_IS_IN


def test_every_screen_that_can_idle_has_its_patience() -> None:
    """A state has a waiting time exactly if idleness means something in it; a warning gives 20 s or more."""
    for state in State:
        wait = patience(state)
        assert (wait is not None) == knows(state, Event.IDLE), state
        if wait and wait.warning:
            assert wait.warning >= 20


def test_the_visit_is_lost_to_idleness_only_after_a_warning() -> None:
    """Where idleness costs answers or a PIN, a warning comes before it."""
    for state in CHOOSING | {State.WARD, State.CARD, State.PIN}:
        wait = patience(state)
        assert wait is not None
        assert wait.warning, state


def test_steps_never_go_back_on_the_straight_way() -> None:
    """The progress that the resident sees grows from the card to the paper."""
    way = [Event.LANGUAGE_CHOSEN, Event.AGREED, Event.WARD_CHOSEN, Event.CARD_PLACED, Event.CARD_RECOGNISED]
    way += [Event.PIN_ENTERED]
    way += [Event.CARD_SIGNED, Event.MENU, Event.CARD_TAKEN, Event.TO_SCOPE, Event.TO_MEMBERS, Event.TO_OPTIONS]
    way += [Event.TO_CHECK, Event.CONFIRMED, Event.COIN, Event.PAID, Event.DOCUMENT, Event.PAGE_PRINTED]
    way += [Event.PRINTED, Event.PAPER_TAKEN]
    state, shown = FIRST, []
    for event in way:
        after = follow(state, event)
        assert after is not None, (state, event)
        state = after
        part = step(state)
        assert part is not None
        shown.append(list(Step).index(part))
    assert state is State.END
    assert shown == sorted(shown)


@given(st.lists(st.sampled_from(list(Event)), max_size=60))
def test_any_sequence_of_events_wipes_before_it_starts_again(events: list[Event]) -> None:
    """Late, doubled and absurd events change nothing, and no sequence reaches the start but through wiping."""
    state = FIRST
    for event in events:
        after = follow(state, event)
        if after is State.START:
            assert state is State.WIPING
        assert (after is None) == (not knows(state, event))
        state = after or state


def test_the_drawing_is_the_table() -> None:
    """docs/kiosk-flow.md is what the code draws."""
    root = next(up for up in Path(__file__).parents if (up / "pyproject.toml").is_file())
    assert (root / "docs" / "kiosk-flow.md").read_text(encoding="utf-8") == page()
