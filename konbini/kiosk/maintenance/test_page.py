"""The test page: one fixed A4 page, made here and of nothing else, with a standard font of PDF that needs no file.

It shows what a maintainer looks at: the edges of the paper, a ruler, steps of grey, thin lines. It says in English that
it is no certificate; no name, number or seal is on it, and it is the same on every kiosk.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["PAGES", "page"]

PAGES = 1
_WIDTH, _HEIGHT = 595.28, 841.89
_MILLIMETRE = 72 / 25.4


def page() -> bytes:
    """Give the page as a PDF (ISO 32000-1), the same bytes each time."""
    content = "\n".join(_content()).encode("ascii")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.28 841.89]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def _content() -> Iterator[str]:
    yield from _text(28, 220, "TEST PAGE")
    yield from _text(14, 205, "This is not a certificate. Destroy it after the test.")
    inset = 5 * _MILLIMETRE
    yield f"0.5 w {inset:.2f} {inset:.2f} {_WIDTH - 2 * inset:.2f} {_HEIGHT - 2 * inset:.2f} re S"
    for step in range(11):
        yield f"{step / 10:.1f} g {(20 + 15 * step) * _MILLIMETRE:.2f} {150 * _MILLIMETRE:.2f} 42 42 re f"
    yield "0 g"
    for millimetre in range(171):
        height = 6 if millimetre % 10 == 0 else 3
        x = (20 + millimetre) * _MILLIMETRE
        yield f"0.2 w {x:.2f} {130 * _MILLIMETRE:.2f} m {x:.2f} {(130 + height) * _MILLIMETRE:.2f} l S"
    for line in range(20):
        y = (60 + 2 * line) * _MILLIMETRE
        yield f"{0.1 + 0.1 * line:.1f} w {20 * _MILLIMETRE:.2f} {y:.2f} m {190 * _MILLIMETRE:.2f} {y:.2f} l S"


def _text(size: int, height: int, text: str) -> Iterator[str]:
    """Write a line, `height` millimetres above the paper's lower edge."""
    yield f"BT /F {size} Tf {20 * _MILLIMETRE:.2f} {height * _MILLIMETRE:.2f} Td ({text}) Tj ET"
