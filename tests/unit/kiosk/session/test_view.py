"""What a screen may know, and how names are masked."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.session.entry_views import PinView, WorkingView
from konbini.kiosk.session.fates import Money, MoneyFate, Paper, PaperFate
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.look import Language
from konbini.kiosk.session.masking import masked
from konbini.kiosk.session.order_views import OutcomeView, TakePaperView
from konbini.kiosk.session.view import IdleWarning, Sound
from konbini.protocol.errors import Code


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("見本　花子", "見＊　花＊"),
        ("𠮷見 太", "𠮷＊　太"),
        ("葛\U000e0102見　辻\U000e0103", "葛\U000e0102＊　辻\U000e0103"),
        ("MIHON HANAKO", "M＊　H＊"),
        ("", ""),
    ],
)
def test_a_mask_keeps_the_first_character_with_its_selector(name: str, shown: str) -> None:
    """The resident knows the own name by it, a passer-by does not read it."""
    assert masked(name) == shown


@given(st.text(max_size=30))
def test_a_mask_says_nothing_of_length(name: str) -> None:
    """However long a part is, one character (with selectors) and at most one mark stand for it."""
    for part in masked(name).split("　"):
        bare = [each for each in part if not 0xFE00 <= ord(each) <= 0xFE0F and not 0xE0100 <= ord(each) <= 0xE01EF]
        assert len(bare) <= 2


def test_the_language_and_the_warning_ask_nothing_else() -> None:
    """Two views that differ in what lies over them are one question; another try left is another one."""
    view = PinView(tries_left=3)
    assert replace(view, language=Language.ENGLISH, idle=IdleWarning(seconds=20)).bare() == view.bare()
    assert PinView(tries_left=2).bare() != view.bare()


def test_a_state_with_a_screen_of_its_own_is_no_working_screen() -> None:
    """A mistaken view is refused where it is made."""
    with pytest.raises(ValueError, match="screen of its own"):
        WorkingView(work=State.PAY)


def test_an_outcome_waits_for_the_card_with_its_sound() -> None:
    """The same outcome is another state while the card lies there, and sounds."""
    outcome = OutcomeView(
        code=Code.PIN_LOCKED, money=Money(fate=MoneyFate.NONE_TAKEN), paper=Paper(fate=PaperFate.NONE)
    )
    lying = replace(outcome, card_on_reader=True)
    assert (outcome.state, outcome.sound) == (State.REFUSED, None)
    assert (lying.state, lying.sound) == (State.REFUSED_TAKE_CARD, Sound.TAKE_CARD)


def test_paper_that_nobody_took_sounds_on() -> None:
    """The sound lasts as long as the paper lies there."""
    assert TakePaperView(pages=1, left=True).sound is Sound.TAKE_PAPER
    assert TakePaperView(pages=1, left=True).state is State.PAPER_LEFT
