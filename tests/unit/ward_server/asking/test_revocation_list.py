"""Revocation lists: what settles a card's standing, and every list that must settle nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import ocsp
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator import errors as path_errors

from konbini.protocol.errors import Code, Refused
from konbini.simulation.town.pki.authority import Authority, Life, name
from konbini.simulation.town.pki.cards import LIST_POINT, USER_AUTHENTICATION_POLICY, CardAuthority, new_card_key
from konbini.simulation.town.pki.revocations import AnswerMaker, ListMaker, Reason, Revocations
from konbini.ward_server.asking.card import CardIssuer, check_certificate
from konbini.ward_server.asking.revocation import (
    MOST_LIST_BYTES,
    RevocationAnswer,
    RevocationOrder,
    RevocationPolicy,
    RevocationSource,
)
from konbini.ward_server.asking.revocation_list import RevocationList
from konbini.ward_server.issuing.card_check import CardCheck, CheckedCard

MOMENT = 1_795_143_600
GOOD, REVOKED, HELD = 1_000_000_001, 1_000_000_002, 1_000_000_003
DAY = 86_400
LIFE = Life.around(MOMENT, before=dt.timedelta(days=90), after=dt.timedelta(days=90))
POLICY = RevocationPolicy(order=RevocationOrder.OCSP_THEN_LISTS, oldest_ocsp=120, oldest_list=DAY)


class Issuer:
    """A card authority, its cards, and all that speaks of them."""

    def __init__(self, unit: str) -> None:
        """Make one with three cards: a good one, a revoked one, a held one."""
        self.cards = CardAuthority.make(MOMENT, unit)
        self.authority = self.cards.authority
        self.key = new_card_key()
        self.book = Revocations(self.authority, [GOOD, REVOKED, HELD])
        self.book.revoke(REVOKED, MOMENT - DAY)
        self.book.revoke(HELD, MOMENT - DAY, Reason.HELD)
        self.lists = ListMaker(self.authority, self.book, LIST_POINT)
        self.answers = AnswerMaker(self.cards.make_responder(MOMENT), self.book)
        policies = frozenset((USER_AUTHENTICATION_POLICY,))
        self.pinned = (CardIssuer(certificate=self.authority.certificate_der(), policies=policies),)

    def card(self, serial: int) -> bytes:
        """Give a card's certificate."""
        public: rsa.RSAPublicKey = self.key.public_key()
        return self.cards.issue(public, serial, LIFE).public_bytes(serialization.Encoding.DER)

    async def ocsp(self, certificate: bytes) -> bytes:
        """Answer as the responder does."""
        builder = ocsp.OCSPRequestBuilder().add_certificate(
            x509.load_der_x509_certificate(certificate),
            self.authority.certificate,
            hashes.SHA1(),  # noqa: S303 - it only names the issuer (RFC 5019)
        )
        return self.answers.answer(builder.build().public_bytes(serialization.Encoding.DER), MOMENT)

    def signed(self, builder: x509.CertificateRevocationListBuilder) -> bytes:
        """Sign a list of another make."""
        return builder.sign(self.authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def builder(
        self, *extensions: tuple[x509.ExtensionType, bool], made: int = MOMENT
    ) -> x509.CertificateRevocationListBuilder:
        """Begin a list that would do, without the extensions that are given."""
        moment = dt.datetime.fromtimestamp(made, dt.UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.authority.certificate.subject)
            .last_update(moment)
            .next_update(moment + dt.timedelta(days=1))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder

    @property
    def usual(self) -> tuple[tuple[x509.ExtensionType, bool], ...]:
        """The extensions that every list has."""
        key = x509.AuthorityKeyIdentifier(self.authority.key_id, None, None)
        return (key, False), (x509.CRLNumber(MOMENT), False)


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    """Return the pinned issuer."""
    return Issuer("pinned")


@pytest.fixture(scope="module")
def stranger() -> Issuer:
    """Return another."""
    return Issuer("another")


async def code_of(issuer: Issuer, serial: int, content: bytes, slack: int = 0) -> Code | None:
    """Judge a card by a list; give the code of the refusal, None where the card is good."""
    answer = RevocationAnswer(source=RevocationSource.LIST, content=content)
    try:
        await check_certificate(
            issuer.card(serial), answer, issuer.pinned, moment=MOMENT, policy=POLICY, slack_seconds=slack
        )
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.parametrize(
    ("serial", "code"), [(GOOD, None), (REVOKED, Code.CARD_REVOKED), (HELD, Code.CARD_REVOKED), (7, None)]
)
async def test_what_a_list_says(issuer: Issuer, serial: int, code: Code | None) -> None:
    """A hold counts as revoked; whoever is not on a whole list is not."""
    assert await code_of(issuer, serial, issuer.lists.make(MOMENT)) is code


@pytest.mark.parametrize(("serial", "code"), [(GOOD, None), (REVOKED, Code.CARD_REVOKED), (HELD, Code.CARD_REVOKED)])
async def test_another_library_says_the_same(issuer: Issuer, serial: int, code: Code | None) -> None:
    """pyhanko-certvalidator over the same bytes."""
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(issuer.authority.certificate_der())],
        crls=[asn1_crl.CertificateList.load(issuer.lists.make(MOMENT))],
        revocation_mode="require",
        allow_fetching=False,
        moment=dt.datetime.fromtimestamp(MOMENT, dt.UTC),
    )
    validator = CertificateValidator(asn1_x509.Certificate.load(issuer.card(serial)), validation_context=context)
    try:
        await validator.async_validate_usage({"digital_signature"})  # type: ignore[no-untyped-call] # the library's
    except path_errors.RevokedError:
        assert code is Code.CARD_REVOKED
    else:
        assert code is None
    assert await code_of(issuer, serial, issuer.lists.make(MOMENT)) is code


