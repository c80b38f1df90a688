"""The console's people: persons, passkeys, terminals, and what two of them decide about a third. Pure."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, Final

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo
from konbini.ward_server.console.rights import Role, check_span, check_together
from konbini.ward_server.residents.registry import require_person
from konbini.ward_server.signed_acts.roll import fingerprint_of

__all__ = [
    "CODE_HOURS",
    "CONSOLE",
    "HALF_BYTES",
    "MACHINE",
    "MOST_TRIES",
    "NOBODY",
    "TERMINAL_MINUTES",
    "CodePurpose",
    "KeptStaffChange",
    "Passkey",
    "Person",
    "StaffChange",
    "StaffKind",
    "StaffState",
    "Terminal",
    "check_new_person",
    "check_staff_change",
    "readable",
    "typed_code",
]

MACHINE: Final = "machine"
"""In a person's place: somebody at the machine itself, whom nothing but the machine's own log knows."""
NOBODY: Final = "nobody"
"""Who agreed to the first administrator."""
CONSOLE: Final = "console"
"""Who reads the live view for everybody who watches it."""
CODE_HOURS: Final = 24
"""How long a person's code waits."""
TERMINAL_MINUTES: Final = 30
"""How long a terminal's code waits."""
MOST_TRIES: Final = 5
HALF_BYTES: Final = 5
"""Bytes of each half of a code: eight letters and digits."""


@unique
class StaffKind(IntEnum):
    """What is decided about a person."""

    ENROL = 1
    """A person begins, with rights."""
    RIGHTS = 2
    """A person gets rights."""
    RECOVER = 3
    """A person lost every passkey, and enrols a new one; the old ones end with it."""


@unique
class StaffState(IntEnum):
    """Where it stands."""

    ENTERED = 1
    AGREED = 2
    DECLINED = 3


@unique
class CodePurpose(IntEnum):
    """What a code that works once is for."""

    PERSON = 1
    TERMINAL = 2
    FIRST_PERSON = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the ward's people; `left_at` in Unix milliseconds, 0 while they are there."""

    person: Line
    name: Annotated[str, UpTo(64)]
    handle: bytes
    begun: int
    left_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One passkey of a person."""

    credential: bytes
    person: Line
    public_key: bytes
    sign_count: int

    @property
    def fingerprint(self) -> str:
        """Give the SHA-256 of the public key, as two people compare it."""
        return fingerprint_of(self.public_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A machine that one may sign in from; moments in Unix milliseconds, `ended` 0 while one may."""

    terminal: Line
    place: Line
    enrolled_by: Line
    enrolled_at: int
    ended: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffChange:
    """What is to become of a person. Rights run from `begins` to `ends`, yyyymmdd; none where `roles` is empty."""

    kind: StaffKind
    person: Line
    name: Line = ""
    roles: tuple[Role, ...] = ()
    begins: Annotated[int, UpTo(99_991_231)] = 0
    ends: Annotated[int, UpTo(99_991_231)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStaffChange:
    """A change as the console keeps it; moments in Unix milliseconds."""

    change_id: Line
    change: StaffChange
    first_half: bytes
    state: StaffState
    entered_by: Line
    entered_at: int
    concluded_by: Line
    concluded_at: int


def check_staff_change(change: StaffChange, today: int) -> None:
    """Refuse what says nothing, or too much.

    Raises:
        Refused: `CHANGE_INVALID`.
    """
    check_new_person(change.person)
    if (change.kind is StaffKind.ENROL) is not bool(change.name.strip()):
        raise Refused(Code.CHANGE_INVALID, "a person is named when they are enrolled")
    if (change.kind is StaffKind.RECOVER) is bool(change.roles):
        raise Refused(Code.CHANGE_INVALID, "rights are of enrolment and of rights alone")
    if len(set(change.roles)) != len(change.roles):
        raise Refused(Code.CHANGE_INVALID, "a role twice")
    if change.roles:
        check_together(change.roles)
        check_span(change.begins, change.ends, today)


def check_new_person(person: str) -> None:
    """Refuse an id that is no operator's, or that stands for no person.

    Raises:
        Refused: `CHANGE_INVALID`.
    """
    require_person(person)
    if person in (MACHINE, NOBODY, CONSOLE):
        raise Refused(Code.CHANGE_INVALID, "an id that stands for no person")


def readable(code: bytes) -> str:
    """Write a code for people: letters and digits that are not taken for each other, in groups of four."""
    text = base64.b32encode(code).decode("ascii")
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def typed_code(text: str) -> bytes:
    """Read a code as people type it: small letters, spaces, 0 for O, 1 for I.

    Raises:
        Refused: `CODE_REFUSED`: nothing that was ever given out.
    """
    letters = "".join(text.split()).replace("-", "").upper().replace("0", "O").replace("1", "I")
    try:
        return base64.b32decode(letters)
    except ValueError as error:
        raise Refused(Code.CODE_REFUSED, "no code") from error
