"""The coin device's line protocol, both directions (pure).

One request, one answer, each a line of ASCII words ended by a line feed, at most `MOST_BYTES` long:

    STATE                       -> OK <key or -> <sum> <escrow> <taken> <returned> <owed> <faults or -> <dish>
    ASK <sum> <key>             -> OK
    CAPTURE <fee> <key>         -> OK CAPTURED|GIVEN-BACK <taken> <returned> <owed>
    CARRY <fee> <key> <next key> -> OK CAPTURED|GIVEN-BACK <taken> <returned> <owed>
    GIVE-BACK <key>             -> OK CAPTURED|GIVEN-BACK <taken> <returned> <owed>
    anything refused            -> NO <word>

Keys are 32 lower-case hexadecimal digits, amounts decimal without sign or leading nought, faults joined by commas; the
dish is COINS where something lies in it, CLEAR otherwise.
"""

from __future__ import annotations

import re
from typing import Final

from konbini.kiosk.payment.amounts import CashCounts, Ending, Settlement
from konbini.kiosk.payment.ports import Asking, CashFault, CashState
from konbini.protocol.errors import Code, Refused

__all__ = [
    "KEY_BYTES",
    "MOST_BYTES",
    "Request",
    "read_nothing",
    "read_request",
    "read_settlement",
    "read_state",
    "read_words",
    "write_settlement",
    "write_state",
]

MOST_BYTES: Final = 256
KEY_BYTES: Final = 16

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}")
_KEY: Final = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}")
_FAULTS: Final = {CashFault.JAM: "JAM", CashFault.CANNOT_PAY_OUT: "CANNOT-PAY-OUT"}
_FAULTS_BY_WORD: Final = {word: fault for fault, word in _FAULTS.items()}
_DISH: Final = {"COINS": True, "CLEAR": False}
_ENDINGS: Final = {Ending.CAPTURED: "CAPTURED", Ending.GIVEN_BACK: "GIVEN-BACK"}
_ENDINGS_BY_WORD: Final = {word: ending for ending, word in _ENDINGS.items()}

Request = tuple[str, int, bytes, bytes]
"""Verb, amount (0 where there is none), key and next key (empty where there is none)."""


def read_request(line: bytes) -> Request:
    """Return what a request asks for.

    Raises:
        Refused: `MALFORMED`.
    """
    match _words(line):
        case ["STATE"]:
            return "STATE", 0, b"", b""
        case ["ASK" | "CAPTURE" as verb, amount, key]:
            return verb, _number(amount), _key(key), b""
        case ["CARRY", fee, key, following]:
            return "CARRY", _number(fee), _key(key), _key(following)
        case ["GIVE-BACK", key]:
            return "GIVE-BACK", 0, _key(key), b""
    raise Refused(Code.MALFORMED, "no request of the coin device")


def read_words(line: bytes) -> list[str]:
    """Return the words of an answer behind its OK.

    Raises:
        Refused: `CASH_UNAVAILABLE` with the device's word where it said NO, `MALFORMED` for no answer at all.
    """
    match _words(line):
        case ["OK", *words]:
            return words
        case ["NO", word]:
            raise Refused(Code.CASH_UNAVAILABLE, f"the coin device said {word}")
    raise Refused(Code.MALFORMED, "no answer of the coin device")


def read_nothing(words: list[str]) -> None:
    """Take an answer without words.

    Raises:
        Refused: `MALFORMED`.
    """
    if words:
        raise Refused(Code.MALFORMED, "words of the coin device where none were due")


def write_state(state: CashState) -> bytes:
    """Return the answer to STATE."""
    asking, counts = state.asking, state.counts
    words = (
        "-" if asking is None else asking.key.hex(),
        0 if asking is None else asking.sum,
        *(counts.escrow, counts.taken, counts.returned, counts.owed),
        ",".join(sorted(_FAULTS[fault] for fault in state.faults)) or "-",
        "COINS" if state.dish else "CLEAR",
    )
    return _line("OK", *words)


def read_state(words: list[str]) -> CashState:
    """Return what an answer to STATE says.

    Raises:
        Refused: `MALFORMED`, also for counts that do not balance.
    """
    match words:
        case [key, amount, escrow, taken, returned, owed, faults, ("COINS" | "CLEAR") as dish]:
            counts = _counts(_number(taken), _number(returned), _number(owed), _number(escrow))
            asking = _asking(key, _number(amount), counts.escrow)
            return CashState(asking=asking, counts=counts, faults=_faults(faults), dish=_DISH[dish])
    raise Refused(Code.MALFORMED, "no state of the coin device")


def write_settlement(settlement: Settlement) -> bytes:
    """Return the answer to CAPTURE, CARRY and GIVE-BACK."""
    return _line("OK", _ENDINGS[settlement.ending], settlement.taken, settlement.returned, settlement.owed)


def read_settlement(words: list[str]) -> Settlement:
    """Return what an answer to CAPTURE, CARRY and GIVE-BACK says.

    Raises:
        Refused: `MALFORMED`, also for a settlement that does not balance.
    """
    match words:
        case [ending, taken, returned, owed] if ending in _ENDINGS_BY_WORD:
            sums = _number(taken), _number(returned), _number(owed)
            try:
                return Settlement(ending=_ENDINGS_BY_WORD[ending], taken=sums[0], returned=sums[1], owed=sums[2])
            except ValueError as error:
                raise Refused(Code.MALFORMED, str(error)) from error
    raise Refused(Code.MALFORMED, "no settlement of the coin device")


def _words(line: bytes) -> list[str]:
    if len(line) > MOST_BYTES or not line.endswith(b"\n") or not line.isascii():
        raise Refused(Code.MALFORMED, "no line of the coin device")
    return line[:-1].decode("ascii").split(" ")


def _line(*words: str | int) -> bytes:
    return (" ".join(str(word) for word in words) + "\n").encode("ascii")


def _number(word: str) -> int:
    if _NUMBER.fullmatch(word) is None:
        raise Refused(Code.MALFORMED, "an amount of the coin device")
    return int(word)


def _key(word: str) -> bytes:
    if _KEY.fullmatch(word) is None:
        raise Refused(Code.MALFORMED, "a key of the coin device")
    return bytes.fromhex(word)


def _asking(key: str, amount: int, escrow: int) -> Asking | None:
    if key != "-":
        return Asking(key=_key(key), sum=amount, escrow=escrow)
    if amount:
        raise Refused(Code.MALFORMED, "a sum of the coin device that nobody was asked for")
    return None


def _faults(word: str) -> frozenset[CashFault]:
    if word == "-":
        return frozenset()
    words = word.split(",")
    if not all(each in _FAULTS_BY_WORD for each in words) or words != sorted(set(words)):
        raise Refused(Code.MALFORMED, "a fault of the coin device")
    return frozenset(_FAULTS_BY_WORD[each] for each in words)


def _counts(taken: int, returned: int, owed: int, escrow: int) -> CashCounts:
    try:
        return CashCounts(taken=taken, returned=returned, owed=owed, escrow=escrow)
    except ValueError as error:
        raise Refused(Code.MALFORMED, str(error)) from error
