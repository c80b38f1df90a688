"""PAdES B-B, B-T and B-LT of every algorithm before every judge; and no lower level where a service fails."""

from __future__ import annotations

import asyncio
import io
import re
import socket
import subprocess
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.ades import simulate_future_ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.policy_decl import PdfSignatureValidationSpec, SignatureValidationSpec
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from konbini.pdf.signing import KeyFileSigner, PadesSigner, RevocationSources
from konbini.pdf.verification import verify
from konbini.protocol.errors import Code, Refused
from konbini.time_stamps.asking import TimeStamps
from tests.integration.pdf.conftest import KEYS
from tests.integration.pdf.services import Infrastructure, Served, make_infrastructure

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: ANN001 - the fixtures' classes live in conftest, which tests do not import

LEVELS = ("B-B", "B-T", "B-LT")
SHORT = {("P-256", "B-T"), ("P-256", "B-LT"), ("RSA-2048", "B-LT")}
USAGE = KeyUsageConstraints(key_usage={"non_repudiation"})
EVERY = [
    pytest.param(key, level, marks=() if (key, level) in SHORT else pytest.mark.long, id=f"{key} {level}")
    for key in KEYS
    for level in LEVELS
]


def now() -> int:
    """The services' time is the machine's, so theirs is."""
    return int(time.time())


def signer(served: Served, level: str, *, stamps: str = "stamps", url: str = "", source: str = "") -> PadesSigner:
    """A signer of a level; the services are the infrastructure's where no other are named."""
    asked = TimeStamps(url or served.stamps(stamps), [served.stamps_authority])
    sources = RevocationSources([source or served.source], [served.authority])
    return PadesSigner(
        KeyFileSigner(served.key, [served.certificate]),
        time_stamps=None if level == "B-B" else asked,
        revocation=sources if level == "B-LT" else None,
    )


def run(*command: str | Path) -> str:
    """Ask a judge."""
    made = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - by name
    assert made.returncode == 0, made.stdout + made.stderr
    return made.stdout


@pytest.mark.parametrize(("key", "level"), EVERY)
async def test_every_judge_takes_it(  # noqa: PLR0913, PLR0917 - fixtures
    infrastructure: Infrastructure, keys_folder: Path, drawn, tmp_path: Path, key: str, level: str
) -> None:
    """The kiosk, pyHanko by the level's own rules, poppler, OpenSSL and qpdf."""
    served = infrastructure.served(key, keys_folder)
    moment = now()
    pdf = await _signed(signer(served, level), drawn.unsigned, moment)
    _kiosk(pdf, drawn, served, moment)
    assert pdf.startswith(drawn.unsigned)
    status = await _pyhanko(pdf, served, level)
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert (status.timestamp_validity is not None) is (level != "B-B")
    assert (b"/DSS" in pdf) is (level == "B-LT")
    file = tmp_path / "signed.pdf"
    file.write_bytes(pdf)
    assert "No syntax or stream encoding errors" in run("qpdf", "--check", file)
    said = run("pdfsig", "-nocert", file)
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    _openssl(pdf, served, tmp_path)


async def _signed(by: PadesSigner, unsigned: bytes, moment: int) -> bytes:
    """Sign in a thread, as the clerk does."""
    return await asyncio.to_thread(by.sign, unsigned, moment)


def _kiosk(pdf: bytes, drawn, served: Served, moment: int) -> None:
    asked = {"number": drawn.number, "binding": drawn.binding, "pages": drawn.pages}
    verify(pdf, authorities=[served.authority], moment=moment, **asked)


async def _pyhanko(pdf: bytes, served: Served, level: str) -> PdfSignatureStatus:
    """B-LT is judged offline, by the revocation evidence inside alone."""
    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    (only,) = reader.embedded_signatures
    roots = [x509.Certificate.load(der) for der in (served.authority, served.stamps_authority)]
    known: dict[str, object] = {"trust_roots": roots, "allow_fetching": False, "retroactive_revinfo": True}
    if level == "B-LT":
        store = DocumentSecurityStore.read_dss(reader)
        context = store.as_validation_context({**known, "revocation_mode": "require"})
    else:
        context = ValidationContext(trust_roots=roots, allow_fetching=False)
    return await async_validate_pdf_signature(only, context, key_usage_settings=USAGE)


