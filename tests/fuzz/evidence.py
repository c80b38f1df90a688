"""What proves who asked: certificates, OCSP answers, revocation lists, time-stamps.

Each is tried as it comes, and as the part that is signed: then it is signed rightly, whatever it says, so that what
stands behind the signature is reached. All keys are P-256, so that signing is quick.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import hashlib
import ssl
from collections.abc import Callable, Iterator
from typing import Any, Final

from asn1crypto import algos, cms, tsp
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from pyhanko.sign import general
from pyhanko.sign.timestamps import TimeStamper

from konbini.kiosk.card.schemes import scheme_of
from konbini.process.entropy import SystemEntropy
from konbini.protocol.errors import Refused
from konbini.protocol.peer_certificates import PeerAuthority
from konbini.protocol.visits import CARD_ES256, CARD_ES384, CARD_RS256
from konbini.time_stamps.asking import _FAULTS, _Service, stamping_certificate
from konbini.time_stamps.judging import judged_at, status_of
from konbini.ward_server.asking.card import CardIssuer, check_certificate, check_issued, check_signature
from konbini.ward_server.asking.revocation import RevocationAnswer, RevocationOrder, RevocationPolicy, RevocationSource
from konbini.ward_server.asking.revocation_list import RevocationList
from konbini.ward_server.console.enveloping import Receiver, seal_to
from konbini.ward_server.issuing.card_check import _disowned
from konbini.ward_server.issuing.revocation import _check_nonce
from tests.fuzz.keys import p256, p384
from tests.fuzz.mutating import der
from tests.fuzz.target import Target, finished

__all__ = ["certificates", "ocsp_answers", "receivers", "revocation_lists", "stamp_answers", "time_stamps"]

_MOMENT: Final = 1_795_143_600
_NOW: Final = dt.datetime.fromtimestamp(_MOMENT, dt.UTC)
_DAY: Final = dt.timedelta(days=1)
_POLICY: Final = "1.2.392.200149.8.5.1.3.30"
_ASKED: Final = RevocationPolicy(order=RevocationOrder.OCSP_THEN_LISTS, oldest_ocsp=600, oldest_list=90_000)
_ES256: Final = ec.ECDSA(hashes.SHA256())
_WITH_ES256: Final = bytes.fromhex("300a06082a8648ce3d040302")
"""AlgorithmIdentifier of ecdsa-with-SHA256."""
_NONCE: Final = bytes(16)
_STAMPED: Final = b"a checkpoint"
_PLACE: Final = b"\xaa" * 32
"""Where the digest goes."""
_USAGES: Final = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    common: str,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    *extensions: tuple[x509.ExtensionType, bool],
    serial: int,
) -> x509.Certificate:
    """Certify a key with the issuer's."""
    issuer = p256("issuer")
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(common))
        .issuer_name(_name("issuer"))
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(_NOW - 9 * _DAY)
        .not_valid_after(_NOW + 9 * _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer, hashes.SHA256())


def _may(*usages: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in usages for usage in _USAGES})


@functools.cache
def _issuer() -> x509.Certificate:
    basic = x509.BasicConstraints(ca=True, path_length=0)
    usage = _may("key_cert_sign", "crl_sign", "digital_signature")
    return _certificate("issuer", p256("issuer").public_key(), (basic, True), (usage, True), serial=1)


def _card(key: ec.EllipticCurvePublicKey, serial: int = 1_000_000_001) -> x509.Certificate:
    policy = x509.PolicyInformation(x509.ObjectIdentifier(_POLICY), None)
    point = x509.DistributionPoint([x509.UniformResourceIdentifier("http://cards.invalid/cards.crl")], None, None, None)
    responder = x509.UniformResourceIdentifier("http://ocsp.invalid/")
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, responder)
    return _certificate(
        "A1B2C3",
        key,
        (_may("digital_signature"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), True),
        (x509.CertificatePolicies([policy]), True),
        (x509.CRLDistributionPoints([point]), False),
        (x509.AuthorityInformationAccess([access]), False),
        serial=serial,
    )


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _rightly_signed(content: bytes, behind: bytes = b"") -> bytes:
    """Write SEQUENCE {content, algorithm, signature, ...}, as certificates, lists and OCSP answers are written."""
    signature = p256("issuer").sign(content, _ES256)
    return _sequence(content + _WITH_ES256 + _wrapped(3, b"\0" + signature) + behind)


