"""A signed page: who could lie with one, and by which name each lie is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.pdf.paper_seal.contents import page_seals, record_items
from konbini.pdf.paper_seal.issuers import IssuerList
from konbini.pdf.paper_seal.items import Item
from konbini.pdf.paper_seal.page_seal import PageSeal
from konbini.pdf.paper_seal.page_set import check_set
from konbini.pdf.paper_seal.signed_page import MOST_SEAL_BYTES, open_page, sign_page, signature_of, with_signature
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.protocol.codec import Value, encode
from konbini.protocol.cose import Context, SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, CertificateKind, MessageKind
from tests.unit.pdf.paper_seal.conftest import Keys
from tests.unit.pdf.paper_seal.pages import specimen_page


def refusal_of(data: bytes, issuers: IssuerList) -> Code:
    """Give by which name a seal is refused."""
    with pytest.raises(Refused) as refusal:
        open_page(data, issuers)
    return refusal.value.code


def sets(*people: int, number: str = "131997-251122-10000001-1", index: int = 7) -> tuple[PageSeal, ...]:
    """Give the two pages of six people's certificate."""
    facts = specimen_facts(*(PEOPLE[one] for one in people), number=number)
    items = record_items(facts, [range(4), range(4, 6)])
    return page_seals(facts, items, kind=CertificateKind.RESIDENT_RECORD, status_index=index)


def test_a_genuine_page_opens(keys: Keys, issuers: IssuerList) -> None:
    """Page and issuer come out as they went in."""
    page = specimen_page()
    opened = open_page(sign_page(page, keys.pages), issuers)
    assert opened.seal == page
    assert opened.key.name == "東京都澄川区"


def test_a_signature_put_back_gives_the_same_seal(keys: Keys) -> None:
    """What is kept of a seal is its signature: page, key id and signature give its bytes again."""
    page = specimen_page()
    signed = sign_page(page, keys.pages)
    assert with_signature(page, keys.pages.verifying.key_id, signature_of(signed)) == signed
    with pytest.raises(ValueError, match="64 bytes"):
        with_signature(page, keys.pages.verifying.key_id, b"short")


def test_a_changed_fact_is_refused(keys: Keys, issuers: IssuerList) -> None:
    """Another birth date under the old signature."""
    page = specimen_page(PEOPLE[0])
    items = tuple(
        one._replace(value="平成６０年１月１日") if one.item is Item.BIRTH_DATE else one for one in page.items
    )
    forged = with_signature(
        replace(page, items=items), keys.pages.verifying.key_id, signature_of(sign_page(page, keys.pages))
    )
    assert refusal_of(forged, issuers) is Code.SIGNATURE_INVALID


@given(st.data())
def test_no_changed_byte_passes(keys: Keys, issuers: IssuerList, data: st.DataObject) -> None:
    """Any byte of the code changed, or the code cut: refused by name."""
    signed = bytearray(sign_page(specimen_page(PEOPLE[0]), keys.pages))
    place = data.draw(st.integers(0, len(signed) - 1))
    whole = bytes(signed)
    signed[place] ^= data.draw(st.integers(1, 255))
    allowed = (Code.MALFORMED, Code.SIGNATURE_INVALID, Code.PAPER_KEY_UNKNOWN, Code.VERSION_UNKNOWN)
    assert refusal_of(bytes(signed), issuers) in allowed
    assert refusal_of(whole[:place], issuers) is Code.MALFORMED


@given(st.binary(max_size=400))
def test_other_codes_are_refused(issuers: IssuerList, data: bytes) -> None:
    """Any QR code that is none of ours, behind our beginning too."""
    for some in (data, bytes.fromhex("d28443a10126a0") + data):
        assert refusal_of(some, issuers) is Code.MALFORMED


def test_an_unknown_key_is_refused(keys: Keys, issuers: IssuerList) -> None:
    """A key of somebody's own; the same with the id of a genuine one; a genuine one of another use."""
    page = specimen_page()
    own = SigningKey.generate()
    assert refusal_of(sign_page(page, own), issuers) is Code.PAPER_KEY_UNKNOWN
    claimed = with_signature(page, keys.pages.verifying.key_id, signature_of(sign_page(page, own)))
    assert refusal_of(claimed, issuers) is Code.SIGNATURE_INVALID
    assert refusal_of(sign_page(page, keys.status), issuers) is Code.PAPER_KEY_UNKNOWN


