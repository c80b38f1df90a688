"""The rules of PDF/A-2u that a paper of ours can keep or break, each by its clause of ISO 19005-2.

Read with qpdf's parser (pikepdf) and fontTools, neither of which draws or reads papers in the product, and in the bytes
where the rule is about bytes. What a rule forbids as a whole (attachments, optional content, actions, transparency) is
one rule here, and a certificate has none of it. Not here: rules on what our papers never have (JPEG 2000, Type 1 and
Type 3 fonts, DeviceN, linearization), which follow from the rules on filters, fonts, colours and keys that are.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from xml.etree import ElementTree as ET

import pikepdf
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it ships no types
from pikepdf import Array, Dictionary, Name, Object, Stream

__all__ = ["RULES", "Document", "Rule"]

_ID = "{http://www.aiim.org/pdfa/ns/id/}"
_SCHEMAS = ("http://purl.org/dc/elements/1.1/", "http://ns.adobe.com/xap/1.0/", "http://www.aiim.org/pdfa/ns/id/")
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_OPERATORS: Final = frozenset(
    ["q", "Q", "cm", "w", "m", "l", "re", "S", "g", "Do", "BT", "ET", "Tf", "Tc", "Tz", "Tm", "Tj"]
)


class Document:
    """One file, as the rules look at it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.pdf = pikepdf.open(io.BytesIO(data))

    @cached_property
    def objects(self) -> tuple[Object, ...]:
        """Every indirect object."""
        return tuple(self.pdf.objects)

    @cached_property
    def dictionaries(self) -> tuple[Object, ...]:
        """Every dictionary, a stream's among them, however deep it stands in an object."""
        return tuple(one for found in self.objects for one in _dictionaries(found))

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        """Every stream."""
        return tuple(one for one in self.objects if isinstance(one, Stream))

    @cached_property
    def fonts(self) -> tuple[Font, ...]:
        """Every composite font."""
        return tuple(Font(one) for one in self.objects if _is(one, Type="/Font", Subtype="/Type0"))

    def of_type(self, **entries: str) -> tuple[Object, ...]:
        """Every dictionary with these entries."""
        return tuple(one for one in self.dictionaries if _is(one, **entries))

    @cached_property
    def contents(self) -> tuple[tuple[tuple[list[Object], str], ...], ...]:
        """The operators of every page and every form XObject."""
        drawn: list[Object] = [page.obj for page in self.pdf.pages]
        drawn += [one for one in self.streams if _is(one, Subtype="/Form")]
        return tuple(
            tuple((list(line.operands), str(line.operator)) for line in pikepdf.parse_content_stream(one))
            for one in drawn
        )

    @cached_property
    def metadata(self) -> ET.Element:
        """The description in the XMP packet."""
        (found,) = ET.fromstring(bytes(self.pdf.Root.Metadata.read_raw_bytes())).iter(f"{_RDF}Description")  # noqa: S314 - our own
        return found


class Font:
    """A composite font and its program."""

    def __init__(self, font: Object) -> None:
        self.font = font
        (self.below,) = list(font.DescendantFonts)
        self.program = TTFont(io.BytesIO(self.below.FontDescriptor.FontFile2.read_bytes()))
        places = self.below.CIDToGIDMap.read_bytes()
        self.glyphs = struct.unpack(f">{len(places) // 2}H", places)
        mapped = font.ToUnicode.read_bytes().decode("ascii")
        pairs = re.findall(r"^<([0-9A-F]{4})> <([0-9A-F]*)>$", mapped, re.MULTILINE)
        self.texts = {int(code, 16): bytes.fromhex(text).decode("utf-16-be") for code, text in pairs if code != "0000"}

    def shown(self, document: Document) -> set[int]:
        """The codes that are shown in this font, by any stream."""
        found: set[int] = set()
        holders: list[Object] = [page.obj for page in document.pdf.pages]
        holders += [one for one in document.streams if _is(one, Subtype="/Form")]
        for holder, content in zip(holders, document.contents, strict=True):
            named = holder.Resources.get("/Font", Dictionary())
            now: Object | None = None
            for operands, operator in content:
                if operator == "Tf":
                    now = named[str(operands[0])]
                elif operator == "Tj" and now is not None and now.objgen == self.font.objgen:
                    shown = bytes(operands[0])
                    found.update(struct.unpack(f">{len(shown) // 2}H", shown))
        return found


