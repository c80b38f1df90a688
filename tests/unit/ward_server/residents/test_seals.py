"""Seal registrations: who may have one, what ends one by itself, and what followers are told."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.bodies import (
    CardEnded,
    Death,
    LeavingPlanned,
    MovedOut,
    RecordWritten,
    Removal,
    Restriction,
)
from konbini.ward_server.residents.changes import Body, Change, ChangeKind, new_change
from konbini.ward_server.residents.entry import DeathDay, Doubt
from konbini.ward_server.residents.feed import CardSerial, FeedEntry, FeedKind
from konbini.ward_server.residents.feed_blocks import FeedBlock
from konbini.ward_server.residents.importing.takeover import Approval, TownRefused, import_rows
from konbini.ward_server.residents.record import Presence, ResidentRecord
from konbini.ward_server.residents.seal import (
    NameForm,
    SealCancelled,
    SealEnd,
    SealImage,
    SealRegistered,
    SealRegistration,
    SignedSeal,
    stands,
)
from konbini.ward_server.residents.town import TownRow, TownSeal
from tests.impressions import DOTS_PER_INCH, black_png, largest_image, seal_image, seal_of
from tests.records import FOREIGN, removal_of
from tests.records import written as plain
from tests.unit.ward_server.residents.conftest import MUNICIPALITY, TODAY, Office, vault_of

RESIDENT, OTHER = "000000000000001", "000000000000002"
CANCELLED = SealCancelled(reason=SealEnd.LOST)


def change(kind: ChangeKind, body: Body, seen: int, resident: str = RESIDENT) -> Change:
    """Write a change of today."""
    return new_change(kind, resident, body, seen=seen, effective=TODAY, source="届書")


def registering(body: SealRegistered, seen: int = 0, resident: str = RESIDENT) -> Change:
    """Write a registration."""
    return change(ChangeKind.SEAL_REGISTERED, body, seen, resident)


async def refused(office: Office, one: Change) -> Code:
    """Give the code with which a change is refused at its entry."""
    with pytest.raises(Refused) as refusal:
        await office.registry.enter("aoki", one)
    return refusal.value.code


async def seal(office: Office, resident: str = RESIDENT) -> SealRegistration | None:
    """Give the registration at its newest version, its signature checked."""
    found = await office.registry.look_up("aoki", resident, "a test")
    if found.seal is None:
        return None
    return SignedSeal.open(found.seal, office.pen.key.verifying, office.pen.municipality).registration


async def entries(office: Office, after: int = 0) -> list[FeedEntry]:
    """Give the entries of the feed."""
    key, municipality = office.pen.key.verifying, office.pen.municipality
    blocks = await office.publisher.feed_after(after, 100, 0)
    return [entry for block in blocks for entry in FeedBlock.open(block, key, municipality).entries()]


async def rewrite(office: Office, kind: ChangeKind = ChangeKind.CORRECTION, **changes: object) -> None:
    """Write the plain person's record anew."""
    found = await office.store.read(lambda reading: reading.record(RESIDENT))
    version = 0 if found is None else found.version
    record = plain(RESIDENT, **{"household": "2000000001", "version": version + 1, **changes})
    body = RecordWritten(record=record, individual_number=None, postcode="")
    await office.put_in_force(change(kind, body, version))


async def test_a_seal_is_registered_and_cancelled_by_two_persons(office: Office) -> None:
    """One enters and another approves; the newest version says what stands, and the feed carries both."""
    await office.take_in()
    entered = await office.registry.enter("aoki", registering(seal_of(number="12345")))
    assert await seal(office) is None
    with pytest.raises(Refused, match="SAME_PERSON"):
        await office.registry.approve("aoki", entered)
    await office.registry.approve("bando", entered)
    registered = await seal(office)
    assert registered is not None
    assert (registered.version, registered.in_force, registered.number, registered.registered) == (
        *(1, True, "12345"),
        TODAY,
    )
    assert registered.image == seal_image()
    await office.put_in_force(change(ChangeKind.SEAL_CANCELLED, CANCELLED, 1))
    cancelled = await seal(office)
    assert cancelled == replace(registered, version=2, in_force=False, image=None)
    assert [(entry.kind, entry.version) for entry in await entries(office, 1)] == [
        (FeedKind.SEAL, 1),
        (FeedKind.SEAL, 2),
    ]


