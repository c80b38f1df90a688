"""The kiosk's verification refuses everything but the one document that it asked for."""

from __future__ import annotations

import io
import re

import pytest
from asn1crypto import cms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.verification import verify
from konbini.protocol.errors import Code, Refused

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: ANN001 - the fixtures' classes live in conftest, which tests do not import


def _verify(pdf: bytes, signed, paper, **other: object) -> None:
    asked: dict[str, object] = {
        "authorities": [paper.authority],
        "moment": paper.moment,
        "number": signed.number,
        "binding": signed.binding,
        "pages": signed.pages,
    }
    verify(pdf, **(asked | other))  # type: ignore[arg-type]  # one of several fields


def _refused(pdf: bytes, signed, paper, **other: object) -> str:
    with pytest.raises(Refused) as refused:
        _verify(pdf, signed, paper, **other)
    assert refused.value.code is Code.DOCUMENT_INVALID
    return refused.value.detail


def test_the_document_asked_for_passes(signed, paper) -> None:
    """Also where several authorities are pinned, as while one replaces another."""
    _verify(signed.signed, signed, paper)


def test_one_of_several_authorities_suffices(signed, paper, other_paper) -> None:
    """While an authority is replaced the directory names both."""
    _verify(signed.signed, signed, paper, authorities=[other_paper.authority, paper.authority])


def test_what_was_asked_for_must_stand_inside(signed, paper) -> None:
    """Another binding, number or page count: another visit's document, or another order's."""
    assert "binding" in _refused(signed.signed, signed, paper, binding=bytes(32))
    assert "number" in _refused(signed.signed, signed, paper, number="131997-251122-10000002-0")
    assert "pages" in _refused(signed.signed, signed, paper, pages=1)


def test_only_pinned_authorities_count(signed, paper, other_paper) -> None:
    """An authority of the same name with another key, or none at all."""
    assert "authority" in _refused(signed.signed, signed, paper, authorities=[other_paper.authority])
    assert "authority" in _refused(signed.signed, signed, paper, authorities=[])
    by_impostor = other_paper.signer().sign(signed.unsigned, paper.moment)
    assert "authority" in _refused(by_impostor, signed, paper)


def test_certificates_count_at_their_time(signed, paper) -> None:
    """Before and after the certificates' year."""
    year = 366 * 86400
    for moment in (paper.moment - year, paper.moment + year):
        _refused(signed.signed, signed, paper, moment=moment)


def test_an_unsigned_document_is_refused(signed, paper) -> None:
    """As the clerk read it, before it signed."""
    assert "0 signatures" in _refused(signed.unsigned, signed, paper)


def test_every_changed_byte_is_found(signed, paper) -> None:
    """Samples over the whole file, and in what the signature covers of itself: CMS leaves its envelope free."""
    places = [place for place in range(0, len(signed.signed), 1511) if not _reserved(signed.signed, place)]
    for place in [*places, *_covered(signed.signed)]:
        changed = bytearray(signed.signed)
        changed[place] ^= 0x01
        _refused(bytes(changed), signed, paper)


def _reserved(pdf: bytes, place: int) -> bool:
    (found,) = re.finditer(rb"/Contents <[0-9a-f]+>", pdf)
    return place in range(*found.span())


def _covered(pdf: bytes) -> list[int]:
    """Give places within the certificate's signed part, the signed attributes and the signature value."""
    (found,) = re.finditer(rb"/Contents <([0-9a-f]+)>", pdf)
    content = cms.ContentInfo.load(bytes.fromhex(found[1].decode()))["content"]
    signer = content["signer_infos"][0]
    parts = (
        content["certificates"][0].chosen["tbs_certificate"].contents,
        signer["signed_attrs"].contents,
        signer["signature"].contents,
    )
    starts = [(pdf.index(part.hex().encode(), found.start(1)), 2 * len(part)) for part in parts]
    return [place for start, length in starts for place in range(start, start + length, 61)]


def test_another_page_under_the_same_signature_is_found(form, paper, signed) -> None:
    """The update of one document put after another of the same number and binding."""
    update = signed.signed[len(signed.unsigned) :]
    other = form.draw(
        specimen_facts(*PEOPLE, PEOPLE[1]),
        binding=signed.binding,
        seals=specimen_seals(specimen_facts(*PEOPLE, PEOPLE[1])),
    )
    _refused(other + update, signed, paper)


def test_a_revision_after_the_signature_is_found(signed, paper) -> None:
    """Even one that pyHanko would call harmless."""
    writer = IncrementalPdfFileWriter(io.BytesIO(signed.signed))
    writer.root["/PageMode"] = generic.pdf_name("/UseNone")
    writer.update_root()  # type: ignore[no-untyped-call]  # pyHanko's
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]  # pyHanko's
    assert "revisions" in _refused(out.getvalue(), signed, paper)
    assert _refused(signed.signed + b"\n", signed, paper)


async def test_a_signature_that_is_not_pades_is_refused(signed, paper) -> None:
    """The same key and authority, but a plain CMS signature without the certificate's hash; or two signatures."""
    (certificate,) = load_certs_from_pemder_data(paper.certificate)
    plain = signers.SimpleSigner(
        signing_cert=certificate,
        signing_key=load_private_key_from_pemder_data(paper.key, passphrase=None),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # pyHanko's
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(signed.unsigned))
    meta = signers.PdfSignatureMetadata(field_name="Clerk", md_algorithm="sha256")
    out = await signers.async_sign_pdf(writer, meta, plain)
    assert "PAdES" in _refused(out.getvalue(), signed, paper)
    writer = IncrementalPdfFileWriter(io.BytesIO(signed.signed))
    meta = signers.PdfSignatureMetadata(field_name="Second", md_algorithm="sha256")
    out = await signers.async_sign_pdf(writer, meta, plain)
    assert "2 signatures" in _refused(out.getvalue(), signed, paper)


@pytest.mark.parametrize(
    "noise", [b"", b"%PDF-1.7\n", b"\x00" * 4096, b"%PDF-1.7\nxref\n0 1\ntrailer <<>>\nstartxref\n9\n%%EOF"]
)
def test_what_is_no_document_is_refused(signed, paper, noise: bytes) -> None:
    """Noise is a refusal, never a crash."""
    _refused(noise, signed, paper)


def test_a_document_cut_anywhere_is_refused(signed, paper) -> None:
    """A center that truncates."""
    for length in range(0, len(signed.signed), 4001):
        _refused(signed.signed[:length], signed, paper)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_splice_is_refused(signed, paper, data: st.DataObject) -> None:
    """Bytes put in the place of others, near the end above all, where structure stands: a refusal, never a crash."""
    pdf = signed.signed
    start = data.draw(st.integers(0, len(pdf) - 1) | st.integers(len(signed.unsigned) - 4000, len(pdf) - 1))
    length = data.draw(st.integers(0, 64))
    words = st.sampled_from(
        [b"<<", b">>", b"/V 1 0 R", b"9999999999", b"[" * 200, b"/Contents <30", b"0 R", b"-1", b"obj"]
    )
    changed = pdf[:start] + data.draw(words | st.binary(max_size=64)) + pdf[start + length :]
    if changed != pdf and not _padding(pdf, changed):
        _refused(changed, signed, paper)


def _padding(pdf: bytes, changed: bytes) -> bool:
    """Say whether only what no signature covers was changed: the CMS, its envelope and the noughts after it."""
    (found,) = re.finditer(rb"/Contents <[0-9a-f]+>", pdf)
    return (
        len(pdf) == len(changed)
        and pdf[: found.start()] + pdf[found.end() :] == changed[: found.start()] + changed[found.end() :]
    )