def _dictionaries(found: Object) -> Iterator[Object]:
    if isinstance(found, Dictionary | Stream):
        yield found
        for key in found.keys():  # noqa: SIM118 - pikepdf's own
            value = found[key]
            if isinstance(value, Object) and not value.is_indirect:
                yield from _dictionaries(value)
    elif isinstance(found, Array):
        for value in found:
            if isinstance(value, Object) and not value.is_indirect:
                yield from _dictionaries(value)


def _is(found: Object, **entries: str) -> bool:
    return isinstance(found, Dictionary | Stream) and all(
        found.get(f"/{key}") == Name(value) for key, value in entries.items()
    )


def _no_keys(*keys: str, **entries: str) -> Callable[[Document], bool]:
    """Nothing of a kind has one of these keys."""
    return lambda document: not any(key in one for one in document.of_type(**entries) for key in keys)


def _lines(document: Document, pattern: bytes, whole: bytes) -> bool:
    """Every place that the second pattern finds, the first finds too."""
    return len(re.findall(pattern, document.data)) == len(re.findall(whole, document.data)) > 0


def _header(document: Document) -> bool:
    return re.match(rb"%PDF-1\.[0-7]\r?\n%[\x80-\xff]{4,}[^\n]*\n", document.data) is not None


def _trailer(document: Document) -> bool:
    trailer = document.pdf.trailer
    return "/ID" in trailer and "/Encrypt" not in trailer and re.search(rb"%%EOF\r?\n?\Z", document.data) is not None


def _tables(document: Document) -> bool:
    return _lines(document, rb"\nxref\n[0-9]+ [0-9]+\n", rb"\nxref\s")


def _numbering(document: Document) -> bool:
    numbers = _lines(document, rb"\n[0-9]+ 0 obj\n", rb"\b[0-9]+\s+[0-9]+\s+obj\b")
    return numbers and _lines(document, rb"\nendobj\n", rb"\bendobj\b")


def _inside(document: Document) -> bool:
    return not any(key in one for one in document.streams for key in ("/F", "/FFilter", "/FDecodeParms"))


def _strings(document: Document) -> bool:
    outside = re.sub(rb"(?s)stream\r?\n.*?\nendstream", b"", document.data)
    written = re.findall(rb"(?<![<>])<([^<>]*)>", outside)
    return all(re.fullmatch(rb"(?:[0-9A-Fa-f]{2}|\s)*", one) for one in written)


def _lengths(document: Document) -> bool:
    return all(
        document.data[found.end() + int(found[1]) :].startswith((b"\nendstream", b"\r\nendstream"))
        for found in re.finditer(rb"<< /Length ([0-9]+)[^\n]*?>>\nstream\n", document.data)
    ) and _lines(document, rb"<< /Length [0-9]+[^\n]*?>>\nstream\n", rb"\bendstream\b")


def _filters(document: Document) -> bool:
    return all(one.get("/Filter", Name("/FlateDecode")) == Name("/FlateDecode") for one in document.streams)


def _limits(document: Document) -> bool:
    names = {key for one in document.dictionaries for key in one.keys()}  # noqa: SIM118 - pikepdf's own
    deep = max((_deepest(content) for content in document.contents), default=0)
    return all(len(name) <= 128 for name in names) and deep <= 28 and len(document.objects) <= 8_388_607


def _deepest(content: tuple[tuple[list[Object], str], ...]) -> int:
    depth = most = 0
    for _, operator in content:
        depth += {"q": 1, "Q": -1}.get(operator, 0)
        most = max(most, depth)
    return most


def _page_sizes(document: Document) -> bool:
    return all(3 <= float(edge) <= 14_400 for page in document.pdf.pages for edge in list(page.mediabox)[2:])


def _operators(document: Document) -> bool:
    return all(operator in _OPERATORS for content in document.contents for _, operator in content)