def _sequence(content: bytes) -> bytes:
    return _wrapped(0x30, content)


def _wrapped(tag: int, content: bytes) -> bytes:
    size = len(content)
    width = (size.bit_length() + 7) // 8
    return bytes((tag,)) + (bytes((size,)) if size < 0x80 else bytes((0x80 | width,)) + size.to_bytes(width)) + content


def _tried(*ways: Callable[[], object]) -> None:
    for way in ways:
        try:
            way()
        except Refused:
            continue


def certificates() -> Target:
    """A card's certificate, at the kiosk and at the ward; and a peer's, as an edge hands it to the center."""
    peers = PeerAuthority(_issuer().public_bytes(serialization.Encoding.PEM))
    own = (CardIssuer(certificate=_der(_issuer()), policies=frozenset((_POLICY,)), own=True),)

    def run(data: bytes) -> None:
        for content in (data, _rightly_signed(data)):
            _tried(
                lambda content=content: _signing(content),  # type: ignore[misc] # bound
                lambda content=content: check_issued(content, own, _MOMENT),  # type: ignore[misc] # bound
                lambda content=content: finished(_judged(content)),  # type: ignore[misc] # bound
                lambda content=content: peers.name(  # type: ignore[misc] # bound
                    base64.b64encode(content).decode("ascii"), _MOMENT
                ),
                *(
                    lambda content=content, one=one: check_signature(content, one, bytes(64), bytes(32))
                    for one in (CARD_RS256, CARD_ES256, CARD_ES384)
                ),
            )

    async def _judged(content: bytes) -> None:
        answer = RevocationAnswer(source=RevocationSource.REGISTRY, content=b"")
        await check_certificate(content, answer, own, moment=_MOMENT, policy=_ASKED)

    def seeds() -> Iterator[bytes]:
        for key in (p256("card").public_key(), p384("card").public_key()):
            yield _card(key).tbs_certificate_bytes
        yield _issuer().tbs_certificate_bytes

    return Target(run=run, seeds=seeds, mutate=der, most=2048)


def receivers() -> Target:
    """The certificate of whoever receives a disclosure: pasted, kept, sealed to."""
    entropy = SystemEntropy()

    def sealed(receiver: Receiver) -> None:
        receiver.check_valid(_MOMENT * 1000)
        seal_to(receiver, f"{receiver.name} {receiver.fingerprint}".encode(), entropy)

    def run(data: bytes) -> None:
        for content in (data, _rightly_signed(data)):
            pasted = ssl.DER_cert_to_PEM_cert(content)
            _tried(
                lambda content=content: sealed(Receiver.of_bytes(content)),  # type: ignore[misc] # bound
                lambda pasted=pasted: Receiver.of_text(pasted),  # type: ignore[misc] # bound
            )

    def seeds() -> Iterator[bytes]:
        key = rsa.generate_private_key(65537, 2048).public_key()
        usage = (_may("key_encipherment"), True)
        yield _certificate("receiver", key, usage, serial=11).tbs_certificate_bytes

    return Target(run=run, seeds=seeds, mutate=der, most=2048)


def _signing(content: bytes) -> None:
    scheme_of(content).accepts(bytes(64), bytes(32))


def ocsp_answers() -> Target:
    """An OCSP answer about a card."""
    issuers = (CardIssuer(certificate=_der(_issuer()), policies=frozenset((_POLICY,))),)
    card = _der(_card(p256("card").public_key()))

    async def judged(content: bytes) -> None:
        answer = RevocationAnswer(source=RevocationSource.OCSP, content=content)
        _disowned(answer)
        await check_certificate(card, answer, issuers, moment=_MOMENT, policy=_ASKED)

    def run(data: bytes) -> None:
        for content in (data, _answered(data)):
            _tried(
                lambda content=content: finished(judged(content)),  # type: ignore[misc] # bound
                lambda content=content: _check_nonce(content, _NONCE),  # type: ignore[misc] # bound
            )

    def seeds() -> Iterator[bytes]:
        for status in (ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN):
            yield _answer(status).tbs_response_bytes
        yield _answer(ocsp.OCSPCertStatus.GOOD).public_bytes(serialization.Encoding.DER)
        yield asn1_ocsp.OCSPResponse({"response_status": "try_later"}).dump()

    return Target(run=run, seeds=seeds, mutate=der, most=2048)


