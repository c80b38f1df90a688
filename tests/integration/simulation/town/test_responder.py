"""The OCSP responder: asked by openssl, by cryptography and by the ward's own judgement, in all its manners."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from konbini.protocol.errors import Code, Refused
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.people import CardCondition
from konbini.simulation.town.pki.cards import USER_AUTHENTICATION_POLICY
from konbini.simulation.town.pki.revocations import Reason, Revocations
from konbini.simulation.town.responder import Behaviour, Manner, OcspResponder
from konbini.simulation.town.town import Town
from konbini.ward_server.asking.card import CardIssuer, check_certificate
from konbini.ward_server.asking.revocation import (
    RevocationAnswer,
    RevocationOrder,
    RevocationPolicy,
    RevocationSource,
)

NONCE = bytes(range(16))


@pytest.fixture
def revocations(town: Town) -> Revocations:
    """Give a status book of the test's own."""
    return town.revocations()


@pytest.fixture
async def responder(town: Town, clock: SettableClock, revocations: Revocations) -> AsyncIterator[OcspResponder]:
    """Serve while the test lasts."""
    running = await OcspResponder.listen(town.answer_maker(revocations), clock, SeededEntropy(4))
    yield running
    await running.close()


@pytest.fixture(scope="session")
def certificate(town: Town) -> x509.Certificate:
    """Give a good card's certificate."""
    card = next(p.card for p in town.population.people if p.card and p.card.condition is CardCondition.GOOD)
    return x509.load_der_x509_certificate(town.stock().content(card).auth_certificate)


def _request(town: Town, certificate: x509.Certificate, algorithm: hashes.HashAlgorithm | None = None) -> bytes:
    issuer = town.card_authority.authority.certificate
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, algorithm or hashes.SHA256())
    builder = builder.add_extension(x509.OCSPNonce(NONCE), critical=False)
    return builder.build().public_bytes(serialization.Encoding.DER)


async def _ask(responder: OcspResponder, request: bytes) -> ocsp.OCSPResponse:
    async with aiohttp.ClientSession() as session, session.post(responder.url, data=request) as answer:
        return ocsp.load_der_ocsp_response(await answer.read())


def _nonce(response: ocsp.OCSPResponse) -> bytes:
    return response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256()], ids=["sha1", "sha256"])  # noqa: S303 - RFC 6960's
async def test_good_now(
    town: Town,
    clock: SettableClock,
    responder: OcspResponder,
    certificate: x509.Certificate,
    algorithm: hashes.HashAlgorithm,
) -> None:
    """A fresh answer with the request's nonce, signed by a responder whom the card authority delegated."""
    response = await _ask(responder, _request(town, certificate, algorithm))
    assert response.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert response.serial_number == certificate.serial_number
    assert int(response.produced_at_utc.timestamp()) == clock.now() // 1000
    assert _nonce(response) == NONCE
    (delegate,) = response.certificates
    delegate.verify_directly_issued_by(town.card_authority.authority.certificate)
    purposes = delegate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    key = delegate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))


async def test_revoked_held_and_reinstated(
    town: Town,
    clock: SettableClock,
    responder: OcspResponder,
    revocations: Revocations,
    certificate: x509.Certificate,
) -> None:
    """Status changes at once; a hold ends, a revocation never does."""
    serial, now = certificate.serial_number, clock.now() // 1000
    revocations.revoke(serial, now, Reason.HELD)
    held = await _ask(responder, _request(town, certificate))
    assert held.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert held.revocation_reason is x509.ReasonFlags.certificate_hold
    revocations.reinstate(serial)
    again = await _ask(responder, _request(town, certificate))
    assert again.certificate_status is ocsp.OCSPCertStatus.GOOD
    revocations.revoke(serial, now + 1)
    not_yet = await _ask(responder, _request(town, certificate))
    assert not_yet.certificate_status is ocsp.OCSPCertStatus.GOOD
    revocations.revoke(serial, now)
    revoked = await _ask(responder, _request(town, certificate))
    assert revoked.certificate_status is ocsp.OCSPCertStatus.REVOKED
    with pytest.raises(ValueError, match="not held"):
        revocations.reinstate(serial)
    with pytest.raises(KeyError):
        revocations.revoke(1, now)


async def test_every_card_of_the_town_has_a_status(town: Town, responder: OcspResponder) -> None:
    """Cards that were never made yet are answered for too; a serial that nobody holds is unknown."""
    issuer = town.card_authority.authority.certificate
    expected = {
        person.card.serial: ocsp.OCSPCertStatus.REVOKED
        if person.card.condition is CardCondition.REVOKED
        else ocsp.OCSPCertStatus.GOOD
        for person in town.population.people
        if person.card
    } | {1: ocsp.OCSPCertStatus.UNKNOWN}
    name = hashes.Hash(hashes.SHA1())  # noqa: S303 - RFC 6960's
    name.update(issuer.subject.public_bytes())
    name_hash, found = name.finalize(), {}
    for serial in expected:
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            name_hash,
            town.card_authority.authority.key_id,
            serial,
            hashes.SHA1(),  # noqa: S303 - the same
        )
        response = await _ask(responder, builder.build().public_bytes(serialization.Encoding.DER))
        found[serial] = response.certificate_status
    assert found == expected
    assert responder.asked == len(expected)


async def test_asked_with_get(town: Town, responder: OcspResponder, certificate: x509.Certificate) -> None:
    """The other way of RFC 6960's appendix A; and what is no request is called malformed."""
    encoded = base64.b64encode(_request(town, certificate)).decode().replace("/", "%2F").replace("+", "%2B")
    async with aiohttp.ClientSession() as session:
        for path, status in (
            (encoded, "SUCCESSFUL"),
            ("bm90aGluZw==", "MALFORMED_REQUEST"),
            ("!", "MALFORMED_REQUEST"),
        ):
            async with session.get(responder.url + path) as answer:
                assert ocsp.load_der_ocsp_response(await answer.read()).response_status.name == status


