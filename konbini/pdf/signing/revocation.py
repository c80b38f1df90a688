"""Evidence that no certificate of a signature was revoked, for PAdES B-LT: fetched before, signed with the paper.

pyHanko fetches OCSP answers and CRLs from where the certificates say, and validates the paths of the signing
certificate and of the time-stamp service with them; what it used is kept for some minutes and put into each paper. Only
configured sources are asked: an address in a certificate that lies elsewhere is not. Where there is no evidence
nothing is signed; a certificate that is revoked signs nothing either.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import aiohttp
from asn1crypto import cms, crl, ocsp, x509
from pyhanko.sign.validation.dss import enumerate_ocsp_certs
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, RevokedError, ValidationError
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend

from konbini.protocol.errors import Code, Refused
from konbini.time_stamps.asking import TimeStamps, stamping_certificate

__all__ = ["Evidence", "RevocationSources"]

_PROBE: Final = b"konbini/1 with which certificate do you stamp?"
_KEPT: Final = 10 * 60
_SECONDS: Final = 3
_CLOCKS_APART: Final = timedelta(minutes=5)
_MOST_BYTES: Final = 192 * 1024
_PLAIN: Final = {"Accept-Encoding": "identity"}
_FAULTS: Final = (aiohttp.ClientError, OSError, PathBuildingError, ValidationError, ValueError, TypeError, KeyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a document security store holds (ETSI EN 319 142-1, 5.4.2), each in DER.

    Attributes:
        certificates: of the paths, and of whoever answered.
        answers: OCSP.
        lists: CRLs.
        stamping: SHA-256 of the time-stamp service's certificate that this is about.
    """

    certificates: tuple[bytes, ...]
    answers: tuple[bytes, ...]
    lists: tuple[bytes, ...]
    stamping: bytes

    def covers(self, stamp: cms.ContentInfo) -> bool:
        """Say whether a time-stamp is of the certificate that this is about."""
        own, _ = stamping_certificate(stamp)
        return hashlib.sha256(own.dump()).digest() == self.stamping


class RevocationSources:
    """Collects evidence, and keeps it for ten minutes. One collects at a time, whoever else asks waits for it.

    Args:
        sources: how addresses begin that may be asked, each with a slash at its end.
        authorities: DER: the pinned paper authorities, under which the signing certificate stands.

    Raises:
        ValueError: no source or no authority is named.
    """

    __slots__ = ("_authorities", "_kept", "_lock", "_sources", "_until")

    def __init__(self, sources: Sequence[str], authorities: Sequence[bytes]) -> None:
        if not sources or not authorities:
            raise ValueError("revocation evidence needs sources and a paper authority")
        if not all(source.startswith(("http://", "https://")) and source.endswith("/") for source in sources):
            raise ValueError("a source of revocation evidence is http://.../ or https://.../")
        self._sources = tuple(sources)
        self._authorities = tuple(authorities)
        self._lock = threading.Lock()
        self._kept: Evidence | None = None
        self._until = 0

    def collect(self, certificates: Sequence[bytes], stamps: TimeStamps, moment: int) -> Evidence:
        """Give evidence of the last ten minutes.

        Args:
            certificates: the signer's, see `Signer`.
            stamps: the service that will be asked for a time-stamp.
            moment: Unix seconds.

        Raises:
            Refused: `SIGNING_CERTIFICATE_INVALID` (it is revoked), `TIME_STAMP_UNAVAILABLE`,
                `REVOCATION_EVIDENCE_UNAVAILABLE`.
        """
        with self._lock:
            if self._kept is None or not self._until - _KEPT <= moment < self._until:
                self._kept = asyncio.run(self._fetch(certificates, stamps, moment))
                self._until = moment + _KEPT
            return self._kept

    def forget(self) -> None:
        """Collect anew for the next paper."""
        with self._lock:
            self._kept = None

    async def _fetch(self, certificates: Sequence[bytes], stamps: TimeStamps, moment: int) -> Evidence:
        own, *issuers = (x509.Certificate.load(der) for der in certificates)
        stamping, beside = stamping_certificate(await stamps.stamp(_PROBE, "sha256", moment))
        async with aiohttp.ClientSession(
            middlewares=(self._only_sources,), auto_decompress=False, headers=_PLAIN
        ) as session:
            fetching = AIOHttpFetcherBackend(session, per_request_timeout=_SECONDS)
            paper = await self._path(own, issuers, self._authorities, fetching, moment)
            try:
                time = await self._path(stamping, beside, stamps.authorities, fetching, moment)
            except Refused as refused:
                raise Refused(Code.TIME_STAMP_UNAVAILABLE, f"its certificate: {refused.detail}") from refused
        return _evidence(paper, time, stamping)

    async def _path(
        self,
        certificate: x509.Certificate,
        issuers: Iterable[x509.Certificate],
        authorities: Sequence[bytes],
        fetching: AIOHttpFetcherBackend,
        moment: int,
    ) -> _Path:
        """Validate a path; every certificate of it but the pinned one needs a word that it is not revoked."""
        context = ValidationContext(
            trust_roots=[x509.Certificate.load(der) for der in authorities],
            other_certs=issuers,
            moment=datetime.fromtimestamp(moment, UTC),
            allow_fetching=True,
            fetcher_backend=fetching,
            revocation_mode="require",
            time_tolerance=_CLOCKS_APART,
        )
        try:
            found = await CertificateValidator(certificate, validation_context=context).async_validate_path()
        except RevokedError as error:
            raise Refused(Code.SIGNING_CERTIFICATE_INVALID, "revoked") from error
        except _FAULTS as error:
            raise Refused(Code.REVOCATION_EVIDENCE_UNAVAILABLE, type(error).__name__) from error
        return _Path(certificates=tuple(found), answers=tuple(context.ocsps), lists=tuple(context.crls))

    async def _only_sources(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if not str(request.url).startswith(self._sources):
            raise aiohttp.InvalidURL(request.url, "not a configured source")
        answer = await handler(request)
        length = answer.content_length
        if "Content-Encoding" in answer.headers or length is None or length > _MOST_BYTES:
            answer.close()
            raise aiohttp.ClientPayloadError("packed, of no length, or longer than a paper may carry")
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    certificates: tuple[x509.Certificate, ...]
    answers: tuple[ocsp.OCSPResponse, ...]
    lists: tuple[crl.CertificateList, ...]


def _evidence(paper: _Path, time: _Path, stamping: x509.Certificate) -> Evidence:
    answers = _dumped((*paper.answers, *time.answers))
    answering = [found for answer in (*paper.answers, *time.answers) for found in enumerate_ocsp_certs(answer)]  # type: ignore[no-untyped-call]  # pyHanko's
    made = Evidence(
        certificates=_dumped((*paper.certificates, *time.certificates, *answering)),
        answers=answers,
        lists=_dumped((*paper.lists, *time.lists)),
        stamping=hashlib.sha256(stamping.dump()).digest(),
    )
    if sum(map(len, (*made.certificates, *made.answers, *made.lists))) > _MOST_BYTES:
        raise Refused(Code.REVOCATION_EVIDENCE_UNAVAILABLE, "longer than a paper may carry")
    return made


def _dumped(found: Iterable[x509.Certificate | ocsp.OCSPResponse | crl.CertificateList]) -> tuple[bytes, ...]:
    """Give each once, in an order that does not depend on who answered first."""
    return tuple(sorted({bytes(one.dump()) for one in found}))
