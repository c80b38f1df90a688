"""Signing: one update after the very bytes, by a key of the right kind, as pyHanko itself would have made it."""

from __future__ import annotations

import hashlib
import io
import re
from datetime import date

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from konbini.pdf.algorithms import Algorithm
from konbini.pdf.archive import Shell, add_profile, close
from konbini.pdf.objects import Revision, StreamBody
from konbini.pdf.signing import KeyFileSigner, PadesSigner
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.protocol.errors import Code, Refused

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: ANN001 - the fixtures' classes live in conftest, which tests do not import


def _cms_of(document: bytes) -> cms.ContentInfo:
    (only,) = PdfFileReader(io.BytesIO(document)).embedded_signatures
    return cms.ContentInfo.load(only.pkcs7_content)


def test_the_signature_follows_the_very_bytes(signed) -> None:
    """What was read is what is signed: the update comes after it, and goes back onto it."""
    assert signed.signed.startswith(signed.unsigned)
    reader = PdfFileReader(io.BytesIO(signed.signed), strict=True)
    assert reader.xrefs.total_revisions == 2
    assert signed.signed.count(b"startxref") == 2


def test_the_update_holds_no_personal_data(signed) -> None:
    """It may be kept where the document may not: no page, no content, no font, no text of the facts."""
    update = signed.signed[len(signed.unsigned) :]
    assert len(update) < 6000
    objects = re.findall(rb"\d+ 0 obj\n<< /Type /(\w+)", update)
    assert sorted(objects) == [b"Annot", b"Sig"]
    assert b"stream" not in update
    for text in {PEOPLE[0].name, "葛", "西", "太郎", "朝霧台", "BARTHOLOMEW", signed.number}:
        for encoded in (text.encode(), text.encode("utf-16-be"), text.encode("utf-16-be").hex().upper().encode()):
            assert encoded not in update
    unlike = re.compile(rb"/Contents <[0-9a-f]+>")
    assert unlike.sub(b"", update).isascii()


def test_the_update_depends_on_the_document_by_its_hash_alone(form, paper, signed) -> None:
    """Other people under the same number and binding change the CMS and lengths, nothing else of the update."""

    def shape(update: bytes) -> bytes:
        without_cms = re.sub(rb"/Contents <[0-9a-f]+>", b"", update)
        return re.sub(rb"\d+|<[0-9A-F]+>", b"#", without_cms)

    other = form.draw(
        specimen_facts(PEOPLE[3]), binding=signed.binding, seals=specimen_seals(specimen_facts(PEOPLE[3]))
    )
    update = paper.signer().sign(other, paper.moment)[len(other) :]
    assert shape(update) == shape(signed.signed[len(signed.unsigned) :])


async def test_the_cms_is_what_pyhanko_makes(signed, paper) -> None:
    """But for the signature's value: pyHanko's own signer, over the same digest, makes the same structure."""
    ours = _cms_of(signed.signed)
    (info,) = ours["content"]["signer_infos"]
    attributes = {attribute["type"].native: attribute["values"][0].native for attribute in info["signed_attrs"]}
    assert set(attributes) == {"content_type", "message_digest", "signing_certificate_v2"}
    (only,) = PdfFileReader(io.BytesIO(signed.signed)).embedded_signatures
    start, length, restart, relength = map(int, only.byte_range)
    covered = signed.signed[start : start + length] + signed.signed[restart : restart + relength]
    digest = Algorithm.of_certificate(paper.certificate).digest
    assert attributes["message_digest"] == hashlib.new(digest, covered).digest()
    (certificate,) = load_certs_from_pemder_data(paper.certificate)
    theirs_signer = SimpleSigner(
        signing_cert=certificate,
        signing_key=load_private_key_from_pemder_data(paper.key, passphrase=None),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # pyHanko's
    )
    theirs = await theirs_signer.async_sign_prescribed_attributes(digest, info["signed_attrs"])
    for made in (ours, theirs):
        made["content"]["signer_infos"][0]["signature"] = b""
    assert ours.dump(force=True) == theirs.dump(force=True)


def test_many_signatures_all_fit_and_differ(paper, signed) -> None:
    """ECDSA signatures vary in length; each finds its room, and the signed digest is its own."""
    signer = paper.signer()
    seen = {hashlib.sha256(signer.sign(signed.unsigned, paper.moment + turn)).digest() for turn in range(40)}
    assert len(seen) == 40


def test_what_is_not_an_unsigned_document_of_ours_is_not_signed(paper, signed) -> None:
    """Signed already, truncated, or no document: our own defect, never a signature."""
    for pdf in (signed.signed, signed.unsigned[:5000], b"", b"%PDF-1.7"):
        with pytest.raises(ValueError, match=r"document|signed already"):
            paper.signer().sign(pdf, paper.moment)


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    shape = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, shape, serialization.NoEncryption())


def test_a_key_of_another_kind_or_certificate_is_refused(paper) -> None:
    """Found when the clerk starts: a short RSA key, another curve, another certificate's key, no certificate."""
    for key in (
        rsa.generate_private_key(65537, 1024),  # noqa: S505 - refused, which is what is tested
        rsa.generate_private_key(65537, 2560),
        ec.generate_private_key(ec.SECP521R1()),
        ec.generate_private_key(ec.SECP256R1()),
    ):
        with pytest.raises(ValueError, match="key"):
            KeyFileSigner(_pem(key), [paper.certificate])
    with pytest.raises(ValueError, match="certificate"):
        KeyFileSigner(paper.key, [])
    assert PadesSigner(KeyFileSigner(paper.key, [paper.certificate, paper.authority]))


class Counting:
    """A key that counts what it signs."""

    def __init__(self, signer: KeyFileSigner) -> None:
        """Take the key."""
        self._signer = signer
        self.certificates, self.algorithm, self.signed = signer.certificates, signer.algorithm, 0

    def sign(self, data: bytes) -> bytes:
        """Sign."""
        self.signed += 1
        return self._signer.sign(data)


def test_a_paper_longer_than_any_envelope_is_not_signed(paper) -> None:
    """Found before the key is used: 512 KiB hold the paper, its signature and what goes with it."""
    counting = Counting(KeyFileSigner(paper.key, [paper.certificate]))
    signer = PadesSigner(counting)

    def drawn(length: int) -> bytes:
        revision = Revision()
        content = revision.add(StreamBody.filtered(bytes(length), ""))
        entries = f"/MediaBox [0 0 595 842] /Contents {content} /Resources << >>"
        shell = Shell(title="", number="1", issued_on=date(2026, 1, 1), binding=bytes(32), identity=bytes(16))
        return close(revision, [entries], shell, profile=add_profile(revision))

    assert signer.sign(drawn(490 * 1024), paper.moment)
    with pytest.raises(Refused) as caught:
        signer.sign(drawn(512 * 1024), paper.moment)
    assert (caught.value.code, counting.signed) == (Code.OVERSIZE, 1)
