"""The face and the made-up ward's form; paper authorities and signers made for one test session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.signing import KeyFileSigner, PadesSigner
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from tests.integration.pdf.services import Infrastructure, Served, make_infrastructure
from tests.integration.pdf.softhsm import SoftToken
from tests.unit.pdf.conftest import form, template, typeface

__all__ = ["form", "template", "typeface"]

_DAY = timedelta(days=1)
_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper authority, a signing certificate under it, and its key; valid from `start` for a year."""

    authority: bytes
    certificate: bytes
    key: bytes
    start: datetime

    @property
    def moment(self) -> int:
        """A second at which both certificates are valid."""
        return int((self.start + 30 * _DAY).timestamp())

    def signer(self) -> PadesSigner:
        """A signer with this key."""
        return PadesSigner(KeyFileSigner(self.key, [self.certificate]))


def _certificate(subject: str, issuer: str, keys: tuple[_Key, _Key], start: datetime, *, authority: bool) -> bytes:
    """Certify the first key with the second."""
    key, issuer_key = keys

    def name(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + 365 * _DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not authority,
                content_commitment=not authority,
                key_cert_sign=authority,
                crl_sign=authority,
                **usage,
            ),
            critical=True,
        )
        .sign(issuer_key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def make_paper(new_key: Callable[[], _Key], start: datetime, ward: str = "131997") -> Paper:
    """Make an authority and a signing certificate under it."""
    root, own = new_key(), new_key()
    authority = _certificate(f"{ward} paper authority", f"{ward} paper authority", (root, root), start, authority=True)
    certificate = _certificate(f"{ward} clerk", f"{ward} paper authority", (own, root), start, authority=False)
    encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key = own.private_bytes(encoding, shape, serialization.NoEncryption())
    return Paper(authority=authority, certificate=certificate, key=key, start=start)


def _p256() -> _Key:
    return ec.generate_private_key(ec.SECP256R1())


KEYS: dict[str, Callable[[], _Key]] = {
    "P-256": _p256,
    "RSA-2048": lambda: rsa.generate_private_key(65537, 2048),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA-3072": lambda: rsa.generate_private_key(65537, 3072),
}
_SHORT = ("P-256", "RSA-2048")


@pytest.fixture(
    scope="session", params=[pytest.param(name, marks=() if name in _SHORT else pytest.mark.long) for name in KEYS]
)
def paper(request: pytest.FixtureRequest) -> Paper:
    """The ward's own paper authority, with each kind of key; valid today, so that any judge's clock takes it."""
    start = datetime.now(UTC).replace(microsecond=0) - 60 * _DAY
    return make_paper(KEYS[request.param], start)


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the infrastructure's keys are."""
    return tmp_path_factory.mktemp("infrastructure")


@pytest.fixture(scope="session")
def infrastructure(keys_folder: Path) -> Iterator[Infrastructure]:
    """A whole infrastructure with its services, on loopback."""
    running = make_infrastructure(keys_folder, {name: make() for name, make in KEYS.items()})
    running.start()
    yield running
    running.close()


@pytest.fixture
def served(infrastructure: Infrastructure, keys_folder: Path) -> Served:
    """A P-256 certificate of the infrastructure."""
    return infrastructure.served("P-256", keys_folder)


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    """A token of this test's own, without a key."""
    made = SoftToken.make(tmp_path)
    monkeypatch.setenv("SOFTHSM2_CONF", str(made.settings))
    return made


@pytest.fixture(scope="session")
def other_paper(paper: Paper) -> Paper:
    """Another authority of the same name, as an impostor would make it."""
    return make_paper(_p256, paper.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A document before and after its signature, and what stands in it."""

    unsigned: bytes
    signed: bytes
    number: str
    binding: bytes
    pages: int


@pytest.fixture(scope="session")
def drawn(form: ResidentRecordForm) -> Signed:
    """A certificate of five people, two pages, not signed yet."""
    facts = specimen_facts(*PEOPLE, PEOPLE[0])
    binding = bytes(range(32))
    unsigned = form.draw(facts, binding=binding, seals=specimen_seals(facts))
    return Signed(unsigned=unsigned, signed=b"", number=facts.number, binding=binding, pages=2)


@pytest.fixture(scope="session")
def signed(drawn: Signed, paper: Paper) -> Signed:
    """The same, signed by each kind of key."""
    return replace(drawn, signed=paper.signer().sign(drawn.unsigned, paper.moment))
