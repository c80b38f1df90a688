"""The coin device's lines: round trips, and nothing but the one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.payment import frames
from konbini.kiosk.payment.amounts import CashCounts, Ending, Settlement
from konbini.kiosk.payment.ports import Asking, CashFault, CashState
from konbini.protocol.errors import Code, Refused

_YEN = st.integers(0, 10**9)
_KEYS = st.binary(min_size=16, max_size=16)
_KEY = "00112233445566778899aabbccddeeff"


@st.composite
def _states(draw: st.DrawFn) -> CashState:
    returned, owed, escrow, kept = (draw(_YEN) for _ in range(4))
    counts = CashCounts(taken=returned + owed + escrow + kept, returned=returned, owed=owed, escrow=escrow)
    asking = draw(st.none() | st.builds(Asking, key=_KEYS, sum=_YEN, escrow=st.just(escrow)))
    faults = draw(st.frozensets(st.sampled_from(CashFault)))
    return CashState(asking=asking, counts=counts, faults=faults, dish=draw(st.booleans()))


@given(state=_states())
def test_a_state_comes_back_as_it_was(state: CashState) -> None:
    """Any state, through the line and back."""
    line = frames.write_state(state)
    assert len(line) <= frames.MOST_BYTES
    assert frames.read_state(frames.read_words(line)) == state


@given(returned=_YEN, owed=_YEN, kept=_YEN)
def test_a_settlement_comes_back_as_it_was(returned: int, owed: int, kept: int) -> None:
    """Any settlement, through the line and back."""
    ending = Ending.CAPTURED if kept else Ending.GIVEN_BACK
    settlement = Settlement(ending=ending, taken=returned + owed + kept, returned=returned, owed=owed)
    assert frames.read_settlement(frames.read_words(frames.write_settlement(settlement))) == settlement


def test_requests_are_read() -> None:
    """Each request by its form."""
    key = bytes.fromhex(_KEY)
    assert frames.read_request(b"STATE\n") == ("STATE", 0, b"", b"")
    assert frames.read_request(f"ASK 300 {_KEY}\n".encode()) == ("ASK", 300, key, b"")
    assert frames.read_request(f"CAPTURE 300 {_KEY}\n".encode()) == ("CAPTURE", 300, key, b"")
    assert frames.read_request(f"CARRY 300 {_KEY} {'0' * 32}\n".encode()) == ("CARRY", 300, key, bytes(16))
    assert frames.read_request(f"GIVE-BACK {_KEY}\n".encode()) == ("GIVE-BACK", 0, key, b"")


@pytest.mark.parametrize(
    "line",
    [
        "", "\n", "STATE", "STATE \n", "STATE 1\n", f"ASK 0300 {_KEY}\n", f"ASK -1 {_KEY}\n", f"ASK 300 {_KEY}0\n",
        f"ASK 300 {_KEY.upper()}\n", f"ASK ３００ {_KEY}\n",
        f"capture 300 {_KEY}\n", f"CAPTURE 300 {_KEY}\r\n", f"CAPTURE {_KEY}\n", f"CARRY 300 {_KEY}\n",
        "X" * 300 + "\n",
    ],
)  # fmt: skip
def test_other_requests_are_refused(line: str) -> None:
    """No second way to write anything."""
    with pytest.raises(Refused) as refused:
        frames.read_request(line.encode())
    assert refused.value.code is Code.MALFORMED


@pytest.mark.parametrize(
    "words",
    [
        "OK", "OK - 0 0 0 0 0", "OK - 0 0 0 0 0 - -", "OK - 0 0 1 2 0 -", "OK - 0 0 0 0 0 FIRE",
        "OK - 0 0 0 0 0 JAM,JAM", "OK - 300 0 0 0 0 -", "OK 00 0 0 0 0 0 -", "OK - x 0 0 0 0 -",
    ],
)  # fmt: skip
def test_other_states_are_refused(words: str) -> None:
    """A count that does not balance, a fault that nobody knows, a word too many or too few."""
    with pytest.raises(Refused) as refused:
        frames.read_state(frames.read_words(f"{words}\n".encode()))
    assert refused.value.code is Code.MALFORMED


@pytest.mark.parametrize(
    "words", ["OK", "OK KEPT 1 0 0", "OK GIVEN-BACK 2 1 0", "OK CAPTURED 1 2 0", "OK CAPTURED 1 0"]
)
def test_other_settlements_are_refused(words: str) -> None:
    """A settlement that keeps what it gave back, or pays out more than there was."""
    with pytest.raises(Refused) as refused:
        frames.read_settlement(frames.read_words(f"{words}\n".encode()))
    assert refused.value.code is Code.MALFORMED


@given(line=st.binary(max_size=80))
def test_noise_is_refused_by_code(line: bytes) -> None:
    """Bytes of chance end in a refusal or in a form that is written down above."""
    for read in (frames.read_request, frames.read_words):
        try:
            read(line)
        except Refused as refused:
            assert refused.code in {Code.MALFORMED, Code.CASH_UNAVAILABLE}  # noqa: PT017 - both ends are right
