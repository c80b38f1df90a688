"""What the kiosk says to a card, and what it makes of any answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.card import apdu, dialogue
from konbini.kiosk.card.apdu import Answer, Octets, Transmit
from konbini.kiosk.card.profiles import (
    INDIVIDUAL_NUMBER_CARD,
    IPHONE_TOKEN,
    OWN_MACHINE_PROFILES,
    PROFILES,
    CardProfile,
)
from konbini.kiosk.card.schemes import scheme_of
from konbini.protocol.errors import Code, Refused
from konbini.simulation.card.applet import Card, CardContent

READ_BINARY = 0xB0


def code_of(doing: Callable[[], object]) -> Code:
    """The code that this is refused with."""
    with pytest.raises(Refused) as caught:
        doing()
    return caught.value.code


def answering(*answers: tuple[int, bytes]) -> Transmit:
    """A card that gives these answers, one after the other, and then only a status word that nobody documents."""
    left = list(answers)

    def carry(command: Octets) -> Answer:
        assert command
        status, data = left.pop(0) if left else (0x9F0F, b"")
        return Answer(status=status, data=data)

    return carry


def test_a_session_from_first_to_last_command(transmit: Transmit, content: CardContent, sent: list[Octets]) -> None:
    """Told, read, counted, verified, signed; and every command list is zeros afterwards."""
    profile = dialogue.identify(transmit, PROFILES)
    assert profile is INDIVIDUAL_NUMBER_CARD
    certificate = dialogue.read_certificate(transmit, profile)
    assert certificate == content.auth_certificate
    assert dialogue.ask_tries_left(transmit, profile) == 3
    verdict = dialogue.verify_pin(transmit, profile, apdu.verify(bytearray(b"1234")))
    assert verdict == dialogue.PinVerdict(accepted=True, tries_left=3)
    scheme = scheme_of(certificate)
    assert scheme.accepts(dialogue.sign(transmit, profile, scheme.prepare(b"message")), b"message")
    assert len(sent) > 10
    assert not any(any(command) for command in sent)


def test_a_miss_is_a_verdict(transmit: Transmit, card: Card) -> None:
    """The tries left are the card's; at none it says blocked, which reads as none left."""
    profile = dialogue.identify(transmit, PROFILES)
    verdicts = [dialogue.verify_pin(transmit, profile, apdu.verify(bytearray(b"0000"))) for _ in range(4)]
    assert [(verdict.accepted, verdict.tries_left) for verdict in verdicts] == [(False, n) for n in (2, 1, 0, 0)]
    assert card.tries_left(0x0018) == 0
    assert dialogue.ask_tries_left(transmit, profile) == 0


def test_the_pin_is_not_sent_to_a_card_without_our_selection(
    transmit: Transmit, card: Card, sent: list[Octets]
) -> None:
    """A card that was reset, or is another one, is found on selecting: CARD_CHANGED, the VERIFY wiped unsent."""
    profile = dialogue.identify(transmit, PROFILES)
    card.reset()
    sent.clear()
    command = apdu.verify(bytearray(b"1234"))
    assert code_of(lambda: dialogue.verify_pin(transmit, profile, command)) == Code.CARD_CHANGED
    assert not any(command)
    assert len(sent) == 1
    assert card.tries_left(0x0018) == 3


def test_a_card_that_lost_the_pin_has_changed(transmit: Transmit, card: Card) -> None:
    """Signing on a card that no longer knows the PIN is CARD_CHANGED."""
    profile = dialogue.identify(transmit, PROFILES)
    card.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
    assert code_of(lambda: dialogue.sign(transmit, profile, b"prepared")) == Code.CARD_CHANGED


@pytest.mark.parametrize("status", [0x6A82, 0x6A86, 0x6D00, 0x6E00, 0x6700, 0x6985, 0x6F00])
def test_a_card_that_refuses_our_application_is_another_card(status: int) -> None:
    """However it says no."""
    assert code_of(lambda: dialogue.identify(answering((status, b"")), PROFILES)) == Code.WRONG_CARD


def test_an_answer_nobody_documents_is_a_fault() -> None:
    """That is no statement about the card."""
    assert code_of(lambda: dialogue.identify(answering(), PROFILES)) == Code.CARD_FAULT


def bearing(name: bytes) -> Transmit:
    """A card that has every application and file, and this token name in each."""

    def carry(command: Octets) -> Answer:
        return Answer(status=0x9000, data=name.ljust(32) if command[1] == READ_BINARY else b"")

    return carry


@pytest.mark.parametrize("name", [b"JPKIAPICCTOKEN", b"", b"JPKIAPICCTOKEN2X", b"KONBINIWARDCARD1"])
def test_another_token_name_is_another_card(name: bytes) -> None:
    """Older cards have the application too; a ward card is none to a kiosk in a shop."""
    assert code_of(lambda: dialogue.identify(bearing(name), PROFILES)) == Code.WRONG_CARD


