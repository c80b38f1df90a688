"""The clerk's page seals: from its own facts, once an order, under a place that nobody else gets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from konbini.pdf.paper_seal.issuers import IssuerList
from konbini.pdf.paper_seal.items import Item
from konbini.pdf.paper_seal.page_seal import PageSeal
from konbini.pdf.paper_seal.signed_page import open_page
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind
from konbini.ward_server.clerk.evidence import Certified
from konbini.ward_server.clerk.page_sealing import PaperSealConfig, read_page_sealer
from tests.integration.ward_server.clerk.test_sealing import certified, draw, facts_of, refuses
from tests.integration.ward_server.clerks import evidence_of
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward
from tests.places import ENGINE_FAULTS


def issuers_of(ward: Ward) -> IssuerList:
    """Open the town's issuer list as a verifier does."""
    return IssuerList.open((ward.town.public / "issuers.list").read_bytes(), _authority(ward), newest_seen=1)


def sealed(ward: Ward, one: Certified) -> list[PageSeal]:
    """Open what was certified."""
    return [open_page(seal, issuers_of(ward)).seal for seal in one.seals]


async def test_a_seal_says_what_the_clerk_read(ward: Ward) -> None:
    """Number, day, set hash, kind and every fact are those of the facts that it gives."""
    one = await certified(ward, HEAD)
    facts, (page,) = facts_of(one), sealed(ward, one)
    assert (str(page.number), page.issued_on, page.set_hash) == (facts.number, facts.issued_on, facts.digest()[:8])
    assert (page.kind, page.scope) == (CertificateKind.RESIDENT_RECORD, facts.scope)
    told = {(item.person, item.item): item.value for item in page.items}
    assert told[0, Item.ADDRESS] == facts.address
    for ordinal, person in enumerate(facts.people, 1):
        assert told[ordinal, Item.NAME] == person.name
        assert told[ordinal, Item.BIRTH_DATE] == person.birth_date


async def test_the_same_order_gets_the_same_seals(ward: Ward) -> None:
    """Asked again, and asked of a clerk that was started again: place and signatures are those of the first time."""
    evidence = await evidence_of(ward, ALONE)
    first = await ward.desk.clerk.certify(evidence)
    assert (await ward.desk.clerk.certify(evidence)).seals == first.seals
    await ward.stop("clerk")
    await ward.start_clerk()
    await ward.caught_up()
    assert (await ward.desk.clerk.certify(evidence)).seals == first.seals
    assert len(ward.rows("clerk", "SELECT 1 FROM certified")) == 1


async def test_each_order_has_a_place_of_its_own(ward: Ward) -> None:
    """Places count up from nought, and stay with the number in the store."""
    pages = [sealed(ward, await certified(ward, holder))[0] for holder in (ALONE, HEAD)]
    assert [page.status_index for page in pages] == [0, 1]
    rows = ward.rows("clerk", "SELECT incarnation, status_index, number FROM certified ORDER BY status_index")
    assert rows == [(page.number.incarnation, page.status_index, str(page.number)) for page in pages]


async def test_no_fact_of_a_seal_is_in_the_store(ward: Ward) -> None:
    """The clerk keeps signatures, digests and numbers: no name, address or day of birth."""
    one = await certified(ward, HEAD)
    facts = facts_of(one)
    kept = b"".join(
        value if isinstance(value, bytes) else str(value).encode()
        for row in ward.rows("clerk", "SELECT * FROM certified")
        for value in row
    )
    for text in (facts.address, *(person.name for person in facts.people)):
        assert text.encode() not in kept
    assert one.seals[0][-64:] in kept


async def test_a_place_stays(ward: Ward) -> None:
    """Neither changed nor taken back, whoever writes into the store."""
    await certified(ward, ALONE)
    await ward.stop("clerk")
    for change in (
        "UPDATE certified SET status_index = 5",
        "UPDATE certified SET page_signatures = order_key",
        "UPDATE certified SET facts_digest = order_key",
        "DELETE FROM certified",
    ):
        with pytest.raises(ENGINE_FAULTS, match="stays"):
            ward.write("clerk", change)


@pytest.mark.parametrize("what", ["of another order", "changed"])
async def test_a_paper_with_another_seal(ward: Ward, what: str) -> None:
    """A genuine code of somebody else's paper, or one that nobody signed: the clerk stops."""
    one, other = await certified(ward, ALONE), await certified(ward, HEAD)
    seals = {"of another order": other.seals, "changed": (one.seals[0][:-1] + bytes([one.seals[0][-1] ^ 1]),)}[what]
    await refuses(ward, one.order, draw(ward, one, seals=seals), Code.PAGE_MISMATCH)
    assert ward.stops()["clerk"] is Code.PAGE_MISMATCH


async def test_a_sealer_knows_its_place_on_the_list(ward: Ward) -> None:
    """Another ward, another key, a list of another hand: found at the start; a day outside the key's life: refused."""
    authority, config = _authority(ward), _config(ward)
    sealer = read_page_sealer(config, ward.code, authority)
    sealer.check_in_force(ward.town.today)
    for day in (ward.town.today.replace(year=2020), ward.town.today.replace(year=2040)):
        with pytest.raises(Refused) as refusal:
            sealer.check_in_force(day)
        assert refusal.value.code is Code.PAPER_KEY_EXPIRED
    other_key = replace(config, key=ward.town.keys / "publishing" / "status.key")
    other_hand = VerifyingKey(bytes.fromhex((ward.town.public / "enrolment.point").read_text("ascii")))
    for wrong, name, whose, code in (
        (config, "131994", authority, Code.PAPER_KEY_UNKNOWN),
        (other_key, ward.code, authority, Code.PAPER_KEY_UNKNOWN),
        (config, ward.code, other_hand, Code.SIGNATURE_INVALID),
    ):
        with pytest.raises(Refused) as refusal:
            read_page_sealer(wrong, name, whose)
        assert refusal.value.code is code


async def test_a_signature_of_another_key_is_not_handed_out(ward: Ward) -> None:
    """An order that began under another key is not finished with this one's id."""
    one = await certified(ward, ALONE)
    (page,) = sealed(ward, one)
    sealer = read_page_sealer(_config(ward), ward.code, _authority(ward))
    assert sealer.sealed(page, one.seals[0][-64:]) == one.seals[0]
    for signature in (bytes(64), sealer.sign(replace(page, status_index=9))):
        with pytest.raises(Refused) as refusal:
            sealer.sealed(page, signature)
        assert refusal.value.code is Code.RECORD_STALE


def _authority(ward: Ward) -> VerifyingKey:
    return VerifyingKey(bytes.fromhex((ward.town.public / "directory.point").read_text("ascii")))


def _config(ward: Ward) -> PaperSealConfig:
    return PaperSealConfig(key=ward.town.keys / "clerk" / "paper-seal.key", issuers=ward.town.public / "issuers.list")
