"""印鑑登録証明書 through a whole ward: offered to its owner alone, printed 1:1, and never once it is cancelled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # it ships no types
import pytest
from PIL import Image

from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind, MessageKind, Options, Outcome, Scope
from konbini.protocol.visits import Menu
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.record import Presence
from konbini.ward_server.residents.seal import SealCancelled, SealEnd
from tests.impressions import inked_mm, seal_of
from tests.integration.ward_server.clerks import Between
from tests.integration.ward_server.kiosk import Told, Visit
from tests.integration.ward_server.people import ALONE, FOREIGNER, HEAD, SPOUSE
from tests.integration.ward_server.ward import Ward

_SEAL = CertificateKind.SEAL_REGISTRATION
_DOTS = 300


async def cancel(ward: Ward, resident: str = HEAD) -> None:
    """Cancel a registration of the first version."""
    await ward.register.change(ChangeKind.SEAL_CANCELLED, resident, SealCancelled(reason=SealEnd.LOST), 1)


async def replace_seal(ward: Ward) -> None:
    """Cancel HEAD's seal and register another: a seal is in force before and after."""
    await cancel(ward)
    await ward.register.change(ChangeKind.SEAL_REGISTERED, HEAD, seal_of(number="9", millimetres=10.0), 2)


def offered(menu: Menu) -> list[CertificateKind]:
    """Give the kinds of a menu."""
    return [offer.kind for offer in menu.offers]


async def order(visit: Visit, ordinal: int = 1) -> Told:
    """Order the holder's seal certificate."""
    return await visit.send_order(visit.order_body(kind=_SEAL, ordinal=ordinal))


def page_of(pdf: bytes) -> tuple[str, Image.Image, int]:
    """Read the one page: its text, its picture and how many there are."""
    document = pdfium.PdfDocument(pdf)
    page = document[0]
    text = page.get_textpage()
    try:
        shown = page.render(scale=_DOTS / 72, grayscale=True).to_pil()
        return str(text.get_text_bounded()), shown, len(document)
    finally:
        text.close()
        page.close()
        document.close()


@pytest.mark.parametrize(
    ("holder", "millimetres", "words"),
    [
        (HEAD, 20.0, ("葛\U000e0102城　文", "昭和６０年４月３日")),
        (ALONE, 12.5, ("澄川　一",)),
        (FOREIGNER, 15.0, ("DUPONT CLAIRE", "堂本　暮", "デュポン　クレール")),
    ],
)
async def test_a_seal_is_certified_at_its_true_size(
    ward: Ward, holder: str, millimetres: float, words: tuple[str, ...]
) -> None:
    """Offered for oneself, without options, at its own fee; the impression on the paper measures 1:1."""
    visit = ward.visit(holder)
    (offer,) = (one for one in (await visit.open()).given_menu.offers if one.kind is _SEAL)
    assert (offer.scopes, offer.options, offer.fee) == ((Scope.SELF,), 0, 300)
    told = await order(visit)
    document = told.given_document
    said, shown, pages = page_of(told.pdf)
    assert (document.fee, document.pages, pages) == (300, 1, 1)
    assert "印鑑登録証明書" in said
    assert all(word in said for word in words)
    assert inked_mm(shown, _DOTS) == pytest.approx((millimetres, millimetres), abs=0.2)
    await visit.printed(told)
    assert ward.issuances() == [(IssuanceState.SETTLED, None)]


async def test_who_has_no_seal_is_not_offered_one(ward: Ward) -> None:
    """It is on no menu of a spouse's, and an order for it is refused; nothing is reserved."""
    visit = ward.visit(SPOUSE)
    assert _SEAL not in offered((await visit.open()).given_menu)
    assert (await order(visit)).code is Code.NOT_OFFERED
    assert ward.issuances() == []


async def test_a_seal_is_certified_for_nobody_else(ward: Ward) -> None:
    """Not for a member of the household, not for the whole of it, not with an option."""
    visit = ward.visit(HEAD)
    members = (await visit.open()).given_menu.members
    handles = [member.handle for member in members]
    for body, code in (
        (visit.order_body(kind=_SEAL, handles=handles[1:2]), Code.CHANGED_LOOK_AGAIN),
        (visit.order_body(kind=_SEAL, handles=handles, scope=Scope.WHOLE), Code.NOT_OFFERED),
        (visit.order_body(kind=_SEAL, handles=handles[:2], scope=Scope.PART), Code.NOT_OFFERED),
        (visit.order_body(kind=_SEAL, options=Options.DOMICILE), Code.NOT_OFFERED),
    ):
        assert (await visit.send_order(body)).code is code
    assert ward.issuances() == []


