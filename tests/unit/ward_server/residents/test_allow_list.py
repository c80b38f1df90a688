"""The feed carries only what a certificate prints, a rule reads, or a record is found by.

Each item of the record is changed, alone, on residents of both kinds: an item whose change nobody notices is read by
nobody, and has no place in the feed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace

import pytest

from konbini.pdf.facts import CertificateFacts
from konbini.protocol.errors import Refused
from konbini.protocol.kinds import CertificateKind, Options, Scope
from konbini.ward_server.certificates.resident_record import Particulars, Subject, statement
from konbini.ward_server.issuing.rules import Household, Person, kind_reasons, options_for, reasons, scopes_for
from konbini.ward_server.residents.feed import EntryDraft, FeedKind, HoldChange, LinkChange, MeasureChange
from konbini.ward_server.residents.record import ForeignCategory, ForeignItems, Presence, ResidentRecord, Sex
from tests.municipality import SETTINGS
from tests.records import written

DAY = dt.date(2026, 9, 21)
FOUND_BY = ("municipality", "resident", "version", "household", "order", "presence")
"""What a copy finds a record by, compares, and orders a household by."""
FOREIGN = ForeignItems(
    nationality="フランス",
    category=ForeignCategory.MEDIUM_TO_LONG_TERM,
    status_of_residence="留学",
    period_of_stay="１年",
    period_ends=20270101,
    residence_card="AB12345678CD",
    became_foreign_resident=20150601,
)
BASES = (written("1000000001"), written("1000000002", foreign=FOREIGN, alias="堂本　暮"))
CHANGED = {
    str: "変",
    int: 19800101,
    bool: True,
    bytes: bytes(32),
    type(None): "ヘン",
    Sex: Sex.MALE,
    Presence: Presence.DIED,
}


def observed(record: ResidentRecord) -> object:
    """Give all that certificates, rules and copies see of a record."""
    person = Person(record=record, barred=False)
    people = Household(holder=person, members=(person,))
    found_by = tuple(getattr(record, name) for name in FOUND_BY)
    terms = SETTINGS.terms(DAY)
    of_kinds = tuple(
        (
            kind_reasons(kind, people, terms, DAY),
            scopes_for(kind, people, terms, DAY),
            options_for(kind, (person,), terms),
        )
        for kind in (CertificateKind.RESIDENT_RECORD, CertificateKind.RESIDENT_RECORD_ITEMS)
    )
    ruled = (reasons(people, terms, DAY), of_kinds)
    return found_by, ruled, printed(record, ~Options(0)), printed(record, ~Options.INDIVIDUAL_NUMBER)


def printed(record: ResidentRecord, options: Options) -> CertificateFacts | str:
    """Give what a certificate prints of a record, or why it prints nothing."""
    particulars = Particulars(
        number="131997-260921-00000017-8", form="f", issued_on=DAY, scope=Scope.SELF, options=options
    )
    try:
        return statement([Subject(record=record)], particulars)
    except Refused as refused:
        return refused.code.name


def other(record: ResidentRecord, name: str) -> ResidentRecord:
    """Change one item of a record."""
    value = getattr(record, name)
    if isinstance(value, ForeignItems) or (value is None and name == "foreign"):
        return replace(record, foreign=None if value else FOREIGN)
    if name == "individual_number":
        return replace(record, individual_number=bytes(32))
    if value is None:
        dated = name in {"moved_in", "leaving", "notified", "address_set", "became_resident"}
        return replace(record, **{name: 20260921 if dated else "変"})  # type: ignore[arg-type] # fields by name
    return replace(record, **{name: CHANGED[type(value)]})  # type: ignore[arg-type] # fields by name


@pytest.mark.parametrize("name", [field.name for field in fields(ResidentRecord)])
def test_an_item_of_the_record_is_read_by_somebody(name: str) -> None:
    """By a certificate, a rule or the copy; of either kind of resident."""
    assert any(observed(other(base, name)) != observed(base) for base in BASES)


@pytest.mark.parametrize("name", [field.name for field in fields(ForeignItems)])
def test_an_item_of_a_foreign_resident_is_read_by_somebody(name: str) -> None:
    """Each is printed where it is asked for."""
    value = getattr(FOREIGN, name)
    fresh = ForeignCategory.SPECIAL_PERMANENT if isinstance(value, ForeignCategory) else CHANGED[type(value)]
    changed = replace(BASES[1], foreign=replace(FOREIGN, **{name: fresh}))  # type: ignore[arg-type] # fields by name
    assert observed(changed) != observed(BASES[1])


def test_entries_carry_nothing_beside_it() -> None:
    """The other kinds: whose card, and what bars, by what a release is compared with; no reason, no planned end."""
    assert {kind.name for kind in FeedKind} >= {"RECORD", "LINK", "MEASURE", "HOLD"}
    assert [field.name for field in fields(LinkChange)] == ["card", "counts_from", "ended", "counts_until"]
    assert [field.name for field in fields(MeasureChange)] == ["application", "version", "in_force"]
    assert [field.name for field in fields(HoldChange)] == ["hold", "version", "in_force"]
    assert [field.name for field in fields(EntryDraft)] == ["kind", "resident", "version", "body"]
