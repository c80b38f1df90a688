"""The simulated card answers as the card does: files, PINs, counters, signatures, status words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from konbini.simulation.card.applet import Card, CardContent
from konbini.simulation.card.layout import DRIVING_LICENCE, TRANSIT_CARD, CardLayout

Say = Callable[[str], str]

SELECT_JPKI = "00A4040C0AD392F000260100000001"
DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420") + hashlib.sha256(b"message").digest()
SIGN = f"802A008033{DIGEST_INFO.hex()}00"
PIN_1234 = "002000800431323334"
PIN_0000 = "002000800430303030"


def select(fid: str) -> str:
    """SELECT an elementary file."""
    return f"00A4020C02{fid}"


def public_key(certificate: bytes) -> rsa.RSAPublicKey:
    """The RSA key of a DER certificate."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return key


@pytest.mark.parametrize(
    "aid", ["D392F000260100000001", "D3921000310001010100", "D3921000310001010401", "D3921000310001010402"]
)
def test_the_cards_applications_can_be_selected(say: Say, aid: str) -> None:
    """JPKI and the applications beside it are there."""
    assert say(f"00A4040C{len(aid) // 2:02X}{aid}") == "9000"


@pytest.mark.parametrize("aid", ["D392F0002601000000", "D392F000260100000002", "A0000002310100000000000000000000"])
def test_another_application_is_not_found(say: Say, aid: str) -> None:
    """Neither a prefix of a name nor another card's name selects anything."""
    assert say(f"00A4040C{len(aid) // 2:02X}{aid}") == "6A82"


@pytest.mark.parametrize("layout", [DRIVING_LICENCE, TRANSIT_CARD])
def test_another_card_does_not_know_jpki(layout: CardLayout) -> None:
    """A licence or a transit card answers 6A82."""
    assert Card(None, layout=layout).transmit(bytes.fromhex(SELECT_JPKI)).hex() == "6a82"


def test_the_token_name_is_padded_with_spaces(selected: Say) -> None:
    """EF 0006 holds 160 octets, the first 32 of which are the name and spaces."""
    assert selected(select("0006")) == "9000"
    answer = bytes.fromhex(selected("00B00000A0"))
    assert len(answer) == 162
    assert answer[:32] == b"JPKIAPICCTOKEN2".ljust(32)


@pytest.mark.parametrize(("fid", "field"), [("000A", "auth_certificate"), ("000B", "auth_ca"), ("0002", "sign_ca")])
def test_free_certificates_are_read_without_a_pin(selected: Say, content: CardContent, fid: str, field: str) -> None:
    """The certificate stands at the front of its file, filler follows."""
    assert selected(select(fid)) == "9000"
    expected = getattr(content, field)
    read = b""
    while len(read) < len(expected):
        read += bytes.fromhex(selected(f"00B0{len(read):04X}00"))[:-2]
    assert read.startswith(expected)


def test_the_signature_certificate_asks_for_its_password(selected: Say) -> None:
    """EF 0001 is locked until 001B was verified."""
    assert selected(select("0001")) == "9000"
    assert selected("00B0000000") == "6982"
    assert selected(select("001B")) == "9000"
    assert selected("0020008006414243313233") == "9000"
    assert selected(select("0001")) == "9000"
    assert selected("00B0000004").startswith("3082")


def test_reading_says_what_it_cannot_read(selected: Say) -> None:
    """No file 6986, a key or PIN file 6981, past the end 6B00, an unknown file 6A82."""
    assert selected("00B0000000") == "6986"
    for fid in ("0017", "0018"):
        assert selected(select(fid)) == "9000"
        assert selected("00B0000000") == "6981"
    assert selected(select("000A")) == "9000"
    assert selected("00B0700000") == "6B00"
    assert selected(select("0003")) == "6A82"


def test_tries_left_cost_nothing(selected: Say) -> None:
    """VERIFY without data answers 63Cx however often it is asked."""
    assert selected(select("0018")) == "9000"
    assert [selected("00200080") for _ in range(5)] == ["63C3"] * 5
    assert selected(select("001B")) == "9000"
    assert selected("00200080") == "63C5"


