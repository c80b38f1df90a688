"""Which certificates a ward offers, and that each comes out as what was ordered."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # it ships no types

from konbini import pdf as pdf_room
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind, Options, Scope
from tests.integration.ward_server.people import HEAD, SPOUSE
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
        CertificateKind.SEAL_REGISTRATION,
    ]
    handles = [member.handle for member in menu.members]
    body = visit.order_body(kind=CertificateKind.RESIDENT_RECORD_ITEMS, scope=Scope.WHOLE, handles=handles)
    said = text_of((await visit.send_order(body)).pdf)
    assert "住民票記載事項証明書" in said
    assert "世帯全員の住民票に記載された事項と相違ないことを証明する。" in said


async def test_a_kind_without_a_fee_is_not_offered(ward: Ward) -> None:
    """A municipality offers the kinds that it has set a fee for, and the others go on."""
    offered = [one for one in ward.desk.settings.offered if one.kind is CertificateKind.RESIDENT_RECORD]
    ward.put_in_force(replace(ward.desk.settings, offered=offered))
    menu = (await ward.visit(HEAD).open()).given_menu
    assert [offer.kind for offer in menu.offers] == [CertificateKind.RESIDENT_RECORD]


async def test_a_kind_without_a_form_is_not_offered(ward: Ward) -> None:
    """A municipality that has no template of a kind does not offer it."""
    templates = [one for one in ward.desk.templates if one.kind.startswith("resident-record-items")]
    ward.desk = replace(ward.desk, templates=templates)
    menu = (await ward.visit(HEAD).open()).given_menu
    assert [offer.kind for offer in menu.offers] == [CertificateKind.RESIDENT_RECORD_ITEMS]


async def give_individual_forms(ward: Ward) -> None:
    """Let the municipality have the individual forms (個人票) alone, and start issuing and clerk anew with them."""
    folder = ward.town.root / "forms"
    shutil.copytree(Path(pdf_room.__path__[0]) / "specimen", folder)
    for household in folder.glob("*-household.toml"):
        household.unlink()
    for process in ("issuing", "clerk"):
        await ward.stop(process)
        config = ward.town.configs / f"{process}.toml"
        lines = config.read_text(encoding="utf-8").splitlines()
        written = [f'templates = "{folder}"' if line.startswith("templates = ") else line for line in lines]
        config.write_text("\n".join(written) + "\n", encoding="utf-8")
    await ward.start_clerk()
    await ward.start_issuing()
    await ward.caught_up()


async def test_the_address_before_a_move_within_is_shown_where_the_form_has_a_cell(ward: Ward) -> None:
    """異動前住所: on the individual form, when asked for; the household form does not offer it."""
    earlier = "東京都澄川区旧町二番地"
    await ward.register.rewrite(HEAD, earlier_address=earlier)
    visit = ward.visit(HEAD)
    offer = (await visit.open()).given_menu.offers[0]
    assert Options.EARLIER_ADDRESS not in Options(offer.options)
    told = await visit.send_order(visit.order_body(options=Options.EARLIER_ADDRESS))
    assert told.code is Code.NOT_OFFERED
    await give_individual_forms(ward)
    visit = ward.visit(HEAD)
    offer = (await visit.open()).given_menu.offers[0]
    assert Options.EARLIER_ADDRESS in Options(offer.options)
    shown = await visit.send_order(visit.order_body(options=Options.EARLIER_ADDRESS))
    assert earlier in text_of(shown.pdf)
    other = ward.visit(SPOUSE)
    handles = [member.handle for member in (await other.open()).given_menu.members]
    plain = await other.send_order(other.order_body(scope=Scope.WHOLE, handles=handles))
    assert earlier not in text_of(plain.pdf)
