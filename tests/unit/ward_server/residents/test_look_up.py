"""Whoever reads a record leaves an entry, and the audit log shows any change of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from konbini.process.sqlite.connection import SqliteConnection
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.trust import MessageKeyCertificate, WardEntry
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from tests.unit.ward_server.residents.conftest import Office

RESIDENT = "000000000000001"


def entries(path: Path) -> list[log.AuditEntry]:
    """Give the registry's audit entries, the log verified."""
    with closing(sqlite3.connect(path / "registry.db", factory=SqliteConnection)) as file:
        found = [log.entry_at(file, position) for position in range(log.verify(file))]
    return [entry for entry in found if entry is not None]


async def test_a_look_up_is_recorded_without_naming_the_resident(office: Office, tmp_path: Path) -> None:
    """Who and when; for whom and why stands sealed beside it."""
    await office.take_in()
    await office.registry.look_up("chiba", RESIDENT, "窓口での照会")
    last = entries(tmp_path)[-1]
    assert (last.event, last.operators, last.moment) == (AuditEvent.RECORD_LOOKED_UP, ("chiba",), office.clock.now())
    assert RESIDENT not in repr(last)
    with closing(sqlite3.connect(tmp_path / "registry.db")) as file:
        assert file.execute("SELECT month FROM access").fetchall() == [("/access/2026-09",)]
        assert RESIDENT.encode() not in file.execute("SELECT sealed FROM access").fetchone()[0]


async def test_a_look_up_of_nobody_is_recorded_too(office: Office, tmp_path: Path) -> None:
    """Trying ids leaves a trace; a look-up without a reason is none."""
    with pytest.raises(Refused) as refusal:
        await office.registry.look_up("chiba", RESIDENT, "a guess")
    assert refusal.value.code is Code.RESIDENT_UNKNOWN
    assert entries(tmp_path)[-1].code == Code.RESIDENT_UNKNOWN
    with pytest.raises(Refused):
        await office.registry.look_up("chiba", RESIDENT, "")
    with pytest.raises(Refused):
        await office.registry.look_up("", RESIDENT, "a reason")


async def test_each_step_of_a_change_is_an_entry(office: Office, tmp_path: Path) -> None:
    """Before and after, with the persons who acted; a number handed out is one as well."""
    await office.take_in()
    stored = await office.store.read(lambda reading: reading.record(RESIDENT))
    assert stored is not None
    with pytest.raises(Refused):
        await office.publisher.individual_number("issuing", RESIDENT, bytes(32))
    written = entries(tmp_path)
    assert [entry.event for entry in written] == [
        AuditEvent.REGISTRY_CREATED,
        AuditEvent.CHANGE_ENTERED,
        AuditEvent.CHANGE_APPROVED,
        AuditEvent.INDIVIDUAL_NUMBER_HANDED_OUT,
    ]
    assert written[1].operators == ("aoki",)
    assert written[2].operators == ("aoki", "bando")
    assert written[1].about == written[2].about == stored.change_id
    assert written[3].code == Code.RESIDENT_UNKNOWN


async def test_the_message_key_is_certified_for_a_day(office: Office, record_key: SigningKey) -> None:
    """By the identity key, which `issuing` never holds."""
    point = record_key.verifying.point
    signed = await office.publisher.certify_message_key(point)
    now = office.clock.now() // 1000
    entry = WardEntry(
        ward=office.pen.municipality,
        name="澄川区",
        name_english="Sumikawa",
        identity=office.identity.verifying.point,
        paper_authorities=(),
    )
    assert MessageKeyCertificate.open(signed, entry, now + 86_399).point == point
    with pytest.raises(Refused):
        MessageKeyCertificate.open(signed, entry, now + 86_400 + 31)
    with pytest.raises(Refused):
        await office.publisher.certify_message_key(bytes(65))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET entry = x'80' WHERE position = 1",
        "DELETE FROM audit_entry WHERE position = 1",
        "UPDATE audit_entry SET salt = zeroblob(32) WHERE position = 2",
    ],
)
async def test_a_log_that_was_changed_does_not_follow(office: Office, tmp_path: Path, statement: str) -> None:
    """An entry changed or taken out is found at its place."""
    await office.take_in()
    with closing(sqlite3.connect(tmp_path / "registry.db", factory=SqliteConnection)) as file:
        file.execute("DROP TRIGGER audit_entry_stays")
        file.execute("DROP TRIGGER audit_entry_remains")
        file.execute(statement)
        with pytest.raises(Refused) as refusal:
            log.verify(file)
    assert refusal.value.code is Code.EVIDENCE_MISMATCH
