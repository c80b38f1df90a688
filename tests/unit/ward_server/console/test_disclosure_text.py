"""What is disclosed says where it does not hold all that there is."""

from __future__ import annotations

import datetime as dt

import pytest

from konbini.protocol.cose import SigningKey
from konbini.protocol.kinds import CertificateKind
from konbini.simulation.town.populate import FEWEST, populate
from konbini.ward_server.console.disclosure_text import Disclosed, DisclosureText, Given
from konbini.ward_server.console.words import LANGUAGES, all_words
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.view import IssuanceLine, IssuancesFound
from konbini.ward_server.residents.archive import Accesses, History
from konbini.ward_server.residents.record import SignedRecord, record_bytes
from konbini.ward_server.residents.registry import Found

GIVEN = Given(disclosure_id="ab", resident="0001", matter="令8-1", entered_by="aoki", approved_by="bando", moment=0)


@pytest.fixture(scope="module")
def record() -> Found:
    """Look somebody up."""
    one = populate(1, FEWEST, dt.date(2026, 11, 30)).people[0].record
    (signed,) = SignedRecord.sign_all([record_bytes(one)], SigningKey.generate(), one.municipality)
    return Found(record=signed, links=(), restrictions=())


def line(number: str) -> IssuanceLine:
    """Make an issuance."""
    return IssuanceLine(
        number=number,
        kiosk="K-0001",
        reserved=0,
        kind=CertificateKind.RESIDENT_RECORD,
        state=IssuanceState.SETTLED,
        refused=0,
        outcome=None,
        fee=200,
        left_since=None,
        left_gone=None,
    )


@pytest.mark.parametrize("cut", [(), ("history",), ("issuances",), ("accesses",), ("history", "issuances", "accesses")])
def test_a_part_that_was_cut_says_so(record: Found, cut: tuple[str, ...]) -> None:
    """In its own section, once each, and in the counts that are kept."""
    found = Disclosed(
        record=record,
        history=History(happened=(), is_cut="history" in cut),
        issuances=IssuancesFound.of([line("1"), line("2")], 1 if "issuances" in cut else 2),
        looks=(),
        accesses=Accesses(accesses=(), is_cut="accesses" in cut),
    )
    page = DisclosureText("東京都澄川区").write(GIVEN, found).decode()
    words = all_words()[LANGUAGES[0]].texts
    said = words["disclosed.is_cut"]
    sections = {
        "history": page.index(words["disclosed.history"]),
        "issuances": page.index(words["find.of_cards"]),
        "accesses": page.index(f"<h2>{words['disclosed.accesses']}"),
    }
    assert page.count(said) == len(cut)
    for name, begin in sections.items():
        end = min((place for place in sections.values() if place > begin), default=len(page))
        assert (said in page[begin:end]) is (name in cut)
    assert found.counts.count("+") == len(cut)
    assert (">2<" in page) is ("issuances" not in cut)
