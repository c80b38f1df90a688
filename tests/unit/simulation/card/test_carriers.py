"""What else carries a key of ours: phones, the ward's own card, the next card; and the faults of an emulator.

The four faults that OpenSC does not notice are looked for on every carrier.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from konbini.kiosk.card.schemes import scheme_of
from konbini.simulation.card.applet import Card, CardContent
from konbini.simulation.card.layout import ANDROID_PHONE, INDIVIDUAL_NUMBER_CARD, IPHONE, WARD_CARD, CardLayout
from konbini.simulation.card.specimen import SpecimenIssuer

SELECT_JPKI = "00A4040C0AD392F000260100000001"
SELECT_WARD = "00A4040C0DF04B4F4E42494E492057415244"
PIN_1234 = "002000800431323334"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A kind of card: its layout, how its application is selected, and whether its key is of P-384."""

    layout: CardLayout
    select: str = SELECT_JPKI
    p384: bool = False


CARRIERS = {
    "card": Carrier(layout=INDIVIDUAL_NUMBER_CARD),
    "next card": Carrier(layout=INDIVIDUAL_NUMBER_CARD, p384=True),
    "Android": Carrier(layout=ANDROID_PHONE),
    "iPhone": Carrier(layout=IPHONE),
    "ward card": Carrier(layout=WARD_CARD, select=SELECT_WARD),
}
WITH_A_PIN = [name for name in CARRIERS if name != "iPhone"]


@pytest.fixture(scope="session")
def next_content() -> CardContent:
    """A card of the next generation: its authentication key is of P-384."""
    return SpecimenIssuer().content("HANAKO", auth_key=ec.generate_private_key(ec.SECP384R1()))


class Talk:
    """A card of some carrier, and short words for its commands; its application is selected."""

    def __init__(self, carrier: Carrier, content: CardContent) -> None:
        half = carrier.layout is WARD_CARD
        bare = replace(content, sign_certificate=None, sign_key=None, sign_ca=None, password=None) if half else content
        self.card, self.content, self.select = Card(bare, layout=carrier.layout), bare, carrier.select
        assert self.say(self.select) == "9000"

    def say(self, command: str) -> str:
        """Say a command in hex, get the answer in hex."""
        return self.card.transmit(bytes.fromhex(command)).hex().upper()

    def unlock(self) -> None:
        """Verify the PIN."""
        assert self.say("00A4020C020018") == "9000"
        assert self.say(PIN_1234) == "9000"

    def sign(self) -> str:
        """Have the authentication key sign a message as its scheme calls for."""
        assert self.say("00A4020C020017") == "9000"
        prepared = scheme_of(self.content.auth_certificate).prepare(b"message")
        return self.say(f"802A0080{len(prepared):02X}{prepared.hex()}00")

    def signs(self) -> bool:
        """Whether it signs, and well; anything but a signature or 6982 fails."""
        answer = self.sign()
        if answer == "6982":
            return False
        assert answer[-4:] == "9000"
        assert scheme_of(self.content.auth_certificate).accepts(bytes.fromhex(answer[:-4]), b"message")
        return True


@pytest.fixture
def talk(content: CardContent, next_content: CardContent) -> Callable[[str], Talk]:
    """A fresh card of a carrier."""

    def begin(name: str) -> Talk:
        carrier = CARRIERS[name]
        return Talk(carrier, next_content if carrier.p384 else content)

    return begin


@pytest.mark.parametrize("name", WITH_A_PIN)
def test_no_key_signs_without_its_pin_nor_after_a_new_selection(talk: Callable[[str], Talk], name: str) -> None:
    """6982 before the PIN; a signature after it; 6982 when the application was selected again."""
    card = talk(name)
    assert not card.signs()
    card.unlock()
    assert card.signs()
    assert card.say(card.select) == "9000"
    assert not card.signs()


@pytest.mark.parametrize("name", CARRIERS)
def test_le_of_zero_reads_256_octets(talk: Callable[[str], Talk], name: str) -> None:
    """Of the certificate, as soon as it may be read."""
    card = talk(name)
    card.unlock()
    assert card.say("00A4020C02000A") == "9000"
    assert bytes.fromhex(card.say("00B0000000")) == card.content.auth_certificate[:256] + b"\x90\x00"


@pytest.mark.parametrize("name", CARRIERS)
def test_select_without_answer_answers_nothing_but_a_status_word(talk: Callable[[str], Talk], name: str) -> None:
    """P2=0C asks for no data, from the application to the last file."""
    card = talk(name)
    assert card.say(card.select) == "9000"
    for fid in ("0006", "000A", "000B", "0017", "0018"):
        assert card.say(f"00A4020C02{fid}") == "9000"


def test_an_android_phone_shows_its_certificate_after_its_pin(talk: Callable[[str], Talk]) -> None:
    """6982 before; a miss costs a try and opens nothing."""
    phone = talk("Android")
    assert phone.say("00A4020C02000A") == "9000"
    assert phone.say("00B0000004") == "6982"
    assert phone.say("00A4020C020018") == "9000"
    assert phone.say("002000800430303030") == "63C2"
    assert phone.say("00A4020C02000A") == "9000"
    assert phone.say("00B0000004") == "6982"
    phone.unlock()
    assert phone.say("00A4020C02000A") == "9000"
    assert bytes.fromhex(phone.say("00B0000004")) == phone.content.auth_certificate[:4] + b"\x90\x00"


def test_an_iphone_signs_once_for_each_confirmation(talk: Callable[[str], Talk]) -> None:
    """Its own face check opens the key: no PIN does, a reader's reset takes nothing back, and it is good for once."""
    phone = talk("iPhone")
    assert not phone.signs()
    phone.unlock()
    assert not phone.signs()
    phone.card.confirm()
    phone.card.reset()
    assert phone.say(phone.select) == "9000"
    assert phone.signs()
    assert not phone.signs()


def test_a_phone_has_no_application_but_ours(talk: Callable[[str], Talk]) -> None:
    """Neither register nor card face."""
    for name in ("Android", "iPhone"):
        assert talk(name).say("00A4040C0AD3921000310001010402") == "6A82"


def test_a_ward_card_is_no_individual_number_card(talk: Callable[[str], Talk]) -> None:
    """Neither has the other's application, and a ward card has no signature half."""
    ward_card, number_card = talk("ward card"), talk("card")
    assert ward_card.say(SELECT_JPKI) == "6A82"
    assert number_card.say(SELECT_WARD) == "6A82"
    assert ward_card.say(SELECT_WARD) == "9000"
    for fid in ("0001", "001A", "001B"):
        assert ward_card.say(f"00A4020C02{fid}") == "6A82"


@pytest.mark.parametrize(("length", "status"), [(47, "6700"), (49, "6700"), (51, "6700")])
def test_a_p384_card_signs_a_digest_and_nothing_else(talk: Callable[[str], Talk], length: int, status: str) -> None:
    """48 octets; anything longer or shorter is a wrong length."""
    card = talk("next card")
    card.unlock()
    assert card.say("00A4020C020017") == "9000"
    assert card.say(f"802A0080{length:02X}{bytes(length).hex()}00") == status
