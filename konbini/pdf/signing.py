"""PAdES B-B (ETSI EN 319 142-1): one signature over one finished document, as one incremental update after it.

The update holds the signature dictionary and the signature field, nothing of the pages, so that it carries no personal
data and can be kept where the document itself may not be: `signed[len(unsigned):]` goes back onto the same bytes.
pyHanko makes the CMS over three signed attributes (content type, message digest, signing certificate); the update
around it is two objects of our own syntax, because the library's own writer rewrites metadata with the machine's
clock, a time that nobody handed in. Only the ward's clerk imports this module.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Final, Protocol

from asn1crypto import cms, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute
from pyhanko.sign.signers import pdf_cms
from pyhanko_certvalidator.registry import SimpleCertificateStore

from konbini.pdf.archive import SIGNATURE_FIELD, signature_field
from konbini.pdf.objects import ObjectId, Revision, hex_string

__all__ = ["KeyFileSigner", "PadesSigner", "Signer"]

_DIGEST: Final = "sha256"
_DIGEST_HERE: Final = hashlib.sha256(b"konbini/1 the digest stands here").digest()
_SIGNATURE_HERE: Final = b"\xa5"
_ROOM_TO_SPARE: Final = 64
_LEAST_RSA_BITS: Final = 2048
_RANGE_DIGITS: Final = 10
_RANGE: Final = re.compile(rb"/ByteRange \[0 (0{10} 0{10} 0{10})\]")


class Signer(Protocol):
    """A paper-signing key, wherever it is kept."""

    @property
    def certificates(self) -> Sequence[bytes]:
        """DER: the signing certificate first, then its issuers up to, not including, the pinned authority."""

    def sign(self, data: bytes) -> bytes:
        """Sign the SHA-256 hash of `data`: ECDSA as DER, or RSA with PKCS #1 v1.5 padding."""