def _resources(document: Document) -> bool:
    forms = [one for one in document.streams if _is(one, Subtype="/Form")]
    return all("/Resources" in one for one in (*(page.obj for page in document.pdf.pages), *forms))


def _intent(document: Document) -> bool:
    (intent,) = list(document.pdf.Root.OutputIntents)
    profile = intent.DestOutputProfile.read_bytes()
    size, version, kind, space = struct.unpack_from(">I4xI4s4s", profile)
    return bool(
        Name("/GTS_PDFA1") == intent.S
        and intent.DestOutputProfile.N == 1
        and (size, kind, space, profile[36:40]) == (len(profile), b"mntr", b"GRAY", b"acsp")
        and version >> 24 <= 4
    )


def _colours(document: Document) -> bool:
    images = document.of_type(Subtype="/Image")
    return all(one.get("/ColorSpace", Name("/DeviceGray")) == Name("/DeviceGray") for one in images)


def _images(document: Document) -> bool:
    images = document.of_type(Subtype="/Image")
    plain = _no_keys("/Alternates", "/OPI", Subtype="/Image")
    return not any(one.get("/Interpolate") for one in images) and plain(document)


def _embedded(document: Document) -> bool:
    return len(document.fonts) > 0 and all("/FontFile2" in font.below.FontDescriptor for font in document.fonts)


def _font_kinds(document: Document) -> bool:
    kinds = {str(one.Subtype) for one in document.of_type(Type="/Font")}
    return kinds == {"/Type0", "/CIDFontType2"}


def _identity(document: Document) -> bool:
    return all(
        font.font.Encoding == Name("/Identity-H") and isinstance(font.below.CIDToGIDMap, Stream)
        for font in document.fonts
    )


def _glyphs(document: Document) -> bool:
    return all(
        0 < font.glyphs[code] < font.program["maxp"].numGlyphs
        for font in document.fonts
        for code in font.shown(document)
    )


def _widths(document: Document) -> bool:
    return all(_widths_of(font) for font in document.fonts)


def _widths_of(font: Font) -> bool:
    metrics, em = font.program["hmtx"], font.program["head"].unitsPerEm
    order = font.program.getGlyphOrder()
    first, widths = list(font.below.W)
    return all(
        abs(metrics[order[font.glyphs[code]]][0] * 1000 / em - float(width)) <= 1
        for code, width in enumerate(list(widths), int(first))
    )


def _texts(document: Document) -> bool:
    return all(
        font.texts.get(code, "") and not set(font.texts[code]) & set("\0\ufeff\ufffe")
        for font in document.fonts
        for code in font.shown(document)
    )


def _annotations(document: Document) -> bool:
    found = [one for page in document.pdf.pages for one in page.obj.get("/Annots", Array())]
    flags = [int(one.get("/F", 0)) for one in found]
    return all(one.Subtype == Name("/Widget") for one in found) and all(flag & 4 and not flag & 0x123 for flag in flags)


def _appearances(document: Document) -> bool:
    rects = [[float(edge) for edge in one.Rect] for one in document.of_type(Subtype="/Widget")]
    return all(rect[0] == rect[2] and rect[1] == rect[3] for rect in rects)


def _forms(document: Document) -> bool:
    form = document.pdf.Root.AcroForm
    idle = _no_keys("/A", "/AA", Subtype="/Widget")
    return not form.get("/NeedAppearances", False) and "/XFA" not in form and idle(document)


def _signatures(document: Document) -> bool:
    """The byte range is the whole file but the signature itself."""
    for signature in document.of_type(Type="/Sig"):
        start, length, restart, relength = (int(number) for number in signature.ByteRange)
        gap = document.data[length:restart]
        if start != 0 or restart + relength != len(document.data) or not re.fullmatch(rb"<[0-9A-Fa-f]+>", gap):
            return False
    return True


def _packet(document: Document) -> bool:
    stream = document.pdf.Root.Metadata
    head = bytes(stream.read_raw_bytes())[:80]
    return (
        "/Filter" not in stream
        and head.startswith(b"<?xpacket begin=")
        and b"encoding=" not in head
        and b"bytes=" not in head
    )


