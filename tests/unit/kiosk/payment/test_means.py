"""The words of a means: its own where it has some, the others' everywhere else."""

from __future__ import annotations

import re
from dataclasses import replace
from string import Formatter

import pytest

from konbini.kiosk.payment.means import Means, worded
from konbini.kiosk.session.look import Language
from konbini.kiosk.session.order_views import EndView, OutcomeView, PayView, ReturningView
from konbini.kiosk.session.view import View
from konbini.kiosk.speech.narration import narrate
from konbini.kiosk.speech.script import Script
from konbini.kiosk.speech.texts import spoken_texts
from konbini.kiosk.ui.catalogue import catalogues
from konbini.kiosk.ui.pages import Marks, Pages
from konbini.kiosk.ui.specimens import SPECIMENS

_OWN = f"{Means.CASHLESS.value}."
_COINS = {
    Language.ENGLISH: re.compile(r"\bcoins?\b|insert|tray for|\bchange comes\b", re.IGNORECASE),
    Language.JAPANESE: re.compile("硬貨|おつり|返却口"),
}
_OF_MONEY = (PayView, ReturningView, OutcomeView, EndView)
_MARKS = Marks(token="t", step="s", version="v")  # noqa: S106 - of a form


def test_a_means_own_words_come_first() -> None:
    """Where it has none, those of coins serve."""
    texts = {"pay.title", "cashless.pay.title", "pay.fee"}
    assert worded("pay.title", Means.CASHLESS, texts) == "cashless.pay.title"
    assert worded("pay.fee", Means.CASHLESS, texts) == "pay.fee"
    assert worded("pay.title", Means.COINS, texts) == "pay.title"


def test_each_stands_for_words_that_exist() -> None:
    """What a means says in words of its own is said with the same figures as by coins."""
    texts = catalogues()[Language.JAPANESE].texts
    own = [key for key in texts if key.startswith(_OWN)]
    assert own
    for key in own:
        other = key.removeprefix(_OWN)
        assert {hole for _, hole, _, _ in Formatter().parse(texts[key])} == {
            hole for _, hole, _, _ in Formatter().parse(texts[other])
        }, key


@pytest.mark.parametrize("language", [Language.JAPANESE, Language.ENGLISH])
@pytest.mark.parametrize(
    "view", [view for view in SPECIMENS if isinstance(view, _OF_MONEY)], ids=lambda v: v.state.value
)
def test_no_screen_of_a_terminal_speaks_of_coins(view: View, language: Language) -> None:
    """Neither to the eye nor to the ear, whatever became of the money; a slip for what is owed is coins' alone."""
    if isinstance(view, OutcomeView) and view.money.fate.value == "owed":
        return
    shown = replace(view, language=language, means=Means.CASHLESS)
    scripts = {each: Script(language=each, texts=texts) for each, texts in spoken_texts().items()}
    heard = " ".join(each.text for each in narrate(shown, scripts, language).utterances)
    page = re.sub(r"<[^>]*>", " ", Pages().draw(shown, _MARKS))
    assert not _COINS[language].search(heard), heard
    assert not _COINS[language].search(page)
