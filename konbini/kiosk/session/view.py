"""What every screen may know, and no more: the base of the frozen view models, one for each screen.

Invariants: members' names stand in `MembersView` (whole, because one chooses by them) and in `CheckView` (masked by
`masked` unless the resident asked to see them), nowhere else; no certificate, PIN, card number or key is ever part
of a view. Amounts are whole yen. Moments are Unix milliseconds, shown in Japan's time by the pages.

What lies over any screen is part of every view: the language, the idle warning, how the screen looks (`Look`) and is
heard (`Audio`), and the panel that changes these.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, unique
from typing import ClassVar, Self

from konbini.kiosk.payment.means import Means
from konbini.kiosk.session.audio import Audio
from konbini.kiosk.session.flow import State, Step, step
from konbini.kiosk.session.look import Language, Look, Panel

__all__ = ["IdleWarning", "Sound", "View"]


@unique
class Sound(Enum):
    """What repeats until it is true no more."""

    TAKE_CARD = "take-card"
    TAKE_PAPER = "take-paper"
    TAKE_COINS = "take-coins"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleWarning:
    """Nobody has touched anything: `seconds` are left."""

    seconds: int


_AS_EVERYBODY = Look()
_SILENT = Audio()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What every screen has.

    Attributes:
        LIVE: whether the screen's figures may change under the resident's finger without changing what a tap means.
        SOUND: what repeats while the screen lasts.
        means: how one pays at this kiosk; every screen that speaks of money says it by these means.
    """

    LIVE: ClassVar[bool] = False
    SOUND: ClassVar[Sound | None] = None
    STATE: ClassVar[State]

    language: Language = Language.JAPANESE
    means: Means = Means.COINS
    idle: IdleWarning | None = None
    look: Look = _AS_EVERYBODY
    audio: Audio = _SILENT
    panel: Panel | None = None

    @property
    def state(self) -> State:
        """The flow's state that this screen shows."""
        return self.STATE

    @property
    def step(self) -> Step | None:
        """The named part of the visit, None outside of one."""
        return step(self.state)

    @property
    def sound(self) -> Sound | None:
        """What repeats while this screen lasts."""
        return self.SOUND

    def bare(self) -> Self:
        """Return this view without what lies over it: two views with equal bare ones ask the same question."""
        return replace(self, language=Language.JAPANESE, idle=None, look=Look(), audio=Audio(), panel=None)