async def test_a_ward_without_the_kind_or_the_form_does_not_offer_it(ward: Ward) -> None:
    """As every kind."""
    desk = ward.desk
    fees = tuple(fee for fee in desk.settings.fees if fee.kind is not _SEAL)
    offered_kinds = tuple(one for one in desk.settings.offered if one.kind is not _SEAL)
    ward.put_in_force(replace(desk.settings, fees=fees, offered=offered_kinds))
    assert _SEAL not in offered((await ward.visit(HEAD).open()).given_menu)
    templates = [one for one in desk.templates if one.kind != "seal-registration"]
    ward.desk = replace(desk, templates=templates)
    assert _SEAL not in offered((await ward.visit(ALONE).open()).given_menu)


ENDING: dict[str, Callable[[Ward], Awaitable[None]]] = {
    "cancelled": cancel,
    "replaced": replace_seal,
    "another name": lambda ward: ward.register.rewrite(HEAD, name="遠山　文"),
    "moved out": lambda ward: ward.register.remove(HEAD),
    "died": lambda ward: ward.register.remove(HEAD, Presence.DIED),
}
SHORT = frozenset(("cancelled", "replaced"))
"""A representative; the others are the whole matrix."""
_CASES = [pytest.param(case, marks=() if case in SHORT else pytest.mark.long) for case in ENDING]


async def test_cancelled_between_menu_and_order(ward: Ward) -> None:
    """The order is told to look again, the fresh menu has no seal, and the copy has no impression any more."""
    visit = ward.visit(HEAD)
    visit.admit()
    opening = visit.open_body()
    assert _SEAL in offered((await visit.send_open(opening)).given_menu)
    await cancel(ward)
    assert (await order(visit)).code is Code.CHANGED_LOOK_AGAIN
    assert ward.issuances() == []
    rows = ward.rows("issuing", "SELECT version, sealed FROM seal_registration WHERE resident = '1000000001'")
    assert rows == [(2, None)]
    assert _SEAL not in offered((await visit.send_open(opening)).given_menu)
    assert (await order(visit)).code is Code.NOT_OFFERED
    assert (await visit.order()).document is not None


@pytest.mark.parametrize("case", _CASES)
async def test_what_ends_a_seal_after_the_clerk_had_signed(ward: Ward, case: str) -> None:
    """The completing transaction compares the registration's version: the number is void, and nothing went out."""
    visit = ward.visit(HEAD)
    await visit.open()
    ward.desk = replace(ward.desk, clerk=Between(ward.desk.clerk, after_seal=lambda: ENDING[case](ward)))
    told = await order(visit)
    assert (told.kind, told.code) == (MessageKind.DOCUMENT, Code.CHANGED_LOOK_AGAIN)
    assert [state for state, _ in ward.issuances()] == [IssuanceState.VOID]
    assert ward.rows("issuing", "SELECT document FROM issuance") == [(None,)]
    assert ward.stops() == {"issuing": None, "clerk": None}


@pytest.mark.parametrize("case", _CASES)
async def test_what_ends_a_seal_after_the_clerk_had_certified(ward: Ward, case: str) -> None:
    """The clerk looks again before it signs: no signature, no stop."""
    visit = ward.visit(HEAD)
    await visit.open()
    ward.desk = replace(ward.desk, clerk=Between(ward.desk.clerk, after_certify=lambda: ENDING[case](ward)))
    assert (await order(visit)).code is Code.CHANGED_LOOK_AGAIN
    assert ward.rows("clerk", "SELECT count(*) FROM certified WHERE suffix IS NOT NULL") == [(0,)]
    assert ward.stops() == {"issuing": None, "clerk": None}


async def test_another_certificate_does_not_mind_the_seal(ward: Ward) -> None:
    """A seal that is cancelled meanwhile voids no copy of the resident record."""
    visit = ward.visit(HEAD)
    await visit.open()
    ward.desk = replace(ward.desk, clerk=Between(ward.desk.clerk, after_seal=lambda: cancel(ward)))
    assert (await visit.order()).document is not None


async def test_a_seal_that_is_registered_is_offered_and_both_follow(ward: Ward) -> None:
    """A new registration is on the next menu; after a restart of both processes it still is."""
    await ward.register.change(ChangeKind.SEAL_REGISTERED, SPOUSE, seal_of("葛城悟", number="8", millimetres=9.0), 0)
    for process in ("issuing", "clerk"):
        await ward.stop(process)
    await ward.start_clerk()
    await ward.start_issuing()
    await ward.caught_up()
    visit = ward.visit(SPOUSE)
    assert _SEAL in offered((await visit.open()).given_menu)
    told = await order(visit)
    _, shown, _ = page_of(told.pdf)
    assert inked_mm(shown, _DOTS) == pytest.approx((9.0, 9.0), abs=0.2)
    await visit.settle(visit.receipt(Outcome.VOID, number=told.given_document.number))