async def test_one_seal_a_person(office: Office) -> None:
    """A second one is registered when the first is cancelled, under the next version and another number."""
    await office.take_in()
    await office.put_in_force(registering(seal_of(number="1")))
    assert await refused(office, registering(seal_of(number="2"), seen=1)) is Code.CHANGE_INVALID
    assert await refused(office, registering(seal_of(number="2"), seen=0)) is Code.CHANGED_MEANWHILE
    await office.put_in_force(change(ChangeKind.SEAL_CANCELLED, CANCELLED, 1))
    assert await refused(office, change(ChangeKind.SEAL_CANCELLED, CANCELLED, 2)) is Code.CHANGE_INVALID
    assert await refused(office, registering(seal_of(number="1"), seen=2)) is Code.CHANGE_INVALID
    await office.put_in_force(registering(seal_of(number="2", millimetres=12.0), seen=2))
    found = await seal(office)
    assert found is not None
    assert (found.version, found.in_force, found.number) == (3, True, "2")


async def test_a_number_is_given_once(office: Office) -> None:
    """To nobody else, and not an empty one."""
    await office.take_in()
    await office.take_in(OTHER)
    await office.put_in_force(registering(seal_of(number="1")))
    assert await refused(office, registering(seal_of(number="1"), resident=OTHER)) is Code.CHANGE_INVALID
    assert await refused(office, registering(seal_of(number=""), resident=OTHER)) is Code.CHANGE_INVALID


async def test_who_may_have_no_seal(office: Office) -> None:
    """Nobody whom the registry does not know, nobody under 15, nobody whose record is removed; nothing to cancel."""
    assert await refused(office, registering(seal_of())) is Code.RESIDENT_UNKNOWN
    await office.take_in(OTHER, birth=20110923)
    assert await refused(office, registering(seal_of(), resident=OTHER)) is Code.CHANGE_INVALID
    await office.take_in()
    assert await refused(office, change(ChangeKind.SEAL_CANCELLED, CANCELLED, 0)) is Code.CHANGE_INVALID
    await office.put_in_force(change(*removal_of(Presence.DIED), 1))
    assert await refused(office, registering(seal_of())) is Code.CHANGE_INVALID


@pytest.mark.parametrize(
    ("birth", "of_age"),
    [
        *((20110922, True), (20110923, False), (19850403, True)),
        *((20110900, False), (20110800, True), (20110000, False), (20100000, True), (0, False)),
    ],
)
async def test_the_age_on_the_day_of_registration(office: Office, birth: int, *, of_age: bool) -> None:
    """Fifteen is reached on the day before the birthday; what is unknown of a birth date counts at its latest."""
    await office.take_in(birth=birth)
    if of_age:
        await office.put_in_force(registering(seal_of()))
    else:
        assert await refused(office, registering(seal_of())) is Code.CHANGE_INVALID


@pytest.mark.parametrize(
    ("seal_registered", "person"),
    [
        (seal_of("葛城"), {}),
        (seal_of("文"), {}),
        (seal_of("葛　城文"), {}),
        (seal_of("葛\U000e0102文"), {}),
        (seal_of("遠山", form=NameForm.FORMER_NAME), {"former_name": "遠山"}),
        (seal_of("堂本", form=NameForm.ALIAS), {"alias": "堂本　暮", "foreign": FOREIGN}),
        (seal_of("dupont"), {"name": "DUPONT CLAIRE", "foreign": FOREIGN}),
        (
            seal_of("デュポン", form=NameForm.KATAKANA, katakana="デュポン　クレール"),
            {"name": "DUPONT CLAIRE", "foreign": FOREIGN},
        ),
    ],
)
async def test_a_seal_that_reads_a_name_is_registered(
    office: Office, seal_registered: SealRegistered, person: dict[str, object]
) -> None:
    """The name, the former name, the alias, the katakana name; whole, in part, in another variant of a character."""
    await office.take_in(RESIDENT, **person)
    await office.put_in_force(registering(seal_registered))


@pytest.mark.parametrize(
    "seal_registered",
    [
        seal_of("城葛"),
        seal_of("葛葛"),
        seal_of("山田"),
        seal_of(""),
        seal_of("　\U000e0102"),
        seal_of("葛城", form=NameForm.FORMER_NAME),
        seal_of("葛城", form=NameForm.ALIAS),
        seal_of("カツラギ", form=NameForm.KATAKANA, katakana="カツラギ　アヤ"),
        seal_of("葛城", katakana="カツラギ"),
    ],
)
async def test_a_seal_that_reads_no_name_of_the_person_is_refused(
    office: Office, seal_registered: SealRegistered
) -> None:
    """Another name, another order, nothing, a form that the person has not, katakana of a Japanese national."""
    await office.take_in()
    assert await refused(office, registering(seal_registered)) is Code.CHANGE_INVALID