class KeyFileSigner:
    """A key from a file: for demonstrations and tests; a ward's key lives in a token.

    Args:
        key: PEM, PKCS #8 without a passphrase: P-256, or RSA of 2048 bits and more.
        certificates: DER, see `Signer`.

    Raises:
        ValueError: another kind of key, or not the certificate's key.
    """

    __slots__ = ("_key", "certificates")

    def __init__(self, key: bytes, certificates: Sequence[bytes]) -> None:
        loaded = serialization.load_pem_private_key(key, password=None)
        if isinstance(loaded, ec.EllipticCurvePrivateKey):
            fit = isinstance(loaded.curve, ec.SECP256R1)
        else:
            fit = isinstance(loaded, rsa.RSAPrivateKey) and loaded.key_size >= _LEAST_RSA_BITS
        if not fit or not isinstance(loaded, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise ValueError("a paper-signing key is P-256, or RSA of 2048 bits and more")
        if not certificates or _spki(loaded) != x509.Certificate.load(certificates[0]).public_key.dump():
            raise ValueError("the key is not that of the signing certificate")
        self._key = loaded
        self.certificates = tuple(certificates)

    def sign(self, data: bytes) -> bytes:
        """Sign the SHA-256 hash of `data`."""
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(data, ec.ECDSA(hashes.SHA256()))
        return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def _spki(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


class PadesSigner:
    """Signs documents with one key, from any thread; the certificates are read once.

    Args:
        signer: holds the key.
    """

    __slots__ = ("_cms", "_reserved")

    def __init__(self, signer: Signer) -> None:
        self._cms = _Cms(signer)
        self._reserved = len(self._cms.of(bytes(hashlib.sha256().digest_size))) + _ROOM_TO_SPARE

    def sign(self, pdf: bytes, moment: int) -> bytes:
        """Sign a finished document of ours.

        Args:
            pdf: unsigned, of one revision, with the empty signature field that our documents have.
            moment: Unix seconds, for the signature's `/M`.

        Returns:
            The same bytes and the update after them.

        Raises:
            ValueError: not such a document; that is our own defect, since the clerk reads a document before it signs.
        """
        update = bytearray(_update(pdf, moment, self._reserved))
        start = update.index(b"/Contents <") + len(b"/Contents ")
        end = start + 2 * self._reserved + 2
        digits = f"{len(pdf) + start:>10} {len(pdf) + end:>10} {len(update) - end:>10}".encode()
        placeholder = _RANGE.search(update)
        if placeholder is None:
            raise ValueError("the update has no byte range")
        update[slice(*placeholder.span(1))] = digits
        signed = hashlib.sha256(pdf + update[:start] + update[end:]).digest()
        contents = self._cms.of(signed)
        update[start + 1 : start + 1 + 2 * len(contents)] = contents.hex().encode()
        return pdf + bytes(update)


def _update(pdf: bytes, moment: int, reserved: int) -> bytes:
    """Make the update with room for byte range and CMS."""
    try:
        reader = PdfFileReader(BytesIO(pdf))
        field = reader.root["/AcroForm"]["/Fields"].raw_get(0)
        fields, page = field.get_object(), field.get_object().raw_get("/P")
        unsigned = fields["/T"] == SIGNATURE_FIELD and "/V" not in fields and reader.xrefs.total_revisions == 1
        size, root = int(reader.trailer["/Size"]), ObjectId(reader.root_ref.idnum)
        previous_xref = int(reader.last_startxref or 0)
        first_id = bytes(reader.trailer["/ID"][0].original_bytes)
    except (PdfError, KeyError, IndexError, AttributeError) as error:
        raise ValueError("not a document of ours") from error
    if not unsigned:
        raise ValueError("signed already, or of more than one revision")
    revision = Revision(size)
    signature = revision.add(
        "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached "
        f"/M {_pdf_moment(moment)} /ByteRange [0 {' '.join(['0' * _RANGE_DIGITS] * 3)}] "
        f"/Contents <{'00' * reserved}> >>"
    )
    revision.put(ObjectId(field.idnum), signature_field(f"{page.idnum} 0 R", signature))
    second_id = hashlib.sha256(first_id + moment.to_bytes(8)).digest()[: len(first_id)]
    return revision.to_update(
        after=len(pdf),
        previous_xref=previous_xref,
        root=root,
        file_id=f"[{hex_string(first_id)} {hex_string(second_id)}]",
    )


def _pdf_moment(moment: int) -> str:
    return f"(D:{datetime.fromtimestamp(moment, UTC):%Y%m%d%H%M%S}Z)"


class _Mould(pdf_cms.Signer):
    """pyHanko's maker of CMS, for one cast: placeholders stand for the digest and for a signature of `length` bytes."""

    def __init__(self, certificates: Sequence[bytes], length: int) -> None:
        own, *issuers = (x509.Certificate.load(der) for der in certificates)
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko's
        store.register_multiple(issuers)
        super().__init__(signing_cert=own, cert_registry=store)
        described: tuple[tuple[str, object], ...] = (
            ("content_type", "data"),
            ("message_digest", _DIGEST_HERE),
            ("signing_certificate_v2", as_signing_certificate_v2(own)),
        )
        self._attributes = cms.CMSAttributes([simple_cms_attribute(*one) for one in described])  # type: ignore[no-untyped-call]  # pyHanko's
        self._length = length
        self._to_sign = b""

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002 - pyHanko's signature
        """Keep what is to be signed, and return a placeholder for the signature."""
        del digest_algorithm, dry_run
        self._to_sign = data
        return _SIGNATURE_HERE * self._length

    async def unsigned_attrs(self, *_: object, **__: object) -> None:
        """Add nothing beside the signature: a time-stamp would make it B-T."""

    def cast(self) -> tuple[bytes, bytes]:
        """Return the signed attributes as they are signed, and the CMS around them."""
        steps = self.async_sign_prescribed_attributes(_DIGEST, self._attributes)
        try:
            steps.send(None)  # pyHanko's signers are coroutines for the sake of remote ones; this one never waits
        except StopIteration as done:
            return self._to_sign, bytes(done.value.dump())
        raise RuntimeError("a signer at hand waited")


class _Cms:
    """CMS by CMS from one mould: only digest and signature change, so the certificates are encoded once.

    A signature's length varies (ECDSA in DER), and with it the lengths around it: one cast is kept for each length.
    """

    __slots__ = ("_casts", "_port", "_to_sign")

    def __init__(self, signer: Signer) -> None:
        self._port = signer
        self._casts: dict[int, bytes] = {}
        self._to_sign, _ = _Mould(signer.certificates, 1).cast()

    def of(self, digest: bytes) -> bytes:
        """Return the CMS over a document's SHA-256 digest."""
        signature = self._port.sign(self._to_sign.replace(_DIGEST_HERE, digest))
        length = len(signature)
        cast = self._casts.get(length)
        if cast is None:
            _, cast = _Mould(self._port.certificates, length).cast()
            self._casts[length] = cast
        head, found, tail = cast.rpartition(_SIGNATURE_HERE * length)
        if not found or head.count(_DIGEST_HERE) != 1:
            raise ValueError("the cast has no place for digest and signature")
        return head.replace(_DIGEST_HERE, digest) + signature + tail
