"""A person's own items: each kind changes what is its own, follows from what stands, and keeps what was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from konbini.protocol.errors import Code
from konbini.ward_server.residents.bodies import (
    AliasWritten,
    CardKind,
    CardLinked,
    DomicileChanged,
    EntryKept,
    FormerNameWritten,
    LeavingPlanned,
    NameChanged,
    NationalityLost,
    Naturalised,
    NewIndividualNumber,
    NewResidentCode,
    NumberCardChanged,
    RecordWritten,
    Remade,
    Removal,
    ResidenceStatus,
)
from konbini.ward_server.residents.changes import ChangeKind, new_change
from konbini.ward_server.residents.entry import ForeignKept, MailName, NumberCard, NumberCardStatus, RegisterEntry
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.record import ForeignCategory, ForeignItems, IndividualNumberPart, Presence
from tests.unit.ward_server.residents.acts import act, entries, kept, read, refused
from tests.unit.ward_server.residents.conftest import NUMBER, TODAY, Office, record_of

ONE, TWO = "000000000000001", "000000000000002"
OTHER_NUMBER = "234567890121"
FOREIGN = ForeignItems(
    nationality="ベトナム",
    category=ForeignCategory.MEDIUM_TO_LONG_TERM,
    status_of_residence="留学",
    period_of_stay="1年",
    period_ends=20270401,
    residence_card="AB12345678CD",
    became_foreign_resident=20240401,
)


async def test_a_changed_name_keeps_the_one_before(office: Office) -> None:
    """旧氏名, beside the record."""
    before = await office.take_in(ONE)
    same = NameChanged(name=before.name, reading=before.reading)
    assert await refused(office, ChangeKind.NAME_CHANGED, ONE, same, 1) is Code.CHANGE_INVALID
    await act(office, ChangeKind.NAME_CHANGED, ONE, NameChanged(name="青木　文", reading="アオキ　アヤ"), 1)
    record, entry = await read(office, ONE), await kept(office, ONE)
    assert (record.name, record.head, record.version) == ("青木　文", "青木　文", 2)
    assert (entry.name_before, entry.name_before_reading) == (before.name, before.reading)


async def test_a_former_name_is_entered_changed_and_removed(office: Office) -> None:
    """旧氏: each step follows from the one before; of a Japanese national alone."""
    await office.take_in(ONE)
    first = FormerNameWritten(former_name="青木", reading="アオキ")
    second = FormerNameWritten(former_name="坂東", reading="バンドウ")
    none = FormerNameWritten(former_name=None, reading=None)
    entered, changed, removed = (
        ChangeKind.FORMER_NAME_ENTERED,
        ChangeKind.FORMER_NAME_CHANGED,
        ChangeKind.FORMER_NAME_REMOVED,
    )
    for kind, body in ((changed, second), (removed, none), (entered, none), (entered, replace(first, reading=None))):
        assert await refused(office, kind, ONE, body, 1) is Code.CHANGE_INVALID
    await act(office, entered, ONE, first, 1)
    for kind, body in ((entered, second), (changed, first), (changed, none), (removed, second)):
        assert await refused(office, kind, ONE, body, 2) is Code.CHANGE_INVALID
    await act(office, changed, ONE, second, 2)
    assert (await read(office, ONE)).former_name == "坂東"
    await act(office, removed, ONE, none, 3)
    assert (await read(office, ONE)).former_name_reading is None
    await office.take_in("000000000000002", foreign=FOREIGN)
    assert await refused(office, entered, "000000000000002", first, 1) is Code.CHANGE_INVALID


async def test_an_alias_has_a_history_that_never_leaves(office: Office) -> None:
    """通称履歴: entered, changed, removed, with days and municipalities; the record has the present one."""
    await office.take_in(ONE, foreign=FOREIGN)
    steps = (
        (ChangeKind.ALIAS_ENTERED, "青木", "アオキ", 20260901),
        (ChangeKind.ALIAS_CHANGED, "坂東", "バンドウ", 20260911),
        (ChangeKind.ALIAS_REMOVED, None, None, 20260921),
    )
    for version, (kind, alias, reading, day) in enumerate(steps, start=1):
        body = AliasWritten(alias=alias, reading=reading, municipality="澄川区")
        await act(office, kind, ONE, body, version, day=day)
        assert ((await read(office, ONE)).alias, (await kept(office, ONE)).alias_reading) == (alias, reading)
    lines = (await kept(office, ONE)).aliases
    assert [(one.alias, one.entered_on, one.removed_on) for one in lines] == [
        ("青木", 20260901, 20260911),
        ("坂東", 20260911, 20260921),
    ]
    assert {one.removed_at for one in lines} == {"澄川区"}
    await office.take_in("000000000000002")
    body = AliasWritten(alias="青木", reading="アオキ", municipality="澄川区")
    assert await refused(office, ChangeKind.ALIAS_ENTERED, "000000000000002", body, 1) is Code.CHANGE_INVALID


async def test_an_alias_that_was_taken_over_gets_its_line_when_it_ends(office: Office) -> None:
    """A town's takeover may know no history."""
    kept_then = RegisterEntry(alias_reading="アオキ")
    await office.take_in(ONE, kept_then, foreign=FOREIGN, alias="青木", became_resident=20200401)
    gone = AliasWritten(alias=None, reading=None, municipality="澄川区")
    await act(office, ChangeKind.ALIAS_REMOVED, ONE, gone, 1)
    (line,) = (await kept(office, ONE)).aliases
    assert (line.alias, line.reading, line.entered_on, line.removed_on) == ("青木", "アオキ", 20200401, TODAY)