def _properties(document: Document) -> bool:
    return all(child.tag[1:].split("}")[0] in _SCHEMAS for child in document.metadata)


def _conformance(document: Document) -> bool:
    return [document.metadata.findtext(f"{_ID}{name}") for name in ("part", "conformance")] == ["2", "U"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its clause, what it says, and whether a document keeps it."""

    clause: str
    says: str
    holds: Callable[[Document], bool]


_OTHER_DRAWING: Final = ("/OPI", "/Subtype2", "/PS", "/Ref")

RULES: Final = (
    Rule("6.1.2", "header at the first byte, then a comment of four bytes above 127", _header),
    Rule("6.1.3", "an ID, no encryption, nothing after the last %%EOF", _trailer),
    Rule("6.1.4", "one line end after xref, one space in a subsection's header", _tables),
    Rule("6.1.6", "hexadecimal strings of whole bytes", _strings),
    Rule("6.1.7.1", "a stream is as long as it says, line ends around it", _lengths),
    Rule("6.1.7.1", "no stream outside the file", _inside),
    Rule("6.1.7.2", "no filter but deflate", _filters),
    Rule("6.1.9", "one space and line ends around an object's number and end", _numbering),
    Rule("6.1.12", "no permissions", lambda one: "/Perms" not in one.pdf.Root),
    Rule("6.1.13", "names, nesting and objects within the limits", _limits),
    Rule("6.1.13", "pages between 3 and 14,400 units", _page_sizes),
    Rule("6.2.2", "operators of the standard alone, of which ours are few; no inline image", _operators),
    Rule("6.2.2", "each stream has its own resources", _resources),
    Rule("6.2.3", "one output intent, whose profile is one of grey", _intent),
    Rule("6.2.4.3", "no colour space but the intent's", _colours),
    Rule("6.2.5", "no graphics state, halftone or transfer function", _no_keys("/ExtGState", "/TR", "/TR2", "/HT")),
    Rule("6.2.8", "images not interpolated, without alternates", _images),
    Rule("6.2.9", "no PostScript, reference or OPI in a form XObject", _no_keys(*_OTHER_DRAWING, Subtype="/Form")),
    Rule("6.2.10", "no transparency", _no_keys("/Group", "/SMask", "/BM", "/CA", "/ca")),
    Rule("6.2.11.2", "composite TrueType fonts alone", _font_kinds),
    Rule("6.2.11.3", "Identity-H, and a map from codes to glyphs that is a stream", _identity),
    Rule("6.2.11.4.1", "every font's program is in the file", _embedded),
    Rule("6.2.11.4.2", "no list of characters that could be wrong", _no_keys("/CIDSet", "/CharSet")),
    Rule("6.2.11.5", "widths as the font's program has them", _widths),
    Rule("6.2.11.7", "every code that is shown maps to text", _texts),
    Rule("6.2.11.8", "no code that is shown is .notdef or beyond the font", _glyphs),
    Rule("6.3.2", "annotations: the signature's widget alone, printed, never hidden", _annotations),
    Rule("6.3.3", "a widget without appearance has no size", _appearances),
    Rule("6.4.1", "no XFA, no appearances to be made, no action of a field", _forms),
    Rule("6.4.3", "a signature's byte range is the whole file but itself", _signatures),
    Rule("6.5", "no action, no trigger, no JavaScript", _no_keys("/A", "/AA", "/OpenAction", "/JS", "/JavaScript")),
    Rule("6.6.2.1", "an XMP packet, readable as it stands", _packet),
    Rule("6.6.2.3", "properties of predefined schemas alone", _properties),
    Rule("6.6.4", "part 2, conformance U", _conformance),
    Rule("6.8", "no file inside the file", _no_keys("/EmbeddedFiles", "/EF", "/AF")),
    Rule("6.9", "no optional content", _no_keys("/OCProperties", "/OC", "/OCGs")),
    Rule("6.10", "no alternate presentations or steps", _no_keys("/AlternatePresentations", "/PresSteps")),
    Rule("6.11", "no requirements on the reader", _no_keys("/Requirements")),
)
