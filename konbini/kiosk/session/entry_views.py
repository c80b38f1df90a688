"""The screens around a visit: the kiosk's own, the notice, the card and its PIN, what was left. Base: `view.py`."""

from __future__ import annotations

from dataclasses import dataclass

from konbini.kiosk.session.flow import State
from konbini.kiosk.session.place_views import WardName
from konbini.kiosk.session.view import Sound, View
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind

__all__ = [
    "CardLeftView",
    "CardView",
    "CoinsLeftView",
    "KindTimes",
    "NoticeView",
    "OutOfServiceView",
    "PinView",
    "StartView",
    "TakeCardView",
    "WorkingView",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfServiceView(View):
    """A device is missing; `code` says which."""

    STATE = State.OUT_OF_SERVICE

    code: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class StartView(View):
    """Nobody is here: choose a language to begin."""

    STATE = State.START


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView(View):
    """What the kiosk does with card and answers, to be agreed to."""

    STATE = State.NOTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTimes:
    """The hours of one kind of certificate today, "8:30-17:00"; empty where there are none."""

    kind: CertificateKind
    hours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView(View):
    """Put the card on the reader. `kinds` are those that have other hours today than the ward.

    `maintenance` is when nothing will be issued for a while, Unix milliseconds; None where none is planned.
    """

    STATE = State.CARD

    ward: WardName
    kinds: tuple[KindTimes, ...] = ()
    maintenance: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinView(View):
    """The PIN: how many digits this card's has, and the tries that the card has left (1 to 3)."""

    STATE = State.PIN

    tries_left: int
    was_wrong: bool = False
    digits: int = 4


_WORKING = frozenset(
    {
        State.IDENTIFYING,
        State.CHECKING_PIN,
        State.ASKING,
        State.ASKING_CARD_BACK,
        State.ASKING_OWN_LIST,
        State.PREPARING,
        State.WIPING,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingView(View):
    """The kiosk works and the resident waits; `work` is the state that says at what.

    Raises:
        ValueError: `work` is a state with a screen of its own.
    """

    work: State

    def __post_init__(self) -> None:
        if self.work not in _WORKING:
            raise ValueError(f"{self.work} has a screen of its own")

    @property
    def state(self) -> State:
        """What the kiosk works at."""
        return self.work


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeCardView(View):
    """Take the card back: there is no way on while it lies there."""

    SOUND = Sound.TAKE_CARD
    STATE = State.TAKE_CARD


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLeftView(View):
    """Everything is wiped, and a card lies on the reader."""

    SOUND = Sound.TAKE_CARD
    STATE = State.CARD_LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinsLeftView(View):
    """Everything is wiped, and coins lie in the dish."""

    SOUND = Sound.TAKE_COINS
    STATE = State.COINS_LEFT
