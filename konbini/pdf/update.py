"""What the revision of a signature may hold: a closed list, so that signing cannot change what is printed.

Two revisions: the document that the clerk read, and one update with the signature, its field and, for B-LT, the
document security store and the catalogue that names it. No object of a page, no font, no picture, no action; the
catalogue is the one before, but for the store. Known limit: what the store's streams hold is for whoever checks
revocation later.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from konbini.protocol.errors import Code, Refused

__all__ = ["check_update"]

_REVISIONS: Final = 2
_SUBFILTER: Final = "/ETSI.CAdES.detached"
_SIGNATURE: Final = frozenset(("/Type", "/Filter", "/SubFilter", "/M", "/ByteRange", "/Contents"))
_FIELD: Final = frozenset(("/Type", "/Subtype", "/FT", "/T", "/V", "/F", "/Rect", "/P"))
_STORE: Final = frozenset(("/Certs", "/OCSPs", "/CRLs"))
_STREAM: Final = frozenset(("/Length", "/Filter"))


def check_update(reader: PdfFileReader, signature: EmbeddedPdfSignature, *, stamped: bool) -> None:
    """Check the signature's revision.

    Args:
        reader: the document.
        signature: its only signature.
        stamped: whether a time-stamp stands beside the signature: a store without one is of no level.

    Raises:
        Refused: `DOCUMENT_INVALID`, saying what is there that should not be.
    """
    revisions = reader.xrefs.total_revisions
    if revisions != _REVISIONS:
        raise _invalid(f"{revisions} revisions")
    if signature.sig_object.get("/SubFilter") != _SUBFILTER:
        raise _invalid("not a PAdES signature")
    if frozenset(signature.sig_object) != _SIGNATURE or frozenset(signature.sig_field) != _FIELD:
        raise _invalid("other entries of the signature than ours")
    allowed = {_reference(reader.root["/AcroForm"]["/Fields"], 0), _reference(signature.sig_field, "/V")}
    if "/DSS" in reader.root:
        if not stamped:
            raise _invalid("revocation evidence without a time-stamp")
        allowed |= _store(reader)
    if reader.xrefs.explicit_refs_in_revision(1) != allowed or reader.xrefs.refs_freed_in_revision(1):
        raise _invalid("the signature's revision holds something else than a signature")
    _check_catalogue(reader)


def _invalid(why: str) -> Refused:
    return Refused(Code.DOCUMENT_INVALID, why)


def _reference(holder: generic.DictionaryObject | generic.ArrayObject, place: str | int) -> generic.Reference:
    """Give what an indirect entry names."""
    entry = holder.raw_get(place)  # type: ignore[arg-type]  # a name in the one, an index in the other
    if not isinstance(entry, generic.IndirectObject):
        raise _invalid("an entry that is not of its own")
    return entry.reference


def _store(reader: PdfFileReader) -> set[generic.Reference]:
    """Give the objects of the document security store, and the catalogue that names it."""
    store = reader.root["/DSS"]
    if not isinstance(store, generic.DictionaryObject) or not frozenset(store) <= _STORE | {"/Type"}:
        raise _invalid("other entries of the evidence than ours")
    found = {_reference(reader.root, "/DSS"), reader.root_ref}
    for name in _STORE & frozenset(store):
        streams = store[name]
        for index in range(len(streams)):
            stream = streams[index]
            if not isinstance(stream, generic.StreamObject) or frozenset(stream) != _STREAM:
                raise _invalid("evidence that is not a stream of ours")
            found.add(_reference(streams, index))
    return found


def _check_catalogue(reader: PdfFileReader) -> None:
    before, after = reader.get_historical_root(0), generic.DictionaryObject(reader.root)  # type: ignore[no-untyped-call]  # pyHanko's
    after.pop("/DSS", None)
    if _written(before) != _written(after):
        raise _invalid("the catalogue is not the one before")


def _written(dictionary: generic.DictionaryObject) -> bytes:
    out = BytesIO()
    dictionary.write_to_stream(out, None)
    return out.getvalue()
