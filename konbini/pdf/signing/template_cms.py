"""CMS by CMS from one mould: pyHanko makes it once for a key, and only digest and signature are put in.

PAdES B-B signs three attributes (ETSI EN 319 142-1, 6.3): content type, message digest, signing certificate. Time
stands in the signature dictionary's `/M`. So two CMS of one key differ in the digest, the signature, and the lengths
around an ECDSA signature, which varies by a few bytes: one cast is kept for each length. With a time-stamp (B-T) a
third thing is put in the same way. A test compares the result with pyHanko's own, byte for byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from asn1crypto import cms, x509
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute
from pyhanko.sign.signers import pdf_cms
from pyhanko_certvalidator.registry import SimpleCertificateStore

from konbini.pdf.signing.port import Signer

__all__ = ["TemplateCms"]

_HERE: Final = b"konbini/1 the digest stands here"
_SIGNATURE_HERE: Final = b"\xa5"
_MOST_CASTS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cast:
    """What stands around digest, signature and time-stamp."""

    head: bytes
    middle: bytes
    between: bytes
    tail: bytes

    def filled(self, digest: bytes, signature: bytes, stamp: bytes = b"") -> bytes:
        """Put them in."""
        return b"".join((self.head, digest, self.middle, signature, self.between, stamp, self.tail))


class TemplateCms:
    """Makes the CMS of one key, from any thread.

    Args:
        signer: holds the key.
    """

    __slots__ = ("_after", "_before", "_casts", "_signer", "room")

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._before, self._after = _signed_attributes(tuple(signer.certificates), signer.algorithm.digest)
        self._casts: dict[tuple[int, int], _Cast] = {}
        most = signer.algorithm.longest_signature
        self.room = len(self._cast(most).filled(_digest_here(signer.algorithm.digest), bytes(most)))
        if signer.algorithm.elliptic:  # nearly all signatures are of these lengths; the others are cast when they come
            for length in range(most - 4, most):
                self._cast(length)

    def of(self, digest: bytes) -> tuple[bytes, bytes]:
        """Sign a document's digest (`Algorithm.digest`).

        Returns:
            The CMS, `room` bytes long at most, and the signature in it.

        Raises:
            Refused: the signer's.
        """
        signature = self._signer.sign(self._before + digest + self._after)
        return self._cast(len(signature)).filled(digest, signature), signature

    def stamped(self, digest: bytes, signature: bytes, stamp: cms.ContentInfo) -> bytes:
        """Give the CMS of B-T: with a time-stamp over the signature beside it."""
        return self._cast(len(signature), stamp).filled(digest, signature, stamp.dump())

    def _cast(self, length: int, stamp: cms.ContentInfo | None = None) -> _Cast:
        """Give the cast for a signature and a time-stamp of these lengths."""
        lengths = (length, 0 if stamp is None else len(stamp.dump()))
        cast = self._casts.get(lengths)
        if cast is None:
            if len(self._casts) >= _MOST_CASTS:  # a service whose answers are of ever other lengths
                self._casts.clear()
            certificates, hashed = tuple(self._signer.certificates), self._signer.algorithm.digest
            cast = self._casts[lengths] = (
                _bare_cast(certificates, hashed, length)
                if stamp is None
                else _stamped_cast(certificates, hashed, length, stamp)
            )
        return cast


@lru_cache(maxsize=16)
def _signed_attributes(certificates: tuple[bytes, ...], hashed: str) -> tuple[bytes, bytes]:
    """Give what stands before and after a document's digest in what is signed."""
    digest = _digest_here(hashed)
    to_sign, _ = _Mould(certificates, hashed, digest, _SIGNATURE_HERE).cast()
    return _split(to_sign, digest)


@lru_cache(maxsize=64)  # of the certificates alone: signers of one key share it
def _bare_cast(certificates: tuple[bytes, ...], hashed: str, length: int) -> _Cast:
    digest, signature = _digest_here(hashed), _SIGNATURE_HERE * length
    _, whole = _Mould(certificates, hashed, digest, signature).cast()
    head, rest = _split(whole, digest)
    middle, between = _split(rest, signature)
    return _Cast(head=head, middle=middle, between=between, tail=b"")


def _stamped_cast(certificates: tuple[bytes, ...], hashed: str, length: int, stamp: cms.ContentInfo) -> _Cast:
    digest, signature = _digest_here(hashed), _SIGNATURE_HERE * length
    beside = cms.CMSAttributes([simple_cms_attribute("signature_time_stamp_token", stamp)])  # type: ignore[no-untyped-call]  # pyHanko's
    _, whole = _Mould(certificates, hashed, digest, signature, beside).cast()
    head, rest = _split(whole, digest)
    middle, rest = _split(rest, signature)
    between, tail = _split(rest, stamp.dump())
    return _Cast(head=head, middle=middle, between=between, tail=tail)


def _digest_here(hashed: str) -> bytes:
    return hashlib.new(hashed, _HERE).digest()


def _split(whole: bytes, place: bytes) -> tuple[bytes, bytes]:
    if whole.count(place) != 1:
        raise ValueError("the cast has no place for what goes into it, or more than one")
    before, _, after = whole.partition(place)
    return before, after


class _Mould(pdf_cms.Signer):
    """pyHanko's maker of CMS, for one cast around a digest and a signature that it is handed."""

    def __init__(
        self,
        certificates: Sequence[bytes],
        hashed: str,
        digest: bytes,
        signature: bytes,
        beside: cms.CMSAttributes | None = None,
    ) -> None:
        own, *issuers = (x509.Certificate.load(der) for der in certificates)
        super().__init__(signing_cert=own, cert_registry=_store(issuers))
        described: tuple[tuple[str, object], ...] = (
            ("content_type", "data"),
            ("message_digest", digest),
            ("signing_certificate_v2", as_signing_certificate_v2(own)),
        )
        self._attributes = cms.CMSAttributes([simple_cms_attribute(*one) for one in described])  # type: ignore[no-untyped-call]  # pyHanko's
        self._digest = hashed
        self._signature = signature
        self._beside = beside
        self._to_sign = b""

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002 - pyHanko's signature
        """Keep what is to be signed, and return the signature that was handed in."""
        del digest_algorithm, dry_run
        self._to_sign = data
        return self._signature

    async def unsigned_attrs(self, *_: object, **__: object) -> cms.CMSAttributes | None:
        """Add what was handed in beside the signature: nothing, or its time-stamp."""
        return self._beside

    def cast(self) -> tuple[bytes, bytes]:
        """Return the signed attributes as they are signed, and the CMS around them."""
        steps = self.async_sign_prescribed_attributes(self._digest, self._attributes)
        try:
            steps.send(None)  # pyHanko's signers are coroutines for the sake of remote ones; this one never waits
        except StopIteration as done:
            return self._to_sign, bytes(done.value.dump())
        raise RuntimeError("a signer at hand waited")


def _store(certificates: Sequence[x509.Certificate]) -> SimpleCertificateStore:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko's
    store.register_multiple(certificates)
    return store
