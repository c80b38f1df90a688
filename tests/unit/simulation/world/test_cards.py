"""One suite of what a judge of cards must do, run against the real one and against the world's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import ocsp

from konbini.protocol.errors import Code, Refused
from konbini.protocol.visits import CARD_ES384, CARD_RS256
from konbini.simulation.town.pki.authority import Life
from konbini.simulation.town.pki.cards import USER_AUTHENTICATION_POLICY, CardAuthority, new_card_key
from konbini.simulation.town.pki.revocations import AnswerMaker, ListMaker, Reason, Revocations
from konbini.simulation.world.cards import WorldCards
from konbini.ward_server.asking.card import CardIssuer
from konbini.ward_server.asking.card_judge import X509_CARDS, CardJudge
from konbini.ward_server.asking.revocation import (
    RevocationAnswer,
    RevocationOrder,
    RevocationPolicy,
    RevocationSource,
)

_MOMENT = 1_795_143_600
_DAY = 24 * 3600
_SERIAL, _OTHER = 1_000_000_001, 1_000_000_002
_LIFE = Life.around(_MOMENT, before=dt.timedelta(days=9), after=dt.timedelta(days=9))
_T = bytes(range(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """A card authority with its responder and one card."""

    authority: CardAuthority
    revocations: Revocations
    maker: AnswerMaker
    key: rsa.RSAPrivateKey
    certificate: bytes

    @classmethod
    def make(cls, whose: str) -> _Body:
        """Make one whose keys are its own."""
        authority, key = CardAuthority.make(_MOMENT, whose), new_card_key()
        revocations = Revocations(authority.authority, [_SERIAL, _OTHER])
        return cls(
            authority=authority,
            revocations=revocations,
            maker=AnswerMaker(authority.make_responder(_MOMENT), revocations),
            key=key,
            certificate=_der(authority.issue(key.public_key(), _SERIAL, _LIFE)),
        )

    @property
    def issuers(self) -> tuple[CardIssuer, ...]:
        """The issuer, pinned."""
        policies = frozenset((USER_AUTHENTICATION_POLICY,))
        return (CardIssuer(certificate=self.authority.authority.certificate_der(), policies=policies),)

    def request(self, certificate: bytes, algorithm: hashes.HashAlgorithm | None = None) -> bytes:
        """Ask about a certificate."""
        named = algorithm or hashes.SHA1()  # noqa: S303 - it only names the issuer (RFC 5019)
        issuer = self.authority.authority.certificate
        builder = ocsp.OCSPRequestBuilder().add_certificate(x509.load_der_x509_certificate(certificate), issuer, named)
        return builder.build().public_bytes(serialization.Encoding.DER)

    def answer(self, moment: int = _MOMENT, *, about: bytes = b"", maker: AnswerMaker | None = None) -> bytes:
        """Answer whether the card is revoked."""
        return (maker or self.maker).answer(self.request(about or self.certificate), moment)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


@pytest.fixture(scope="module")
def body() -> _Body:
    """A card authority."""
    return _Body.make("unit")


@pytest.fixture(scope="module")
def other() -> _Body:
    """Another, with the same names and numbers."""
    return _Body.make("unit")


@pytest.fixture(params=["real", "world"])
def judge(request: pytest.FixtureRequest) -> CardJudge:
    """One of the two."""
    return X509_CARDS if request.param == "real" else WorldCards()


async def _judged(  # noqa: PLR0913 - what a judgement is made of
    judge: CardJudge,
    body: _Body,
    answer: bytes,
    *,
    certificate: bytes = b"",
    moment: int = _MOMENT,
    order: RevocationOrder = RevocationOrder.OCSP_THEN_LISTS,
    source: RevocationSource = RevocationSource.OCSP,
    issuers: tuple[CardIssuer, ...] | None = None,
) -> Code | None:
    policy = RevocationPolicy(order=order, oldest_ocsp=120, oldest_list=_DAY)
    found = RevocationAnswer(source=source, content=answer)
    pinned = body.issuers if issuers is None else issuers
    for _ in range(2):  # the second time out of what is remembered
        try:
            serial = await judge.check_certificate(
                certificate or body.certificate, found, pinned, moment=moment, policy=policy, slack_seconds=60
            )
            code = None
            assert serial == body.authority.card_serial(_SERIAL)
        except Refused as refused:
            code = refused.code
    return code


async def test_a_good_card_is_known(judge: CardJudge, body: _Body) -> None:
    """With an answer of now, for which the request named the issuer by either hash."""
    assert await _judged(judge, body, body.answer()) is None
    by_sha256 = body.maker.answer(body.request(body.certificate, hashes.SHA256()), _MOMENT)
    assert await _judged(judge, body, by_sha256) is None


@pytest.mark.parametrize("reason", list(Reason), ids=[reason.name for reason in Reason])
async def test_a_revoked_card_is_refused(judge: CardJudge, reason: Reason) -> None:
    """Revoked or held, since before the moment; an answer of before says that it was good."""
    body = _Body.make("revoking")
    before = body.answer(_MOMENT - 10)
    body.revocations.revoke(_SERIAL, _MOMENT - 5, reason)
    assert await _judged(judge, body, body.answer()) is Code.CARD_REVOKED
    assert await _judged(judge, body, before) is None


async def test_how_old_an_answer_may_be(judge: CardJudge, body: _Body) -> None:
    """To the second, with thirty for the clocks on either side."""
    due = {180: None, 210: None, 211: Code.REVOCATION_UNKNOWN, -30: None, -31: Code.REVOCATION_UNKNOWN}
    for age, code in due.items():
        assert await _judged(judge, body, body.answer(_MOMENT - age)) is code


async def test_an_answer_about_another_card_settles_nothing(judge: CardJudge, body: _Body) -> None:
    """Of the same issuer, and a number that was never issued."""
    neighbour = _der(body.authority.issue(new_card_key().public_key(), _OTHER, _LIFE))
    assert await _judged(judge, body, body.answer(about=neighbour)) is Code.REVOCATION_UNKNOWN
    nobody = _der(body.authority.issue(body.key.public_key(), _OTHER + 1, _LIFE))
    unknown = body.answer(about=nobody)
    assert await _judged(judge, body, unknown, certificate=nobody) is Code.REVOCATION_UNKNOWN


async def test_an_answer_that_nobody_of_the_issuers_signed_settles_nothing(
    judge: CardJudge, body: _Body, other: _Body
) -> None:
    """Another body's responder of the same name, a spoilt signature, an error, no answer."""
    forged = AnswerMaker(other.authority.make_responder(_MOMENT), body.revocations)
    for answer in (
        body.answer(maker=forged),
        other.answer(),
        AnswerMaker.spoilt(body.answer()),
        AnswerMaker.error("try_later"),
        b"",
        b"no answer",
        body.answer()[:-1],
    ):
        assert await _judged(judge, body, answer) is Code.REVOCATION_UNKNOWN


