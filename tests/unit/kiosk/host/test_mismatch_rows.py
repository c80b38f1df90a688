"""What a check found wrong with a document is owed to its ward until it is noted: once, as it was signed first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.kiosk.channel.messages import FailedCheck, Opened
from konbini.kiosk.host.journal import Journal, VisitRow
from konbini.kiosk.host.mismatch_rows import MismatchRows
from konbini.process.sqlite.rows import SqliteRows
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Mismatched
from konbini.protocol.receipts import HandedBack, Mismatch
from konbini.protocol.shape import from_bytes, to_bytes

VISIT = b"v" * 16
HANDED = HandedBack(key_id=b"k" * 8, message_key=b"certificate", signed=b"what the ward signed")


def failed(found: Mismatched = Mismatched.PAPER, visit_id: bytes = VISIT) -> FailedCheck:
    """Say that the first order's document did not pass."""
    return FailedCheck(visit_id=visit_id, ordinal=1, found=found, handed=HANDED)


def sign(_visit: VisitRow, mismatch: Mismatch) -> bytes:
    """Stand for the device key: the journal keeps the bytes, whatever they are."""
    return to_bytes(mismatch)


@pytest.fixture
async def rows(tmp_path: Path) -> AsyncIterator[SqliteRows]:
    """A journal's rows, with a visit that the ward opened."""
    kept = SqliteRows.open(tmp_path / "journal.db", files("konbini.kiosk.host") / "migrations")
    await Journal(kept).opened(Opened(visit_id=VISIT, visit=b"h" * 32, t=b"t" * 32, ward="999990", ticketed=1))
    yield kept
    await kept.close()


async def test_owed_until_it_is_noted(rows: SqliteRows) -> None:
    """The first report of an order stands; with the ward's word it is owed no more."""
    kept = MismatchRows(rows)
    await kept.found(failed(), sign)
    await kept.found(failed(Mismatched.HASH), sign)
    (owed,) = await kept.owed()
    mismatch = from_bytes(Mismatch, owed.signed)
    assert (mismatch.found, mismatch.t, mismatch.handed) == (Mismatched.PAPER, b"t" * 32, HANDED)
    assert (owed.visit.ward, owed.ordinal) == ("999990", 1)
    await kept.noted(owed, 7)
    assert await kept.owed() == ()


async def test_of_a_visit_that_nobody_opened(rows: SqliteRows) -> None:
    """There is no ward to tell."""
    with pytest.raises(Refused) as refused:
        await MismatchRows(rows).found(failed(visit_id=b"w" * 16), sign)
    assert refused.value.code is Code.ORDER_OUT_OF_TURN