async def test_what_is_embedded_is_all_that_is_needed_later(served: Served, drawn) -> None:
    """PyHanko's long-term rules, twenty years on: B-LT holds where nothing can be fetched any more, B-T does not."""
    moment = now()
    roots = [x509.Certificate.load(der) for der in (served.authority, served.stamps_authority)]
    rules = PdfSignatureValidationSpec(
        SignatureValidationSpec(
            CertValidationPolicySpec(
                trust_manager=SimpleTrustManager.build(roots), revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO)
            ),
            key_usage_settings=USAGE,
        )
    )
    later = datetime.now(UTC) + timedelta(days=20 * 365)
    judged = []
    for level in ("B-T", "B-LT"):
        pdf = await _signed(signer(served, level), drawn.unsigned, moment)
        (only,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        judged.append((await simulate_future_ades_lta_validation(only, rules, later)).ades_subindic)
    assert judged[1] is AdESPassed.OK
    assert judged[0] is not AdESPassed.OK


def _openssl(pdf: bytes, served: Served, folder: Path) -> None:
    (only,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    start, length, restart, relength = (int(number) for number in only.byte_range)
    (folder / "covered").write_bytes(pdf[start : start + length] + pdf[restart : restart + relength])
    (folder / "cms.der").write_bytes(only.pkcs7_content)
    (folder / "authority.der").write_bytes(served.authority)
    run("openssl", "x509", "-inform", "DER", "-in", folder / "authority.der", "-out", folder / "authority.pem")
    run(
        *("openssl", "cms", "-verify", "-inform", "DER", "-in", folder / "cms.der", "-binary", "-content"),
        *(folder / "covered", "-CAfile", folder / "authority.pem", "-purpose", "any", "-cades", "-out", folder / "out"),
    )


def refused(by: PadesSigner, drawn, moment: int) -> Refused:
    """Check that nothing is given."""
    with pytest.raises(Refused) as caught:
        by.sign(drawn.unsigned, moment)
    return caught.value


@pytest.fixture
def nobody() -> str:
    """An address on loopback where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/"


@pytest.mark.parametrize("level", ["B-T", "B-LT"])
def test_no_paper_without_its_time_stamp(served: Served, drawn, nobody: str, level: str) -> None:
    """A service that is down, is no time-stamp service, or stands under nobody that is pinned: never silently B-B."""
    for by in (
        signer(served, level, url=nobody),
        signer(served, level, url=f"{served.prefix}/ward/crls/time/latest.crl"),
        signer(served, level, stamps="missing"),
        signer(served, level, stamps="stamps-of-strangers"),
    ):
        assert refused(by, drawn, now()).code is Code.TIME_STAMP_UNAVAILABLE


def test_a_time_stamp_of_another_time_does_not_count(served: Served, drawn) -> None:
    """Ten minutes off, either way, by the clerk's clock."""
    for off in (-600, 600):
        told = refused(signer(served, "B-T"), drawn, now() + off)
        assert told.code is Code.TIME_STAMP_UNAVAILABLE
        assert "time" in told.detail


def test_no_paper_without_its_evidence(served: Served, drawn, nobody: str) -> None:
    """Sources that are not the certificates', and nobody who answers there."""
    for source in (nobody, f"{served.prefix}/elsewhere/"):
        told = refused(signer(served, "B-LT", source=source), drawn, now())
        assert told.code in (Code.REVOCATION_EVIDENCE_UNAVAILABLE, Code.TIME_STAMP_UNAVAILABLE)


def test_only_configured_sources_are_asked(infrastructure: Infrastructure, served: Served, drawn) -> None:
    """An address in a certificate that lies elsewhere is never dialled."""
    infrastructure.asked.clear()
    refused(signer(served, "B-LT", source=f"{served.prefix}/elsewhere/"), drawn, now())
    assert set(infrastructure.asked) == {"/ward/tsa/stamps"}


def test_a_revoked_certificate_signs_nothing(infrastructure: Infrastructure, keys_folder: Path, drawn) -> None:
    """Neither the ward's nor the time-stamp service's."""
    revoked = infrastructure.served("P-256-revoked", keys_folder)
    assert refused(signer(revoked, "B-LT"), drawn, now()).code is Code.SIGNING_CERTIFICATE_INVALID
    served = infrastructure.served("P-256", keys_folder)
    told = refused(signer(served, "B-LT", stamps="stamps-revoked"), drawn, now())
    assert told.code is Code.TIME_STAMP_UNAVAILABLE


def test_evidence_is_kept_for_ten_minutes(infrastructure: Infrastructure, served: Served, drawn) -> None:
    """Several papers, one question to the sources; each paper its own time-stamp. After a failure it is asked anew."""
    by, moment = signer(served, "B-LT"), now()
    infrastructure.asked.clear()
    for _ in range(3):
        by.sign(drawn.unsigned, moment)
    assert infrastructure.asked.count("/ward/ocsp/papers") == 1
    assert infrastructure.asked.count("/ward/tsa/stamps") == 4
    assert by._revocation is not None
    by._revocation.forget()
    by.sign(drawn.unsigned, moment)
    assert infrastructure.asked.count("/ward/ocsp/papers") == 2


def test_services_of_a_year_ago_are_not_believed(tmp_path: Path, drawn) -> None:
    """A time-stamp service that lives in another time, with our certificates valid in both."""
    past = datetime.now(UTC) - timedelta(days=90)
    running = make_infrastructure(tmp_path, {"P-256": KEYS["P-256"]()}, past)
    running.start()
    try:
        told = refused(signer(running.served("P-256", tmp_path), "B-T"), drawn, now())
    finally:
        running.close()
    assert told.code is Code.TIME_STAMP_UNAVAILABLE


def test_the_update_of_b_lt_holds_no_personal_data(served: Served, drawn) -> None:
    """Signature, field, store, its streams, and the catalogue: with number and binding, and nothing of a page."""
    update = signer(served, "B-LT").sign(drawn.unsigned, now())[len(drawn.unsigned) :]
    kinds = sorted(re.findall(rb"\d+ 0 obj\n<< /Type /(\w+)", update))
    assert kinds == [b"Annot", b"Catalog", b"DSS", b"Sig"]
    assert len(update) < 48 * 1024


def test_levels_need_what_they_stand_on(served: Served) -> None:
    """B-LT stands on B-T; nobody is believed where nobody is pinned; a source ends with a slash."""
    key = KeyFileSigner(served.key, [served.certificate])
    with pytest.raises(ValueError, match="service"):
        PadesSigner(key, revocation=RevocationSources([served.source], [served.authority]))
    with pytest.raises(ValueError, match="nobody"):
        TimeStamps(served.stamps(), [])
    for sources, authorities in (([], [b""]), ([served.source], []), ([served.prefix], [b""])):
        with pytest.raises(ValueError, match="evidence"):
            RevocationSources(sources, authorities)


def test_a_certificate_outside_its_time_signs_nothing(served: Served, drawn) -> None:
    """Before its first second and after its last; nothing is asked of anybody either."""
    own = x509.Certificate.load(served.certificate)
    first, last = (int(day.timestamp()) for day in (own.not_valid_before, own.not_valid_after))
    by = signer(served, "B-B")
    for moment, why in ((first - 1, "not valid yet"), (last + 1, "expired")):
        told = refused(by, drawn, moment)
        assert (told.code, told.detail) == (Code.SIGNING_CERTIFICATE_INVALID, why)
        assert refused(signer(served, "B-T"), drawn, moment).code is Code.SIGNING_CERTIFICATE_INVALID
    for moment in (first, last):
        assert by.sign(drawn.unsigned, moment)


def test_papers_of_b_lt_in_many_threads(infrastructure: Infrastructure, served: Served, drawn) -> None:
    """As the clerk signs: each paper its own time-stamp, the sources asked once."""
    by, moment = signer(served, "B-LT"), now()
    infrastructure.asked.clear()
    with ThreadPoolExecutor(6) as threads:
        papers = list(threads.map(lambda _: by.sign(drawn.unsigned, moment), range(12)))
    assert len(set(papers)) == 12
    for pdf in papers:
        _kiosk(pdf, drawn, served, moment)
    assert infrastructure.asked.count("/ward/ocsp/papers") == 1


@pytest.mark.parametrize(
    ("headers", "body", "is_read"),
    [
        ({}, bytes(1000), True),
        ({}, bytes(192 * 1024 + 1), False),
        ({"Content-Encoding": "deflate"}, zlib.compress(bytes(8 << 20)), False),
        ({"Transfer-Encoding": "chunked"}, bytes(1000), False),
    ],
)
async def test_a_source_answers_in_a_size_that_is_known(
    served: Served, headers: dict[str, str], body: bytes, *, is_read: bool
) -> None:
    """The clerk reads no list, and no answer, that no paper could carry."""

    async def answer(_request: web.BaseRequest) -> web.StreamResponse:
        said = web.Response(body=body, headers={k: v for k, v in headers.items() if k == "Content-Encoding"})
        if "Transfer-Encoding" in headers:
            said.enable_chunked_encoding()
        return said

    server = web.Server(answer, access_log=None)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    source = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"
    sources = RevocationSources([source], [served.authority])
    async with aiohttp.ClientSession(middlewares=(sources._only_sources,), auto_decompress=False) as session:
        if is_read:
            async with session.get(source) as read:
                assert await read.read() == body
        else:
            with pytest.raises(aiohttp.ClientPayloadError, match="longer than a paper may carry"):
                await session.get(source)
    listener.close()
    await server.shutdown()
