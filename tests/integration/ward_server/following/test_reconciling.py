"""The full reconcile: every row of either copy that is not the registry's is named, stops, and is put right whole."""

from __future__ import annotations

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from tests.integration.ward_server.people import ALONE, HEAD, MEASURE, PROTECTED
from tests.integration.ward_server.ward import Ward

AT_THREE = 15 * 60
"""Minutes from noon to the hour of the reconcile."""
# ALONE is 1000000005, HEAD 1000000001.
WRONGS = {
    "a measure that is not in force here": ("UPDATE bar SET in_force = 0", [("measure", PROTECTED)]),
    "a link that ended here": ("UPDATE card_link SET ended = 1 WHERE resident = '1000000005'", [("link", ALONE)]),
    "a link to somebody else": (
        "UPDATE card_link SET resident = '1000000001' WHERE resident = '1000000005'",
        [("link", HEAD), ("link", ALONE)],
    ),
    "a link under another hash": (
        "UPDATE card_link SET serial_hash = zeroblob(32) WHERE resident = '1000000005'",
        [("link", ALONE), ("link", ALONE)],
    ),
    "an older version": ("UPDATE person SET version = version - 1 WHERE resident = '1000000005'", [("record", ALONE)]),
    "another household": (
        "UPDATE person SET household = '2000000099' WHERE resident = '1000000005'",
        [("record", ALONE)],
    ),
    "a record that is lost": ("DELETE FROM person WHERE resident = '1000000005'", [("record", ALONE)]),
    "a removed record": ("UPDATE person SET present = 0 WHERE resident = '1000000005'", [("record", ALONE)]),
    "a measure that belongs to nobody": (
        "UPDATE bar SET whose = zeroblob(32)",
        [("measure", PROTECTED), ("measure", "")],
    ),
}
SHORT = {("issuing", "a measure that is not in force here"), ("clerk", "a link to somebody else")}
EVERY = [(process, wrong) for process in ("issuing", "clerk") for wrong in WRONGS]


async def test_copies_that_agree(ward: Ward) -> None:
    """Nothing is named, nothing stops; it is on record, with the registry's signed root."""
    for process, event in (("issuing", AuditEvent.RECONCILED), ("clerk", AuditEvent.CLERK_RECONCILED)):
        assert await ward.say(process, "reconcile") == ["0 differences"]
        (entry,) = [entry for entry in ward.audit(process) if entry.event is event]
        assert (entry.operators, entry.code, len(entry.digest)) == (("aoki",), 0, 32)
    assert ward.stops() == {"issuing": None, "clerk": None}
    assert await ward.say("issuing", "differences") == []


@pytest.mark.parametrize(
    ("process", "wrong"),
    [pytest.param(*one, marks=() if one in SHORT else pytest.mark.long) for one in EVERY],
)
async def test_a_copy_that_differs(ward: Ward, process: str, wrong: str) -> None:
    """Each difference is named; it stops; two persons have it re-taken and release it; then papers are issued again."""
    statement, expected = WRONGS[wrong]
    await ward.stop(process)
    ward.write(process, statement)
    await ward.start(process)
    await ward.caught_up()
    assert await ward.say(process, "reconcile") == [f"{len(expected)} differences"]
    named = [line.split("  ")[:2] for line in await ward.say(process, "differences")]
    assert sorted(map(tuple, named)) == sorted(expected)
    assert ward.stops()[process] is Code.COPY_DIFFERS
    with pytest.raises(Refused) as refusal:
        await ward.decide(process, "release")
    assert refusal.value.code is Code.CAUSE_STANDS
    await ward.decide(process, "retake")
    await ward.mended(process)
    assert await ward.say(process, "differences") == []
    assert (await ward.visit(ALONE).open()).code in {Code.WARD_STOPPED, None}
    await ward.decide(process, "release")
    assert ward.stops() == {"issuing": None, "clerk": None}
    visit = ward.visit(HEAD, ward.kiosk("K-0002"))
    await visit.open()
    assert (await visit.order()).document is not None
    assert (await ward.visit(PROTECTED).open()).menu is None


async def test_it_runs_every_night(ward: Ward) -> None:
    """At its hour, by itself: a measure that got lost here is found and stops the ward."""
    await ward.stop("issuing")
    ward.write("issuing", "UPDATE bar SET in_force = 0")
    await ward.start_issuing()
    await ward.caught_up()
    ward.clock.set_wall(ward.clock.now() + AT_THREE * 60_000)
    await ward.clock.advance(60)
    await ward.go_on_until(lambda: ward.stops()["issuing"] is not None)
    assert ward.stops() == {"issuing": Code.COPY_DIFFERS, "clerk": None}
    assert (AuditEvent.ISSUING_STOPPED, Code.COPY_DIFFERS) in ward.events("issuing")


async def test_what_changes_meanwhile_is_no_difference(ward: Ward) -> None:
    """Entries on their way are waited for; a measure that was released stays compared."""
    reconciling = [ward.say(process, "reconcile") for process in ("issuing", "clerk")]
    await ward.register.protect(ALONE)
    for one in reconciling:
        assert await one == ["0 differences"]
    await ward.register.rewrite(HEAD, remarks="訂正")
    assert await ward.say("issuing", "reconcile") == ["0 differences"]
    assert MEASURE not in str(ward.rows("issuing", "SELECT * FROM bar"))
