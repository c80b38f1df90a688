"""Commands to a card and its answers (ISO/IEC 7816-4, short length fields).

A command is a list of octets because the PC/SC binding takes nothing else, and because a list can be wiped: every
command is, as soon as it has been answered. No command is ever turned into `bytes`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = [
    "NOT_ALLOWED",
    "OK",
    "PIN_BLOCKED",
    "STATE_LOST",
    "Answer",
    "Octets",
    "Transmit",
    "ask_tries_left",
    "read_binary",
    "select_application",
    "select_file",
    "sign_prepared",
    "tries_in",
    "verify",
    "wipe",
]

Octets = list[int]

OK = 0x9000
PIN_BLOCKED = frozenset((0x6983, 0x6984))
# What a card says that has lost, or never had, the selection and the PIN this session gave it.
STATE_LOST = frozenset((0x6982, 0x6985, 0x6986, 0x6A82))
NOT_ALLOWED = 0x6982

_TRIES = 0x63C0
_TRIES_MASK = 0xFFF0
_SHORT_LE_ANY = 0x00


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a card answered: data, and the status word (SW1 SW2)."""

    data: bytes
    status: int


Transmit = Callable[[Octets], Answer]
"""Carries one command to the card and brings its answer; raises Refused when the card cannot be reached."""


def select_application(aid: bytes) -> Octets:
    """SELECT by name, no answer wanted."""
    return [0x00, 0xA4, 0x04, 0x0C, len(aid), *aid]


def select_file(fid: int) -> Octets:
    """SELECT an elementary file of the selected application, no answer wanted."""
    return [0x00, 0xA4, 0x02, 0x0C, 0x02, fid >> 8, fid & 0xFF]


def read_binary(offset: int, length: int) -> Octets:
    """READ BINARY of 1 to 256 octets from `offset`."""
    return [0x00, 0xB0, offset >> 8, offset & 0xFF, length & 0xFF]


def verify(pin: bytearray) -> Octets:
    """VERIFY against the selected PIN file."""
    return [0x00, 0x20, 0x00, 0x80, len(pin), *pin]


def ask_tries_left() -> Octets:
    """VERIFY without a PIN: asks for the tries left and costs none."""
    return [0x00, 0x20, 0x00, 0x80]


def sign_prepared(prepared: bytes) -> Octets:
    """COMPUTE DIGITAL SIGNATURE over what the key's scheme prepared, with the selected key."""
    return [0x80, 0x2A, 0x00, 0x80, len(prepared), *prepared, _SHORT_LE_ANY]


def tries_in(status: int) -> int | None:
    """The tries left that a status word speaks of: 63Cx, or none left when the PIN is blocked."""
    if status in PIN_BLOCKED:
        return 0
    return status & ~_TRIES_MASK if status & _TRIES_MASK == _TRIES else None


def wipe(octets: Octets | bytearray) -> None:
    """Overwrite with zeros in place, from the front: a half-wiped VERIFY is no VERIFY any more."""
    for index in range(len(octets)):
        octets[index] = 0
