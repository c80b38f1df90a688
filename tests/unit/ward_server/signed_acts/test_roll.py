"""The roll: one key is one person's, until a day that is not far, and stays when it has ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.process.sqlite.rows import SqliteRows
from konbini.protocol.errors import Code, Refused
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.signed_acts import roll
from konbini.ward_server.signed_acts.roll import Enrolment
from tests.unit.ward_server.signed_acts.signing import Signer

NOW = 1_795_150_800_000
"""20 November 2026 in Japan."""
AOKI = Signer(person="aoki", entropy=SeededEntropy(1)).enrolment()
BANDO = Signer(person="bando", entropy=SeededEntropy(2)).enrolment()


@pytest.fixture
async def rows(tmp_path: Path) -> AsyncIterator[SqliteRows]:
    """Open the registry's store."""
    opened = SqliteRows.open(tmp_path / "registry.db", files("konbini.ward_server.residents") / "migrations")
    yield opened
    await opened.close()


async def enrol(rows: SqliteRows, enrolment: Enrolment) -> None:
    """Enrol, as two persons would."""
    await rows.write(lambda connection: roll.check_enrolment(connection, enrolment, NOW))
    await rows.write(lambda connection: roll.enrol(connection, enrolment, ("x", "y"), NOW))


async def test_a_key_is_one_persons_for_ever(rows: SqliteRows) -> None:
    """Neither the key nor its id is put in again: under another name, beside another, or when it has ended."""
    await enrol(rows, AOKI)
    await rows.write(lambda connection: roll.end(connection, "aoki", NOW))
    for again in (
        AOKI,
        replace(AOKI, person="bando"),
        replace(AOKI, credential=BANDO.credential),
        replace(BANDO, credential=AOKI.credential),
    ):
        with pytest.raises(Refused) as refusal:
            await enrol(rows, again)
        assert refusal.value.code is Code.CHANGE_INVALID
    await enrol(rows, BANDO)
    assert [(one.person, one.ended_at) for one in await rows.read(roll.whole_roll)] == [("aoki", NOW), ("bando", 0)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": 20261119},
        {"until": 20271122},
        {"until": 20261131},
        {"until": 0},
        {"person": "Aoki"},
        {"person": "青木"},
        {"credential": b""},
        {"public_key": b"no key"},
    ],
)
async def test_what_cannot_be_enrolled_is_refused(rows: SqliteRows, wrong: dict[str, object]) -> None:
    """A day that is over, too far or none; an id in another spelling; no passkey."""
    with pytest.raises(Refused) as refusal:
        await enrol(rows, replace(AOKI, **wrong))  # type: ignore[arg-type] # fields by name
    assert refusal.value.code is Code.CHANGE_INVALID


async def test_it_is_believed_until_its_day(rows: SqliteRows) -> None:
    """On that day still, and not on the next; not when it has ended."""
    await enrol(rows, replace(AOKI, until=20261121))
    kept = await rows.read(lambda connection: roll.find(connection, AOKI.credential))
    assert kept is not None
    day = 24 * 3600 * 1000
    assert [kept.holds_at(NOW + days * day) for days in range(3)] == [True, True, False]
    assert not replace(kept, ended_at=NOW).holds_at(NOW)


async def test_one_person_is_not_two_who_vouch(rows: SqliteRows) -> None:
    """The rows themselves do not take one name twice."""
    with pytest.raises(Exception, match="CHECK"):
        await rows.write(lambda connection: roll.enrol(connection, AOKI, ("x", "x"), NOW))