async def test_an_issuer_of_others_is_not_answered_for(town: Town, responder: OcspResponder) -> None:
    """A request about another authority's certificate gets no status."""
    foreign = town.foreign_stock()
    card = next(person.card for person in town.population.people if person.card)
    certificate = x509.load_der_x509_certificate(foreign.content(card).auth_certificate)
    issuer = foreign.authority.authority.certificate
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256()).build()
    response = await _ask(responder, request.public_bytes(serialization.Encoding.DER))
    assert response.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


async def test_bad_days(
    town: Town, clock: SettableClock, responder: OcspResponder, certificate: x509.Certificate
) -> None:
    """Each manner does what its name says, and `ANSWER` ends it."""
    request = _request(town, certificate)
    responder.manner = Manner(behaviour=Behaviour.DOWN)
    with pytest.raises(aiohttp.ClientConnectionError):
        await _ask(responder, request)
    responder.manner = Manner(behaviour=Behaviour.TRY_LATER)
    assert (await _ask(responder, request)).response_status is ocsp.OCSPResponseStatus.TRY_LATER
    responder.manner = Manner(behaviour=Behaviour.STALE, seconds=86_400)
    stale = await _ask(responder, request)
    assert clock.now() // 1000 - int(stale.produced_at_utc.timestamp()) == 86_400
    responder.manner = Manner(behaviour=Behaviour.OTHER_NONCE)
    assert _nonce(await _ask(responder, request)) != NONCE
    responder.manner = Manner(behaviour=Behaviour.NO_NONCE)
    assert len((await _ask(responder, request)).extensions) == 0
    responder.manner = Manner(behaviour=Behaviour.SPOILT)
    spoilt = await _ask(responder, request)
    key = spoilt.certificates[0].public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    with pytest.raises(InvalidSignature):
        key.verify(spoilt.signature, spoilt.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))
    responder.manner = Manner()
    assert (await _ask(responder, request)).certificate_status is ocsp.OCSPCertStatus.GOOD


async def test_late_waits_on_the_clock(
    town: Town, clock: SettableClock, responder: OcspResponder, certificate: x509.Certificate
) -> None:
    """A late answer comes when the clock has moved, and says the moment at which it was produced."""
    responder.manner = Manner(behaviour=Behaviour.LATE, seconds=9)
    asking = asyncio.create_task(_ask(responder, _request(town, certificate)))
    while clock.sleepers == 0:  # noqa: ASYNC110 - the server's task tells nobody when it falls asleep
        await asyncio.sleep(0.001)
    assert not asking.done()
    await clock.advance(9)
    assert int((await asking).produced_at_utc.timestamp()) == clock.now() // 1000


async def test_openssl_agrees(
    town: Town, clock: SettableClock, responder: OcspResponder, revocations: Revocations, tmp_path: Path
) -> None:
    """`openssl ocsp` verifies chain, delegation and nonce by itself, and reads good and revoked."""
    card = next(p.card for p in town.population.people if p.card and p.card.condition is CardCondition.GOOD)
    path = tmp_path / "card.pem"
    path.write_bytes(ssl.DER_cert_to_PEM_cert(town.stock().content(card).auth_certificate).encode())
    authority = str(town.public / "card-authority.pem")
    arguments = (
        *("ocsp", "-url", responder.url, "-issuer", authority, "-CAfile", authority, "-cert", str(path)),
        *("-attime", str(clock.now() // 1000), "-no-CApath", "-no-CAstore", "-validity_period", str(10**9)),
    )

    async def ask() -> str:
        openssl = await asyncio.create_subprocess_exec(
            "openssl", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await openssl.communicate()
        return output.decode()

    good = await ask()
    assert "Response verify OK" in good
    assert "card.pem: good" in good
    revocations.revoke(card.serial, clock.now() // 1000)
    assert "card.pem: revoked" in await ask()
    responder.manner = Manner(behaviour=Behaviour.SPOILT)
    assert "Response Verify Failure" in await ask()


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (CardCondition.GOOD, None),
        (CardCondition.EXPIRED, Code.CARD_EXPIRED),
        (CardCondition.REVOKED, Code.CARD_REVOKED),
    ],
)
async def test_the_ward_judges_as_it_should(
    town: Town, clock: SettableClock, responder: OcspResponder, condition: CardCondition, code: Code | None
) -> None:
    """The ward's own check of card and answer: good passes, expired and revoked get their codes."""
    card = next(p.card for p in town.population.people if p.card and p.card.condition is condition)
    content = town.stock().content(card)
    certificate = x509.load_der_x509_certificate(content.auth_certificate)
    response = await _ask(responder, _request(town, certificate))
    issuer = CardIssuer(certificate=content.auth_ca, policies=frozenset((USER_AUTHENTICATION_POLICY,)))
    check = check_certificate(
        content.auth_certificate,
        RevocationAnswer(source=RevocationSource.OCSP, content=response.public_bytes(serialization.Encoding.DER)),
        [issuer],
        moment=clock.now() // 1000,
        policy=RevocationPolicy(order=RevocationOrder.OCSP_THEN_LISTS, oldest_ocsp=60, oldest_list=60),
    )
    if code is None:
        linked = town.card_authority.card_serial(card.serial)
        identity = await check
        assert (identity.issuer_key_id, identity.serial) == (linked.issuer_key_id, linked.serial)
        return
    with pytest.raises(Refused) as refused:
        await check
    assert refused.value.code is code