async def test_status_and_period_of_stay_are_the_immigration_offices_word(office: Office) -> None:
    """在留資格, 在留期間, 在留カード: the versions are their history."""
    await office.take_in(ONE, foreign=FOREIGN)
    longer = replace(FOREIGN, period_of_stay="3年", period_ends=20300401, residence_card="EF87654321GH")
    assert await refused(office, ChangeKind.RESIDENCE_STATUS, ONE, ResidenceStatus(items=FOREIGN), 1)
    await act(office, ChangeKind.RESIDENCE_STATUS, ONE, ResidenceStatus(items=longer), 1)
    assert (await read(office, ONE)).foreign == longer
    await office.take_in("000000000000002")
    body = ResidenceStatus(items=longer)
    assert await refused(office, ChangeKind.RESIDENCE_STATUS, "000000000000002", body, 1) is Code.CHANGE_INVALID


async def test_a_name_in_katakana_is_told_with_the_status(office: Office) -> None:
    """氏名カナ, kept beside the record: alone it is a change too, of a version that an operator can see."""
    await office.take_in(ONE, RegisterEntry(postcode="1390001"), foreign=FOREIGN)
    told = ResidenceStatus(items=FOREIGN, katakana="グエン")
    await act(office, ChangeKind.RESIDENCE_STATUS, ONE, told, 1)
    assert await kept(office, ONE) == RegisterEntry(postcode="1390001", katakana="グエン")
    assert (await read(office, ONE)).version == 2
    assert await refused(office, ChangeKind.RESIDENCE_STATUS, ONE, told, 2) is Code.CHANGE_INVALID
    assert await refused(office, ChangeKind.RESIDENCE_STATUS, ONE, told, 1) is Code.CHANGED_MEANWHILE


NATURALISED = Naturalised(
    name="青木　文",
    reading="アオキ　アヤ",
    domicile="東京都澄川区西町",
    domicile_head="青木　文",
    municipality="澄川区",
)
LOST = NationalityLost(name="AOKI AYA", reading="アオキ　アヤ", items=FOREIGN, katakana="アオキ　アヤ")


async def test_who_becomes_japanese_has_a_domicile_and_no_foreign_items(office: Office) -> None:
    """帰化: a version of the record, one of what stands beside it; the household's records follow the head's name."""
    kept_then = RegisterEntry(postcode="1390001", alias_reading="ドウモト", katakana="グエン")
    await office.take_in(ONE, kept_then, foreign=FOREIGN, alias="堂本", domicile=None)
    household = (await read(office, ONE)).household
    await office.take_in(TWO, household=household, order=2)
    kept_of_foreigners = replace(kept_then, foreign=ForeignKept(mail_name=MailName.ALIAS))
    await act(office, ChangeKind.ENTRY_KEPT, ONE, EntryKept(entry=kept_of_foreigners), 1)
    before = await read(office, ONE)
    await act(office, ChangeKind.NATURALISED, ONE, NATURALISED, 1)
    after, entry = await read(office, ONE), await kept(office, ONE)
    expected = replace(
        before,
        version=2,
        name=NATURALISED.name,
        head=NATURALISED.name,
        reading=NATURALISED.reading,
        foreign=None,
        alias=None,
        domicile=NATURALISED.domicile,
        domicile_head=NATURALISED.domicile_head,
    )
    assert after == expected
    assert (entry.foreign, entry.name_before) == (None, before.name)
    assert (entry.postcode, entry.alias_reading, entry.katakana) == ("1390001", None, None)
    assert [(one.alias, one.removed_on, one.removed_at) for one in entry.aliases] == [("堂本", TODAY, "澄川区")]
    assert (await read(office, TWO)).head == NATURALISED.name
    assert await refused(office, ChangeKind.NATURALISED, ONE, NATURALISED, 2) is Code.CHANGE_INVALID
    assert await refused(office, ChangeKind.RESIDENCE_STATUS, ONE, ResidenceStatus(items=FOREIGN), 2)
    await act(office, ChangeKind.FORMER_NAME_ENTERED, ONE, FormerNameWritten(former_name="青", reading="アオ"), 2)