ENDING: dict[str, tuple[ChangeKind, Body | None, dict[str, object]]] = {
    "declared missing": (ChangeKind.REMOVAL, Removal(reason=Presence.DECLARED_MISSING), {}),
    "removed ex officio": (ChangeKind.REMOVAL, Removal(reason=Presence.REMOVED_EX_OFFICIO), {}),
    "moved out for good": (ChangeKind.MOVED_OUT, MovedOut(to="千葉県汐見市", notified=None), {}),
    "died on a known day": (ChangeKind.DEATH, Death(day=DeathDay(first=20260901, doubt=Doubt.NONE)), {}),
    "married": (ChangeKind.CORRECTION, None, {"name": "遠山　文"}),
    "found to have been a child": (ChangeKind.CORRECTION, None, {"birth": 20200101}),
}


@pytest.mark.parametrize("case", ENDING)
async def test_what_ends_a_seal_by_itself(office: Office, case: str) -> None:
    """In the same transaction, and in the feed before the record: no follower has the new record and the old seal."""
    kind, body, changes = ENDING[case]
    await office.take_in()
    await office.put_in_force(registering(seal_of()))
    if body is None:
        await rewrite(office, kind, **changes)
    else:
        await office.put_in_force(change(kind, body, 1))
    found = await seal(office)
    assert found is not None
    assert (found.version, found.in_force, found.image) == (2, False, None)
    assert [(entry.kind, entry.version) for entry in await entries(office, 2)] == [
        (FeedKind.SEAL, 2),
        (FeedKind.RECORD, 2),
    ]
    by = await office.store.read(lambda reading: reading.seal(RESIDENT))
    record = await office.store.read(lambda reading: reading.record(RESIDENT))
    assert by is not None
    assert record is not None
    assert by.change_id == record.change_id


async def test_what_leaves_a_seal_as_it_is(office: Office, card: CardSerial) -> None:
    """Another given name or address, a planned move, a measure, a refused change; a move in does not revive it."""
    await office.take_in()
    await office.put_in_force(registering(seal_of()))
    await rewrite(office, name="葛\U000e0102城　彩")
    moved = {"name": "葛\U000e0102城　彩", "address": "東京都澄川区緑町二丁目１番"}
    before = plain(RESIDENT)
    moved["earlier_address"] = before.address + (before.address_detail or "")
    await rewrite(office, ChangeKind.MOVE_WITHIN, **moved)
    await office.put_in_force(change(ChangeKind.LEAVING, LeavingPlanned(day=20261001), 3))
    await office.put_in_force(change(ChangeKind.MEASURE_SET, Restriction(name="2026-1", planned_end=None), 0))
    assert await refused(office, change(ChangeKind.CARD_ENDED, CardEnded(card=card), 1)) is Code.CHANGE_INVALID
    assert await refused(office, change(*removal_of(Presence.DIED), 1)) is Code.CHANGED_MEANWHILE
    found = await seal(office)
    assert found is not None
    assert (found.version, found.in_force) == (1, True)
    await office.put_in_force(change(*removal_of(Presence.MOVED_OUT), 4))
    await rewrite(office, ChangeKind.MOVE_IN)
    found = await seal(office)
    assert found is not None
    assert (found.version, found.in_force) == (2, False)


async def test_a_former_name_alias_or_katakana_that_goes(office: Office) -> None:
    """A seal of a name ends with that name, whatever the others say."""
    await office.take_in(former_name="遠山")
    await office.put_in_force(registering(seal_of("遠山", form=NameForm.FORMER_NAME)))
    await rewrite(office, former_name=None)
    found = await seal(office)
    assert found is not None
    assert not found.in_force


def test_a_katakana_name_holds_for_its_name_alone() -> None:
    """It is how that name is written, so it ends with the name; and with the alien's becoming a national."""
    foreigner = plain(RESIDENT, name="DUPONT CLAIRE", foreign=FOREIGN)
    registration = _registration(form=NameForm.KATAKANA, text="クレール", name="DUPONT CLAIRE", katakana="クレール")
    assert stands(registration, foreigner)
    assert not stands(registration, replace(foreigner, name="DUPONT MARIE"))
    assert not stands(registration, replace(foreigner, foreign=None))


def _registration(**changes: object) -> SealRegistration:
    made = SealRegistration(
        municipality=MUNICIPALITY,
        resident=RESIDENT,
        version=1,
        in_force=True,
        number="1",
        registered=TODAY,
        form=NameForm.NAME,
        text="葛城",
        name="葛城　文",
        katakana=None,
        image_digest=seal_image().digest,
        image=seal_image(),
    )
    return replace(made, **changes)  # type: ignore[arg-type] # fields by name; the shape is checked when signed


@given(name=st.text("葛城文山一　", min_size=1, max_size=8), chosen=st.data())
def test_any_part_of_a_name_may_be_on_the_seal(name: str, chosen: st.DataObject) -> None:
    """Characters of the name in their order stand; one character that is not there does not."""
    letters = [letter for letter in name if letter != "　"]
    places = chosen.draw(st.sets(st.sampled_from(range(len(letters))))) if letters else set()
    text = "".join(letters[place] for place in sorted(places))
    record: ResidentRecord = plain(RESIDENT, name=name)
    assert stands(_registration(text=text), record) == bool(text)
    assert not stands(_registration(text=f"{text}遠"), record)