async def test_how_old_a_list_may_be(issuer: Issuer) -> None:
    """By the policy's age and its own end, thirty seconds for the clocks, and the visit's minutes at the clerk."""
    made = issuer.lists.make
    ages = {0: None, DAY + 30: None, DAY + 31: Code.REVOCATION_UNKNOWN, -30: None, -31: Code.REVOCATION_UNKNOWN}
    for age, code in ages.items():
        assert await code_of(issuer, GOOD, made(MOMENT - age)) is code, age
    assert await code_of(issuer, GOOD, made(MOMENT - DAY - 900), slack=900) is None
    assert await code_of(issuer, GOOD, made(MOMENT - DAY - 931), slack=900) is Code.REVOCATION_UNKNOWN


async def test_an_old_list_replayed(issuer: Issuer) -> None:
    """From before the revocation: too old, whatever it says; and it does not follow the one that is kept."""
    old, new = issuer.lists.make(MOMENT - 2 * DAY), issuer.lists.make(MOMENT)
    assert await code_of(issuer, REVOKED, old) is Code.REVOCATION_UNKNOWN
    pinned = [issuer.pinned[0].certificate]
    older, newer = RevocationList.read(old, pinned), RevocationList.read(new, pinned)
    assert newer.follows(older)
    assert newer.follows(newer)
    assert not older.follows(newer)


SCOPES: dict[str, dict[str, object]] = {
    "of authorities": {"only_contains_ca_certs": True},
    "of attributes": {"only_contains_attribute_certs": True},
    "of several issuers": {"indirect_crl": True},
    "of some reasons": {"only_some_reasons": {"key_compromise"}},
    "of another point": {
        "distribution_point": asn1_x509.DistributionPointName(
            "full_name", [asn1_x509.GeneralName({"uniform_resource_identifier": "http://crl.other.invalid/x.crl"})]
        )
    },
}


@pytest.mark.parametrize("scope", sorted(SCOPES))
async def test_a_list_of_another_scope(issuer: Issuer, scope: str) -> None:
    """It settles nothing of a card, and not even a revoked one is called revoked by it."""
    content = issuer.lists.make(MOMENT, **SCOPES[scope])
    for serial in (GOOD, REVOKED):
        assert await code_of(issuer, serial, content) is Code.REVOCATION_UNKNOWN


async def test_a_list_of_all_cards(issuer: Issuer) -> None:
    """One without a distribution point's name covers every card of its issuer."""
    assert await code_of(issuer, GOOD, issuer.lists.make(MOMENT, only_contains_user_certs=True)) is None
    assert await code_of(issuer, GOOD, issuer.signed(issuer.builder(*issuer.usual))) is None


