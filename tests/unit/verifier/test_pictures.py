"""The way from a file to codes: what is good is read, what is bad is refused, and nothing else happens."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from konbini.verifier.codes import codes_on
from konbini.verifier.pictures import MOST_BYTES, MOST_PIXELS, Unreadable, pages_of
from konbini.verifier.sheets import look_at
from tests.papers import Municipality, jpeg, png, seals_of, sheet


@pytest.fixture(scope="module")
def code(municipality: Municipality) -> bytes:
    """The seal of a page with four people."""
    return municipality.codes(seals_of(4))[0]


@pytest.fixture(scope="module")
def page(code: bytes) -> Image.Image:
    """That page at 300 dots per inch."""
    return sheet(code)


@pytest.mark.parametrize("dpi", [150, 200, 300, 600])
def test_a_scan_at_any_resolution(code: bytes, dpi: int) -> None:
    """From a fax machine's to a good scanner's."""
    assert look_at("scan.png", png(sheet(code, dpi=dpi))).sheets[0].codes == (code,)


@pytest.mark.parametrize("degrees", [3, 17, 45, 90, 180, 271])
def test_a_page_at_any_angle(code: bytes, page: Image.Image, degrees: int) -> None:
    """A photo is never straight."""
    turned = page.rotate(degrees, expand=True, fillcolor=200, resample=Image.Resampling.BICUBIC)
    assert look_at("photo.jpg", jpeg(turned)).sheets[0].codes == (code,)


@pytest.mark.parametrize("way", [Image.Resampling.LANCZOS, Image.Resampling.BICUBIC, Image.Resampling.BILINEAR])
def test_a_page_scaled_to_30_per_cent(municipality: Municipality, way: Image.Resampling) -> None:
    """90 dots per inch: less than two pixels for each of the code's squares, for two people."""
    (code,) = municipality.codes(seals_of(2))
    page = sheet(code)
    small = page.resize((page.width * 3 // 10, page.height * 3 // 10), way)
    assert look_at("small.png", png(small)).sheets[0].codes == (code,)


def test_a_bad_photo(code: bytes, page: Image.Image) -> None:
    """Turned, scaled, out of focus and hard compressed."""
    bad = (
        page.rotate(-8, expand=True, fillcolor=230, resample=Image.Resampling.BICUBIC)
        .resize((2000, 2667), Image.Resampling.BILINEAR)
        .filter(ImageFilter.GaussianBlur(0.8))
    )
    assert look_at("photo.jpg", jpeg(bad, 45)).sheets[0].codes == (code,)


def test_a_colour_photo_is_read_as_grey(code: bytes, page: Image.Image) -> None:
    """With transparency, a palette, or 16 bits."""
    for mode in ("RGB", "RGBA", "P", "1", "I;16"):
        assert look_at("photo.png", png(page.convert(mode))).sheets[0].codes == (code,)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(100),
        b"%PDF-1.7\n" + bytes(100),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0" + bytes(64),
        bytes(1000),
        bytes(MOST_BYTES + 1),
    ],
    ids=["nothing", "another kind", "no PDF", "no PNG", "no JPEG", "zeros", "too long"],
)
def test_what_cannot_be_read_is_said_so(data: bytes) -> None:
    """And no exception leaves."""
    file = look_at("file", data)
    assert file.unreadable
    assert file.sheets == ()


def test_a_cut_picture_is_refused(page: Image.Image) -> None:
    """Half a PNG is not half a paper."""
    whole = png(page)
    assert look_at("cut.png", whole[: len(whole) // 2]).unreadable


def test_a_picture_that_swells_is_refused_before_it_is_decoded() -> None:
    """A few bytes that say they are 60,000 by 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    data = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    assert look_at("bomb.png", data).unreadable


def test_a_pdf_with_a_huge_page_is_refused() -> None:
    """A page of five metres would be four thousand million pixels."""
    assert MOST_PIXELS < (14_400 * 300 // 72) ** 2
    picture = BytesIO()
    Image.new("L", (64, 64), 255).save(picture, "PDF", resolution=72.0 * 64 / 14_400)
    with pytest.raises(Unreadable):
        list(pages_of(picture.getvalue()))


def test_a_scan_saved_as_pdf(code: bytes, page: Image.Image) -> None:
    """Each page of it is looked at."""
    scan = BytesIO()
    page.save(scan, "PDF", resolution=300.0, save_all=True, append_images=[page.rotate(180)])
    assert [one.codes for one in look_at("scan.pdf", scan.getvalue()).sheets] == [(code,), (code,)]


@given(st.binary(max_size=200), st.sampled_from([b"", b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]))
def test_any_bytes_are_looked_at(tail: bytes, head: bytes) -> None:
    """A stranger's file says what it likes; it is read or refused."""
    look_at("file", head + tail)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.data())
def test_a_spoilt_picture_gives_the_code_or_none(data: st.DataObject) -> None:
    """Bytes of a small PNG or JPEG are changed: whatever is read, nothing breaks, and no other seal appears."""
    genuine = b"only this" * 9
    small = sheet(genuine, dpi=72, millimetres=60)
    written = bytearray(data.draw(st.sampled_from([png(small), jpeg(small, 60)])))
    for _ in range(data.draw(st.integers(1, 6))):
        written[data.draw(st.integers(8, len(written) - 1))] = data.draw(st.integers(0, 255))
    for one in look_at("file", bytes(written)).sheets:
        assert set(one.codes) <= {genuine}


def test_noise_and_nothing_have_no_code() -> None:
    """A page without a code costs a bounded number of tries."""
    assert codes_on(Image.new("L", (1200, 1700), 255)) == ()
    assert codes_on(Image.effect_noise((800, 1100), 120)) == ()


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