def test_three_misses_lock_the_pin(selected: Say) -> None:
    """63C2, 63C1, 63C0; then 6984 even for the right PIN."""
    assert selected(select("0018")) == "9000"
    assert [selected(PIN_0000) for _ in range(3)] == ["63C2", "63C1", "63C0"]
    assert selected(PIN_1234) == "6984"
    assert selected("00200080") == "63C0"


def test_the_right_pin_gives_the_tries_back(selected: Say) -> None:
    """A hit after two misses counts anew from three."""
    assert selected(select("0018")) == "9000"
    assert [selected(PIN_0000), selected(PIN_0000), selected(PIN_1234)] == ["63C2", "63C1", "9000"]
    assert selected("00200080") == "63C3"


def test_the_key_signs_the_digest_info_it_is_handed(selected: Say, content: CardContent) -> None:
    """The signature is PKCS#1 v1.5 over that DigestInfo, with the certificate's key."""
    assert selected(select("0018")) == "9000"
    assert selected(PIN_1234) == "9000"
    assert selected(select("0017")) == "9000"
    answer = bytes.fromhex(selected(SIGN))
    assert answer[-2:] == b"\x90\x00"
    public_key(content.auth_certificate).verify(answer[:-2], b"message", padding.PKCS1v15(), hashes.SHA256())


def test_the_card_does_not_care_what_it_signs(selected: Say, content: CardContent) -> None:
    """Octets that are no DigestInfo are padded and signed all the same."""
    assert selected(select("0018")) == "9000"
    assert selected(PIN_1234) == "9000"
    assert selected(select("0017")) == "9000"
    signature = bytes.fromhex(selected("802A008003ABCDEF00"))[:-2]
    numbers = public_key(content.auth_certificate).public_numbers()
    padded = pow(int.from_bytes(signature, "big"), numbers.e, numbers.n).to_bytes(256, "big")
    assert padded == b"\x00\x01" + b"\xff" * 250 + b"\x00" + bytes.fromhex("ABCDEF")


def test_changing_the_pin_needs_the_old_one(card: Card, selected: Say) -> None:
    """CHANGE PIN is locked before VERIFY, takes four digits only, and survives the power."""
    assert selected(select("0018")) == "9000"
    change = "002401800439383736"
    assert selected(change) == "6982"
    assert selected(PIN_1234) == "9000"
    assert selected("00240180044142434F") == "6A80"
    assert selected(change) == "9000"
    card.reset()
    assert selected(SELECT_JPKI) == "9000"
    assert selected(select("0018")) == "9000"
    assert [selected(PIN_1234), selected("002000800439383736")] == ["63C2", "9000"]


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("90A4040C00", "6E00"),
        ("00FF0000", "6D00"),
        ("01A4040C0AD392F000260100000001", "6881"),
        ("02B0000000", "6881"),
        ("0CA4040C0AD392F000260100000001", "6882"),
        ("80A4040C0AD392F000260100000001", "6E00"),
        ("00A4000C023F00", "6A86"),
        ("00A4020C01FF", "6700"),
        ("00A4", "6700"),
        ("", "6700"),
        ("00200081", "6A86"),
    ],
)
def test_wrong_headers_get_their_status_word(say: Say, command: str, status: str) -> None:
    """Bad class 6E00, bad instruction 6D00, logical channel 6881, bad lengths 6700, bad parameters 6A86."""
    assert say(command) == status


def test_a_card_without_the_signature_half_lacks_its_files(content: CardContent) -> None:
    """A child's card has neither signature key nor password."""
    card = Card(
        CardContent(
            auth_certificate=content.auth_certificate,
            auth_key=content.auth_key,
            auth_ca=content.auth_ca,
            pin=content.pin,
        )
    )
    assert card.transmit(bytes.fromhex(SELECT_JPKI)).hex() == "9000"
    for fid in ("0001", "0002", "001A", "001B"):
        assert card.transmit(bytes.fromhex(select(fid))).hex() == "6a82"


@pytest.mark.parametrize("pin", [b"123", b"12345", b"12a4"])
def test_a_pin_the_card_would_not_take_cannot_be_issued(content: CardContent, pin: bytes) -> None:
    """The issuer's mistake shows when the card is made."""
    with pytest.raises(ValueError, match="0018"):
        Card(
            CardContent(
                auth_certificate=content.auth_certificate, auth_key=content.auth_key, auth_ca=content.auth_ca, pin=pin
            )
        )