@pytest.mark.parametrize("profile", OWN_MACHINE_PROFILES, ids=lambda profile: profile.name)
def test_a_token_name_is_told(profile: CardProfile) -> None:
    """Each name is its own profile's; no two have the same."""
    assert dialogue.identify(bearing(profile.token_name), OWN_MACHINE_PROFILES) is profile


@pytest.mark.parametrize("profile", OWN_MACHINE_PROFILES, ids=lambda profile: profile.name)
def test_only_a_phone_that_asks_its_holder_itself_wants_a_confirmation(profile: CardProfile) -> None:
    """6982 on signing: from such a phone it is PHONE_NOT_CONFIRMED, every other card has changed."""
    code = code_of(lambda: dialogue.sign(answering((0x9000, b""), (0x6982, b"")), profile, b"prepared"))
    assert code == (Code.PHONE_NOT_CONFIRMED if profile is IPHONE_TOKEN else Code.CARD_CHANGED)


def test_a_certificate_behind_a_pin_that_nobody_asks_for_is_refused() -> None:
    """Such a profile could never be used."""
    with pytest.raises(ValueError, match="nobody would ever verify"):
        replace(INDIVIDUAL_NUMBER_CARD, needs_pin=False, certificate_after_pin=True)


def test_a_card_issued_without_our_certificate_cannot_be_used() -> None:
    """No file 000A: the card is not damaged, it is not for this."""
    card = answering((0x6A82, b""))
    assert code_of(lambda: dialogue.read_certificate(card, INDIVIDUAL_NUMBER_CARD)) == Code.WRONG_CARD


@pytest.mark.parametrize(
    "answers",
    [
        [(0x9000, b"\xff" * 256)],
        [(0x9000, bytes.fromhex("3082FFFF") + bytes(252))],
        [(0x9000, b"")],
        [(0x9000, bytes.fromhex("30820400") + bytes(252)), (0x9000, b"")],
        [(0x9000, bytes.fromhex("30820200") + bytes(252)), (0x9000, bytes(257))],
        [(0x6B00, b"")],
    ],
    ids=["filler", "too long", "nothing", "ends early", "more than asked", "past the end"],
)
def test_a_certificate_file_that_holds_none_is_a_fault(answers: list[tuple[int, bytes]]) -> None:
    """Whatever stands there: CARD_FAULT, and no endless reading."""
    card = answering((0x9000, b""), *answers)
    assert code_of(lambda: dialogue.read_certificate(card, INDIVIDUAL_NUMBER_CARD)) == Code.CARD_FAULT


@pytest.mark.parametrize(
    ("status", "tries"),
    [(0x63C3, 3), (0x63C0, 0), (0x63CF, 15), (0x6983, 0), (0x6984, 0), (0x9000, None), (0x6300, None), (0x6982, None)],
)
def test_tries_in_a_status_word(status: int, tries: int | None) -> None:
    """63Cx, and blocked; nothing else speaks of tries."""
    assert apdu.tries_in(status) == tries


ANSWERS = st.builds(
    Answer,
    data=st.binary(max_size=300),
    status=st.one_of(st.sampled_from([0x9000, 0x63C0, 0x63C3, 0x6984, 0x6A82, 0x6982]), st.integers(0, 0xFFFF)),
)


@given(answers=st.lists(ANSWERS, max_size=40))
def test_whatever_a_card_answers_it_is_a_result_or_a_refusal(answers: list[Answer]) -> None:
    """No answer makes the kiosk do anything else, nor read for ever; and the VERIFY is wiped in every case."""
    left = list(answers)

    def carry(command: Octets) -> Answer:
        assert command
        if not left:
            raise Refused(Code.CARD_REMOVED)
        return left.pop(0)

    def refusal_of(doing: Callable[[], object]) -> Code | None:
        try:
            doing()
        except Refused as refused:
            return refused.code
        return None

    profile, command = INDIVIDUAL_NUMBER_CARD, apdu.verify(bytearray(b"1234"))
    opening = {None, Code.WRONG_CARD, Code.CARD_FAULT, Code.CARD_CHANGED, Code.CARD_REMOVED}
    later = opening - {Code.WRONG_CARD}
    assert refusal_of(lambda: dialogue.identify(carry, PROFILES)) in opening
    assert refusal_of(lambda: scheme_of(dialogue.read_certificate(carry, profile))) in opening
    assert refusal_of(lambda: dialogue.ask_tries_left(carry, profile)) in later
    assert refusal_of(lambda: dialogue.verify_pin(carry, profile, command)) in later
    assert not any(command)
    assert refusal_of(lambda: dialogue.sign(carry, profile, b"prepared")) in later


def test_the_next_generation_is_another_row(transmit: Transmit) -> None:
    """A profile that does not fit is passed over for one that does."""
    other = replace(INDIVIDUAL_NUMBER_CARD, name="another", token_name=b"ANOTHER")
    assert dialogue.identify(transmit, (other, INDIVIDUAL_NUMBER_CARD)) is INDIVIDUAL_NUMBER_CARD
    assert code_of(lambda: dialogue.identify(transmit, (other,))) == Code.WRONG_CARD