@pytest.mark.parametrize(
    ("png", "dots"),
    [
        *((black_png(160, 160), DOTS_PER_INCH), (black_png(501, 400), DOTS_PER_INCH)),
        *((black_png(400, 400), 100), (black_png(400, 400), 2400), (b"a letter", DOTS_PER_INCH), (b"", 508)),
    ],
)
def test_a_picture_that_is_no_seal_is_refused(png: bytes, dots: int) -> None:
    """Too small, too large, scanned too coarsely or finely, no picture."""
    with pytest.raises(Refused) as refusal:
        SealImage(png=png, dots_per_inch=dots)
    assert refusal.value.code is Code.CHANGE_INVALID


def test_a_picture_of_too_many_bytes_is_refused() -> None:
    """The bound is the shape's: no change carries more."""
    body = replace(seal_of(), image=largest_image())
    assert registering(body).body() == body
    with pytest.raises(Refused) as refusal:
        registering(replace(body, image=largest_image(beyond=1)))
    assert refusal.value.code is Code.CHANGE_INVALID


async def test_the_largest_registration_goes_through(office: Office) -> None:
    """Every text at its longest and the picture at its bound: signed, sealed, fed."""
    name = "葛\U000e0102" * 80
    await office.take_in(name=name, head=name, foreign=FOREIGN)
    texts = {"number": "9" * 64, "text": "ア" * 64, "katakana": "ア" * 200}
    body = SealRegistered(form=NameForm.KATAKANA, image=largest_image(), **texts)
    await office.put_in_force(registering(body))
    found = await seal(office)
    assert found is not None
    assert found.image == largest_image()


def test_a_registration_is_signed_whole() -> None:
    """Another municipality's, another picture than its digest names, a state that its picture denies: none opens."""
    key = SigningKey.generate()
    signed = SignedSeal.sign(_registration(), key)
    assert SignedSeal.open(signed.data, key.verifying, MUNICIPALITY) == signed
    for data, ward in ((signed.data[:-1], MUNICIPALITY), (signed.data, "131016")):
        with pytest.raises(Refused) as refusal:
            SignedSeal.open(data, key.verifying, ward)
        assert refusal.value.code is Code.RECORD_NOT_SIGNED
    for changes in ({"image": seal_image(12.0)}, {"image": None}, {"in_force": False}):
        with pytest.raises(ValueError, match="image"):
            SignedSeal.sign(_registration(**changes), key)


async def test_the_impression_is_in_no_text_and_in_no_file(
    office: Office, caplog: pytest.LogCaptureFixture, tmp_path: pytest.TempPathFactory
) -> None:
    """Neither a log line nor a text form shows it, and the registry's file holds it sealed alone."""
    caplog.set_level(logging.DEBUG)
    png = seal_image().png
    await office.take_in()
    await office.put_in_force(registering(seal_of()))
    assert "PNG" not in repr(seal_of())
    assert "PNG" not in caplog.text
    files = [path for path in tmp_path.glob("registry.db*") if path.is_file()]  # type: ignore[attr-defined] # a Path
    assert files
    assert not any(png in path.read_bytes() for path in files)


async def test_a_town_brings_its_seals(office: Office, make_record: Callable[..., ResidentRecord]) -> None:
    """Beside each record; one that may not stand keeps the town out."""

    def row(place: int, seal: SealRegistered, **changes: object) -> TownRow:
        record = make_record(f"{place:015d}", household=f"{place:010d}", resident_code=None, **changes)
        town_seal = TownSeal(registered=20200401, seal=seal)
        return TownRow(record=record, individual_number=None, cards=(), measures=(), seal=town_seal)

    async def take_over(*rows: TownRow) -> int:
        approval = Approval(entered_by="aoki", approved_by="bando", source="移行データ")
        return await import_rows(office.store, vault_of(), office.pen, office.clock, rows, approval=approval)

    good = row(1, seal_of(number="1"))
    for bad in (
        row(2, seal_of(number="1")),
        row(2, seal_of("山田", number="2")),
        row(2, seal_of(number="2"), birth=20050403),
    ):
        with pytest.raises(TownRefused) as refusal:
            await take_over(good, bad)
        assert [(one.place, one.code) for one in refusal.value.rows] == [(2, Code.CHANGE_INVALID)]
    assert await take_over(good, row(2, seal_of(number="2"))) == 2
    found = await seal(office)
    assert found is not None
    assert (found.registered, found.in_force) == (20200401, True)
