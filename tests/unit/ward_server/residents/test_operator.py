"""What operators type: records as JSON, and the commands that carry changes."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from konbini.process.calls import CallServer
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.archive import Archive
from konbini.ward_server.residents.bodies import (
    CardEnded,
    CardLinked,
    CardWithheld,
    MeasureCategory,
    NameChanged,
    Restriction,
    Withheld,
)
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.operator import add_commands, carry_out
from konbini.ward_server.residents.record import ForeignCategory, ForeignItems, ResidentRecord
from konbini.ward_server.residents.record_text import write_record
from konbini.ward_server.residents.service import archive_handlers, operator_handlers
from konbini.ward_server.residents.statistics import Statistics
from konbini.ward_server.residents.text_form import from_object
from tests.unit.ward_server.residents.acts import act
from tests.unit.ward_server.residents.conftest import MakeRecord, Office

RESIDENT = "000000000000001"
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
    assert from_object(ResidentRecord, json.loads(text)) == make_record(foreign=FOREIGN, birth=19550000)


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
        from_object(ResidentRecord, {**json.loads(write_record(make_record())), **wrong})
    assert refusal.value.code is Code.CHANGE_INVALID


class Desk:
    """The operators' socket, and what is typed at it."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.parser = argparse.ArgumentParser()
        add_commands(self.parser.add_subparsers(required=True))

    async def typed(self, operator: str, *words: str) -> list[str]:
        """Give what a command shows."""
        shown: list[str] = []
        arguments = [words[0], "--socket", str(self.socket), "--operator", operator, *words[1:]]
        await carry_out(self.parser.parse_args(arguments), shown.append)
        return shown


@pytest.fixture
async def desk(office: Office, tmp_path: Path) -> AsyncIterator[Desk]:
    """Return a desk at the office."""
    archive, statistics = Archive(office.store, office.clock), Statistics(office.store, office.clock)
    handlers = {**operator_handlers(office.registry), **archive_handlers(archive, statistics)}
    socket = tmp_path / "operators.sock"
    server = await CallServer.listen(socket, handlers, peers=frozenset({os.getuid()}))
    yield Desk(socket)
    await server.close()


async def test_two_operators_type_a_change_into_force(desk: Desk, make_record: MakeRecord, tmp_path: Path) -> None:
    """Enter, pending, show, approve, look up, over the operators' socket."""
    change = tmp_path / "change.json"
    written = {"kind": "move_in", **COMMON, "record": json.loads(write_record(make_record())), "postcode": "1390001"}
    change.write_text(json.dumps(written), encoding="utf-8")
    (change_id,) = await desk.typed("aoki", "enter", str(change))
    (waiting,) = await desk.typed("bando", "pending")
    assert change_id in waiting
    (whole,) = await desk.typed("bando", "show", change_id)
    assert json.loads(whole) == written
    with pytest.raises(Refused) as refusal:
        await desk.typed("aoki", "approve", change_id)
    assert refusal.value.code is Code.SAME_PERSON
    assert await desk.typed("bando", "approve", change_id) == ["in force: entry 1 of the feed"]
    shown = await desk.typed("chiba", "look-up", "--reason", "窓口での照会", RESIDENT)
    assert from_object(ResidentRecord, json.loads(shown[0])) == make_record()
    (again,) = await desk.typed("aoki", "enter", str(change_of_a_hold(tmp_path)))
    assert await desk.typed("bando", "withdraw", again) == ["withdrawn"]
    assert await desk.typed("bando", "pending") == []


async def test_what_stands_and_what_was_are_shown(office: Office, desk: Desk, make_record: MakeRecord) -> None:
    """A line for each card, measure and change; the record as it read before; figures in each form."""
    await office.take_in(RESIDENT, RegisterEntry(postcode="1390001"))
    card = CardSerial(issuer_key_id=bytes(20), serial=b"\x01")
    linked = CardLinked(card=card, replaces=None, valid_until=20310331)
    await act(office, ChangeKind.CARD_LINKED, RESIDENT, linked, 0)
    measure = Restriction(name="2026-017", planned_end=20270331, category=MeasureCategory.STALKING)
    await act(office, ChangeKind.MEASURE_SET, RESIDENT, measure, 0)
    await act(office, ChangeKind.NAME_CHANGED, RESIDENT, NameChanged(name="青木　文", reading="アオキ　アヤ"), 1)
    reason = ("--reason", "窓口での照会", RESIDENT)
    _record, kept, counts, protected = await desk.typed("chiba", "look-up", *reason)
    assert "name_before" in kept
    assert kept.startswith("kept, version 2")
    assert counts.endswith("(number_card), version 1: counts from 20260922 to 20310331")
    assert protected == ("measure 2026-017, version 1: in force, stalking, since 20260921, planned end 20270331")
    withheld = CardWithheld(card=card, why=Withheld.LOST)
    await act(office, ChangeKind.CARD_WITHHELD, RESIDENT, withheld, 1)
    assert (await desk.typed("chiba", "look-up", *reason))[2].endswith("version 2: withheld: lost")
    await act(office, ChangeKind.CARD_ENDED, RESIDENT, CardEnded(card=card), 2)
    await act(office, ChangeKind.MEASURE_RELEASED, RESIDENT, measure, 1)
    *_, ended, released = await desk.typed("chiba", "look-up", *reason)
    assert ended.endswith("version 3: ended")
    assert "version 2: released 20260921" in released
    happened = await desk.typed("chiba", "history", *reason)
    assert len(happened) == 7
    assert all("entered by aoki" in line and "approved by bando" in line for line in happened)
    assert any("name_changed (record version 2)  on 届書 (notified)" in line for line in happened)
    before, beside = await desk.typed("chiba", "history", "--version", "1", *reason)
    assert beside == 'kept beside it: {"postcode": "1390001"}'
    assert '"postcode": "1390001"' in kept
    assert from_object(ResidentRecord, json.loads(before)) == make_record()
    month = ("statistics", "--month", "2026-09")
    assert "residents  under 3, or withheld" in " ".join(await desk.typed("chiba", *month))
    (figures,) = await desk.typed("chiba", *month, "--json")
    assert json.loads(figures)["standing"]["residents"] is None
    (sheet,) = await desk.typed("chiba", *month, "--csv")
    assert sheet.startswith("section,name,count\nstanding,residents,\n")


@pytest.mark.parametrize("month", ["2026-13", "2026", "202609", "November"])
def test_a_month_that_is_none_is_not_understood(month: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A usage error, before anything is asked."""
    desk = Desk(Path("nowhere"))
    arguments = ["statistics", "--socket", "nowhere", "--operator", "chiba", "--month", month]
    with pytest.raises(SystemExit):
        desk.parser.parse_args(arguments)
    assert "--month" in capsys.readouterr().err


def change_of_a_hold(folder: Path) -> Path:
    """Write a hold."""
    path = folder / "hold.json"
    path.write_text(json.dumps({"kind": "hold_set", **COMMON, "name": "a"}), encoding="utf-8")
    return path