def test_a_neighbour_signs_for_itself_alone(keys: Keys, issuers: IssuerList) -> None:
    """A municipality's key under another's page: its signature is bound to its own name, whichever it writes."""
    page = specimen_page()
    assert refusal_of(sign_page(page, keys.neighbour), issuers) is Code.SIGNATURE_INVALID
    payload = encode([1, keys.neighbour.verifying.key_id, 0, page.to_wire()])
    under_its_own = keys.neighbour.sign(payload, Context(kind=MessageKind.PAGE_SEAL, sender="131994", receiver=ANYONE))
    assert refusal_of(under_its_own, issuers) is Code.PAPER_KEY_UNKNOWN


@pytest.mark.parametrize(("begins", "ends"), [(20251123, 20280331), (20200401, 20251121)])
def test_a_key_out_of_force_is_refused(keys: Keys, begins: int, ends: int) -> None:
    """The key's life is asked about the day of issue, not about today."""
    issuers = keys.issuer_list(begins=begins, ends=ends)
    assert refusal_of(sign_page(specimen_page(), keys.pages), issuers) is Code.PAPER_KEY_EXPIRED
    both_included = keys.issuer_list(begins=20251122, ends=20251122)
    assert open_page(sign_page(specimen_page(), keys.pages), both_included).key.begins == 20251122


def test_other_formats_and_sizes_are_refused(keys: Keys, issuers: IssuerList) -> None:
    """A later format is told as such; a payload of another shape, and what no code holds, are refused unread."""
    context = Context(kind=MessageKind.PAGE_SEAL, sender="131997", receiver=ANYONE)
    key_id, body = keys.pages.verifying.key_id, specimen_page().to_wire()
    cases: tuple[tuple[list[Value], Code], ...] = (
        ([2, key_id, 0, body], Code.VERSION_UNKNOWN),
        ([2], Code.VERSION_UNKNOWN),
        ([True, key_id, 0, body], Code.MALFORMED),
        ([1, key_id[:7], 0, body], Code.MALFORMED),
        ([1, key_id, 0], Code.MALFORMED),
        ([1, key_id, 2, body], Code.MALFORMED),
        ([1, key_id, False, body], Code.MALFORMED),
        ([], Code.MALFORMED),
    )
    for payload, code in cases:
        assert refusal_of(keys.pages.sign(encode(payload), context), issuers) is code
    assert refusal_of(bytes(MOST_SEAL_BYTES + 1), issuers) is Code.OVERSIZE


def test_a_signature_of_another_kind_is_refused(keys: Keys, issuers: IssuerList) -> None:
    """The same key's signature over the same bytes, given for something else."""
    page = specimen_page()
    payload = encode([1, keys.pages.verifying.key_id, 0, page.to_wire()])
    other = keys.pages.sign(payload, Context(kind=MessageKind.STATUS_LIST, sender="131997", receiver=ANYONE))
    assert refusal_of(other, issuers) is Code.SIGNATURE_INVALID


def test_a_whole_set_passes_in_any_order() -> None:
    """Both pages, turned round, and one of them seen twice."""
    first, second = sets(0, 1, 2, 3, 0, 1)
    check_set((second, first, first))


def test_a_missing_page_is_named() -> None:
    """One page of two, and no page at all."""
    for pages in (sets(0, 1, 2, 3, 0, 1)[1:], ()):
        with pytest.raises(Refused) as refusal:
            check_set(pages)
        assert refusal.value.code is Code.PAPER_PAGES_MISSING


def test_pages_of_two_certificates_are_told_apart() -> None:
    """A page of another household, of another number, of another order, or a page in two versions."""
    first, second = sets(0, 1, 2, 3, 0, 1)
    others = (
        sets(2, 1, 2, 3, 0, 0, number="131997-251122-10000002-0")[1],
        sets(0, 1, 2, 3, 0, 2)[1],
        sets(0, 1, 2, 3, 0, 1, index=8)[1],
    )
    for pages in (*((first, other) for other in others), (first, second, replace(second, items=second.items[1:]))):
        with pytest.raises(Refused) as refusal:
            check_set(pages)
        assert refusal.value.code is Code.PAPER_PAGES_MIXED


def test_facts_of_another_day_have_no_seal() -> None:
    """The number's day is the day of issue; a number that is none is refused."""
    for number in ("131997-251121-10000001-3", "1234"):
        facts = specimen_facts(PEOPLE[0], number=number)
        with pytest.raises(Refused) as refusal:
            page_seals(facts, record_items(facts, [[0]]), kind=CertificateKind.RESIDENT_RECORD, status_index=0)
        assert refusal.value.code is Code.MALFORMED
