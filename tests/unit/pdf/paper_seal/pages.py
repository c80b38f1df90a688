"""Pages to seal, made by chance and by hand."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from konbini.pdf.era import in_era
from konbini.pdf.facts import Mark, PersonFacts
from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.pdf.paper_seal.contents import page_seals
from konbini.pdf.paper_seal.items import WITHHELD_ITEMS, Item
from konbini.pdf.paper_seal.page_seal import MOST_INDEX, PageSeal, SealedItem
from konbini.pdf.paper_seal.values import IMAGE_DIGEST_BYTES, ItemValue, Withheld
from konbini.pdf.specimen.household import specimen_facts
from konbini.protocol.kinds import CertificateKind, Scope
from konbini.protocol.numbers import MOST_COUNTER, IssuanceNumber

MARKS = st.sampled_from(Mark)
TEXTS = st.one_of(
    st.text("葛西太郎〇１２３４－ abcXYZ　\U000e0102𠮷", min_size=1, max_size=40).filter(
        lambda text: text == text.strip() and text != "\U000e0102"
    ),
    st.dates(min_value=dt.date(1873, 1, 1)).map(in_era),
    st.sampled_from(("令和元年１３月１日", "平成３１年５月１日", "令和７年１１月３１日", "令和07年11月22日")),
)


def specimen_page(*people: PersonFacts, number: str = "131997-251122-10000001-1", index: int = 7) -> PageSeal:
    """Give the first page of the made-up household, or of some people."""
    facts = specimen_facts(*people, number=number)
    items = FORM_KINDS["resident-record.household"].sealed_items(facts)
    return page_seals(facts, items, kind=CertificateKind.RESIDENT_RECORD, status_index=index)[0]


def values_of(item: Item) -> st.SearchStrategy[ItemValue]:
    """Any value that an item may have."""
    if item is Item.SEAL_IMPRINT:
        return st.binary(min_size=IMAGE_DIGEST_BYTES, max_size=IMAGE_DIGEST_BYTES)
    if item in WITHHELD_ITEMS:
        return MARKS | st.just(Withheld.PRINTED)
    return MARKS | TEXTS


@st.composite
def page_strategy(draw: st.DrawFn) -> PageSeal:
    """Any page."""
    pages = draw(st.integers(1, 12))
    places = st.tuples(st.integers(0, 12), st.sampled_from(Item))
    where = sorted(draw(st.sets(places, min_size=1, max_size=30)))
    return PageSeal(
        number=IssuanceNumber(
            ward=draw(st.from_regex(r"\A[0-9]{6}\Z")),
            date=draw(st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))),
            incarnation=draw(st.integers(0, 9)),
            counter=draw(st.integers(1, MOST_COUNTER)),
        ),
        status_index=draw(st.integers(0, MOST_INDEX)),
        page=draw(st.integers(1, pages)),
        pages=pages,
        set_hash=draw(st.binary(min_size=8, max_size=8)),
        kind=draw(st.sampled_from(CertificateKind)),
        scope=draw(st.sampled_from(Scope)),
        items=tuple(SealedItem(person=person, item=item, value=draw(values_of(item))) for person, item in where),
    )
