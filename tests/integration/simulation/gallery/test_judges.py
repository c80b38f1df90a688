"""What others say of every paper of the gallery: qpdf, poppler, OpenSSL, pyHanko."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from asn1crypto import x509
from cryptography import x509 as certificates
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from konbini.pdf.binding import binding_of
from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.simulation.gallery.making import Paper, Workshop

Run = Callable[..., str]
Papers = tuple[Paper, ...]
_TEMPLATES = 5 + 2 * 4


def test_every_template_is_there(papers: Papers) -> None:
    """Household and individual form of record and items, seal registration; of four an acting mayor and plain paper."""
    assert len({paper.case.template.form for paper in papers}) == _TEMPLATES
    assert len({paper.case.template.kind for paper in papers}) == len(FORM_KINDS)


def test_qpdf_finds_nothing(papers: Papers, run: Run, tmp_path: Path) -> None:
    """`qpdf --check`: syntax and streams, before and after the signature."""
    path = tmp_path / "paper.pdf"
    for paper in papers:
        for document in (paper.unsigned, paper.signed):
            path.write_bytes(document)
            assert "No syntax or stream encoding errors" in run("qpdf", "--check", path)


def test_poppler_says_valid_and_total(papers: Papers, run: Run, tmp_path: Path) -> None:
    """`pdfsig`: one signature, PAdES, over the whole document."""
    path = tmp_path / "paper.pdf"
    for paper in papers:
        path.write_bytes(paper.signed)
        said = run("pdfsig", "-nocert", path)
        assert "Signature is Valid." in said
        assert "Total document signed" in said
        assert said.count("Signature #") == 1


def test_openssl_verifies_the_cms_to_the_authority(
    papers: Papers, workshop: Workshop, run: Run, tmp_path: Path
) -> None:
    """`openssl cms -verify`, at the moment of signing, with the gallery's authority as the only trust."""
    authority = tmp_path / "authority.pem"
    authority.write_bytes(certificates.load_der_x509_certificate(workshop.authority).public_bytes(Encoding.PEM))
    for paper in papers:
        (only,) = PdfFileReader(io.BytesIO(paper.signed)).embedded_signatures
        start, length, restart, relength = (int(number) for number in only.byte_range)
        covered = paper.signed[start : start + length] + paper.signed[restart : restart + relength]
        (tmp_path / "covered").write_bytes(covered)
        (tmp_path / "cms.der").write_bytes(only.pkcs7_content)
        run(
            *("openssl", "cms", "-verify", "-inform", "DER", "-in", tmp_path / "cms.der", "-binary", "-cades"),
            *("-content", tmp_path / "covered", "-CAfile", authority, "-purpose", "any"),
            *("-attime", workshop.moment, "-out", tmp_path / "out"),
        )
        assert (tmp_path / "out").read_bytes() == covered


async def test_pyhanko_validates_with_its_own_rules(papers: Papers, workshop: Workshop) -> None:
    """The library's validation, run as the library runs it: bottom line, the whole file."""
    context = ValidationContext(trust_roots=[x509.Certificate.load(workshop.authority)], allow_fetching=False)
    usage = KeyUsageConstraints(key_usage={"non_repudiation"})
    for paper in papers:
        (only,) = PdfFileReader(io.BytesIO(paper.signed), strict=True).embedded_signatures
        status = await async_validate_pdf_signature(only, context, key_usage_settings=usage)
        assert status.bottom_line, paper.case.name
        assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE


def test_poppler_reads_the_numbers_on_every_page(papers: Papers, run: Run, tmp_path: Path) -> None:
    """`pdftotext`: number and page n/N stand on each page; the set's hash as well."""
    path = tmp_path / "paper.pdf"
    for paper in papers:
        path.write_bytes(paper.signed)
        pages = run("pdftotext", "-raw", path, "-").removesuffix("\f").split("\f")
        assert len(pages) == paper.pages
        for page, text in enumerate(pages, 1):
            assert paper.case.facts.number in text
            assert f"{page} / {paper.pages} ページ" in text


def test_the_binding_is_the_papers(papers: Papers) -> None:
    """Each paper is bound to its own order and no number stands twice; signing changes nothing of what is read."""
    for paper in papers:
        assert binding_of(PdfFileReader(io.BytesIO(paper.signed))) == (paper.binding, paper.case.facts.number)
    assert len({paper.case.facts.number for paper in papers}) == len(papers)
    assert len({paper.case.name for paper in papers}) == len(papers)
