"""The clerk's own reader of files: what it takes pyHanko's reads the same, and every other spelling is refused."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from konbini.pdf.file_structure import File, Reference, Stream, Value, read_file
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.specimen.household import specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.protocol.errors import Code, Refused
from tests.unit.pdf.documents import assembled

_ROOT = b"<< /Size %d /Root 1 0 R /ID [<00> <00>] >>"


@pytest.fixture(scope="module")
def drawn(form: ResidentRecordForm) -> bytes:
    """An honest document."""
    return form.draw(specimen_facts(), binding=bytes(32), seals=specimen_seals(specimen_facts()))


def _file(*bodies: bytes) -> bytes:
    return assembled(list(bodies), _ROOT % (len(bodies) + 1))


def _refused(pdf: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read_file(pdf)
    assert refused.value.code is Code.PAGE_MISMATCH
    return refused.value.detail


def _as_ours(found: object) -> Value:
    """What pyHanko read, as our reader says it."""
    said: Value
    match found:
        case generic.IndirectObject():
            assert found.generation == 0
            said = Reference(found.idnum)
        case generic.StreamObject():
            said = Stream(_entries(found), found.encoded_data)
        case generic.DictionaryObject():
            said = _entries(found)
        case generic.ArrayObject():
            said = [_as_ours(found.raw_get(place)) for place in range(len(found))]
        case generic.TextStringObject() | generic.ByteStringObject():
            said = found.original_bytes
        case generic.NameObject():
            said = str(found)
        case generic.BooleanObject():
            said = bool(found.value)
        case _:
            assert isinstance(found, generic.NumberObject | generic.FloatObject)
            said = int(found) if isinstance(found, generic.NumberObject) else float(found)
    return said


def _entries(found: generic.DictionaryObject) -> dict[str, Value]:
    return {str(key): _as_ours(found.raw_get(key)) for key in found}


def _same(pdf: bytes, file: File) -> None:
    """Hold our reading against pyHanko's, object by object."""
    reader = PdfFileReader(io.BytesIO(pdf))
    assert reader.xrefs.total_revisions == 1
    numbers = {ref.idnum for ref in reader.xrefs.explicit_refs_in_revision(0)}
    assert numbers == set(range(1, len(file.objects) + 1))
    theirs = [_as_ours(generic.Reference(number, 0, reader).get_object()) for number in sorted(numbers)]
    _alike(theirs, list(file.objects))
    _alike(_entries(reader.trailer.flatten()), file.trailer)


def _alike(theirs: Value, ours: Value) -> None:
    """Compare with types: `1`, `1.0` and `true` are three things."""
    assert repr(theirs) == repr(ours)


def test_our_own_documents_read_as_pyhanko_reads_them(drawn: bytes) -> None:
    """Every object, every entry, every stream's bytes."""
    file = read_file(drawn)
    _same(drawn, file)
    assert len(file.objects) > 20


_NAMES = st.text("ABCDEFXYZabcxyz0123456789_+.-", min_size=1, max_size=6).map(lambda text: f"/{text}".encode())
_SCALARS = st.one_of(
    _NAMES,
    st.integers(-(10**9), 10**9).map(lambda number: b"%d" % number),
    st.decimals(-99999, 99999, places=3, allow_nan=False).map(lambda number: f"{number:f}".encode()),
    st.text("abcXYZ0123 :'+-", max_size=9).map(lambda text: f"({text})".encode()),
    st.binary(max_size=9).map(lambda data: f"<{data.hex().upper()}>".encode()),
    st.sampled_from((b"true", b"false")),
)


def _dictionary(entries: dict[bytes, bytes]) -> bytes:
    return b"<< " + b"".join(b"%s %s " % entry for entry in entries.items()) + b">>"


