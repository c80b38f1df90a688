"""The ward's own cards: where they count, and what says that they are not revoked."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from konbini.protocol.errors import Code, Refused
from konbini.simulation.town.pki.authority import Life, key_pem
from konbini.simulation.town.pki.cards import (
    USER_AUTHENTICATION_POLICY,
    CardAuthority,
    make_ward_card_authority,
    new_card_key,
)
from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.asking.card import (
    CardIssuer,
    check_certificate,
    check_issued,
    check_told_apart,
    is_own_card,
    usable_at,
)
from konbini.ward_server.asking.revocation import (
    RevocationAnswer,
    RevocationOrder,
    RevocationPolicy,
    RevocationSource,
)
from konbini.ward_server.card_authority.authority import WARD_CARD_POLICY, WardCardAuthority

MOMENT = 1_795_143_600
NOW = dt.datetime.fromtimestamp(MOMENT, dt.UTC)
DAYS = dt.timedelta(days=9)
BY_LINK = RevocationAnswer(source=RevocationSource.REGISTRY, content=b"")


class Issuers:
    """A card authority of everybody's and the ward's own, and a card of each."""

    def __init__(self) -> None:
        public = CardAuthority.make(MOMENT, "unit")
        own = make_ward_card_authority(SUMIKAWA, MOMENT)
        self.own_authority = WardCardAuthority(own.certificate_pem(), key_pem(own.key))
        self.pinned = (
            CardIssuer(
                certificate=public.authority.certificate_der(), policies=frozenset((USER_AUTHENTICATION_POLICY,))
            ),
            CardIssuer(certificate=own.certificate_der(), policies=frozenset((WARD_CARD_POLICY,)), own=True),
        )
        life = Life.around(MOMENT, before=DAYS, after=DAYS)
        self.number_card = public.issue(new_card_key().public_key(), 7, life).public_bytes(Encoding.DER)
        self.ward_card = self.issue(NOW - DAYS, NOW + DAYS)

    def issue(self, begins: dt.datetime, ends: dt.datetime) -> bytes:
        """Issue a ward card's certificate."""
        public = ec.generate_private_key(ec.SECP384R1()).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return self.own_authority.issue(pem, token=bytes(16), begins=begins, ends=ends).certificate


@pytest.fixture(scope="module")
def issuers() -> Issuers:
    """Make both once; nothing in them changes."""
    return Issuers()


async def judged(issuers: Issuers, certificate: bytes, answer: RevocationAnswer, *, own_machine: bool) -> Code | None:
    """Judge a certificate at a machine; give the code of the refusal, if it is one."""
    policy = RevocationPolicy(order=RevocationOrder.OCSP_THEN_LISTS, oldest_ocsp=120, oldest_list=86_400)
    usable = usable_at(issuers.pinned, own_machine=own_machine)
    try:
        await check_certificate(certificate, answer, usable, moment=MOMENT, policy=policy)
    except Refused as refused:
        return refused.code
    return None


async def test_a_ward_card_counts_at_the_wards_own_machine_by_its_link(issuers: Issuers) -> None:
    """In a shop its issuer is none at all."""
    assert await judged(issuers, issuers.ward_card, BY_LINK, own_machine=True) is None
    assert await judged(issuers, issuers.ward_card, BY_LINK, own_machine=False) is Code.CARD_ISSUER_UNKNOWN
    with pytest.raises(Refused) as caught:
        check_issued(issuers.ward_card, usable_at(issuers.pinned, own_machine=False), MOMENT)
    assert caught.value.code is Code.CARD_ISSUER_UNKNOWN


@pytest.mark.parametrize("source", [RevocationSource.OCSP, RevocationSource.LIST])
async def test_no_list_and_no_responder_speaks_for_a_ward_card(issuers: Issuers, source: RevocationSource) -> None:
    """Whoever hands one in has another card in mind."""
    answer = RevocationAnswer(source=source, content=b"")
    assert await judged(issuers, issuers.ward_card, answer, own_machine=True) is Code.REVOCATION_UNKNOWN


@pytest.mark.parametrize("own_machine", [True, False])
async def test_the_link_alone_says_nothing_for_a_number_card(issuers: Issuers, *, own_machine: bool) -> None:
    """At either machine its own issuer is asked: `issuing` cannot spare itself the question."""
    code = await judged(issuers, issuers.number_card, BY_LINK, own_machine=own_machine)
    assert code is Code.REVOCATION_UNKNOWN


async def test_an_expired_ward_card_is_expired(issuers: Issuers) -> None:
    """A link does not outlive the certificate."""
    for begins, ends in ((NOW - DAYS, NOW - DAYS / 2), (NOW + DAYS / 2, NOW + DAYS)):
        certificate = issuers.issue(begins, ends)
        assert await judged(issuers, certificate, BY_LINK, own_machine=True) is Code.CARD_EXPIRED


def test_a_certificate_is_judged_by_its_own_issuers_policies(issuers: Issuers) -> None:
    """The ward's policy under everybody's authority means nothing, nor the other way round."""
    number, own = issuers.pinned
    swapped = (
        CardIssuer(certificate=number.certificate, policies=own.policies),
        CardIssuer(certificate=own.certificate, policies=number.policies, own=True),
    )
    for certificate in (issuers.number_card, issuers.ward_card):
        check_issued(certificate, issuers.pinned, MOMENT)
        with pytest.raises(Refused) as caught:
            check_issued(certificate, swapped, MOMENT)
        assert caught.value.code is Code.CARD_ISSUER_UNKNOWN
    assert is_own_card(issuers.ward_card, issuers.pinned)
    assert not is_own_card(issuers.number_card, issuers.pinned)


def test_two_issuers_with_one_key_are_refused(issuers: Issuers) -> None:
    """A serial would be two cards', and a ward's card everybody's."""
    check_told_apart(issuers.pinned)
    public = issuers.pinned[0]
    with pytest.raises(ValueError, match="one key"):
        check_told_apart((*issuers.pinned, replace(public, own=True)))
