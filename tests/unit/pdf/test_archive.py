"""PDF/A's shell: the grey profile, the conformance, the dates."""

from __future__ import annotations

import io
from xml.etree import ElementTree as ET

from PIL import Image, ImageCms
from pyhanko.pdf_utils.reader import PdfFileReader

from konbini.pdf.archive import grey_profile
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.specimen.household import specimen_facts
from konbini.pdf.specimen.seals import specimen_seals


def _catalogue(form: ResidentRecordForm) -> PdfFileReader:
    return PdfFileReader(
        io.BytesIO(form.draw(specimen_facts(), binding=bytes(range(32)), seals=specimen_seals(specimen_facts()))),
        strict=True,
    )


def test_a_colour_engine_takes_the_profile() -> None:
    """LittleCMS reads it as grey and turns mid-grey into sRGB by it."""
    profile = ImageCms.ImageCmsProfile(io.BytesIO(grey_profile()))
    assert profile.profile.xcolor_space.strip() == "GRAY"
    turned = ImageCms.profileToProfile(
        Image.new("L", (1, 1), 128), profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert turned is not None
    red, green, blue = turned.getpixel((0, 0))  # type: ignore[misc]  # a pixel of three channels
    assert abs(red - 128) <= 3
    assert red == green == blue


def test_the_shell_names_its_conformance(form: ResidentRecordForm) -> None:
    """XMP says PDF/A-2u; the output intent holds a profile; nothing acts, nothing is encrypted."""
    root = _catalogue(form).root
    xmp = ET.fromstring(root["/Metadata"].data.decode())  # noqa: S314 - our own bytes
    text = {element.tag.rpartition("}")[2]: element.text for element in xmp.iter()}
    assert (text["part"], text["conformance"]) == ("2", "U")
    assert text["CreateDate"] == text["ModifyDate"] == "2025-11-22T00:00:00+09:00"
    intent = root["/OutputIntents"][0]
    assert intent["/S"] == "/GTS_PDFA1"
    assert intent["/DestOutputProfile"].data == grey_profile()
    assert not {"/OpenAction", "/AA", "/Names", "/OCProperties"} & set(root)
    assert str(root["/Lang"]) == "ja-JP"


def test_every_font_is_embedded_and_maps_to_unicode(form: ResidentRecordForm) -> None:
    """No base font, no simple font, no glyph without a meaning."""
    page = _catalogue(form).root["/Pages"]["/Kids"][0]
    fonts, parts = [page["/Resources"]["/Font"]["/V"]], page["/Resources"]["/XObject"]
    own = [part.get_object() for name, part in parts.items() if name not in ("/Pattern", "/Code1")]
    fonts += [part["/Resources"]["/Font"]["/L"] for part in own]
    for font in fonts:
        assert font["/Subtype"] == "/Type0"
        assert "/ToUnicode" in font
        assert "/FontFile2" in font["/DescendantFonts"][0]["/FontDescriptor"]