def _values(references: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.recursive(
        _SCALARS | references,
        lambda inner: (
            st.lists(inner, max_size=4).map(lambda values: b"[" + b" ".join(values) + b"]")
            | st.dictionaries(_NAMES, inner, max_size=4).map(_dictionary)
        ),
        max_leaves=5,
    )


@st.composite
def _documents(draw: st.DrawFn) -> bytes:
    """A random file in our syntax: each object refers to the next, and to any others."""
    count = draw(st.integers(1, 5))
    values = _values(st.integers(1, count).map(lambda number: b"%d 0 R" % number))
    bodies = []
    for number in range(1, count + 1):
        entries = draw(
            st.dictionaries(_NAMES.filter(lambda name: name not in (b"/Length", b"/Next")), values, max_size=4)
        )
        entries |= {b"/Next": b"%d 0 R" % min(number + 1, count)}
        if number > 1 and draw(st.booleans()):
            data = draw(st.binary(max_size=20))
            bodies.append(
                _dictionary({b"/Length": b"%d" % len(data), **entries}) + b"\nstream\n" + data + b"\nendstream"
            )
        else:
            bodies.append(_dictionary(entries))
    return _file(*bodies)


@settings(max_examples=60, deadline=None)
@given(_documents())
def test_what_is_taken_pyhanko_reads_the_same(pdf: bytes) -> None:
    """Random documents in the one spelling: all are taken, and two readers agree about everything in them."""
    _same(pdf, read_file(pdf))


_BITS = st.sampled_from(
    (
        *(b" ", b"\n", b"\r", b"\x00", b"%", b"(", b")", b"<", b">", b"<<", b">>", b"[", b"]", b"/", b"#20", b"\\"),
        *(b"R", b"0", b"1", b"-", b".", b"obj", b"endobj", b"stream", b"endstream", b"xref", b"trailer", b"null"),
        *(b"true", b"1 0 R"),
    )
)


def _refused_or_the_same(pdf: bytes) -> None:
    with suppress(Refused):
        _same(pdf, read_file(pdf))


@settings(max_examples=150, deadline=None)
@given(_documents(), st.floats(0, 1, exclude_max=True), st.integers(0, 3), _BITS | st.binary(max_size=2))
@example(_file(b"<< /A (x) >>"), 0.0, 0, b"")
def test_what_was_changed_is_refused_or_read_the_same(pdf: bytes, place: float, removed: int, put: bytes) -> None:
    """One change anywhere, of any length: refused, or another document that both readers read alike."""
    start = int(place * len(pdf))
    _refused_or_the_same(pdf[:start] + put + pdf[start + removed :])


@settings(max_examples=150, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), removed=st.integers(0, 2), put=_BITS)
def test_no_change_of_syntax_goes_unseen(drawn: bytes, place: float, removed: int, put: bytes) -> None:
    """A change in a document of ours that moves nothing a reader looks for is seen as what it is."""
    start = int(place * len(drawn))
    _refused_or_the_same(drawn[:start] + put + drawn[start + removed :])


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80))
def test_noise_is_no_file(noise: bytes) -> None:
    """Refused, and nothing else comes out."""
    _refused(noise)


def _moved(pdf: bytes, start: int) -> bytes:
    """The file with its cross-reference table made right for objects that something was put before."""
    body = pdf[: pdf.rindex(b"xref\n0 ")]
    found = [match.start() for match in re.finditer(rb"(?m)^[0-9]+ 0 obj$", body)]
    trailer = pdf[pdf.rindex(b"trailer\n") + 8 : pdf.rindex(b"\nstartxref")]
    table = b"".join(b"%010d 00000 n \n" % place for place in found)
    assert start < len(body)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n%s\nstartxref\n%d\n%%%%EOF\n"
    return body + end % (len(found) + 1, table, trailer, len(body))