def _unsigned_by(issuer: Issuer, stranger: Issuer) -> dict[str, bytes]:
    good = issuer.lists.make(MOMENT)
    number, key = (x509.CRLNumber(MOMENT), False), issuer.usual[0]
    forged = issuer.builder(*issuer.usual).sign(stranger.authority.key, hashes.SHA256())
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    return {
        "nothing": b"",
        "nonsense": b"not a list",
        "cut short": good[:-1],
        "with more behind it": good + b"\0",
        "another issuer's": stranger.lists.make(MOMENT),
        "signed by another key": forged.public_bytes(serialization.Encoding.DER),
        "without a number": issuer.signed(issuer.builder(key)),
        "without its issuer's key": issuer.signed(issuer.builder(number)),
        "a delta": issuer.signed(issuer.builder(*issuer.usual, (x509.DeltaCRLIndicator(1), True))),
        "with an unknown critical extension": issuer.signed(issuer.builder(*issuer.usual, (unknown, True))),
        "too long": bytes(MOST_LIST_BYTES + 1),
    }


async def test_what_is_no_list_of_this_issuer(issuer: Issuer, stranger: Issuer, subtests: pytest.Subtests) -> None:
    """Nothing of it is believed."""
    for what, content in _unsigned_by(issuer, stranger).items():
        with subtests.test(what):
            if len(content) > MOST_LIST_BYTES:
                with pytest.raises(Refused) as caught:
                    RevocationList.read(content, [issuer.pinned[0].certificate])
                assert caught.value.code is Code.REVOCATION_UNKNOWN
            else:
                assert await code_of(issuer, GOOD, content) is Code.REVOCATION_UNKNOWN
    assert await code_of(stranger, GOOD, issuer.lists.make(MOMENT)) is Code.REVOCATION_UNKNOWN


async def test_an_authority_of_the_same_name(issuer: Issuer) -> None:
    """A list is its issuer's by key, not by name."""
    double = Authority.make(issuer.authority.certificate.subject, new_card_key(), issuer.authority.life)
    content = ListMaker(double, issuer.book, LIST_POINT).make(MOMENT)
    assert await code_of(issuer, GOOD, content) is Code.REVOCATION_UNKNOWN
    other = Authority.make(name("", "Another", organization="Test of konbini"), issuer.authority.key, LIFE)
    assert (
        await code_of(issuer, GOOD, ListMaker(other, issuer.book, LIST_POINT).make(MOMENT)) is Code.REVOCATION_UNKNOWN
    )


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_a_list_with_a_bit_turned(issuer: Issuer) -> None:
    """Whatever bit of it is turned, and wherever it is cut short: refused by the code, or what is signed is untouched.

    The latter is the octet that counts unused bits beside the signature, which says nothing.
    """
    good, pinned = issuer.lists.make(MOMENT), [issuer.pinned[0].certificate]
    signed, untouched = RevocationList.read(good, pinned).parsed.tbs_certlist_bytes, set[int]()
    for place in range(len(good)):
        turned = [good[:place] + bytes([good[place] ^ (1 << bit)]) + good[place + 1 :] for bit in range(8)]
        for spoilt in (good[:place], *turned):
            try:
                if RevocationList.read(spoilt, pinned).parsed.tbs_certlist_bytes == signed:
                    untouched.add(place)
            except Refused as refused:
                assert refused.code is Code.REVOCATION_UNKNOWN  # noqa: PT017 - one of two outcomes
            else:
                assert signed in spoilt
    assert len(untouched) <= 1


class Sources:
    """A responder and a keeper of lists, which count how often they were asked."""

    def __init__(self, issuer: Issuer, answer: Callable[[bytes], bytes] | None, lists: Iterable[bytes]) -> None:
        """Take what the responder makes of a true answer, None where it is gone, and the lists."""
        self._issuer, self._answer, self._lists = issuer, answer, tuple(lists)
        self.asked = self.looked = 0

    async def __call__(self, certificate: bytes) -> bytes:
        """Answer for a certificate."""
        self.asked += 1
        if self._answer is None:
            raise Refused(Code.REVOCATION_UNKNOWN, "gone")
        return self._answer(await self._issuer.ocsp(certificate))

    def lists(self, _certificate: bytes) -> Iterable[bytes]:
        """Give the lists."""
        self.looked += 1
        return self._lists


async def checked(issuer: Issuer, serial: int, sources: Sources, order: RevocationOrder) -> CheckedCard | Code:
    """Check a card by an order of sources."""
    policy = RevocationPolicy(order=order, oldest_ocsp=120, oldest_list=DAY)
    responder = sources if RevocationSource.OCSP in order.sources else None
    try:
        return await CardCheck(policy, issuer.pinned, responder=responder, lists=sources.lists)(
            issuer.card(serial), MOMENT
        )
    except Refused as refused:
        return refused.code