async def test_a_responder_out_of_its_time_settles_nothing(judge: CardJudge, body: _Body) -> None:
    """Its certificate ended long before."""
    old = AnswerMaker(body.authority.make_responder(_MOMENT - 5 * 365 * _DAY), body.revocations)
    assert await _judged(judge, body, body.answer(maker=old)) is Code.REVOCATION_UNKNOWN


async def test_a_card_out_of_its_time_is_refused(judge: CardJudge, body: _Body) -> None:
    """Before its life and after it, with an answer of that moment."""
    for moment in (_MOMENT - 10 * _DAY, _MOMENT + 10 * _DAY):
        assert await _judged(judge, body, body.answer(moment), moment=moment) is Code.CARD_EXPIRED
        with pytest.raises(Refused) as refused:
            judge.check_issued(body.certificate, body.issuers, moment)
        assert refused.value.code is Code.CARD_EXPIRED


async def test_a_card_of_another_issuer_is_refused(judge: CardJudge, body: _Body, other: _Body) -> None:
    """Nobody pinned, another pinned, a forged one, another purpose, no certificate."""
    answer = body.answer()
    purposeless = (CardIssuer(certificate=body.issuers[0].certificate, policies=frozenset(("1.2.3",))),)
    forged = body.certificate.replace(_SERIAL.to_bytes(4), _OTHER.to_bytes(4), 1)
    assert forged != body.certificate
    for certificate, issuers in (
        (body.certificate, ()),
        (body.certificate, other.issuers),
        (body.certificate, purposeless),
        (forged, body.issuers),
        (body.certificate[:-1], body.issuers),
    ):
        assert await _judged(judge, body, answer, certificate=certificate, issuers=issuers) is Code.CARD_ISSUER_UNKNOWN
        with pytest.raises(Refused) as refused:
            judge.check_issued(certificate, issuers, _MOMENT)
        assert refused.value.code is Code.CARD_ISSUER_UNKNOWN


async def test_only_the_policys_sources_count(judge: CardJudge, body: _Body) -> None:
    """An OCSP answer where lists alone count; a list where it counts."""
    assert await _judged(judge, body, body.answer(), order=RevocationOrder.LISTS) is Code.REVOCATION_UNKNOWN
    empty = ListMaker(body.authority.authority, body.revocations, "http://cards.example/cards.crl")
    answer = await _judged(judge, body, empty.make(_MOMENT), source=RevocationSource.LIST)
    assert answer is await _judged(X509_CARDS, body, empty.make(_MOMENT), source=RevocationSource.LIST)
    registry = await _judged(judge, body, b"", source=RevocationSource.REGISTRY)
    assert registry is Code.REVOCATION_UNKNOWN


def test_the_cards_signature_is_checked(judge: CardJudge, body: _Body, other: _Body) -> None:
    """Of this card, over this t, by the algorithm of its key."""
    signature = body.key.sign(_T, padding.PKCS1v15(), hashes.SHA256())
    judge.check_signature(body.certificate, CARD_RS256, signature, _T)
    wrong: list[Callable[[], None]] = [
        lambda: judge.check_signature(other.certificate, CARD_RS256, signature, _T),
        lambda: judge.check_signature(body.certificate, CARD_RS256, signature, bytes(32)),
        lambda: judge.check_signature(body.certificate, CARD_ES384, signature, _T),
        lambda: judge.check_signature(body.certificate, CARD_RS256, signature[:-1], _T),
        lambda: judge.check_signature(b"", CARD_RS256, signature, _T),
    ]
    for check in wrong:
        with pytest.raises(Refused) as refused:
            check()
        assert refused.value.code is Code.CARD_SIGNATURE_INVALID
