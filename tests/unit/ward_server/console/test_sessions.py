"""Sessions: who is signed in, the lock, the end, and how often one may ask."""

from __future__ import annotations

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.console.rates import Rates
from konbini.ward_server.console.sessions import Ending, Sessions
from konbini.ward_server.console.staff import Terminal

LOCK, END = 600.0, 3600.0
HALF_A_DAY = 12 * 3600.0


def at(terminal: str) -> Terminal:
    """Give a terminal that was enrolled."""
    return Terminal(terminal=terminal, place=f"窓口{terminal[-1]}", enrolled_by="sato", enrolled_at=1, ended=0)


@pytest.fixture
def sessions() -> Sessions:
    """Return sessions that lock after ten minutes and end after an hour locked."""
    return Sessions(SeededEntropy(1), lock_after=LOCK, end_after=END)


def test_a_session_is_of_one_token_and_one_terminal(sessions: Sessions) -> None:
    """Another's token and another terminal find nothing; a second sign-in there ends the first."""
    token, session = sessions.begin("aoki", at("t-1"), 0.0)
    assert sessions.of(token, "t-1", 1.0) is session
    for wrong in ((token, "t-2"), ("0" * 64, "t-1"), ("", "t-1")):
        with pytest.raises(Refused) as refusal:
            sessions.of(*wrong, 1.0)
        assert refusal.value.code is Code.SESSION_OVER
    sessions.begin("bando", at("t-1"), 2.0)
    with pytest.raises(Refused):
        sessions.of(token, "t-1", 2.0)


def test_it_locks_when_idle_and_ends_when_locked_for_long(sessions: Sessions) -> None:
    """Each use puts the lock off; a look at it does not; the hour counts from when it should have locked."""
    token, session = sessions.begin("aoki", at("t-1"), 0.0)
    sessions.use(session, 500.0)
    assert sessions.of(token, "t-1", 1099.0).locked is None
    assert sessions.of(token, "t-1", 1100.0).locked == 1100.0
    with pytest.raises(Refused) as refusal:
        sessions.use(session, 1101.0)
    assert refusal.value.code is Code.SESSION_LOCKED
    assert sessions.look_over(1100.0 + END - 1) == ([], [])
    assert sessions.look_over(1100.0 + END) == ([], [(session, Ending.LOCKED)])


def test_an_unlocked_session_has_another_token(sessions: Sessions) -> None:
    """The one from before opens nothing."""
    token, session = sessions.begin("aoki", at("t-1"), 0.0)
    sessions.lock(session, 1.0)
    fresh = sessions.unlock(session, 2.0)
    assert sessions.of(fresh, "t-1", 3.0).locked is None
    with pytest.raises(Refused):
        sessions.of(token, "t-1", 3.0)


def test_a_session_ends_once(sessions: Sessions) -> None:
    """Whoever ends it a second time is told that it was not there, and whoever holds it meets that too."""
    _token, session = sessions.begin("aoki", at("t-1"), 0.0)
    _other, twin = sessions.begin("aoki", at("t-2"), 0.0)
    sessions.check_there(session)
    assert sessions.end(session) == [session]
    assert sessions.end(session) == []
    with pytest.raises(Refused) as refusal:
        sessions.check_there(session)
    assert refusal.value.code is Code.SESSION_OVER
    assert sessions.all() == [twin]


def test_no_session_lasts_longer_than_half_a_day(sessions: Sessions) -> None:
    """However busy it is; and what it says of its end is another word than that of a long lock."""
    token, session = sessions.begin("aoki", at("t-1"), 0.0)
    for moment in range(0, int(HALF_A_DAY), 300):
        sessions.use(session, float(moment))
    assert sessions.look_over(HALF_A_DAY - 1) == ([], [])
    with pytest.raises(Refused):
        sessions.of(token, "t-1", HALF_A_DAY)
    assert sessions.look_over(HALF_A_DAY) == ([], [(session, Ending.LASTED)])


def test_whichever_came_first_is_why_a_session_is_over(sessions: Sessions) -> None:
    """Both have come when somebody looks: a lock that ended it before its twelve hours, and one that had not."""
    _token, soon = sessions.begin("aoki", at("t-1"), 0.0)
    _token, late = sessions.begin("aoki", at("t-2"), 0.0)
    sessions.lock(soon, HALF_A_DAY - END - 1)
    sessions.lock(late, HALF_A_DAY - END + 1)
    assert sessions.look_over(HALF_A_DAY + END) == ([], [(soon, Ending.LOCKED), (late, Ending.LASTED)])


def test_the_sessions_beside_one_are_of_its_person_and_stand(sessions: Sessions) -> None:
    """Not another's, not itself, not one that is over; a locked one too, the first first."""
    _token, here = sessions.begin("aoki", at("t-1"), 10.0)
    _token, second = sessions.begin("aoki", at("t-2"), 20.0)
    _token, first = sessions.begin("aoki", at("t-3"), 5.0)
    sessions.begin("bando", at("t-4"), 6.0)
    sessions.lock(first, 30.0)
    assert sessions.beside(here, 40.0) == [first, second]
    assert sessions.beside(here, 30.0 + END) == [second]
    assert len({one.name for one in sessions.all()}) == 4


def test_a_bucket_fills_with_time() -> None:
    """As many at once, as many again a minute later, and one key's haste is not another's."""
    rates = Rates(3)
    assert [rates.take("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert rates.take("b", 0.0)
    assert not rates.take("a", 19.0)
    assert rates.take("a", 21.0)
    assert [rates.take("a", 120.0) for _ in range(4)] == [True, True, True, False]
