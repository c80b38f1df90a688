"""住民票の写し: what is printed of a record, and that nothing is printed that was not asked for."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.pdf.facts import CertificateFacts, ForeignItems, JapaneseItems, Mark
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Options, Scope
from konbini.ward_server.certificates.resident_record import Particulars, Subject, statement
from konbini.ward_server.residents.record import (
    ForeignCategory,
    IndividualNumberPart,
    ResidentRecord,
    Sex,
)
from konbini.ward_server.residents.record import ForeignItems as ForeignRecord
from tests.records import written

NUMBER = "123456789018"
SALT = bytes(32)
DAY = dt.date(2026, 11, 20)

JAPANESE = written(
    "1000000001",
    former_name="旧姓　文",
    former_name_reading="キュウセイ　アヤ",
    previous_address="大阪府架空市一番地",
    earlier_address="東京都澄川区旧町二番地",
    remarks="備考あり",
)
FOREIGN = written(
    "1000000001",
    alias="堂本　暮",
    earlier_address="東京都澄川区旧町二番地",
    domicile=None,
    domicile_head=None,
    foreign=ForeignRecord(
        nationality="フランス",
        category=ForeignCategory.MEDIUM_TO_LONG_TERM,
        status_of_residence="永住者",
        period_of_stay="無期限",
        period_ends=20300101,
        residence_card="AB12345678CD",
        became_foreign_resident=20150601,
    ),
)
SECRETS: dict[Options, set[str | None]] = {
    Options.HEAD_AND_RELATIONSHIP: {JAPANESE.relationship},
    Options.DOMICILE: {JAPANESE.domicile, JAPANESE.domicile_head},
    Options.INDIVIDUAL_NUMBER: {NUMBER},
    Options.RESIDENT_CODE: {JAPANESE.resident_code},
    Options.FOREIGN_ITEMS: {"フランス", "中長期在留者", "永住者", "無期限", "令和１２年１月１日", "AB12345678CD"},
    Options.EARLIER_ADDRESS: {JAPANESE.earlier_address},
}
"""What each option prints, and nothing else of the record does."""
EVERY = [
    Options(sum(chosen))
    for chosen in chain.from_iterable(combinations(Options, count) for count in range(len(Options) + 1))
]


def subject(record: ResidentRecord) -> Subject:
    """Give a record its individual number."""
    part = IndividualNumberPart(municipality=record.municipality, resident=record.resident, salt=SALT, number=NUMBER)
    return Subject(record=replace(record, individual_number=part.commitment()), individual_number=part)


def facts(record: ResidentRecord, options: Options = Options(0)) -> CertificateFacts:  # noqa: B008 - a flag is a value
    """Print one person."""
    given_number = subject(record)
    if Options.INDIVIDUAL_NUMBER not in options:
        given_number = replace(given_number, individual_number=None)
    particulars = Particulars(
        number="131997-261120-60000001-1", form="sumikawa-2026", issued_on=DAY, scope=Scope.SELF, options=options
    )
    return statement([given_number], particulars)


def texts(printed: CertificateFacts) -> set[str]:
    """Give every text on the paper beside the name of the head."""
    (person,) = printed.people
    cells = [getattr(person, field.name) for field in fields(person) if field.name != "items"]
    cells += [getattr(person.items, field.name) for field in fields(person.items)]
    return {cell for cell in cells if isinstance(cell, str)}


@pytest.mark.parametrize("record", [JAPANESE, FOREIGN], ids=["Japanese", "foreign"])
@pytest.mark.parametrize("options", EVERY)
def test_what_was_not_asked_for_is_not_printed(record: ResidentRecord, options: Options) -> None:
    """For each set of options: each item stands there if and only if its own option was asked for."""
    printed = facts(record, options)
    shown = texts(printed)
    for option, secrets in SECRETS.items():
        has = Options.DOMICILE if record is JAPANESE else Options.FOREIGN_ITEMS
        if option in (Options.DOMICILE, Options.FOREIGN_ITEMS) and option is not has:
            assert not shown & secrets
        else:
            assert (shown & secrets == secrets) == (option in options)
            assert bool(shown & secrets) == (option in options)
    assert (printed.head == record.head) == (Options.HEAD_AND_RELATIONSHIP in options)


def test_a_plain_copy_cell_by_cell() -> None:
    """What the shortest paper says of a Japanese resident."""
    (person,) = facts(JAPANESE).people
    assert (person.name, person.name_reading, person.sex) == ("葛\U000e0102城　文", "カツラギ　アヤ", "女")
    assert (person.birth_date, person.settled_on, person.notified_on) == (
        *("昭和６０年４月３日", "平成２２年４月１日", "平成２２年４月２日"),
    )
    assert (person.former_name, person.previous_address, person.remarks) == (
        *("旧姓　文", "大阪府架空市一番地", "備考あり"),
    )
    assert (person.individual_number, person.resident_code, person.relationship) == (Mark.OMITTED,) * 3
    assert isinstance(person.items, JapaneseItems)
    assert person.items.became_resident_on == "昭和６０年４月３日"


def test_an_alias_is_never_omitted() -> None:
    """住民基本台帳法施行令 30-16: a foreign resident's alias stands on every copy; one without has none."""
    (person,) = facts(FOREIGN).people
    assert isinstance(person.items, ForeignItems)
    assert person.items.alias == "堂本　暮"
    (other,) = facts(replace(FOREIGN, alias=None)).people
    assert isinstance(other.items, ForeignItems)
    assert other.items.alias is Mark.UNUSED


