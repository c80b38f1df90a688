"""Changes as text: every kind is read and written again, and what is none is refused in one way."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.bodies import (
    CardKind,
    CardLinked,
    Death,
    EntryKept,
    Households,
    MeasureCategory,
    RecordWritten,
    Removal,
    Restriction,
)
from konbini.ward_server.residents.change_text import read_change, write_change
from konbini.ward_server.residents.changes import BODIES, ChangeKind
from konbini.ward_server.residents.entry import Basis, DeathDay, Doubt
from konbini.ward_server.residents.record import Presence, ResidentRecord
from konbini.ward_server.residents.record_text import write_record
from konbini.ward_server.residents.text_form import from_object
from tests.impressions import DOTS_PER_INCH, seal_image
from tests.unit.ward_server.residents.conftest import MakeRecord

RESIDENT = "000000000000001"
COMMON = {"resident": RESIDENT, "seen": 0, "effective": 20260921, "source": "届書"}
CARD, OTHER_CARD = ["00" * 20, "01000001"], ["00" * 20, "01000002"]
MEMBER = {"resident": RESIDENT, "seen": 1, "order": 1, "relationship": "世帯主"}
SEAL: dict[str, object] = {
    "number": "12345",
    "form": "name",
    "text": "葛城",
    "image": {"png": base64.b64encode(seal_image().png).decode(), "dots_per_inch": DOTS_PER_INCH},
}
MEASURE = {"name": "2026-017", "planned_end": 20270331, "category": "stalking", "protection": "applicant"}
ENTRY = {
    "administrative": {"voter": True, "health": {"since": 20240401}, "pension_class": 1},
    "remarks": [{"kind": "entry", "text": "記載"}],
}
ITEMS = {
    "nationality": "ブラジル",
    "category": "special_permanent",
    "status_of_residence": "永住者",
    "period_of_stay": "",
    "residence_card": "AB12345678CD",
}
DOMICILE = {"domicile": "東京都澄川区緑町", "domicile_head": "青木　守"}
ANYTHING = st.recursive(st.none() | st.integers() | st.text(), st.lists)
"""Any JSON but an object."""


def bodies(record: dict[str, object]) -> dict[str, dict[str, object]]:
    """Give a body of each kind as it is written."""
    whole: dict[str, object] = {"record": record, "postcode": "1390001"}
    named: dict[str, object] = {"former_name": "青木", "reading": "アオキ"}
    alias: dict[str, object] = {"alias": "青木", "reading": "アオキ", "municipality": "澄川区"}
    household = {"household": "2000000001", "members": [MEMBER]}
    return {
        "move_in": {**whole, "individual_number": "123456789018", "alias_reading": "アオキ"},
        "birth": whole,
        "move_within": whole,
        "correction": {**whole, "katakana": "アオキ", "corrects": "abc"},
        "leaving": {"day": 20261001, "to": "大阪府架空市一番地"},
        "removal": {"reason": "declared_missing"},
        "name_registration": {"pending": True},
        "card_linked": {"card": CARD, "replaces": OTHER_CARD, "carrier": "ward_card", "valid_until": 20310331},
        "card_ended": {"card": CARD},
        "measure_set": MEASURE,
        "measure_renewed": {"name": "2026-017", "planned_end": 20280331},
        "measure_released": {"name": "2026-017"},
        "hold_set": {"name": "a"},
        "hold_released": {"name": "a"},
        "move_in_by_card": whole,
        "entry_from_abroad": whole,
        "entry_ex_officio": whole,
        "correction_ex_officio": {**whole, "basis": "ex_officio"},
        "household_moved": {**household, "postcode": "1390001", "address": "東京都澄川区緑町二丁目"},
        "moved_out": {"to": "大阪府架空市一番地", "notified": 20260925},
        "death": {"day": {"first": 20260900, "doubt": "estimated"}},
        "restored": {"household": "2000000001", "order": 1, "relationship": "世帯主", "corrects": "abc"},
        "name_changed": {"name": "青木　文", "reading": "アオキ　アヤ"},
        "domicile_changed": {**DOMICILE},
        "former_name_entered": named,
        "former_name_changed": named,
        "former_name_removed": {},
        "alias_entered": alias,
        "alias_changed": alias,
        "alias_removed": {"municipality": "澄川区"},
        "residence_status": {"items": ITEMS, "katakana": "アオキ"},
        "naturalised": {"name": "青木　文", "reading": "アオキ　アヤ", **DOMICILE, "municipality": "澄川区"},
        "nationality_lost": {"name": "AOKI AYA", "reading": "アオキ　アヤ", "items": ITEMS},
        "resident_code": {"resident_code": "00000123465"},
        "individual_number": {"individual_number": "123456789018"},
        "remade": {"remarks": ""},
        "household_merged": {"households": [household]},
        "household_split": {"households": [household]},
        "household_changed": {"households": [household]},
        "head_changed": {"households": [household]},
        "entry_kept": {"entry": ENTRY},
        "number_card": {"card": {"status": "in_use", "issued": 20240401, "valid_until": 20340401}},
        "card_withheld": {"card": CARD, "why": "lost"},
        "card_resumed": {"card": CARD},
        "measure_anew": MEASURE,
        "seal_registered": SEAL,
        "seal_cancelled": {"reason": "lost"},
    }


def test_each_kind_of_change_is_read_and_written_again(make_record: MakeRecord) -> None:
    """With the body that its kind has; an import and a list are not typed."""
    written = bodies(json.loads(write_record(make_record())))
    changes = {name: read_change(json.dumps({"kind": name, **COMMON, **body})) for name, body in written.items()}
    assert {change.kind.name.lower() for change in changes.values()} == set(written)
    assert {kind.name.lower() for kind in BODIES} == set(written)
    assert set(ChangeKind) - set(BODIES) == {ChangeKind.IMPORT, ChangeKind.BULK}
    for name, change in changes.items():
        text = write_change(change)
        assert read_change(text) == change
        assert json.loads(text) == {"kind": name, **COMMON, **written[name]}


def test_what_is_written_reaches_the_body(make_record: MakeRecord) -> None:
    """Enumerations, cards, nested parts, and what stands beside the body."""
    written = bodies(json.loads(write_record(make_record())))
    changes = {name: read_change(json.dumps({"kind": name, **COMMON, **body})) for name, body in written.items()}
    assert changes["move_in"].body() == RecordWritten(
        record=make_record(), individual_number="123456789018", postcode="1390001", alias_reading="アオキ"
    )
    assert changes["removal"].body() == Removal(reason=Presence.DECLARED_MISSING)
    measure = changes["measure_set"].body()
    assert isinstance(measure, Restriction)
    assert (measure.name, measure.category) == ("2026-017", MeasureCategory.STALKING)
    linked = changes["card_linked"].body()
    assert isinstance(linked, CardLinked)
    assert linked.replaces is not None
    assert (linked.replaces.serial, linked.carrier) == (bytes.fromhex("01000002"), CardKind.WARD_CARD)
    assert changes["death"].body() == Death(day=DeathDay(first=20260900, doubt=Doubt.ESTIMATED))
    merged, kept = changes["household_merged"].body(), changes["entry_kept"].body()
    assert isinstance(merged, Households)
    assert merged.households[0].members[0].relationship == "世帯主"
    assert isinstance(kept, EntryKept)
    assert kept.entry.administrative.health.since == 20240401
    assert changes["correction"].corrects == "abc"
    assert changes["correction_ex_officio"].basis is Basis.EX_OFFICIO


def test_a_change_is_read_from_toml() -> None:
    """The same names; what TOML cannot say is left out."""
    text = """
    kind = "death"
    resident = "000000000000001"
    seen = 3
    effective = 20260921
    source = "死亡届"
    basis = "notice"
    [day]
    first = 20260910
    last = 20260915
    doubt = "between"
    """
    change = read_change(text)
    assert change.body() == Death(day=DeathDay(first=20260910, doubt=Doubt.BETWEEN, last=20260915))
    assert (change.kind, change.basis) == (ChangeKind.DEATH, Basis.NOTICE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "import"},
        {"kind": "erase"},
        {"kind": "removal", "reason": "moved"},
        {"kind": "removal"},
        {"kind": "name_registration", "pending": 1},
        {"kind": "card_ended", "card": ["zz", "01"]},
        {"kind": "card_ended", "card": ["00"]},
        {"kind": "card_ended", "card": ["00", ""]},
        {"kind": "leaving", "day": "tomorrow"},
        {"kind": "leaving", "day": 20261001, "name": "x"},
        {"kind": "leaving", "day": 20261001, "seen": True},
        {"kind": "leaving", "day": 20261001, "source": ""},
        {"kind": "leaving", "day": 20261001, "basis": "rumour"},
        {"kind": "individual_number", "commitment": "00"},
        {"kind": "household_split", "households": [{"household": "1", "members": ["x"]}]},
    ],
)
def test_a_change_that_is_none_is_refused(wrong: dict[str, object]) -> None:
    """An unknown kind or field, a field of another type, one that is missing or too much."""
    with pytest.raises(Refused) as refusal:
        read_change(json.dumps({**COMMON, **wrong}))
    assert refusal.value.code is Code.CHANGE_INVALID


@given(st.text(max_size=40) | ANYTHING.map(json.dumps))
def test_whatever_is_typed_is_refused_in_one_way(text: str) -> None:
    """No JSON, no object, no change: `CHANGE_INVALID`."""
    with pytest.raises(Refused) as refusal:
        read_change(text)
    assert refusal.value.code is Code.CHANGE_INVALID


@pytest.mark.parametrize("text", ['{"kind": ' + "[" * 100_000, "kind = " + "[" * 2000], ids=["JSON", "TOML"])
def test_brackets_within_brackets_are_refused_in_the_same_way(text: str) -> None:
    """However deep: the parsers give up with another error than for what is none."""
    with pytest.raises(Refused) as refusal:
        read_change(text)
    assert refusal.value.code is Code.CHANGE_INVALID


@given(ANYTHING)
def test_whatever_stands_in_a_records_place_is_refused_in_one_way(value: object) -> None:
    """No object, no record: `CHANGE_INVALID`."""
    with pytest.raises(Refused) as refusal:
        from_object(ResidentRecord, value)
    assert refusal.value.code is Code.CHANGE_INVALID
