"""The registry's file: nothing personal in it in the clear, nothing moved in it opens, nothing recorded changes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.residents.changes import CardLinked, ChangeKind, Restriction, new_change
from konbini.ward_server.residents.feed import CardSerial
from tests.impressions import seal_of
from tests.unit.ward_server.residents.conftest import MakeRecord, Office

ONE, OTHER = "000000000000001", "000000000000002"
TODAY = 20260921


async def fill(office: Office, card: CardSerial) -> None:
    """Take two residents in, link a card, set a measure, register a seal, look one up."""
    await office.take_in(ONE)
    await office.take_in(OTHER, name="澄川 太郎")
    link = CardLinked(card=card, replaces=None)
    measure = Restriction(name="2026-017", planned_end=None)
    changes = (
        (ChangeKind.CARD_LINKED, link),
        (ChangeKind.MEASURE_SET, measure),
        (ChangeKind.SEAL_REGISTERED, seal_of("葛城文")),
    )
    for kind, body in changes:
        await office.put_in_force(new_change(kind, ONE, body, seen=0, effective=TODAY, source="申出書"))
    await office.registry.look_up("aoki", ONE, "窓口での照会")


async def test_nothing_personal_stands_in_the_file_in_the_clear(
    office: Office, card: CardSerial, make_record: MakeRecord, tmp_path: Path
) -> None:
    """Names, addresses, numbers, the measure's application, a look-up's reason, source documents, card and seal."""
    await fill(office, card)
    await office.store.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    kept = make_record(ONE)
    for text in (kept.name, kept.reading, kept.address, kept.domicile, kept.resident_code):
        assert text
        assert text.encode() not in content
    assert seal_of().image.png not in content
    for text in ("葛城文", "澄川", "123456789018", "2026-017", "窓口", "転入届", "申出書"):
        assert text.encode() not in content
    assert card.serial + card.issuer_key_id not in content
    assert ONE.encode() in content  # the positive control: ids stand there, and are found


@pytest.mark.parametrize(
    "table", ["record", "change", "feed", "card_link", "individual_number", "data_key", "seal_registration"]
)
async def test_a_row_moved_under_another_residents_id_does_not_open(
    office: Office, card: CardSerial, tmp_path: Path, table: str
) -> None:
    """Whoever can write the file gives the other resident this resident's row; no use case takes it."""
    await fill(office, card)
    with closing(sqlite3.connect(tmp_path / "registry.db")) as file:
        file.execute("PRAGMA foreign_keys = OFF")
        for (trigger,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {trigger}")
        if table != "card_link":
            file.execute(f"DELETE FROM {table} WHERE resident = ?", (OTHER,))  # noqa: S608 - a table of this test
        file.execute(f"UPDATE {table} SET resident = ? WHERE resident = ?", (OTHER, ONE))  # noqa: S608 - the same
        file.commit()
        (change_id,) = file.execute("SELECT change_id FROM change ORDER BY entered_at LIMIT 1").fetchone()
        (commitment,) = file.execute("SELECT commitment FROM individual_number LIMIT 1").fetchone()
    readings = {
        "record": lambda reading: reading.record(OTHER),
        "change": lambda reading: reading.change(change_id),
        "feed": lambda reading: reading.feed_after(0, 10),
        "card_link": lambda reading: reading.link(card),
        "individual_number": lambda reading: reading.number_part(OTHER, commitment),
        "data_key": lambda reading: reading.record(OTHER),
        "seal_registration": lambda reading: reading.seal(OTHER),
    }
    with pytest.raises(Refused) as refusal:
        await office.store.read(readings[table])
    assert refusal.value.code is Code.SEAL_BROKEN


async def test_a_measure_moved_to_another_application_or_resident_does_not_open(
    office: Office, card: CardSerial, tmp_path: Path
) -> None:
    """The row's own keyed hash is part of what it is sealed for."""
    await fill(office, card)
    with closing(sqlite3.connect(tmp_path / "registry.db")) as file:
        file.execute("UPDATE restriction SET restriction = ?", (bytes(32),))
        file.commit()
    with pytest.raises(Refused) as refusal:
        await office.registry.look_up("aoki", ONE, "a test")
    assert refusal.value.code is Code.SEAL_BROKEN


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET commitment = commitment",
        "DELETE FROM audit_entry",
        "UPDATE feed SET sealed = sealed",
        "DELETE FROM feed",
        "UPDATE feed_block SET hash = hash",
        "DELETE FROM feed_block",
        "UPDATE record SET household = household",
        "DELETE FROM record",
        "UPDATE change SET state = state",
        "DELETE FROM change",
        "DELETE FROM card_link",
        "UPDATE seal_registration SET number = number",
        "DELETE FROM seal_registration",
    ],
)
async def test_what_was_recorded_stays(office: Office, card: CardSerial, tmp_path: Path, statement: str) -> None:
    """The file itself refuses to change or remove it; a link's end is the one change of a row."""
    await fill(office, card)
    with (
        closing(sqlite3.connect(tmp_path / "registry.db")) as file,
        pytest.raises(sqlite3.IntegrityError, match="stays"),
    ):
        file.execute(statement)


async def test_a_transaction_that_fails_leaves_nothing(office: Office) -> None:
    """State, feed and audit entries go together."""
    await office.take_in(ONE)
    before = await office.store.read(lambda reading: (reading.position(), reading.pending((0, ""), 9)))

    def half(writing: object) -> None:
        writing.audit(AuditEntry(moment=0, event=AuditEvent.CHANGE_APPROVED))  # type: ignore[attr-defined] # RegistryWriting
        raise Refused(Code.CHANGE_INVALID)

    with pytest.raises(Refused):
        await office.store.write(half, step="half")
    assert await office.store.read(lambda reading: (reading.position(), reading.pending((0, ""), 9))) == before


async def test_a_registry_begins_once(office: Office) -> None:
    """Opened again it keeps its incarnation."""
    entry = AuditEntry(moment=0, event=AuditEvent.REGISTRY_CREATED)
    first = await office.store.read(lambda reading: reading.incarnation())
    assert not await office.store.begin(first + 1, entry)
    assert await office.store.read(lambda reading: reading.incarnation()) == first
