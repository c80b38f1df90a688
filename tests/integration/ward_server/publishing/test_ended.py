"""A ward whose history has ended, disposed of by command: whoever checks a paper sees what he saw before."""

from __future__ import annotations

from pathlib import Path

import pytest

from konbini.pdf.paper_seal.status import Status
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.keeping.disposal_list import open_list, read_list
from tests.integration.ward_server.people import ALONE
from tests.integration.ward_server.publishing.test_publishing import Publishing, issued, void
from tests.integration.ward_server.ward import Ward

THREE_DAYS = 3 * 24 * 3600 * 1000


async def restarted_later(ward: Ward) -> None:
    """Let three days pass under terms of one day: each process judges at its start."""
    for process in ("issuing", "clerk"):
        await ward.change_settings(process, "years = 5", "days = 1")
        await ward.stop(process)
    ward.clock.set_wall(ward.clock.now() + THREE_DAYS)
    for process in ("clerk", "issuing"):
        await ward.start(process)
    await ward.caught_up()


async def disposed(ward: Ward, process: str, kept: str) -> str:
    """Show, enter and approve what is due of a kind at a process."""
    await ward.go_on_until(lambda: bool(ward.rows(process, "SELECT 1 FROM due")))
    assert f"{kept}  1 due" in await ward.say(process, "retention")
    (entered,) = await ward.say(process, "dispose", kept)
    with pytest.raises(Refused) as refusal:
        await ward.say(process, "approve-disposal", entered)
    assert refusal.value.code is Code.SAME_PERSON
    (done,) = await ward.say(process, "approve-disposal", entered, operator="bando")
    return done


async def test_what_is_published_holds_when_the_history_has_ended(ward: Ward, tmp_path: Path) -> None:
    """Printed stays valid, void stays void, what is not settled is kept; the logs go on from their checkpoints."""
    publishing = Publishing(ward, tmp_path)
    printed = await issued(ward)
    await printed[0].printed(printed[1])
    await void(*await issued(ward, ALONE))
    await issued(ward, ALONE)
    assert publishing.publish() == 0
    seen = [Status.VALID, Status.VOID, Status.UNSETTLED]
    assert publishing.statuses() == seen
    await restarted_later(ward)
    assert await disposed(ward, "issuing", "issue_history") == "destroyed 1, left 0"
    assert await disposed(ward, "clerk", "certified_order") == "destroyed 1, left 0"
    assert [state for (state,) in ward.rows("issuing", "SELECT state FROM issuance")] == [2]
    assert ward.rows("clerk", "SELECT count(*) FROM certified WHERE length(facts_digest) > 0") == [(0,)]
    assert publishing.publish() == 0
    assert publishing.statuses() == seen
    assert publishing.verify(printed[1].pdf) == 0
    for process, event in (("issuing", AuditEvent.ISSUING_DISPOSED), ("clerk", AuditEvent.CLERK_DISPOSED)):
        listed = tmp_path / f"{process}.disposals"
        await ward.say(process, "disposals", "--out", str(listed))
        key = SigningKey.from_pem((ward.town.keys / process / "disposals.key").read_bytes()).verifying
        (entry,) = open_list(read_list(listed.read_bytes()), key, ward.code)
        assert (entry.targets, entry.operators) == (("2026-11-20",), ("aoki", "bando"))
        assert [one.operators for one in ward.audit(process) if one.event is event] == [("aoki", "bando")]


async def test_nothing_is_due_at_a_process_that_is_stopped(ward: Ward) -> None:
    """Somebody looks into what is there: what was entered before is left when it is approved, whole."""
    visit, told = await issued(ward)
    await visit.printed(told)
    await restarted_later(ward)
    await ward.go_on_until(lambda: bool(ward.rows("issuing", "SELECT 1 FROM due")))
    (entered,) = await ward.say("issuing", "dispose", "issue_history")
    await ward.say("issuing", "stop", "--reason", "a strange paper")
    assert await ward.say("issuing", "approve-disposal", entered, operator="bando") == ["destroyed 0, left 1"]
    assert ward.rows("issuing", "SELECT count(*) FROM issuance") == [(1,)]