def _as_it_is(answer: bytes) -> bytes:
    return answer


FIRST, SECOND, ONLY = RevocationOrder.OCSP_THEN_LISTS, RevocationOrder.LISTS_THEN_OCSP, RevocationOrder.LISTS
OCSP, LIST = RevocationSource.OCSP, RevocationSource.LIST


async def test_the_sources_in_their_order(issuer: Issuer) -> None:
    """What settles it ends the asking; nobody is asked where the policy has lists alone."""
    current, old = issuer.lists.make(MOMENT), issuer.lists.make(MOMENT - 2 * DAY)
    rows: list[tuple[RevocationOrder, Callable[[bytes], bytes] | None, list[bytes], int, object, tuple[int, int]]] = [
        (FIRST, _as_it_is, [current], GOOD, OCSP, (1, 0)),
        (FIRST, None, [current], GOOD, LIST, (1, 1)),
        (FIRST, AnswerMaker.spoilt, [current], GOOD, LIST, (1, 1)),
        (FIRST, None, [old, current], GOOD, LIST, (1, 1)),
        (FIRST, None, [current], REVOKED, Code.CARD_REVOKED, (1, 1)),
        (FIRST, None, [current], HELD, Code.CARD_REVOKED, (1, 1)),
        (FIRST, _as_it_is, [old], REVOKED, Code.CARD_REVOKED, (1, 0)),
        (FIRST, None, [old], GOOD, Code.REVOCATION_UNKNOWN, (1, 1)),
        (FIRST, None, [], GOOD, Code.REVOCATION_UNKNOWN, (1, 1)),
        (FIRST, _as_it_is, [current], 7, Code.REVOCATION_UNKNOWN, (1, 0)),
        (SECOND, _as_it_is, [current], GOOD, LIST, (0, 1)),
        (SECOND, _as_it_is, [current], HELD, Code.CARD_REVOKED, (0, 1)),
        (SECOND, _as_it_is, [old], GOOD, OCSP, (1, 1)),
        (SECOND, _as_it_is, [], HELD, Code.CARD_REVOKED, (1, 1)),
        (SECOND, None, [], GOOD, Code.REVOCATION_UNKNOWN, (1, 1)),
        (ONLY, _as_it_is, [current], GOOD, LIST, (0, 1)),
        (ONLY, _as_it_is, [old], GOOD, Code.REVOCATION_UNKNOWN, (0, 1)),
        (ONLY, _as_it_is, [], GOOD, Code.REVOCATION_UNKNOWN, (0, 1)),
    ]
    for order, answer, lists, serial, expected, counts in rows:
        sources = Sources(issuer, answer, lists)
        found = await checked(issuer, serial, sources, order)
        told = found.revocation.source if isinstance(found, CheckedCard) else found
        assert (told, (sources.asked, sources.looked)) == (expected, counts), (order, serial, expected)


async def test_an_answer_for_another_card(issuer: Issuer) -> None:
    """A true answer, for another serial, settles nothing; the list is asked, and says revoked."""
    other = await issuer.ocsp(issuer.card(GOOD))
    sources = Sources(issuer, lambda _answer: other, [issuer.lists.make(MOMENT)])
    assert await checked(issuer, REVOKED, sources, FIRST) is Code.CARD_REVOKED
    sources = Sources(issuer, lambda _answer: other, [])
    assert await checked(issuer, REVOKED, sources, FIRST) is Code.REVOCATION_UNKNOWN


async def test_a_source_that_the_policy_has_not(issuer: Issuer) -> None:
    """The clerk of a ward that leaves the responder alone takes no answer of it from `issuing` either."""
    answer = RevocationAnswer(source=OCSP, content=await issuer.ocsp(issuer.card(GOOD)))
    policy = RevocationPolicy(order=ONLY, oldest_ocsp=120, oldest_list=DAY)
    with pytest.raises(Refused) as caught:
        await check_certificate(issuer.card(GOOD), answer, issuer.pinned, moment=MOMENT, policy=policy)
    assert caught.value.code is Code.REVOCATION_UNKNOWN


def test_a_policy_that_asks_nobody(issuer: Issuer) -> None:
    """A responder that is asked must be there, at start."""
    with pytest.raises(ValueError, match="responder"):
        CardCheck(POLICY, issuer.pinned, responder=None, lists=lambda _certificate: ())
