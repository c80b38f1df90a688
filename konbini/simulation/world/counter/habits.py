"""What a person at a kiosk wants and how they go about it: drawn from a seed, or written out by a test. No I/O.

Most people do as the screens say. Who does not, does one or two things otherwise, so that a run shows each alone and
some together.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TypeVar

from konbini.kiosk.session.flow import Event, State, knows
from konbini.kiosk.session.look import Language
from konbini.protocol.kinds import CertificateKind, Scope

__all__ = ["Errand", "Habits", "draw_errand", "draw_habits"]

T = TypeVar("T")

_ODD_TIMES = (
    State.NOTICE,
    State.CARD,
    State.PIN,
    State.TAKE_CARD,
    State.KIND,
    State.CHECK,
    State.PAY,
    State.PREPARING,
    State.PRINTING,
    State.TAKE_PAPER,
    State.END,
)
"""Where somebody walks away."""
_CANCELLED_AT = tuple(state for state in State if knows(state, Event.CANCEL))
_PULLED_AT = (State.IDENTIFYING, State.PIN, State.CHECKING_PIN, State.ASKING)
_LANGUAGES = tuple(Language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What somebody has come for.

    Attributes:
        kinds: which certificates, each taken where the ward offers it, else the first that it offers.
        together: how many of them are paid together; the rest are asked for once these are taken.
        copies: how many of the first.
        scope: whom they show, where that is asked.
        people: how many of the offered members, where that is asked.
        lists: what was issued on the card is looked at first.
    """

    kinds: tuple[CertificateKind, ...] = (CertificateKind.RESIDENT_RECORD,)
    together: int = 1
    copies: int = 1
    scope: Scope = Scope.SELF
    people: int = 1
    lists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How somebody goes about it; times in seconds.

    Attributes:
        think: what they take over each screen, from and to.
        language: what they choose first.
        changes_language_at: on which screen they choose another.
        cancels_at: on which screen they cancel, where it can be.
        leaves_at: on which screen they walk away, and leave what lies there.
        pulls_card_at: on which screen they take the card off unasked.
        swaps_card_at: on which screen somebody exchanges the card for another one within a look of the reader.
        wrong_pins: how often they miss the PIN first.
        card_after: what they take to take the card when they are asked to.
        leaves_card: they never do.
        paper_after: what they take to take the paper.
        leaves_paper: they never do.
        leaves_coins: what fell into the dish stays there.
        coins: what they put in, in this order, then in the smallest that the slot knows.
        taps_twice: each tap is a double one.
        fiddles: they make the letters larger and smaller on the way.
        shows_names: they look at the names on the check.
        waits_out: the warning that nobody has touched anything is let run out.
    """

    think: tuple[float, float] = (0.4, 2.0)
    language: Language = Language.JAPANESE
    changes_language_at: State | None = None
    cancels_at: State | None = None
    leaves_at: State | None = None
    pulls_card_at: State | None = None
    swaps_card_at: State | None = None
    wrong_pins: int = 0
    card_after: float = 1.0
    leaves_card: bool = False
    paper_after: float = 2.0
    leaves_paper: bool = False
    leaves_coins: bool = False
    coins: tuple[int, ...] = (100,)
    taps_twice: bool = False
    fiddles: bool = False
    shows_names: bool = False
    waits_out: bool = False


def draw_errand(chance: random.Random, kinds: tuple[CertificateKind, ...]) -> Errand:
    """Draw what somebody has come for, of these kinds; half want one certificate and nothing else."""
    if _once_in(chance, 2):
        return Errand(kinds=(chance.choice(kinds),))
    wanted = tuple(chance.choice(kinds) for _ in range(chance.randint(1, 3)))
    return Errand(
        kinds=wanted,
        together=chance.randint(1, len(wanted)),
        copies=chance.choice((1, 1, 2)),
        scope=chance.choice(tuple(Scope)),
        people=chance.randint(1, 3),
        lists=_once_in(chance, 5),
    )


def draw_habits(chance: random.Random, *, odd: float = 0.3) -> Habits:
    """Draw how somebody goes about it; `odd` is the share of those who do something otherwise than most."""
    language = chance.choice(_LANGUAGES)
    coins = chance.choice(((100,), (1000,), (500,), (100, 100, 100, 100), (10,) * 5))
    if chance.random() >= odd:
        return Habits(language=language, coins=coins)
    return Habits(
        language=language,
        coins=coins,
        changes_language_at=_sometimes(chance, 4, _ODD_TIMES),
        cancels_at=_sometimes(chance, 4, _CANCELLED_AT),
        leaves_at=_sometimes(chance, 5, _ODD_TIMES),
        pulls_card_at=_sometimes(chance, 6, _PULLED_AT),
        swaps_card_at=_sometimes(chance, 8, _PULLED_AT),
        wrong_pins=chance.choice((0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3)),
        card_after=chance.choice((0.2, 1.0, 20.0)),
        leaves_card=_once_in(chance, 12),
        paper_after=chance.choice((0.1, 2.0, 60.0)),
        leaves_paper=_once_in(chance, 10),
        taps_twice=_once_in(chance, 3),
        shows_names=_once_in(chance, 3),
        waits_out=_once_in(chance, 12),
        leaves_coins=_once_in(chance, 10),
        fiddles=_once_in(chance, 5),
    )


def _once_in(chance: random.Random, times: int) -> bool:
    return chance.randrange(times) == 0


def _sometimes(chance: random.Random, times: int, of: tuple[T, ...]) -> T | None:
    chosen = chance.choice(of)  # drawn each time, so that one habit does not shift the others'
    return chosen if _once_in(chance, times) else None