def _answered(response_data: bytes) -> bytes:
    """Put signed response data into an answer (RFC 6960, 4.2.1)."""
    kind = bytes.fromhex("06092b0601050507300101")  # id-pkix-ocsp-basic
    with_issuer = _wrapped(0xA0, _sequence(_der(_issuer())))
    held = _sequence(kind + _wrapped(4, _rightly_signed(response_data, with_issuer)))
    return _sequence(_wrapped(0x0A, b"\0") + _wrapped(0xA0, held))


def _answer(status: ocsp.OCSPCertStatus) -> ocsp.OCSPResponse:
    is_revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        _card(p256("card").public_key()), _issuer(), hashes.SHA1(), status, _NOW, _NOW + _DAY,  # noqa: S303 - a name
        _NOW - _DAY if is_revoked else None, x509.ReasonFlags.key_compromise if is_revoked else None,
    )  # fmt: skip
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, _issuer())
    made = builder.add_extension(x509.OCSPNonce(_NONCE), critical=False).sign(p256("issuer"), hashes.SHA256())
    produced = made.produced_at_utc.strftime("%Y%m%d%H%M%SZ").encode()  # the library's clock alone makes this time
    content = made.tbs_response_bytes.replace(produced, _NOW.strftime("%Y%m%d%H%M%SZ").encode())
    return ocsp.load_der_ocsp_response(_answered(content))


def revocation_lists() -> Target:
    """A revocation list, read and asked about a card."""
    issuer = _der(_issuer())
    issuers = (CardIssuer(certificate=issuer, policies=frozenset((_POLICY,))),)
    card = _der(_card(p256("card").public_key()))

    async def judged(content: bytes) -> None:
        answer = RevocationAnswer(source=RevocationSource.LIST, content=content)
        await check_certificate(card, answer, issuers, moment=_MOMENT, policy=_ASKED)

    def run(data: bytes) -> None:
        for content in (data, _rightly_signed(data)):
            _tried(
                lambda content=content: RevocationList.read(content, [issuer]),  # type: ignore[misc] # bound
                lambda content=content: finished(judged(content)),  # type: ignore[misc] # bound
            )

    def seeds() -> Iterator[bytes]:
        yield _list().tbs_certlist_bytes
        yield _list(1_000_000_001).tbs_certlist_bytes
        yield _list(7, point=True).public_bytes(serialization.Encoding.DER)

    return Target(run=run, seeds=seeds, mutate=der, most=2048)


def _list(*serials: int, point: bool = False) -> x509.CertificateRevocationList:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(_name("issuer"))
        .last_update(_NOW)
        .next_update(_NOW + _DAY)
        .add_extension(x509.CRLNumber(7), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(p256("issuer").public_key()), critical=False)
    )
    if point:
        where = [x509.UniformResourceIdentifier("http://cards.invalid/cards.crl")]
        scope = x509.IssuingDistributionPoint(where, None, False, False, None, False, False)  # noqa: FBT003 - the library's
        builder = builder.add_extension(scope, critical=True)
    for serial in serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(_NOW - _DAY)
        reason = x509.CRLReason(x509.ReasonFlags.certificate_hold)
        builder = builder.add_revoked_certificate(revoked.add_extension(reason, critical=False).build())
    return builder.sign(p256("issuer"), hashes.SHA256())


def time_stamps() -> Target:
    """A time-stamp as it comes, and one over any TSTInfo, rightly signed."""
    authorities = [_der(_issuer())]
    service = _Stamper(_stamping_service())

    def run(data: bytes) -> None:
        for token in (data, service.token(data)):
            _tried(lambda token=token: judged_at(token, _STAMPED, authorities))  # type: ignore[misc] # bound

    def seeds() -> Iterator[bytes]:
        yield _stamp_info()
        yield service.token(_stamp_info())

    return Target(run=run, seeds=seeds, mutate=der, most=4096)


