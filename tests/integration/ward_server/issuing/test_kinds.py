"""Which certificates a ward offers, and that each comes out as what was ordered."""

from __future__ import annotations

from dataclasses import replace

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # it ships no types

from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind, Scope
from tests.integration.ward_server.people import HEAD
from tests.integration.ward_server.ward import Ward


def text_of(pdf: bytes) -> str:
    """Give the text of a document's first page."""
    document = pdfium.PdfDocument(pdf)
    page = document[0]
    text = page.get_textpage()
    try:
        return str(text.get_text_bounded())
    finally:
        text.close()
        page.close()
        document.close()


async def test_the_certificate_of_items_is_issued(ward: Ward) -> None:
    """It is on the menu beside the copy, and the paper has its own title and sentence, through clerk and seal."""
    visit = ward.visit(HEAD)
    menu = (await visit.open()).given_menu
    assert [offer.kind for offer in menu.offers] == [
        CertificateKind.RESIDENT_RECORD,
        CertificateKind.RESIDENT_RECORD_ITEMS,
    ]
    handles = [member.handle for member in menu.members]
    body = visit.order_body(kind=CertificateKind.RESIDENT_RECORD_ITEMS, scope=Scope.WHOLE, handles=handles)
    said = text_of((await visit.send_order(body)).given_document.pdf)
    assert "住民票記載事項証明書" in said
    assert "世帯全員の住民票に記載された事項と相違ないことを証明する。" in said


async def test_a_kind_that_the_ward_has_not_is_refused(ward: Ward) -> None:
    """The registry holds no seal registrations: the kind is on no menu, and an order for it is refused."""
    visit = ward.visit(HEAD)
    menu = (await visit.open()).given_menu
    assert CertificateKind.SEAL_REGISTRATION not in [offer.kind for offer in menu.offers]
    told = await visit.send_order(visit.order_body(kind=CertificateKind.SEAL_REGISTRATION))
    assert told.code is Code.NOT_OFFERED
    assert ward.issuances() == []


async def test_a_kind_without_a_fee_is_not_offered(ward: Ward) -> None:
    """A municipality offers the kinds that it has set a fee for, and the others go on."""
    fees = [fee for fee in ward.desk.settings.fees if fee.kind is CertificateKind.RESIDENT_RECORD]
    ward.desk = replace(ward.desk, settings=replace(ward.desk.settings, fees=fees))
    menu = (await ward.visit(HEAD).open()).given_menu
    assert [offer.kind for offer in menu.offers] == [CertificateKind.RESIDENT_RECORD]


async def test_a_kind_without_a_form_is_not_offered(ward: Ward) -> None:
    """A municipality that has no template of a kind does not offer it."""
    templates = [one for one in ward.desk.templates if one.kind.startswith("resident-record-items")]
    ward.desk = replace(ward.desk, templates=templates)
    menu = (await ward.visit(HEAD).open()).given_menu
    assert [offer.kind for offer in menu.offers] == [CertificateKind.RESIDENT_RECORD_ITEMS]
