"""Asks one service for time-stamps (RFC 3161), and takes those of pinned authorities.

pyHanko asks and validates. A time-stamp counts when it is over these very bytes, of a certificate for time-stamping
under a pinned authority, and of our own clock's time within five minutes: a service that is late, wrong or another's
refuses. A paper is not given without its time-stamp; a checkpoint is owed one.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

import aiohttp
from asn1crypto import cms, tsp, x509
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.timestamps.api import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError

from konbini.protocol.errors import Code, Refused
from konbini.time_stamps.judging import MOST_STAMP_BYTES, STAMP_FAULTS, status_of

__all__ = ["StampsSeen", "TimeStamps", "stamping_certificate"]

_MOST_ANSWER_BYTES: Final = MOST_STAMP_BYTES + 1024
_ANSWER: Final = "application/timestamp-reply"
_SECONDS: Final = 3.0
_CLOCKS_APART: Final = timedelta(minutes=5)
_FAULTS: Final = (aiohttp.ClientError, OSError, *STAMP_FAULTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class StampsSeen:
    """What came of asking the service: Unix seconds by our own clock of the last answer and of the last failure.

    Both are 0 before the first; `failures` are those since the last answer.
    """

    answered: int = 0
    failed: int = 0
    failures: int = 0


class TimeStamps:
    """A time-stamp service. It is asked from any thread, and remembers in memory what came of it.

    Args:
        url: where it is asked.
        authorities: DER: under which of them its certificate must stand.

    Raises:
        ValueError: no authority is named.
    """

    __slots__ = ("_lock", "_seen", "_url", "authorities")

    def __init__(self, url: str, authorities: Sequence[bytes]) -> None:
        if not authorities:
            raise ValueError("time-stamps are believed of nobody: an authority is needed")
        self._url = url
        self._lock = threading.Lock()
        self._seen = StampsSeen()
        self.authorities = tuple(authorities)

    @property
    def seen(self) -> StampsSeen:
        """What came of asking so far."""
        return self._seen

    async def stamp(self, content: bytes, digest: str, moment: int) -> cms.ContentInfo:
        """Have some bytes time-stamped.

        Args:
            content: what the time-stamp is over: a signature, a checkpoint.
            digest: name of the digest that stands for it.
            moment: Unix seconds by our own clock.

        Raises:
            Refused: `TIME_STAMP_UNAVAILABLE`.
        """
        try:
            stamp = await self._stamped(content, digest, moment)
        except Refused:
            with self._lock:
                self._seen = replace(self._seen, failed=moment, failures=self._seen.failures + 1)
            raise
        with self._lock:
            self._seen = replace(self._seen, answered=moment, failures=0)
        return stamp

    async def _stamped(self, content: bytes, digest: str, moment: int) -> cms.ContentInfo:
        try:
            stamp = await self._ask(hashlib.new(digest, content).digest(), digest)
            status = await status_of(stamp, content, self.authorities, datetime.fromtimestamp(moment, UTC))
        except _FAULTS as error:
            raise _unavailable(type(error).__name__) from error
        if not (status.intact and status.valid and status.trusted):
            raise _unavailable("not under a pinned authority, or not over what was sent")
        if abs(status.timestamp - datetime.fromtimestamp(moment, UTC)) > _CLOCKS_APART:
            raise _unavailable("of another time than ours")
        if len(stamp.dump()) > MOST_STAMP_BYTES:
            raise _unavailable("longer than the room for it")
        return stamp

    async def _ask(self, imprint: bytes, digest: str) -> cms.ContentInfo:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session:
            return await _Service(session, self._url).async_timestamp(imprint, digest)


class _Service(TimeStamper):
    """pyHanko's client with a transport that reads no more than there is room for, and follows nobody elsewhere."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko's
        self._session = session
        self._url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Ask over HTTP (RFC 3161, 3.4)."""
        headers = {"Content-Type": "application/timestamp-query", "Accept": _ANSWER}
        async with self._session.post(self._url, data=req.dump(), headers=headers, allow_redirects=False) as answer:
            if answer.status != HTTPStatus.OK or answer.content_type != _ANSWER:
                raise TimestampRequestError("no answer of a time-stamp service")
            found = bytearray()
            async for part in answer.content.iter_chunked(_MOST_ANSWER_BYTES):
                found += part
                if len(found) > _MOST_ANSWER_BYTES:
                    raise TimestampRequestError("a longer answer than there is room for")
        return tsp.TimeStampResp.load(bytes(found), strict=True)


def stamping_certificate(stamp: cms.ContentInfo) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    """Give the certificate whose key made a time-stamp, and the others that came with it."""
    info = extract_certificate_info(stamp["content"])
    return info.signer_cert, tuple(info.other_certs)


def _unavailable(why: str) -> Refused:
    return Refused(Code.TIME_STAMP_UNAVAILABLE, why)