async def test_a_naturalisation_names_a_domicile_and_meets_what_stands(office: Office) -> None:
    """No empty 本籍, no older version, nobody who is removed."""
    await office.take_in(ONE, foreign=FOREIGN)
    for wrong in (replace(NATURALISED, domicile=""), replace(NATURALISED, domicile_head="")):
        assert await refused(office, ChangeKind.NATURALISED, ONE, wrong, 1) is Code.CHANGE_INVALID
    assert await refused(office, ChangeKind.NATURALISED, ONE, NATURALISED, 2) is Code.CHANGED_MEANWHILE
    assert await refused(office, ChangeKind.NATURALISED, TWO, NATURALISED, 1) is Code.RESIDENT_UNKNOWN
    assert await refused(office, ChangeKind.NATIONALITY_LOST, ONE, LOST, 1) is Code.CHANGE_INVALID
    await act(office, ChangeKind.REMOVAL, ONE, Removal(reason=Presence.DECLARED_MISSING), 1)
    assert await refused(office, ChangeKind.NATURALISED, ONE, NATURALISED, 2) is Code.CHANGE_INVALID


async def test_who_loses_the_nationality_becomes_a_foreign_resident(office: Office) -> None:
    """国籍喪失: 本籍, 筆頭者 and 旧氏 end; number and code stay, also where a naturalisation follows."""
    before = await office.take_in(ONE, former_name="坂東", former_name_reading="バンドウ")
    await act(office, ChangeKind.NATIONALITY_LOST, ONE, LOST, 1)
    after = await read(office, ONE)
    assert (after.foreign, after.domicile, after.domicile_head) == (FOREIGN, None, None)
    assert (after.former_name, after.former_name_reading, after.name) == (None, None, "AOKI AYA")
    entry = await kept(office, ONE)
    assert (entry.name_before, entry.katakana) == (before.name, LOST.katakana)
    assert await refused(office, ChangeKind.NATIONALITY_LOST, ONE, LOST, 2) is Code.CHANGE_INVALID
    await act(office, ChangeKind.NATURALISED, ONE, NATURALISED, 2)
    again = await read(office, ONE)
    assert (again.resident_code, again.individual_number) == (before.resident_code, after.individual_number)


async def test_domicile_is_changed_and_a_move_is_planned_with_where_it_goes(office: Office) -> None:
    """本籍・筆頭者; 転出予定地 beside the record, gone where the move is called off."""
    await office.take_in(ONE)
    domicile = DomicileChanged(domicile="東京都澄川区西町", domicile_head="青木　守")
    await act(office, ChangeKind.DOMICILE_CHANGED, ONE, domicile, 1)
    assert (await read(office, ONE)).domicile == domicile.domicile
    await act(office, ChangeKind.LEAVING, ONE, LeavingPlanned(day=20261001, to="大阪府架空市一番地"), 2)
    assert (await kept(office, ONE)).leaving_to == "大阪府架空市一番地"
    await act(office, ChangeKind.LEAVING, ONE, LeavingPlanned(day=None), 3)
    assert (await kept(office, ONE)).leaving_to is None
    await office.take_in("000000000000002", foreign=FOREIGN)
    assert await refused(office, ChangeKind.DOMICILE_CHANGED, "000000000000002", domicile, 1) is Code.CHANGE_INVALID


async def test_a_record_made_anew_is_a_version_marked_as_such(office: Office) -> None:
    """改製: the one before is kept; number and day beside the record."""
    before = await office.take_in(ONE, remarks="長い備考")
    await act(office, ChangeKind.REMADE, ONE, Remade(remarks=""), 1)
    await act(office, ChangeKind.REMADE, ONE, Remade(remarks=""), 2, day=20260922)
    entry, record = await kept(office, ONE), await read(office, ONE)
    assert (entry.remade, entry.remade_on, record.remarks, record.version) == (2, 20260922, "", 3)
    versions = await office.store.read(lambda reading: reading.versions(ONE))
    assert [one.version for one in versions] == [1, 2, 3]
    assert before.remarks


