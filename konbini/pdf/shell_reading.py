"""What a document must say of itself outside its pages: said again, apart from what writes it (`archive`, `binding`).

Binding and number tie the file to one visit and one order. The rest (language, output intent and its profile, XMP) is
what makes it keep; none of it is drawn, and none of it may say anything else: what is signed holds no word that the
form and the facts do not name.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Final
from xml.sax.saxutils import escape

from konbini.pdf.entries import STREAM, check_values, mismatch, take_content, take_dictionary, take_list, take_stream
from konbini.pdf.facts import PrintedFacts
from konbini.pdf.file_structure import Dictionary, File
from konbini.pdf.template import Template

__all__ = ["CATALOGUE", "check_shell"]

CATALOGUE: Final = frozenset(
    ("/Type", "/Pages", "/Lang", "/Metadata", "/ViewerPreferences", "/OutputIntents", "/AcroForm", "/PieceInfo")
)
"""Every entry of the catalogue."""

_PROFILE: Final = "17193cc513ae9e775cbd239e1c7370724cbcd9c2298560c2df1dad5acf09ad60"
"""SHA-256 of the grey profile."""
_PROFILE_NAME: Final = "\ufeffGrey, gamma 2.2".encode("utf-16-be")
_XMP: Final = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">'
    "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>"
    "<xmp:CreateDate>{moment}</xmp:CreateDate><xmp:ModifyDate>{moment}</xmp:ModifyDate>"
    "<dc:format>application/pdf</dc:format>"
    '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>'
    "</rdf:Description></rdf:RDF></x:xmpmeta>\n"
    '<?xpacket end="r"?>'
)


def check_shell(file: File, facts: PrintedFacts, template: Template, binding: bytes) -> None:
    """Compare the catalogue with what is due, but for its pages and its field.

    Raises:
        Refused: `PAGE_MISMATCH`, naming the place, never what stands there.
    """
    try:
        root = take_dictionary(file.of(file.trailer["/Root"]), CATALOGUE, "catalogue")
        _check_binding(root, facts, binding)
        _check_intent(file, root)
        _check_metadata(file, root, template.title.replace("　", ""), facts.issued_on)
        check_values(root, {"Type": "/Catalog", "Lang": b"ja-JP"}, "catalogue")
        check_values(root, {"ViewerPreferences": {"/DisplayDocTitle": True}}, "catalogue")
        file_id = take_list(file.trailer["/ID"], "trailer")
        if [type(one) for one in file_id] != [bytes, bytes] or file_id[0] != file_id[1]:
            raise mismatch("trailer: another identity")
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise mismatch("the document is not made as the form is") from error


def _check_binding(root: Dictionary, facts: PrintedFacts, binding: bytes) -> None:
    where = "binding"
    piece = take_dictionary(root["/PieceInfo"], frozenset(("/Konbini",)), where)
    ours = take_dictionary(piece["/Konbini"], frozenset(("/LastModified", "/Private")), where)
    private = take_dictionary(ours["/Private"], frozenset(("/Binding", "/Number")), where)
    if private["/Binding"] != binding or private["/Number"] != f"\ufeff{facts.number}".encode("utf-16-be"):
        raise mismatch("another binding or issuance number inside")
    check_values(ours, {"LastModified": f"D:{facts.issued_on:%Y%m%d}000000+09'00'".encode()}, where)


def _check_intent(file: File, root: Dictionary) -> None:
    where = "output intent"
    (only,) = take_list(root["/OutputIntents"], where)
    values = {"Type": "/OutputIntent", "S": "/GTS_PDFA1"}
    names = {"OutputConditionIdentifier": _PROFILE_NAME, "Info": _PROFILE_NAME}
    intent = take_dictionary(only, frozenset(f"/{key}" for key in (*values, *names, "DestOutputProfile")), where)
    check_values(intent, {**values, **names}, where)
    profile = take_stream(file.of(intent["/DestOutputProfile"]), STREAM | {"/N", "/Alternate"}, where)
    check_values(profile.entries, {"N": 1, "Alternate": "/DeviceGray"}, where)
    if hashlib.sha256(take_content(profile, where)).hexdigest() != _PROFILE:
        raise mismatch(f"{where}: another profile")


def _check_metadata(file: File, root: Dictionary, title: str, day: date) -> None:
    where = "metadata"
    keys = frozenset(("/Length", "/Type", "/Subtype"))
    stream = take_stream(file.of(root["/Metadata"]), keys, where)
    check_values(stream.entries, {"Type": "/Metadata", "Subtype": "/XML"}, where)
    moment = f"{day.isoformat()}T00:00:00+09:00"
    if stream.data != _XMP.format(moment=moment, title=escape(title)).encode():
        raise mismatch(f"{where}: another title or date, or something else")
