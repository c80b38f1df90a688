"""What operators type: changes and records as JSON, and the commands that carry them."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.process.calls import CallServer
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.change_text import read_change, write_change
from konbini.ward_server.residents.changes import CardLinked, ChangeKind, RecordWritten, Removal, Restriction
from konbini.ward_server.residents.operator import add_commands, carry_out
from konbini.ward_server.residents.record import ForeignCategory, ForeignItems, Presence
from konbini.ward_server.residents.record_text import record_from, write_record
from konbini.ward_server.residents.service import operator_handlers
from tests.unit.ward_server.residents.conftest import MakeRecord, Office

RESIDENT = "000000000000001"
ANYTHING = st.recursive(st.none() | st.integers() | st.text(), st.lists)
"""Any JSON but an object."""
FOREIGN = ForeignItems(
    nationality="ブラジル",
    category=ForeignCategory.SPECIAL_PERMANENT,
    status_of_residence="永住者",
    period_of_stay="",
    period_ends=None,
    residence_card="AB12345678CD",
    became_foreign_resident=None,
)
COMMON = {"resident": RESIDENT, "seen": 0, "effective": 20260921, "source": "届書"}


def test_a_record_is_written_and_read_again(make_record: MakeRecord) -> None:
    """Every field but the commitment, which is nobody's to write."""
    record = make_record(foreign=FOREIGN, individual_number=bytes(32), birth=19550000)
    text = write_record(record)
    assert "individual_number" not in text
    assert record_from(json.loads(text)) == make_record(foreign=FOREIGN, birth=19550000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"individual_number": "123456789018"},
        {"sex": "women"},
        {"sex": 2},
        {"nickname": "x"},
        {"birth": "19900403"},
        {"birth": 19901303},
        {"name": None},
        {"name": ["x"]},
        {"name_in_registration": 0},
        {"foreign": "Brazil"},
    ],
)
def test_a_record_that_is_none_is_refused(make_record: MakeRecord, wrong: dict[str, object]) -> None:
    """With the field's name, and without its value."""
    with pytest.raises(Refused) as refusal:
        record_from({**json.loads(write_record(make_record())), **wrong})
    assert refusal.value.code is Code.CHANGE_INVALID


def test_each_kind_of_change_is_read(make_record: MakeRecord) -> None:
    """With the body that its kind has."""
    card, other = ["00" * 20, "01000001"], ["00" * 20, "01000002"]
    record = json.loads(write_record(make_record()))
    written = {
        "move_in": {"record": record, "individual_number": "123456789018"},
        "birth": {"record": record},
        "move_within": {"record": record},
        "correction": {"record": record, "corrects": "abc"},
        "leaving": {"day": 20261001},
        "removal": {"reason": "died"},
        "name_registration": {"pending": True},
        "card_linked": {"card": card, "replaces": other},
        "card_ended": {"card": card},
        "measure_set": {"name": "2026-017", "planned_end": 20270331},
        "measure_renewed": {"name": "2026-017", "planned_end": 20280331},
        "measure_released": {"name": "2026-017"},
        "hold_set": {"name": "a"},
        "hold_released": {"name": "a"},
    }
    changes = {name: read_change(json.dumps({"kind": name, **COMMON, **body})) for name, body in written.items()}
    assert {change.kind.name.lower() for change in changes.values()} == set(written)
    assert all(read_change(write_change(change)) == change for change in changes.values())
    assert {kind.name.lower() for kind in ChangeKind} - set(written) == {"import", "bulk"}
    assert changes["move_in"].body() == RecordWritten(record=make_record(), individual_number="123456789018")
    assert changes["removal"].body() == Removal(reason=Presence.DIED)
    assert changes["measure_set"].body() == Restriction(name="2026-017", planned_end=20270331)
    linked = changes["card_linked"].body()
    assert isinstance(linked, CardLinked)
    assert linked.replaces is not None
    assert linked.replaces.serial == bytes.fromhex("01000002")
    assert changes["correction"].corrects == "abc"


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


@given(ANYTHING)
def test_whatever_stands_in_a_records_place_is_refused_in_one_way(value: object) -> None:
    """No object, no record: `CHANGE_INVALID`."""
    with pytest.raises(Refused) as refusal:
        record_from(value)
    assert refusal.value.code is Code.CHANGE_INVALID


async def test_two_operators_type_a_change_into_force(office: Office, make_record: MakeRecord, tmp_path: Path) -> None:
    """Enter, pending, show, approve, look up, over the operators' socket."""
    socket = tmp_path / "operators.sock"
    change = tmp_path / "change.json"
    written = {"kind": "move_in", **COMMON, "record": json.loads(write_record(make_record()))}
    change.write_text(json.dumps(written), encoding="utf-8")
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))

    async def typed(operator: str, *words: str) -> list[str]:
        shown: list[str] = []
        arguments = [words[0], "--socket", str(socket), "--operator", operator, *words[1:]]
        await carry_out(parser.parse_args(arguments), shown.append)
        return shown

    users = frozenset({os.getuid()})
    server = await CallServer.listen(socket, operator_handlers(office.registry), peers=users)
    try:
        (change_id,) = await typed("aoki", "enter", str(change))
        (waiting,) = await typed("bando", "pending")
        assert change_id in waiting
        (whole,) = await typed("bando", "show", change_id)
        assert json.loads(whole) == written
        with pytest.raises(Refused) as refusal:
            await typed("aoki", "approve", change_id)
        assert refusal.value.code is Code.SAME_PERSON
        assert await typed("bando", "approve", change_id) == ["in force: entry 1 of the feed"]
        shown = await typed("chiba", "look-up", "--reason", "窓口での照会", RESIDENT)
        assert record_from(json.loads(shown[0])) == make_record()
        (again,) = await typed("aoki", "enter", str(change_of_a_hold(tmp_path)))
        assert await typed("bando", "withdraw", again) == ["withdrawn"]
        assert await typed("bando", "pending") == []
    finally:
        await server.close()


def change_of_a_hold(folder: Path) -> Path:
    """Write a hold."""
    path = folder / "hold.json"
    path.write_text(json.dumps({"kind": "hold_set", **COMMON, "name": "a"}), encoding="utf-8")
    return path
