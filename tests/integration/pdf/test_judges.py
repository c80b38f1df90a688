"""What others say of a signed certificate: poppler, OpenSSL, pyHanko, qpdf."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext


def _run(*command: str | Path) -> str:
    made = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - a judge, by name
    assert made.returncode == 0, made.stdout + made.stderr
    return made.stdout


@pytest.fixture
def files(tmp_path: Path, signed, paper) -> Path:  # type: ignore[no-untyped-def]  # noqa: ANN001 - fixtures' classes live in conftest
    """The signed document, its authority, its CMS and what the CMS signs."""
    (tmp_path / "signed.pdf").write_bytes(signed.signed)
    (tmp_path / "unsigned.pdf").write_bytes(signed.unsigned)
    (tmp_path / "authority.der").write_bytes(paper.authority)
    _run("openssl", "x509", "-inform", "DER", "-in", tmp_path / "authority.der", "-out", tmp_path / "authority.pem")
    (only,) = PdfFileReader(io.BytesIO(signed.signed)).embedded_signatures
    start, length, restart, relength = (int(number) for number in only.byte_range)
    covered = signed.signed[start : start + length] + signed.signed[restart : restart + relength]
    (tmp_path / "covered").write_bytes(covered)
    (tmp_path / "cms.der").write_bytes(only.pkcs7_content)
    return tmp_path


def test_poppler_says_valid_and_total(files: Path) -> None:
    """`pdfsig`: PAdES sub-filter, the whole document, a signature that holds."""
    said = _run("pdfsig", "-nocert", files / "signed.pdf")
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert said.count("Signature #") == 1


def test_openssl_verifies_the_cms_to_the_authority(files: Path) -> None:
    """`openssl cms -verify`, with the pinned authority as the only trust."""
    _run(
        *("openssl", "cms", "-verify", "-inform", "DER", "-in", files / "cms.der", "-binary", "-content"),
        *(files / "covered", "-CAfile", files / "authority.pem", "-purpose", "any", "-cades", "-out", files / "out"),
    )
    assert (files / "out").read_bytes() == (files / "covered").read_bytes()


def test_openssl_refuses_the_cms_over_other_bytes(files: Path) -> None:
    """The judge can say no."""
    covered = bytearray((files / "covered").read_bytes())
    covered[1000] ^= 1
    (files / "covered").write_bytes(covered)
    with pytest.raises(AssertionError):
        test_openssl_verifies_the_cms_to_the_authority(files)


@pytest.mark.parametrize("name", ["unsigned.pdf", "signed.pdf"])
def test_qpdf_finds_nothing(files: Path, name: str) -> None:
    """`qpdf --check`: syntax and streams; its exit code is not 0 on a warning either."""
    assert "No syntax or stream encoding errors" in _run("qpdf", "--check", files / name)


def test_poppler_shows_only_embedded_fonts(files: Path) -> None:
    """`pdffonts`: two subsets, embedded, with text maps."""
    rows = _run("pdffonts", files / "signed.pdf").splitlines()[2:]
    assert len(rows) == 2
    assert all("+IPAmjMincho" in row and row.split()[-5:-2] == ["yes", "yes", "yes"] for row in rows)


async def test_pyhanko_validates_with_its_own_rules(signed, paper) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - as above
    """The library's validation, run as the library runs it: bottom line, nothing modified."""
    (only,) = PdfFileReader(io.BytesIO(signed.signed), strict=True).embedded_signatures
    roots = [x509.Certificate.load(paper.authority)]
    status = await async_validate_pdf_signature(
        only,
        ValidationContext(trust_roots=roots, allow_fetching=False),
        key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
    )
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE


def test_poppler_reads_the_names_with_their_selectors(files: Path) -> None:
    """`pdftotext`, a third reader: variation selectors and the second plane come back."""
    said = _run("pdftotext", "-raw", files / "signed.pdf", "-")
    for name in ("葛\U000e0102西 葛\U000e0103乃", "邉\U000e0118野", "𠮷次郎", "BARTHOLOMEW"):
        assert name in said
