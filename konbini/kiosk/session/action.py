"""What a resident can do on a screen: parsed once at the edge (`konbini.kiosk.ui.forms`), frozen from there on.

An action has been checked against the screen that it was made on: a chosen ward, kind, scope, handle or option is
one that the screen offered, and the flow knows the act in that state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from konbini.kiosk.session.flow import State
from konbini.kiosk.session.view import Language
from konbini.protocol.kinds import CertificateKind, Options, Scope

__all__ = [
    "Action",
    "Back",
    "Cancel",
    "Change",
    "ChooseKind",
    "ChooseLanguage",
    "ChooseMembers",
    "ChooseOptions",
    "ChooseScope",
    "ChooseWard",
    "Confirm",
    "EnterPin",
    "Finish",
    "LookAgain",
    "ShowNames",
    "StillHere",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseLanguage:
    """Possible on every screen; on the start screen it begins the visit."""

    language: Language


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
    | ChooseWard
    | EnterPin
    | ChooseKind
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
