"""What a signature's revision may hold, attacked by whoever holds the ward's own key: the kiosk refuses the rest."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Callable

import pytest
from asn1crypto import cms, core
from pyhanko.sign.general import simple_cms_attribute

from konbini.pdf.archive import signature_field
from konbini.pdf.objects import ObjectId, Revision, StreamBody, hex_string
from konbini.pdf.signing import KeyFileSigner, PadesSigner, RevocationSources
from konbini.pdf.signing.placing import Place, find_place
from konbini.pdf.signing.template_cms import TemplateCms
from konbini.pdf.verification import verify
from konbini.protocol.errors import Code, Refused
from konbini.time_stamps.asking import TimeStamps
from tests.integration.pdf.services import Served

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: ANN001 - the fixtures' classes live in conftest, which tests do not import

ROOM = 24 * 1024
Change = Callable[[Revision, Place], None]
Beside = Callable[[bytes, bytes], bytes]


def verified(pdf: bytes, drawn, served: Served) -> None:
    """Look at it as the kiosk does."""
    asked = {"number": drawn.number, "binding": drawn.binding, "pages": drawn.pages}
    verify(pdf, authorities=[served.authority], moment=int(time.time()), **asked)


def refused(pdf: bytes, drawn, served: Served) -> str:
    """Check that the kiosk prints nothing of it, and say why."""
    with pytest.raises(Refused) as caught:
        verified(pdf, drawn, served)
    assert caught.value.code is Code.DOCUMENT_INVALID
    return caught.value.detail


def sign(
    drawn,
    served: Served,
    change: Change = lambda _revision, _place: None,
    entries: str = "",
    beside: Beside | None = None,
) -> bytes:
    """Sign as the clerk does, with something of one's own in the same revision.

    Args:
        drawn: the document.
        served: the ward's key.
        change: adds to the revision.
        entries: further entries of the signature dictionary.
        beside: makes the CMS of the first one and its signature.
    """
    pdf: bytes = drawn.unsigned
    place = find_place(pdf)
    revision = Revision(place.size)
    signature = revision.add(
        f"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached {entries}/M (D:20260101000000Z) "
        f"/ByteRange [0 {' '.join(['0' * 10] * 3)}] /Contents <{'00' * ROOM}> >>"
    )
    revision.put(place.field, signature_field(str(place.page), signature))
    change(revision, place)
    file_id = f"[{hex_string(place.first_id)} {hex_string(place.first_id)}]"
    update = revision.to_update(after=len(pdf), previous_xref=place.table, root=place.root, file_id=file_id)
    start = update.index(b"/Contents <") + len(b"/Contents ")
    end = start + 2 * ROOM + 2
    digits = f"{len(pdf) + start:>10} {len(pdf) + end:>10} {len(update) - end:>10}".encode()
    update = re.sub(rb"(?<=/ByteRange \[0 )0{10} 0{10} 0{10}", digits, update)
    mould = TemplateCms(KeyFileSigner(served.key, [served.certificate]))
    contents, value = mould.of(hashlib.sha256(pdf + update[:start] + update[end:]).digest())
    made = contents if beside is None else beside(contents, value)
    return pdf + update[:start] + b"<" + made.hex().encode().ljust(2 * ROOM, b"0") + b">" + update[end:]


def dss(revision: Revision, place: Place, entries: str = "", more: str = "") -> None:
    """Add a store, and the catalogue that names it; `entries` of the one, `more` of the other."""
    store = revision.add(f"<< /Type /DSS /Certs [{revision.add(StreamBody.compressed(b'certificate'))}] {entries}>>")
    revision.put(place.root, place.catalogue.decode().removesuffix(">>") + f"/DSS {store} {more}>>")


@pytest.fixture
def stamped(served: Served) -> Beside:
    """Puts a real time-stamp beside a signature."""
    service = TimeStamps(served.stamps(), [served.stamps_authority])

    def with_stamp(contents: bytes, value: bytes) -> bytes:
        stamp = asyncio.run(service.stamp(value, "sha256", int(time.time())))
        return attributes(contents, ("signature_time_stamp_token", stamp))

    return with_stamp


def attributes(contents: bytes, *described: tuple[str, object]) -> bytes:
    """Put unsigned attributes into a CMS."""
    loaded = cms.ContentInfo.load(contents)
    made = cms.CMSAttributes([simple_cms_attribute(*one) for one in described])  # type: ignore[no-untyped-call]  # pyHanko's
    loaded["content"]["signer_infos"][0]["unsigned_attrs"] = made
    return bytes(loaded.dump(force=True))


def test_nothing_of_ones_own_passes(drawn, served: Served, stamped: Beside) -> None:
    """The test's own way of signing is the clerk's: all three levels pass, so what follows is refused for its cause."""
    verified(sign(drawn, served), drawn, served)
    verified(sign(drawn, served, beside=stamped), drawn, served)
    verified(sign(drawn, served, dss, beside=stamped), drawn, served)


def _page(revision: Revision, place: Place) -> None:
    revision.put(place.page, "<< /Type /Page /MediaBox [0 0 595 842] >>")


def _any_object(revision: Revision, _place: Place) -> None:
    revision.add(StreamBody.compressed(b"BT ET"))


def _content(revision: Revision, _place: Place) -> None:
    revision.put(ObjectId(1), StreamBody.compressed(b"another content"))


def _catalogue(revision: Revision, place: Place) -> None:
    revision.put(place.root, place.catalogue.decode().replace("(ja-JP)", "(en-GB)"))


def _action(revision: Revision, place: Place) -> None:
    dss(revision, place, more="/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> ")


def _store_entry(revision: Revision, place: Place) -> None:
    dss(revision, place, "/Names << >> ")


def _store_and_content(revision: Revision, place: Place) -> None:
    dss(revision, place)
    _content(revision, place)


CHANGES: dict[str, Change] = {
    "another page": _page,
    "an object more": _any_object,
    "another content under an old number": _content,
    "another catalogue": _catalogue,
    "an action beside the store": _action,
    "an entry of the store that is none of ours": _store_entry,
    "a store, and another content": _store_and_content,
}


@pytest.mark.parametrize("what", sorted(CHANGES))
def test_a_revision_that_holds_more(drawn, served: Served, stamped: Beside, what: str) -> None:
    """Each under a signature that holds, with a real time-stamp, over the whole file."""
    refused(sign(drawn, served, CHANGES[what], beside=stamped), drawn, served)


def test_evidence_without_a_time_stamp(drawn, served: Served) -> None:
    """Of no level."""
    assert "without a time-stamp" in refused(sign(drawn, served, dss), drawn, served)


def test_a_signature_dictionary_of_more_entries(drawn, served: Served) -> None:
    """A reason, a place, a build of software: none of ours."""
    assert "entries" in refused(sign(drawn, served, entries="/Reason (because) "), drawn, served)


def test_another_attribute_beside_the_signature(drawn, served: Served, stamped: Beside) -> None:
    """Something unsigned that is no time-stamp, or more than one, or one of two values."""

    def timed(made: bytes, _: bytes) -> bytes:
        return attributes(made, ("signing_time", cms.Time({"utc_time": core.UTCTime("260101000000Z")})))

    def twice(made: bytes, value: bytes) -> bytes:
        loaded = cms.ContentInfo.load(stamped(made, value))
        (one,) = loaded["content"]["signer_infos"][0]["unsigned_attrs"]
        return attributes(made, *[("signature_time_stamp_token", one["values"][0])] * 2)

    for more in (timed, twice):
        assert "beside the signature" in refused(sign(drawn, served, beside=more), drawn, served)


def test_a_cms_that_holds_more(drawn, served: Served) -> None:
    """A content of its own, or revocation lists, in the envelope that no signature covers."""

    def with_content(made: bytes, _: bytes) -> bytes:
        loaded = cms.ContentInfo.load(made)
        loaded["content"]["encap_content_info"]["content"] = b"something else"
        return bytes(loaded.dump(force=True))

    def with_lists(made: bytes, _: bytes) -> bytes:
        loaded = cms.ContentInfo.load(made)
        loaded["content"]["crls"] = cms.RevocationInfoChoices([])
        return bytes(loaded.dump(force=True))

    for more in (with_content, with_lists):
        assert "holds more" in refused(sign(drawn, served, beside=more), drawn, served)


def test_a_time_stamp_of_another_signature(drawn, served: Served, stamped: Beside) -> None:
    """Taken over from another paper."""

    def other(made: bytes, value: bytes) -> bytes:
        return stamped(made, value[::-1])

    assert "time-stamp" in refused(sign(drawn, served, beside=other), drawn, served)


def test_a_store_put_after_the_signature(drawn, served: Served) -> None:
    """As others make B-LT: a revision that no signature covers is refused whatever it holds."""
    own = KeyFileSigner(served.key, [served.certificate])
    stamps = TimeStamps(served.stamps(), [served.stamps_authority])
    moment = int(time.time())
    signed = PadesSigner(own, time_stamps=stamps).sign(drawn.unsigned, moment)
    verified(signed, drawn, served)
    place = find_place(drawn.unsigned)
    revision = Revision(place.size + 1)
    dss(revision, place)
    table = int(re.findall(rb"startxref\n(\d+)\n", signed)[-1])
    file_id = f"[{hex_string(place.first_id)} {hex_string(place.first_id)}]"
    update = revision.to_update(after=len(signed), previous_xref=table, root=place.root, file_id=file_id)
    assert "3 revisions" in refused(signed + update, drawn, served)
    sources = RevocationSources([served.source], [served.authority])
    verified(PadesSigner(own, time_stamps=stamps, revocation=sources).sign(drawn.unsigned, moment), drawn, served)


def test_every_changed_byte_of_a_b_lt_paper_is_found(drawn, served: Served) -> None:
    """Over document, evidence and signature; the CMS's own padding and envelope apart."""
    own = KeyFileSigner(served.key, [served.certificate])
    stamps = TimeStamps(served.stamps(), [served.stamps_authority])
    sources = RevocationSources([served.source], [served.authority])
    pdf = PadesSigner(own, time_stamps=stamps, revocation=sources).sign(drawn.unsigned, int(time.time()))
    verified(pdf, drawn, served)
    (contents,) = re.finditer(rb"/Contents <[0-9a-f]+>", pdf)
    for place in range(len(drawn.unsigned) - 500, len(pdf), 149):
        if place in range(*contents.span()):
            continue
        changed = bytearray(pdf)
        changed[place] ^= 0x01
        refused(bytes(changed), drawn, served)
