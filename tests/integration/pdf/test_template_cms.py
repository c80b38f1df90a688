"""The CMS from the mould is what pyHanko itself makes: byte for byte, but for what ECDSA draws lots for."""

from __future__ import annotations

import asyncio
import hashlib
import time

import pytest
from asn1crypto import cms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.sign.general import simple_cms_attribute
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from konbini.pdf.algorithms import Algorithm
from konbini.pdf.signing import KeyFileSigner
from konbini.pdf.signing.template_cms import TemplateCms, _Mould
from konbini.time_stamps.asking import TimeStamps

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: ANN001 - the fixtures' classes live in conftest, which tests do not import


@pytest.fixture(scope="module")
def ours(paper) -> TemplateCms:
    """Our mould."""
    return TemplateCms(KeyFileSigner(paper.key, [paper.certificate, paper.authority]))


@pytest.fixture(scope="module")
def theirs(paper) -> SimpleSigner:
    """The library's signer of the same key."""
    own, authority = (next(iter(load_certs_from_pemder_data(der))) for der in (paper.certificate, paper.authority))
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko's
    store.register(authority)
    key = load_private_key_from_pemder_data(paper.key, passphrase=None)
    return SimpleSigner(signing_cert=own, signing_key=key, cert_registry=store)


def _theirs_of(signer: SimpleSigner, digest: bytes, algorithm: Algorithm) -> bytes:
    """Sign as the library signs a PDF for PAdES."""
    made = asyncio.run(signer.async_sign(digest, algorithm.digest, use_pades=True))
    return bytes(made.dump())


def _same_but_for(signature: bytes, one: bytes) -> bytes:
    """Give a CMS with a signature of one length in the place of its own."""
    loaded = cms.ContentInfo.load(one)
    loaded["content"]["signer_infos"][0]["signature"] = signature
    return bytes(loaded.dump(force=True))


async def _holds(one: bytes, document: bytes, authority: bytes) -> bool:
    context = ValidationContext(trust_roots=list(load_certs_from_pemder_data(authority)), allow_fetching=False)
    status = await async_validate_detached_cms(
        document,
        cms.ContentInfo.load(one)["content"],
        signer_validation_context=context,
        key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
    )
    return bool(status.bottom_line)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=st.binary(max_size=4096))
def test_over_any_document(ours: TemplateCms, theirs: SimpleSigner, paper, document: bytes) -> None:
    """RSA: the same bytes. ECDSA: the same but for the signature and the lengths around it, and both hold."""
    algorithm = Algorithm.of_certificate(paper.certificate)
    digest = hashlib.new(algorithm.digest, document).digest()
    made, signature = ours.of(digest)
    expected = _theirs_of(theirs, digest, algorithm)
    assert len(made) <= ours.room
    if not algorithm.elliptic:
        assert made == expected
    assert _same_but_for(signature, expected) == made
    for one in (made, expected):
        assert asyncio.run(_holds(one, document, paper.authority))
    assert not asyncio.run(_holds(made, document + b"\0", paper.authority))


def test_every_length_of_a_signature_has_its_cast(ours: TemplateCms, paper) -> None:
    """Many signatures: each finds its room, and none a cast of another's length."""
    algorithm = Algorithm.of_certificate(paper.certificate)
    lengths = set()
    for turn in range(120):
        digest = hashlib.new(algorithm.digest, bytes([turn])).digest()
        made, signature = ours.of(digest)
        loaded = cms.ContentInfo.load(made, strict=True)
        assert loaded["content"]["signer_infos"][0]["signature"].native == signature
        lengths.add(len(signature))
    assert max(lengths) <= algorithm.longest_signature
    assert (len(lengths) > 1) is algorithm.elliptic


def test_a_time_stamp_is_put_in_as_pyhanko_puts_it(served, drawn) -> None:
    """The first stamp makes a cast, the others fill it: each time the bytes that the library makes."""
    signer = KeyFileSigner(served.key, [served.certificate])
    ours, service = TemplateCms(signer), TimeStamps(served.stamps(), [served.stamps_authority])
    for turn in range(6):
        digest = hashlib.sha256(drawn.unsigned + bytes([turn])).digest()
        _, signature = ours.of(digest)
        stamp = asyncio.run(service.stamp(signature, "sha256", int(time.time())))
        beside = cms.CMSAttributes([simple_cms_attribute("signature_time_stamp_token", stamp)])  # type: ignore[no-untyped-call]  # pyHanko's
        _, expected = _Mould(signer.certificates, "sha256", digest, signature, beside).cast()
        assert ours.stamped(digest, signature, stamp) == expected
