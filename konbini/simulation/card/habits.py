"""The hardware's bad habits, on demand: what a card or its holder does to a command.

Each habit fires once, at the command that its `At` names, and is then spent; `slots.ReaderSlot` carries it out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from konbini.simulation.card.apdu import StatusWord
from konbini.simulation.card.applet import Card

__all__ = ["Armed", "At", "Garble", "Habit", "Mute", "Pull", "Swap", "bit_flipped", "cut_to_one_octet", "random_status"]

_INS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """The command at which a habit fires: the one with this instruction, after `skip` others like it."""

    instruction: int
    skip: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """The card never answers, nor anything after it, until it is taken off the reader."""

    at: At


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """The card is gone before it has answered."""

    at: At


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Another card lies there when the command arrives, and no poll of the reader fell in between.

    With `mimic` it stands as if it had been selected and its PIN verified, which only a card made for it would.
    """

    at: At
    to: Card
    mimic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Garble:
    """The answer arrives damaged."""

    at: At
    how: Callable[[bytes], bytes]


Habit = Mute | Pull | Swap | Garble


@dataclass(slots=True, kw_only=True)
class _Pending:
    """A habit that has not fired yet, and how many commands like its own it still lets pass."""

    habit: Habit
    left: int

    def fires(self, instruction: int) -> bool:
        if instruction != self.habit.at.instruction:
            return False
        self.left -= 1
        return self.left < 0


class Armed:
    """The habits that are to happen at one slot."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []

    def arm(self, habit: Habit) -> None:
        """Make this habit happen at the command it names."""
        self._pending.append(_Pending(habit=habit, left=habit.at.skip))

    def disarm(self) -> None:
        """Forget the habits that have not happened yet."""
        self._pending.clear()

    def at(self, command: bytes) -> Habit | None:
        """Give what happens at this command, once."""
        instruction = command[_INS] if len(command) > _INS else -1
        for pending in self._pending:
            if pending.fires(instruction):
                self._pending.remove(pending)
                return pending.habit
        return None


def bit_flipped(response: bytes) -> bytes:
    """One bit of the first octet is wrong, as after a damaged block that a poor reader let through."""
    return bytes((response[0] ^ 0x01,)) + response[1:]


def cut_to_one_octet(response: bytes) -> bytes:
    """Not even a status word arrives."""
    return response[:1]


def random_status(response: bytes) -> bytes:
    """The data arrives with a status word that nobody documents."""
    return response[:-2] + (StatusWord.OK ^ 0x0F0F).to_bytes(2, "big")