class _Told(_Service):
    """A client whose service answers the same to each request, as `_Service` reads answers."""

    def __init__(self, said: bytes) -> None:
        TimeStamper.__init__(self, include_nonce=False)  # type: ignore[no-untyped-call] # pyHanko's
        self._said = said

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:  # noqa: ARG002 - whatever is asked
        return tsp.TimeStampResp.load(self._said, strict=True)


def stamp_answers() -> Target:
    """What a time-stamp service answers to whoever asks it."""
    imprint = hashlib.sha256(_STAMPED).digest()
    service = _Stamper(_stamping_service())

    def run(data: bytes) -> None:
        for said in (data, _granted(service.token(data))):
            try:
                stamp = finished(_Told(said).async_timestamp(imprint, "sha256"))
                status = finished(status_of(stamp, _STAMPED, [_der(_issuer())], _NOW))
            except _FAULTS:
                continue
            if status.intact and status.valid and status.trusted:
                stamping_certificate(stamp)

    def seeds() -> Iterator[bytes]:
        yield _stamp_info()
        yield _granted(service.token(_stamp_info()))
        yield _sequence(_sequence(_wrapped(2, b"\2")))

    return Target(run=run, seeds=seeds, mutate=der, most=4096)


def _granted(token: bytes) -> bytes:
    """Put a token into an answer (RFC 3161, 2.4.2)."""
    return _sequence(_sequence(_wrapped(2, b"\0")) + token)


def _stamping_service() -> Any:  # noqa: ANN401 - asn1crypto ships no types
    purpose = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
    may = (_may("digital_signature"), True)
    return asn1_x509.Certificate.load(_der(_certificate("stamps", p256("stamps").public_key(), may, purpose, serial=9)))


def _stamp_info() -> bytes:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": hashlib.sha256(_STAMPED).digest()}
    info = tsp.TSTInfo(
        {"version": "v1", "policy": "1.2.3", "message_imprint": imprint, "serial_number": 1, "gen_time": _NOW}
    )
    return bytes(info.dump())


class _Stamper:
    """Signs any TSTInfo as a service does; what is the same in each token is written once."""

    def __init__(self, service: Any) -> None:  # noqa: ANN401 - asn1crypto ships no types
        attributes = [
            general.simple_cms_attribute("content_type", "tst_info"),  # type: ignore[no-untyped-call] # pyHanko's
            general.simple_cms_attribute("message_digest", _PLACE),  # type: ignore[no-untyped-call] # pyHanko's
            general.simple_cms_attribute("signing_certificate_v2", general.as_signing_certificate_v2(service)),  # type: ignore[no-untyped-call] # pyHanko's
        ]
        whose = cms.IssuerAndSerialNumber({"issuer": service.issuer, "serial_number": service.serial_number})
        self._attributes = bytes(cms.CMSAttributes(attributes).dump())
        self._digest = bytes(algos.DigestAlgorithm({"algorithm": "sha256"}).dump())
        self._signer = _wrapped(2, b"\1") + bytes(whose.dump()) + self._digest
        self._certificates = _wrapped(0xA0, service.dump())
        self._kind, self._held = bytes(cms.ContentType("signed_data").dump()), bytes(cms.ContentType("tst_info").dump())

    def token(self, info: bytes) -> bytes:
        """Write a token (RFC 3161, 2.4.2), by hand: the library writes no content that it cannot read."""
        attributes = self._attributes.replace(_PLACE, hashlib.sha256(info).digest())
        signature = p256("stamps").sign(attributes, _ES256)
        # Within the structure the attributes' tag is [0], what is signed is a SET (RFC 5652, 5.4).
        signer = _sequence(self._signer + b"\xa0" + attributes[1:] + _WITH_ES256 + _wrapped(4, signature))
        signed = _sequence(
            _wrapped(2, b"\3")
            + _wrapped(0x31, self._digest)
            + _sequence(self._held + _wrapped(0xA0, _wrapped(4, info)))
            + self._certificates
            + _wrapped(0x31, signer)
        )
        return _sequence(self._kind + _wrapped(0xA0, signed))