def test_what_a_person_does_not_have() -> None:
    """Unused and omitted are told apart; equal days leave the second blank."""
    record = replace(
        *(JAPANESE,), former_name=None, former_name_reading=None, previous_address=None, remarks="", sex=Sex.NOT_STATED
    )
    record = replace(record, address_set=record.became_resident, notified=None)
    (person,) = facts(record).people
    assert {person.former_name, person.former_name_reading, person.previous_address, person.remarks} == {Mark.UNUSED}
    assert (person.sex, person.settled_on, person.notified_on) == (Mark.UNUSED, Mark.BLANK, Mark.UNUSED)


def test_a_person_without_an_individual_number() -> None:
    """Asked for and not there is unused; asked for, there, and not handed in is a mismatch."""
    particulars = Particulars(
        number="131997-261120-60000001-1",
        form="sumikawa-2026",
        issued_on=DAY,
        scope=Scope.SELF,
        options=Options.INDIVIDUAL_NUMBER,
    )
    printed = statement([Subject(record=JAPANESE)], particulars)
    assert printed.people[0].individual_number is Mark.UNUSED
    with pytest.raises(Refused) as caught:
        statement([replace(subject(JAPANESE), individual_number=None)], particulars)
    assert caught.value.code is Code.EVIDENCE_MISMATCH


@pytest.mark.parametrize("other", [{"household": "2999999999"}, {"address": "東京都澄川区他町"}, {"head": "他人"}])
def test_people_of_two_households_are_no_paper(other: dict[str, str]) -> None:
    """One household, one address, one head."""
    second = replace(JAPANESE, resident="1000000002", **other)  # type: ignore[arg-type] # fields by name
    particulars = Particulars(number="1", form="f", issued_on=DAY, scope=Scope.WHOLE, options=Options(0))
    for people in ([], [Subject(record=JAPANESE), Subject(record=second)]):
        with pytest.raises(Refused) as caught:
            statement(people, particulars)
        assert caught.value.code is Code.FORM_OVERFLOW


@pytest.mark.parametrize("birth", [0, 19550000, 19550300])
def test_a_birth_date_that_is_not_known(birth: int) -> None:
    """Never guessed: such a copy is made at a counter."""
    with pytest.raises(Refused) as caught:
        facts(replace(JAPANESE, birth=birth))
    assert caught.value.code is Code.FORM_OVERFLOW


@given(remarks=st.text(max_size=300), name=st.text(min_size=1, max_size=60))
def test_any_text_is_printed_as_it_is_or_refused(remarks: str, name: str) -> None:
    """Nothing is trimmed, folded or left out on the way from the record to the facts."""
    try:
        (person,) = facts(replace(JAPANESE, remarks=remarks, name=name)).people
    except Refused as refused:
        assert refused.code is Code.FORM_OVERFLOW  # noqa: PT017 - either answer is right, each in its own form
        return
    assert person.name == name
    assert person.remarks == (remarks or Mark.UNUSED)


def test_the_detail_of_an_address_follows_it() -> None:
    """方書 behind the address, after one wide space."""
    assert facts(replace(JAPANESE, address_detail="緑荘１０１号")).address.endswith("３号　緑荘１０１号")
