"""What the registry remembers of its followers, and what it refuses to hear."""

from __future__ import annotations

from dataclasses import replace

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.residents.publisher import Publisher
from konbini.ward_server.residents.witness import Told, check_can_be, free_range
from tests.unit.ward_server.residents.conftest import OpenOffice

HASH = bytes(range(32))
TOLD = Told(life=5, number=3, newest=HASH, entries=7, log_hash=HASH, ranges=1)


@pytest.mark.parametrize(
    ("now", "written", "code"),
    [
        (TOLD, HASH, None),
        (replace(TOLD, number=4, entries=9), HASH, None),
        (replace(TOLD, life=6, number=0, newest=b"", entries=0), None, None),
        (replace(TOLD, number=4), None, Code.REGISTRY_BEHIND),
        (TOLD, bytes(32), Code.FEED_FORKED),
        (replace(TOLD, number=2), HASH, Code.WARD_RESTORED),
        (replace(TOLD, entries=6), HASH, Code.WARD_RESTORED),
        (replace(TOLD, life=4, number=9, entries=99), HASH, Code.WARD_RESTORED),
    ],
)
def test_what_a_follower_can_be(now: Told, written: bytes | None, code: Code | None) -> None:
    """It goes on within its life, or begins another; it applied what the registry wrote."""
    if code is None:
        check_can_be(now, TOLD, written)
        return
    with pytest.raises(Refused) as refusal:
        check_can_be(now, TOLD, written)
    assert refusal.value.code is code


def test_a_range_is_never_taken_twice() -> None:
    """The first that nobody used; none, where all are used."""
    assert free_range((0, 1, 2), 0b000) == 0
    assert free_range((0, 1, 2), 0b101) == 1
    with pytest.raises(Refused) as refusal:
        free_range((0, 1), 0b11)
    assert refusal.value.code is Code.RANGE_CLOSED


async def test_the_registry_remembers_across_its_own_restart(open_office: OpenOffice) -> None:
    """What is refused is on record; ranges that were used once stay used in a new life."""
    office = await open_office("issuing")
    told = replace(TOLD, number=0, newest=b"")
    await office.publisher.applied("issuing", told)
    again = Publisher(
        store=office.store,
        pen=office.pen,
        identity=office.identity,
        acknowledging=office.acknowledging,
        clock=office.clock,
    )
    assert await again.told("issuing") == (told, 1)
    for wrong, event in (
        (replace(told, entries=1), AuditEvent.FOLLOWER_BEHIND),
        (replace(told, number=1, newest=HASH), AuditEvent.FOLLOWER_AHEAD),
    ):
        with pytest.raises(Refused):
            await again.applied("issuing", wrong)
        newest = await office.store.rows.read(
            lambda connection: connection.execute("SELECT entry FROM audit_entry ORDER BY position DESC").fetchone()
        )
        assert bytes([0x18, event]) in newest[0]
    await again.applied("issuing", replace(told, life=6, entries=0, ranges=2))
    assert (await again.told("issuing"))[1] == 0b11
    with pytest.raises(Refused) as refusal:
        await again.told("nobody")
    assert refusal.value.code is Code.MISROUTED
