"""The card's certificate and its signature over t, for each kind of key that a card may have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from konbini.protocol.errors import Code, Refused
from konbini.protocol.visits import CARD_ES256, CARD_ES384, CARD_RS256
from konbini.simulation.town.pki.authority import Authority, Life, name
from konbini.simulation.town.pki.cards import USER_AUTHENTICATION_POLICY, CardAuthority, new_card_key
from konbini.simulation.town.pki.revocations import AnswerMaker, Revocations
from konbini.ward_server.asking.card import CardIssuer, check_certificate, check_issued, check_signature, identify
from konbini.ward_server.asking.revocation import (
    RevocationAnswer,
    RevocationOrder,
    RevocationPolicy,
    RevocationSource,
)

MOMENT = 1_795_143_600
T = bytes(range(32))
SERIAL = 1_000_000_001
ASKED = RevocationPolicy(order=RevocationOrder.OCSP_THEN_LISTS, oldest_ocsp=120, oldest_list=86_400)
LIFE = Life.around(MOMENT, before=dt.timedelta(days=9), after=dt.timedelta(days=9))


@pytest.fixture(scope="module")
def authority() -> CardAuthority:
    """Return a card authority."""
    return CardAuthority.make(MOMENT, "unit")


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """Return a card's key."""
    return new_card_key()


@pytest.fixture(scope="module")
def certificate(authority: CardAuthority, key: rsa.RSAPrivateKey) -> bytes:
    """Return the card's certificate."""
    return der(authority.issue(key.public_key(), SERIAL, LIFE))


@pytest.fixture(scope="module")
def issuers(authority: CardAuthority) -> tuple[CardIssuer, ...]:
    """Return the pinned issuer."""
    policies = frozenset((USER_AUTHENTICATION_POLICY,))
    return (CardIssuer(certificate=authority.authority.certificate_der(), policies=policies),)


@pytest.fixture(scope="module")
def answer(authority: CardAuthority, certificate: bytes) -> Callable[[int], bytes]:
    """Return what answers whether the card is revoked, at a moment."""
    maker = AnswerMaker(authority.make_responder(MOMENT), Revocations(authority.authority, [SERIAL]))
    issuer = authority.authority.certificate
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(certificate),
        issuer,
        hashes.SHA1(),  # noqa: S303 - it only names the issuer (RFC 5019)
    )
    request = builder.build().public_bytes(serialization.Encoding.DER)
    return lambda moment: maker.answer(request, moment)


def der(certificate: x509.Certificate) -> bytes:
    """Encode a certificate."""
    return certificate.public_bytes(serialization.Encoding.DER)


