"""An `issuing` that lies to its clerk about a seal: another's, none, a cancelled one, another picture on the page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from konbini.pdf.seal_facts import Impression, SealRegistrationFacts
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, MessageKind
from konbini.ward_server.clerk.evidence import Certified, Evidence, Sealed
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.seal import SealCancelled, SealEnd, SealRegistration, SignedSeal
from tests.impressions import DOTS_PER_INCH, black_png, seal_image
from tests.integration.ward_server.clerks import Lying, Remembering
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward

_SEAL = CertificateKind.SEAL_REGISTRATION
Lie = Callable[[Evidence], Evidence]


async def seal_of(ward: Ward, resident: str) -> SignedSeal:
    """Give a resident's registration, as the copy has it."""
    people = await ward.desk.copy.household_of(resident)
    (found,) = (one.seal for one in people if one.seal is not None)
    assert isinstance(found, SignedSeal)
    return found


async def forged(ward: Ward, **changes: object) -> Lie:
    """Sign HEAD's registration, changed, with a key of one's own."""
    registration: SealRegistration = replace((await seal_of(ward, HEAD)).registration, **changes)  # type: ignore[arg-type] # fields by name
    data = SignedSeal.sign(registration, SigningKey.generate()).data
    return lambda evidence: replace(evidence, seal_registration=data)


async def _of_another(ward: Ward) -> Lie:
    data = (await seal_of(ward, ALONE)).data
    return lambda evidence: replace(evidence, seal_registration=data)


async def _none(_ward: Ward) -> Lie:
    return lambda evidence: replace(evidence, seal_registration=None)


async def _another_picture(ward: Ward) -> Lie:
    image = seal_image(18.0)
    return await forged(ward, image=image, image_digest=image.digest)


async def _a_record(_ward: Ward) -> Lie:
    return lambda evidence: replace(evidence, seal_registration=evidence.records[0])


LIES: dict[str, tuple[Callable[[Ward], Awaitable[Lie]], Code]] = {
    "another person's seal": (_of_another, Code.SUBJECT_MISMATCH),
    "no seal": (_none, Code.EVIDENCE_MISMATCH),
    "a picture that the registry did not sign": (_another_picture, Code.RECORD_NOT_SIGNED),
    "a record in its place": (_a_record, Code.RECORD_NOT_SIGNED),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_seal_that_is_not_the_holders_stops_the_ward(ward: Ward, lie: str) -> None:
    """Found before anything is certified, and both processes stop."""
    make, code = LIES[lie]
    visit = ward.visit(HEAD)
    await visit.open()
    ward.desk = replace(ward.desk, clerk=Lying(ward.desk.clerk, evidence=await make(ward)))
    told = await visit.send_order(visit.order_body(kind=_SEAL))
    assert (told.kind, told.document) == (MessageKind.DOCUMENT, None)
    assert ward.issuances() == [(IssuanceState.VOID, code)]
    assert ward.stops() == {"issuing": code, "clerk": code}


async def test_a_seal_beside_another_certificate_stops_the_ward(ward: Ward) -> None:
    """What was not asked for is not handed over."""
    data = (await seal_of(ward, HEAD)).data
    visit = ward.visit(HEAD)
    await visit.open()
    lie = Lying(ward.desk.clerk, evidence=lambda evidence: replace(evidence, seal_registration=data))
    ward.desk = replace(ward.desk, clerk=lie)
    assert (await visit.order()).document is None
    assert ward.stops() == {"issuing": Code.EVIDENCE_MISMATCH, "clerk": Code.EVIDENCE_MISMATCH}


async def test_a_copy_that_missed_a_cancellation(ward: Ward) -> None:
    """The incident: `issuing` hands over a seal as it was. The clerk's own index knows better; nothing is certified."""
    before = (await seal_of(ward, HEAD)).data
    visit = ward.visit(HEAD)
    await visit.open()
    remembering = Remembering(ward.desk.clerk)
    honest = ward.desk
    ward.desk = replace(honest, clerk=remembering)
    assert (await visit.send_order(visit.order_body(kind=_SEAL))).document is not None
    (evidence,) = remembering.evidence
    assert evidence.seal_registration == before
    await ward.register.change(ChangeKind.SEAL_CANCELLED, HEAD, SealCancelled(reason=SealEnd.LOST), 1)
    with pytest.raises(Refused, match="RECORD_STALE"):
        await honest.clerk.certify(evidence)
    assert ward.stops() == {"issuing": None, "clerk": None}


class _Drawing:
    """Draws another impression than the clerk certified, and hands that paper over."""

    def __init__(self, ward: Ward, change: Callable[[SealRegistrationFacts], SealRegistrationFacts]) -> None:
        self._ward, self._clerk, self._change = ward, ward.desk.clerk, change
        self._certified: Certified | None = None

    async def certify(self, evidence: Evidence) -> Certified:
        """Certify."""
        self._certified = await self._clerk.certify(evidence)
        return self._certified

    async def seal(self, order: bytes, _pdf: bytes) -> Sealed:
        """Seal something else."""
        assert self._certified is not None
        facts = self._change(SealRegistrationFacts.from_wire(self._certified.facts))
        form = self._ward.desk.forms[facts.form]
        pdf = form.draw(facts, binding=self._certified.binding, seals=self._certified.seals)
        return await self._clerk.seal(order, pdf)


@pytest.mark.parametrize(
    "impression",
    [
        Impression(png=black_png(400, 400), dots_per_inch=DOTS_PER_INCH - 8),
        Impression(png=black_png(398, 398), dots_per_inch=DOTS_PER_INCH),
        Impression(png=black_png(400, 400, bits=8), dots_per_inch=DOTS_PER_INCH),
    ],
)
async def test_a_page_that_shows_another_impression_is_not_signed(ward: Ward, impression: Impression) -> None:
    """Two per cent larger, two samples smaller, other samples of the same look: only exactly it, 1:1."""
    visit = ward.visit(HEAD)
    await visit.open()
    drawing = _Drawing(ward, lambda facts: replace(facts, impression=impression))
    ward.desk = replace(ward.desk, clerk=drawing)
    assert (await visit.send_order(visit.order_body(kind=_SEAL))).document is None
    assert ward.stops() == {"issuing": Code.PAGE_MISMATCH, "clerk": Code.PAGE_MISMATCH}


_COLUMNS = {
    "sqlite": "SELECT name FROM pragma_table_info('seal_registration')",
    "postgresql": "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    " AND table_name = 'seal_registration' ORDER BY ordinal_position",
}


async def test_the_clerk_keeps_no_impression(ward: Ward) -> None:
    """Its index names a version and a hash; neither process's file holds the picture in the clear."""
    png = (await seal_of(ward, HEAD)).registration.image
    assert png is not None
    columns = [name for (name,) in ward.place.write("clerk", _COLUMNS[ward.place.engine])]
    assert columns == ["resident", "version", "registration_hash", "in_force"]
    for path in ward.town.data.glob("*.db*"):
        assert png.png not in path.read_bytes()
