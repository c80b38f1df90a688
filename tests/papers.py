"""A made-up municipality's seals on sheets of paper, and the lists that a verifier holds them against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from io import BytesIO

import zxingcpp
from PIL import Image

from konbini.pdf.facts import CertificateFacts
from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.pdf.forms.resident_record import KIND, ResidentRecordForm
from konbini.pdf.paper_seal.contents import page_seals
from konbini.pdf.paper_seal.issuers import IssuerKey, IssuerList, KeyUse
from konbini.pdf.paper_seal.page_seal import PageSeal
from konbini.pdf.paper_seal.signed_page import sign_page
from konbini.pdf.paper_seal.status import Status, StatusList
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.protocol.cose import SigningKey
from konbini.protocol.kinds import CertificateKind
from konbini.protocol.numbers import IssuanceNumber
from konbini.verifier.pictures import pages_of

__all__ = [
    "ISSUED_ON", "NOON", "NUMBER", "OTHER_NUMBER", "Municipality", "drawn", "facts_of", "issuer_key", "jpeg", "png",
    "seals_of", "sheet",
]  # fmt: skip

ISSUED_ON = date(2026, 11, 20)
NUMBER = str(IssuanceNumber.of("131997", ISSUED_ON, 1, 17))
OTHER_NUMBER = str(IssuanceNumber.of("131997", ISSUED_ON, 1, 18))
NOON = int(datetime(2026, 11, 21, 3, 0, tzinfo=UTC).timestamp())
"""Noon in Japan, the day after the issue."""
_WHITE = 255
_A4_MM = (210, 297)
_MM_AN_INCH = 25.4
_CODE_MM = 38.0
_FROM_EDGE_MM = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """The directory authority, and one municipality's keys for pages and for status lists."""

    authority: SigningKey
    pages: SigningKey
    status: SigningKey
    code: str = "131997"

    @classmethod
    def make(cls) -> Municipality:
        """Make fresh keys."""
        return cls(authority=SigningKey.generate(), pages=SigningKey.generate(), status=SigningKey.generate())

    def issuers(self, *, begins: int = 20260401, ends: int = 20290331, expires: int = NOON + 86_400) -> bytes:
        """Sign the issuer list; the life is the page key's."""
        own = (self.code, "東京都澄川区", "Sumikawa City, Tokyo")
        return IssuerList(
            version=3,
            issued=NOON - 86_400,
            expires=expires,
            keys=(
                issuer_key(own, KeyUse.PAGES, self.pages, begins, ends),
                issuer_key(own, KeyUse.STATUS, self.status, 20260401, 20290331),
            ),
        ).sign(self.authority)

    def statuses(
        self,
        statuses: Sequence[Status],
        *,
        issued: int = NOON - 3600,
        expires: int = NOON + 86_400,
        incarnation: int = 1,
    ) -> bytes:
        """Sign a status list."""
        return StatusList.of(
            statuses,
            key_id=self.status.verifying.key_id,
            municipality=self.code,
            incarnation=incarnation,
            issued=issued,
            expires=expires,
        ).sign(self.status)

    def codes(self, seals: Sequence[PageSeal]) -> list[bytes]:
        """Sign pages."""
        return [sign_page(seal, self.pages) for seal in seals]


def issuer_key(whose: tuple[str, str, str], use: KeyUse, key: SigningKey, begins: int, ends: int) -> IssuerKey:
    """List a key of a municipality (its code, its name, and that in English) from one day to another, yyyymmdd."""
    municipality, name, english = whose
    return IssuerKey(
        municipality=municipality,
        name=name,
        name_english=english,
        use=use,
        point=key.verifying.point,
        begins=begins,
        ends=ends,
    )


def facts_of(people: int = 1, number: str = NUMBER) -> CertificateFacts:
    """Give the facts of a certificate of the made-up household, for any number of people."""
    shown = [PEOPLE[index % len(PEOPLE)] for index in range(people)]
    return replace(specimen_facts(*shown, number=number), issued_on=ISSUED_ON)


def seals_of(people: int = 1, number: str = NUMBER, *, status_index: int = 0) -> tuple[PageSeal, ...]:
    """Give what each page of a certificate says, in the household form."""
    facts = facts_of(people, number)
    items = FORM_KINDS[KIND].sealed_items(facts)
    return page_seals(facts, items, kind=CertificateKind.RESIDENT_RECORD, status_index=status_index)


def drawn(form: ResidentRecordForm, municipality: Municipality, people: int) -> tuple[bytes, list[Image.Image]]:
    """Draw a certificate as a ward does, with its seals: the unsigned file, and its pages at 300 dots per inch."""
    pdf = form.draw(facts_of(people), binding=bytes(32), seals=municipality.codes(seals_of(people)))
    return pdf, [page.picture for page in pages_of(pdf)]


def sheet(code: bytes, *, dpi: int = 300, millimetres: float = _CODE_MM) -> Image.Image:
    """Draw an A4 sheet with a code at its lower right and lines of grey where text would stand."""
    width, height = (round(edge / _MM_AN_INCH * dpi) for edge in _A4_MM)
    page = Image.new("L", (width, height), _WHITE)
    for line in range(height // 10, height // 2, dpi // 6):
        page.paste(90, (width // 10, line, width - width // 10 - line % (width // 3), line + dpi // 40))
    made = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    matrix = Image.fromarray(zxingcpp.write_barcode_to_image(made, scale=1, add_quiet_zones=True))
    edge, margin = (round(value / _MM_AN_INCH * dpi) for value in (millimetres, _FROM_EDGE_MM))
    page.paste(matrix.resize((edge, edge), Image.Resampling.NEAREST), (width - margin - edge, height - margin - edge))
    return page


def png(picture: Image.Image) -> bytes:
    """Write a picture as PNG."""
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def jpeg(picture: Image.Image, quality: int = 70) -> bytes:
    """Write a picture as JPEG."""
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
