"""The terminal's lines: what it says is read, and nothing half or foreign."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.payment import terminal_frames as frames
from konbini.kiosk.payment.amounts import Ending, Settlement
from konbini.kiosk.payment.terminal_frames import Phase, TerminalState
from konbini.protocol.errors import Code, Refused

_KEY = "00112233445566778899aabbccddeeff"


def test_a_state_is_read() -> None:
    """Open and authorised, and at rest with its network down."""
    assert frames.read_state(["-", "0", "NONE", "600", "300", "DOWN"]) == TerminalState(
        key=b"", yen=0, phase=Phase.NONE, captured=600, voided=300, up=False
    )
    assert frames.read_state([_KEY, "300", "AUTHORISED", "0", "0", "UP"]).key == bytes.fromhex(_KEY)


def test_an_end_is_read() -> None:
    """Kept whole, or returned whole."""
    kept = Settlement(ending=Ending.CAPTURED, taken=300, returned=0, owed=0)
    assert frames.read_end(["CAPTURED", "300", "0"]) == kept
    back = Settlement(ending=Ending.GIVEN_BACK, taken=300, returned=300, owed=0)
    assert frames.read_end(["VOIDED", "300", "300"]) == back
    for words in (["CAPTURED", "300", "400"], ["VOIDED", "300", "0"], ["VOIDED", "300"], ["LOST", "300", "0"]):
        with pytest.raises(Refused):
            frames.read_end(words)


@pytest.mark.parametrize(
    "words",
    [
        [], ["-", "0", "NONE", "0", "0"], ["-", "0", "WAITING", "0", "0", "UP"], [_KEY, "3", "NONE", "0", "0", "UP"],
        ["-", "3", "NONE", "0", "0", "UP"], ["-", "0", "none", "0", "0", "UP"], ["-", "00", "NONE", "0", "0", "UP"],
        [_KEY.upper(), "3", "WAITING", "0", "0", "UP"], ["-", "0", "NONE", "0", "0", "SIDEWAYS"],
    ],
)  # fmt: skip
def test_half_a_state_is_none(words: list[str]) -> None:
    """A payment without a phase, a phase without a payment, a number with a nought before it."""
    with pytest.raises(Refused) as refused:
        frames.read_state(words)
    assert refused.value.code is Code.MALFORMED


@given(st.binary(max_size=300))
def test_any_bytes_end_in_words_or_a_refusal(line: bytes) -> None:
    """Nothing but a refusal comes out of what is no answer."""
    with suppress(Refused):
        words = frames.read_words(line)
        assert line == (" ".join(["OK", *words]) + "\n").encode("ascii")
