"""The cashless terminal's line protocol, both directions (pure).

One request, one answer, each a line of ASCII words ended by a line feed, at most `MOST_BYTES` long:

    STATE                   -> OK <key or -> <yen> <phase> <captured> <voided> <UP or DOWN>
    AUTHORISE <yen> <key>   -> OK
    CAPTURE <yen> <key>     -> OK CAPTURED|VOIDED <held> <released>
    CARRY <yen> <key> <key> -> OK CAPTURED|VOIDED <held> <released>
    VOID <key>              -> OK CAPTURED|VOIDED <held> <released>
    anything refused        -> NO <word>

Keys are 32 lower-case hexadecimal digits, amounts decimal. The phase of the payment that is open is NONE, WAITING,
AUTHORISED or DECLINED. CARRY captures a part and leaves the rest authorised under the second key. Captured and voided
count over the terminal's life; DOWN: its payment network does not answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, unique
from typing import Final

from konbini.kiosk.payment.amounts import Ending, Settlement
from konbini.protocol.errors import Code, Refused

__all__ = ["KEY_BYTES", "MOST_BYTES", "Phase", "TerminalState", "read_end", "read_state", "read_words"]

MOST_BYTES: Final = 256
KEY_BYTES: Final = 16

_ENDINGS: Final = {"CAPTURED": Ending.CAPTURED, "VOIDED": Ending.GIVEN_BACK}
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}")
_KEY: Final = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}")


@unique
class Phase(Enum):
    """How far the open payment is."""

    NONE = "NONE"
    WAITING = "WAITING"
    AUTHORISED = "AUTHORISED"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalState:
    """One answer to STATE.

    Attributes:
        key: of the payment that is open, empty where none is.
        yen: what it is for.
        phase: how far it is.
        captured, voided: yen over the terminal's life.
        up: its payment network answers.
    """

    key: bytes
    yen: int
    phase: Phase
    captured: int
    voided: int
    up: bool


def read_words(line: bytes) -> list[str]:
    """Return the words of an answer behind its OK.

    Raises:
        Refused: `CASH_UNAVAILABLE` with the terminal's word where it said NO, `MALFORMED` for no answer at all.
    """
    if len(line) > MOST_BYTES or not line.endswith(b"\n") or not line.isascii():
        raise Refused(Code.MALFORMED, "no line of the terminal")
    match line[:-1].decode("ascii").split(" "):
        case ["OK", *words]:
            return words
        case ["NO", word]:
            raise Refused(Code.CASH_UNAVAILABLE, f"the terminal said {word}")
    raise Refused(Code.MALFORMED, "no answer of the terminal")


def read_state(words: list[str]) -> TerminalState:
    """Return what an answer to STATE says.

    Raises:
        Refused: `MALFORMED`, also for a phase without a payment, or a payment without a phase.
    """
    match words:
        case [key, yen, phase, captured, voided, ("UP" | "DOWN") as network] if phase in Phase.__members__:
            state = TerminalState(
                key=b"" if key == "-" else _key(key),
                yen=_number(yen),
                phase=Phase(phase),
                captured=_number(captured),
                voided=_number(voided),
                up=network == "UP",
            )
            if bool(state.key) is (state.phase is Phase.NONE) or (not state.key and state.yen):
                raise Refused(Code.MALFORMED, "a payment of the terminal that is half there")
            return state
    raise Refused(Code.MALFORMED, "no state of the terminal")


def read_end(words: list[str]) -> Settlement:
    """Return what an answer to CAPTURE, CARRY or VOID says; nothing is ever owed: what is not captured is released.

    Raises:
        Refused: `MALFORMED`, also for an end that does not balance.
    """
    match words:
        case [ending, held, released] if ending in _ENDINGS:
            taken, returned = _number(held), _number(released)
            try:
                return Settlement(ending=_ENDINGS[ending], taken=taken, returned=returned, owed=0)
            except ValueError as error:
                raise Refused(Code.MALFORMED, str(error)) from error
    raise Refused(Code.MALFORMED, "no end of a payment")


def _number(word: str) -> int:
    if _NUMBER.fullmatch(word) is None:
        raise Refused(Code.MALFORMED, "an amount of the terminal")
    return int(word)


def _key(word: str) -> bytes:
    if _KEY.fullmatch(word) is None:
        raise Refused(Code.MALFORMED, "a key of the terminal")
    return bytes.fromhex(word)