def on_curve(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Give a certificate for a key on a curve."""
    return Authority.make(name("a card", organization="Test of konbini"), key, LIFE).certificate_der()


def code_of(act: Callable[[], object]) -> Code:
    """Give the code of a refusal."""
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.code


def test_a_signature_of_rsa(key: rsa.RSAPrivateKey, certificate: bytes) -> None:
    """RSASSA-PKCS1-v1_5 over t with SHA-256, and nothing beside it."""
    signature = key.sign(T, padding.PKCS1v15(), hashes.SHA256())
    check_signature(certificate, CARD_RS256, signature, T)
    wrong = [
        (CARD_RS256, signature, bytes(32)),
        (CARD_RS256, signature[:-1] + b"\0", T),
        (CARD_RS256, b"", T),
        (CARD_RS256, key.sign(T, padding.PKCS1v15(), hashes.SHA1()), T),  # noqa: S303 - a wrong one, on purpose
        (CARD_ES256, signature, T),
        (0, signature, T),
    ]
    for algorithm, signed, t in wrong:
        refused = code_of(lambda a=algorithm, s=signed, t=t: check_signature(certificate, a, s, t))  # type: ignore[misc] # bound
        assert refused is Code.CARD_SIGNATURE_INVALID


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize("bits", [1, 0x80])
def test_bytes_that_are_no_certificate(certificate: bytes, bits: int) -> None:
    """Whatever a kiosk puts in the certificate's place is refused by a code: cut short, or with any byte turned."""
    for place in range(len(certificate)):
        turned = certificate[:place] + bytes([certificate[place] ^ bits]) + certificate[place + 1 :]
        for spoilt in (certificate[:place], turned):
            refused = code_of(lambda s=spoilt: check_signature(s, CARD_RS256, b"", T))  # type: ignore[misc] # bound
            assert refused is Code.CARD_SIGNATURE_INVALID
            refused = code_of(lambda s=spoilt: check_issued(s, (), MOMENT))  # type: ignore[misc] # bound
            assert refused is Code.CARD_ISSUER_UNKNOWN


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_a_serial_below_nought(certificate: bytes) -> None:
    """No authority issues one (RFC 5280, section 4.1.2.2)."""
    serial = SERIAL.to_bytes(4)
    assert certificate.count(serial) == 1
    negative = certificate.replace(serial, bytes([serial[0] | 0x80]) + serial[1:])
    assert code_of(lambda: identify(negative)) is Code.CARD_ISSUER_UNKNOWN


@pytest.mark.parametrize(
    ("curve", "algorithm", "digest"),
    [(ec.SECP256R1(), CARD_ES256, hashes.SHA256()), (ec.SECP384R1(), CARD_ES384, hashes.SHA384())],
)
def test_a_signature_on_a_curve(curve: ec.EllipticCurve, algorithm: int, digest: hashes.HashAlgorithm) -> None:
    """Each curve with its own hash; one's algorithm is not the other's."""
    key = ec.generate_private_key(curve)
    certificate, signature = on_curve(key), key.sign(T, ec.ECDSA(digest))
    check_signature(certificate, algorithm, signature, T)
    for other in {CARD_RS256, CARD_ES256, CARD_ES384} - {algorithm}:
        refused = code_of(lambda other=other: check_signature(certificate, other, signature, T))  # type: ignore[misc] # bound
        assert refused is Code.CARD_SIGNATURE_INVALID


def test_whose_card_it_is(authority: CardAuthority, certificate: bytes) -> None:
    """Issuer and serial, as the registry links them; what is no certificate names nobody."""
    assert identify(certificate) == authority.card_serial(SERIAL)
    for wrong in (b"", b"\x30\x00", certificate[:-1], certificate + b"\0"):
        assert code_of(lambda wrong=wrong: identify(wrong)) is Code.CARD_ISSUER_UNKNOWN  # type: ignore[misc] # bound


def test_what_is_known_without_asking(
    authority: CardAuthority, certificate: bytes, issuers: tuple[CardIssuer, ...]
) -> None:
    """A pinned issuer's own signature, within the dates; an empty list refuses everything."""
    check_issued(certificate, issuers, MOMENT)
    assert code_of(lambda: check_issued(certificate, (), MOMENT)) is Code.CARD_ISSUER_UNKNOWN
    late = MOMENT + 10 * 24 * 3600
    assert code_of(lambda: check_issued(certificate, issuers, late)) is Code.CARD_EXPIRED
    other = CardAuthority.make(MOMENT, "another")
    named_alike = der(other.issue(new_card_key().public_key(), SERIAL, LIFE))
    assert code_of(lambda: check_issued(named_alike, issuers, MOMENT)) is Code.CARD_ISSUER_UNKNOWN
    forged = certificate.replace(authority.card_serial(SERIAL).serial, b"\x3b\x9a\xca\x02", 1)
    assert forged != certificate
    assert code_of(lambda: check_issued(forged, issuers, MOMENT)) is Code.CARD_ISSUER_UNKNOWN


async def judged(
    certificate: bytes, revocation: bytes, issuers: tuple[CardIssuer, ...], oldest: int = 120
) -> Code | None:
    """Judge a certificate with an answer; give the code of the refusal, if it is one."""
    answer = RevocationAnswer(source=RevocationSource.OCSP, content=revocation)
    slack = oldest - ASKED.oldest_ocsp
    try:
        await check_certificate(certificate, answer, issuers, moment=MOMENT, policy=ASKED, slack_seconds=slack)
    except Refused as refused:
        return refused.code
    return None


async def test_how_old_an_answer_may_be(
    certificate: bytes, issuers: tuple[CardIssuer, ...], answer: Callable[[int], bytes]
) -> None:
    """As many seconds as the caller says, and thirty for the clocks; not from the future either."""
    assert await judged(certificate, answer(MOMENT), issuers) is None
    assert await judged(certificate, answer(MOMENT - 150), issuers) is None
    assert await judged(certificate, answer(MOMENT - 151), issuers) is Code.REVOCATION_UNKNOWN
    assert await judged(certificate, answer(MOMENT + 30), issuers) is None
    assert await judged(certificate, answer(MOMENT + 31), issuers) is Code.REVOCATION_UNKNOWN
    assert await judged(certificate, answer(MOMENT - 1020), issuers, oldest=1020) is None


async def test_a_certificate_that_the_paths_library_does_not_read(
    certificate: bytes, issuers: tuple[CardIssuer, ...], answer: Callable[[int], bytes]
) -> None:
    """It reads a name only when it comes to it, before any signature: text that is none is refused, and so is a tag."""
    subject = x509.load_der_x509_certificate(certificate).subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0]
    begins = certificate.index(str(subject.value).encode())
    own = tuple(replace(issuer, own=True) for issuer in issuers)
    for place in (begins, begins - 2):
        turned = certificate[:place] + bytes([certificate[place] ^ 0x80]) + certificate[place + 1 :]
        assert await judged(turned, answer(MOMENT), issuers) is Code.REVOCATION_UNKNOWN
        unasked = RevocationAnswer(source=RevocationSource.REGISTRY, content=b"")
        with pytest.raises(Refused) as caught:
            await check_certificate(turned, unasked, own, moment=MOMENT, policy=ASKED)
        assert caught.value.code is Code.CARD_ISSUER_UNKNOWN


async def test_an_answer_about_another_card(
    authority: CardAuthority, issuers: tuple[CardIssuer, ...], answer: Callable[[int], bytes]
) -> None:
    """It settles nothing for this one."""
    other = der(authority.issue(new_card_key().public_key(), SERIAL + 1, LIFE))
    assert await judged(other, answer(MOMENT), issuers) is Code.REVOCATION_UNKNOWN


@pytest.mark.parametrize("spoil", [b"", b"\x30\x03\x0a\x01\x03", b"no answer"])
async def test_what_is_no_answer(certificate: bytes, issuers: tuple[CardIssuer, ...], spoil: bytes) -> None:
    """Nothing, an error of the protocol, and nonsense."""
    assert await judged(certificate, spoil, issuers) is Code.REVOCATION_UNKNOWN


async def test_an_answer_with_a_byte_turned(
    certificate: bytes, issuers: tuple[CardIssuer, ...], answer: Callable[[int], bytes]
) -> None:
    """The responder's signature is checked."""
    assert await judged(certificate, AnswerMaker.spoilt(answer(MOMENT)), issuers) is Code.REVOCATION_UNKNOWN