_HONEST = _file(b"<< /Next 2 0 R >>", b"<< /Length 3 >>\nstream\nabc\nendstream")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/Next 2 0 R", b"/Next 2 0 R /Next 2 0 R"),
        (b"/Next 2 0 R", b"/Next  2 0 R"),
        (b"/Next 2 0 R", b"/Next\t2 0 R"),
        (b"/Next 2 0 R", b"/Next 2 1 R"),
        (b"/Next 2 0 R", b"/Next 3 0 R"),
        (b"/Next 2 0 R", b"/Next 02 0 R"),
        (b"/Next 2 0 R", b"/Next null"),
        (b"/Next 2 0 R", b"/Next 2 0 R /A"),
        (b"/Next 2 0 R", b"/N#65xt 2 0 R"),
        (b"/Next 2 0 R", b"/Next 2 0 R /A (\\101)"),
        (b"/Next 2 0 R", b"/Next 2 0 R /A (a(b)c)"),
        (b"/Next 2 0 R", b"/Next 2 0 R /A <4>"),
        (b"/Next 2 0 R", b"/Next 2 0 R /A <4a>"),
        (b"/Next 2 0 R", b"/Next 2 0 R /A +1"),
        (b"/Next 2 0 R", b"/Next 2 0 R /A .5"),
        (b"/Next 2 0 R", b"/Next 2 0 R /A [1 2>>"),
        (b"/Next 2 0 R", b"/Next 2 0 R %x"),
        (b"<< /Next", b" << /Next"),
        (b"R >>\nendobj", b"R >> \nendobj"),
        (b"R >>\nendobj", b"R >> 1\nendobj"),
        (b"R >>\nendobj\n", b"R >>\nendobj\n% between\n"),
        (b"R >>\nendobj\n", b"R >>\nendobj\n\n"),
        (b"R >>\nendobj\n", b"R >>\nendobj\n1 0 obj\n<< /Next 2 0 R >>\nendobj\n"),
        (b"R >>\nendobj\n", b"R >>\nendobj\n3 0 obj\n<< >>\nendobj\n"),
        (b"/Length 3", b"/Length 2"),
        (b"/Length 3", b"/Length 4"),
        (b"/Length 3", b"/Length 1 0 R"),
        (b"/Length 3", b"/Length -3"),
        (b"/Length 3", b"/Length true"),
        (b"abc", b"abcendstream"),
        (b"stream\nabc", b"stream\r\nabc"),
        (b"abc\nendstream", b"abcendstream"),
        (b"abc\nendstream", b"abc\nendstream hidden"),
        (b"%PDF-1.7", b"%PDF-1.4"),
        (b"%PDF-1.7\n", b"%PDF-1.7\n%hidden\n"),
    ],
)  # fmt: skip
def test_each_thing_has_one_spelling(old: bytes, new: bytes) -> None:
    """Keys twice, white space, other generations, missing objects, escapes, comments, lies, hidden bytes."""
    assert _HONEST.count(old) == 1
    read_file(_HONEST)
    changed = _HONEST.replace(old, new)
    assert "not written as ours are" in _refused(_moved(changed, 0))


@pytest.mark.parametrize(
    "change",
    [
        lambda pdf: pdf + b"hidden",
        lambda pdf: pdf + b"\n",
        lambda pdf: pdf[:-1],
        lambda pdf: pdf.replace(b"0000000015", b"0000000016"),
        lambda pdf: pdf.replace(b"00000 n", b"00001 n", 1),
        lambda pdf: pdf.replace(b"65535 f", b"65534 f"),
        lambda pdf: pdf.replace(b"xref\n0 3\n", b"xref\n0 2\n"),
        lambda pdf: pdf.replace(b" 65535 f \n", b" 65535 f \n1 2\n").replace(b"xref\n0 3\n", b"xref\n0 1\n"),
        lambda pdf: pdf.replace(b"/Size 3", b"/Size 4"),
        lambda pdf: pdf.replace(b"/Size 3", b"/Size 3 /Prev 15"),
        lambda pdf: pdf.replace(b"/Size 3", b"/Size 3 /XRefStm 15"),
        lambda pdf: pdf.replace(b"/Size 3", b"/Size 3 /Encrypt 1 0 R"),
        lambda pdf: pdf.replace(b"/Root 1 0 R", b"/Root 2 0 R"),
        lambda pdf: pdf.replace(b"startxref\n", b"startxref\n0"),
        lambda pdf: re.sub(rb"startxref\n\d+", b"startxref\n15", pdf),
        lambda pdf: pdf.replace(b"trailer", b"% trailer\ntrailer"),
        lambda pdf: pdf.replace(b"\n", b"\r\n"),
    ],
)
def test_the_table_points_to_what_is_there(change: Callable[[bytes], bytes]) -> None:
    """Another offset, generation, number or size; entries that lead elsewhere; bytes after the end."""
    changed = change(_HONEST)
    assert changed != _HONEST
    _refused(changed)


def test_an_island_of_objects_is_refused() -> None:
    """Two objects that refer to one another and that nothing else refers to are hidden bytes."""
    assert "nothing refers to" in _refused(_file(b"<< >>", b"<< /A 3 0 R >>", b"<< /A 2 0 R >>"))


def test_depth_is_bounded() -> None:
    """Brackets within brackets end somewhere; nothing overflows."""
    for times in (9, 5000):
        _refused(_file(b"<< /A " + b"[" * times + b"]" * times + b" >>"))


def test_pyhanko_would_have_taken_some_of_it() -> None:
    """What gives the refusals their meaning: a general reader overlooks what stands between objects."""
    hidden = _moved(_HONEST.replace(b"R >>\nendobj\n", b"R >>\nendobj\n% a name\n"), 0)
    assert PdfFileReader(io.BytesIO(hidden)).root["/Next"].data == b"abc"
    with pytest.raises(PdfError):
        PdfFileReader(io.BytesIO(b"noise"))
    _refused(hidden)
