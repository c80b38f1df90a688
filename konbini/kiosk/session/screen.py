"""The port through which a visit speaks with the person before it; `konbini.kiosk.ui.server` implements it."""

from __future__ import annotations

from typing import Protocol

from konbini.kiosk.session.action import Action
from konbini.kiosk.session.view import View

__all__ = ["Screen"]


class Screen(Protocol):
    """One screen and one pair of hands.

    The visit answers each action but those that mean the same everywhere (the language, the look, the panel,
    `StillHere`) with one call of `show`, if only with the
    same view: an action uses up the page it was made on, and the next `show` makes a page that can be acted on.
    """

    async def show(self, view: View) -> None:
        """Show `view` in place of what is shown; does not wait for anybody to look."""

    async def next_action(self) -> Action:
        """Wait for the next thing that the resident does on the page that is shown."""
