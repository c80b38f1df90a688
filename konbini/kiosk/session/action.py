"""What a resident can do on a screen: parsed once at the edge (`konbini.kiosk.ui.forms`), frozen from there on.

An action has been checked against the screen that it was made on: a chosen ward, kind, scope, handle or option is
one that the screen offered, and the flow knows the act in that state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from konbini.kiosk.session.audio import AudioWish
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.look import Language, Panel, TextSize, Theme
from konbini.protocol.kinds import CertificateKind, Options, Scope

__all__ = [
    "Action",
    "AddAnother",
    "Agree",
    "AskForDomicile",
    "Back",
    "Cancel",
    "Change",
    "ChangeAudio",
    "ChooseCopies",
    "ChooseKind",
    "ChooseLanguage",
    "ChooseMembers",
    "ChooseOptions",
    "ChoosePrefecture",
    "ChooseRow",
    "ChooseScope",
    "ChooseSize",
    "ChooseTheme",
    "ChooseTown",
    "ChooseWard",
    "Confirm",
    "EnterPin",
    "EnterPostcode",
    "Finish",
    "LookAgain",
    "More",
    "OpenPanel",
    "SearchByPostcode",
    "SearchByPrefecture",
    "SeeOwnList",
    "ShowNames",
    "ShowPage",
    "StillHere",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseLanguage:
    """Possible on every screen; on the start screen it begins the visit."""

    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseSize:
    """How large the text is; possible on every screen."""

    size: TextSize


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseTheme:
    """With which contrast; possible on every screen."""

    theme: Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAudio:
    """Begin or end the audio guide, change its rate or volume; possible on every screen."""

    wish: AudioWish


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPanel:
    """Open what lies over any screen, or close it with None; possible on every screen."""

    panel: Panel | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agree:
    """The notice is agreed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchByPrefecture:
    """Another municipality than those on offer here, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchByPostcode:
    """Another municipality than those on offer here, by a postcode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForDomicile:
    """The registered domicile (本籍地) is elsewhere, and something of it is wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoosePrefecture:
    """`code` is that of a prefecture that the screen offered."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseRow:
    """Another part of the list: a region of prefectures, or a kana row of municipalities."""

    row: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseTown:
    """`code` is that of a municipality that the screen offered, whether or not it takes part."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterPostcode:
    """Seven ASCII digits."""

    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseWard:
    """`code` is the municipality code of a ward that the screen offered, open or closed."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterPin:
    """Four ASCII digits in a buffer that belongs to the taker, who wipes it; never part of a repr."""

    pin: bytearray = field(repr=False)

    def wipe(self) -> None:
        """Overwrite the digits where they lie."""
        self.pin[:] = bytes(len(self.pin))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseKind:
    """Which certificate."""

    kind: CertificateKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseScope:
    """Whom it shows."""

    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseMembers:
    """At least one of the offered handles, in the order in which they were offered."""

    handles: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseOptions:
    """What to show; whatever was offered and is not here is omitted."""

    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseCopies:
    """How many of it, each an order of its own."""

    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeOwnList:
    """Ask what was issued on this card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPage:
    """Another page of a list that is longer than a screen, from 1."""

    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAnother:
    """Keep this certificate to be paid together with another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """Another certificate, in the same visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Back from the check to one question, with all other answers kept."""

    question: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """The answers are right: go on to the payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAgain:
    """Ask the ward anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowNames:
    """Show or mask the members' names on the check."""

    shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """One question back, with all answers kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """End the visit; before payment it costs nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Done reading: wipe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillHere:
    """Somebody touched the screen; possible on every screen."""


Action: TypeAlias = (
    ChooseLanguage
    | ChooseSize
    | ChooseTheme
    | ChangeAudio
    | OpenPanel
    | Agree
    | SearchByPrefecture
    | SearchByPostcode
    | AskForDomicile
    | ChoosePrefecture
    | ChooseRow
    | ChooseTown
    | EnterPostcode
    | ChooseWard
    | EnterPin
    | ChooseKind
    | ChooseCopies
    | SeeOwnList
    | ShowPage
    | AddAnother
    | More
    | ChooseScope
    | ChooseMembers
    | ChooseOptions
    | Change
    | Confirm
    | LookAgain
    | ShowNames
    | Back
    | Cancel
    | Finish
    | StillHere
)