async def cards(office: Office) -> None:
    """Link a card, a phone and a card of the ward, and note the card's state."""
    carriers = (CardKind.NUMBER_CARD, CardKind.PHONE, CardKind.WARD_CARD)
    for serial, carrier in enumerate(carriers, start=1):
        card = CardSerial(issuer_key_id=bytes(20), serial=bytes([serial]))
        await act(office, ChangeKind.CARD_LINKED, ONE, CardLinked(card=card, replaces=None, carrier=carrier), 0)
    state = NumberCardChanged(card=NumberCard(status=NumberCardStatus.IN_USE, issued=20240401))
    await act(office, ChangeKind.NUMBER_CARD, ONE, state, 0)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (ChangeKind.INDIVIDUAL_NUMBER, NewIndividualNumber(individual_number=OTHER_NUMBER)),
        (ChangeKind.RESIDENT_CODE, NewResidentCode(resident_code="00000123465")),
    ],
)
async def test_a_number_that_changes_ends_the_cards_that_bear_it(
    office: Office, kind: ChangeKind, body: NewIndividualNumber | NewResidentCode
) -> None:
    """One transaction: the record and every serial of card and phone; the ward's own card bears no number."""
    await office.take_in(ONE)
    await cards(office)
    before = len(await entries(office))
    await act(office, kind, ONE, body, 1)
    record, found = await read(office, ONE), await office.registry.look_up("aoki", ONE, "a test")
    assert {link.carrier: link.ended for link in found.links} == {
        CardKind.NUMBER_CARD: True,
        CardKind.PHONE: True,
        CardKind.WARD_CARD: False,
    }
    assert found.entry.number_card == NumberCard(status=NumberCardStatus.RETURNED, issued=20240401)
    assert len(await entries(office)) == before + 3
    assert record.version == 2
    if kind is ChangeKind.RESIDENT_CODE:
        assert record.resident_code == "00000123465"
    else:
        assert record.individual_number is not None
        part = await office.publisher.individual_number("issuing", ONE, record.individual_number)
        assert IndividualNumberPart.open(part, record).number == OTHER_NUMBER
    assert await refused(office, kind, ONE, body, 2) is Code.CHANGE_INVALID


async def test_a_new_number_waits_apart_from_its_change(office: Office) -> None:
    """What is kept of the waiting change has the commitment alone; whoever approves sees the number."""
    await office.take_in(ONE)
    body = NewIndividualNumber(individual_number=OTHER_NUMBER)
    change = new_change(ChangeKind.INDIVIDUAL_NUMBER, ONE, body, seen=1, effective=TODAY, source="請求書")
    change_id = await office.registry.enter("aoki", change)
    stored = await office.store.read(lambda reading: reading.change(change_id))
    assert stored is not None
    assert OTHER_NUMBER.encode() not in stored.change.content
    assert await office.registry.show("bando", change_id) == change
    await office.registry.approve("bando", change_id)
    assert await office.store.read(lambda reading: reading.pending_number(stored)) is None
    for wrong in (
        NewIndividualNumber(individual_number=None),
        NewIndividualNumber(individual_number="123456789012"),
        NewIndividualNumber(individual_number=NUMBER, commitment=bytes(32)),
    ):
        assert await refused(office, ChangeKind.INDIVIDUAL_NUMBER, ONE, wrong, 2) is Code.CHANGE_INVALID


async def test_a_correction_renews_no_number(office: Office) -> None:
    """The kinds that do end the cards with it."""
    before = await office.take_in(ONE)
    for record, number in (
        (replace(before, version=2), OTHER_NUMBER),
        (replace(before, version=2, resident_code="00000123465"), None),
    ):
        body = RecordWritten(record=record, individual_number=number, postcode="")
        assert await refused(office, ChangeKind.CORRECTION, ONE, body, 1) is Code.CHANGE_INVALID


async def test_a_move_in_by_card_rests_on_the_other_municipalitys_notice(office: Office) -> None:
    """特例転入: address before, code and number; from abroad, the day; ex officio as any other."""
    record = record_of(ONE, previous_address="大阪府架空市一番地")
    body = RecordWritten(record=record, individual_number=NUMBER, postcode="")
    for lacking in (
        replace(body, individual_number=None),
        replace(body, record=replace(record, previous_address=None)),
        replace(body, record=replace(record, resident_code=None)),
    ):
        assert await refused(office, ChangeKind.MOVE_IN_BY_CARD, ONE, lacking, 0) is Code.CHANGE_INVALID
    await act(office, ChangeKind.MOVE_IN_BY_CARD, ONE, body, 0)
    abroad = record_of("000000000000002", foreign=FOREIGN)
    entry = RecordWritten(record=abroad, individual_number=None, postcode="")
    assert await refused(office, ChangeKind.ENTRY_FROM_ABROAD, abroad.resident, entry, 0) is Code.CHANGE_INVALID
    dated = RecordWritten(record=replace(abroad, moved_in=TODAY), individual_number=None, postcode="")
    await act(office, ChangeKind.ENTRY_FROM_ABROAD, abroad.resident, dated, 0)
    third = record_of("000000000000003")
    await act(
        office,
        ChangeKind.ENTRY_EX_OFFICIO,
        third.resident,
        RecordWritten(record=third, individual_number=None, postcode=""),
        0,
    )
