"""Four faults of a simulated card that OpenSC's tools do not notice, and that ours must not have; and a fuzz."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.simulation.card.apdu import Command, parse
from konbini.simulation.card.applet import Card, CardContent

Say = Callable[[str], str]

SELECT_JPKI = "00A4040C0AD392F000260100000001"
SIGN = f"802A008003{b'abc'.hex()}00"
PIN_1234 = "002000800431323334"
PASSWORD = "0020008006414243313233"  # noqa: S105 - a specimen's


def unlock(say: Say, pin_file: str = "0018", pin: str = PIN_1234) -> None:
    """Verify the PIN of a PIN file."""
    assert say(f"00A4020C02{pin_file}") == "9000"
    assert say(pin) == "9000"


@pytest.mark.parametrize("key", ["0017", "001A"])
def test_no_key_signs_without_its_pin(selected: Say, key: str) -> None:
    """6982, and after a miss still 6982."""
    assert selected(f"00A4020C02{key}") == "9000"
    assert selected(SIGN) == "6982"
    assert selected("00A4020C020018") == "9000"
    assert selected("002000800439393939") == "63C2"
    assert selected(f"00A4020C02{key}") == "9000"
    assert selected(SIGN) == "6982"


def test_each_key_wants_its_own_pin(selected: Say) -> None:
    """The authentication PIN does not open the signature key, nor the other way round."""
    unlock(selected)
    assert selected("00A4020C02001A") == "9000"
    assert selected(SIGN) == "6982"
    assert selected(SELECT_JPKI) == "9000"
    unlock(selected, "001B", PASSWORD)
    assert selected("00A4020C020017") == "9000"
    assert selected(SIGN) == "6982"


def test_a_miss_takes_the_verified_pin_back(selected: Say) -> None:
    """Right, then wrong: locked again."""
    unlock(selected)
    assert selected("002000800439393939") == "63C2"
    assert selected("00A4020C020017") == "9000"
    assert selected(SIGN) == "6982"


def test_le_of_zero_reads_256_octets(selected: Say, content: CardContent) -> None:
    """Le=00 means 256, not none and not all."""
    assert selected("00A4020C02000A") == "9000"
    answer = bytes.fromhex(selected("00B0000000"))
    assert answer == content.auth_certificate[:256] + b"\x90\x00"


def test_select_without_answer_answers_nothing_but_a_status_word(say: Say) -> None:
    """P2=0C asks for no data: two octets come back, for an application and for every file."""
    assert say(SELECT_JPKI) == "9000"
    for fid in ("0001", "0002", "0006", "000A", "000B", "0017", "0018", "001A", "001B"):
        assert say(f"00A4020C02{fid}") == "9000"


def test_selecting_the_application_again_forgets_the_pin(selected: Say) -> None:
    """Another program that selects the application does not inherit our unlocked key."""
    unlock(selected)
    assert selected(SELECT_JPKI) == "9000"
    assert selected("00A4020C020017") == "9000"
    assert selected(SIGN) == "6982"


def test_a_reset_forgets_selection_and_pin_but_not_the_counter(card: Card, selected: Say) -> None:
    """After the power came back nothing is selected, and the misses are still counted."""
    unlock(selected)
    assert selected("002000800439393939") == "63C2"
    card.reset()
    assert selected("00A4020C020017") == "6A82"
    assert selected(SELECT_JPKI) == "9000"
    assert selected("00A4020C020017") == "9000"
    assert selected(SIGN) == "6982"
    assert selected("00A4020C020018") == "9000"
    assert selected("00200080") == "63C2"


KNOWN = st.sampled_from(
    [
        SELECT_JPKI,
        "00A4040C0AD3921000310001010402",
        "00A4020C02000A",
        "00A4020C020001",
        "00A4020C020017",
        "00A4020C020018",
        "00A4020C02001B",
        PIN_1234,
        PASSWORD,
        "00B0000000",
        "00200080",
        SIGN,
    ]
).map(bytes.fromhex)
HEADERS = st.tuples(
    st.sampled_from([0x00, 0x80]), st.sampled_from([0xA4, 0xB0, 0x20, 0x24, 0x2A]), st.binary(max_size=40)
).map(lambda parts: bytes(parts[:2]) + parts[2])


@given(commands=st.lists(st.one_of(st.binary(max_size=300), HEADERS, KNOWN), max_size=12))
def test_whatever_is_said_to_it_the_card_answers(content: CardContent, commands: list[bytes]) -> None:
    """Any octets, in any order: no crash, at most 256 octets of data, and a status word ISO/IEC 7816-4 allows."""
    card = Card(content)
    for command in commands:
        answer = card.transmit(command)
        assert 2 <= len(answer) <= 258
        assert answer[-2] in {0x90, 0x63, *range(0x67, 0x6F)}
        assert len(answer) == 2 or answer[-2:] == b"\x90\x00"
        assert 0 <= card.tries_left(0x0018) <= 3


@given(
    header=st.binary(min_size=4, max_size=4),
    data=st.binary(max_size=255),
    le=st.one_of(st.none(), st.integers(min_value=1, max_value=256)),
)
def test_well_formed_commands_parse_to_what_they_were_made_of(header: bytes, data: bytes, le: int | None) -> None:
    """Cases 1 to 4 of ISO/IEC 7816-3, 12.1.3."""
    frame = header + (bytes((len(data),)) + data if data else b"") + (bytes((le % 256,)) if le else b"")
    cla, ins, p1, p2 = header
    assert parse(frame) == Command(cla=cla, ins=ins, p1=p1, p2=p2, data=data, le=le)
