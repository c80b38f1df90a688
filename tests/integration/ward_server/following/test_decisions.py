"""A stop and its release: one person stops, two release; who, why and when stand in the log before and after."""

from __future__ import annotations

import os

import pytest

from konbini.process.calls import CallClient
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.decisions.calls import DecisionLine
from konbini.ward_server.decisions.desk import MOST_LISTED, MOST_WAITING
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward


@pytest.mark.parametrize("process", ["issuing", "clerk"])
async def test_one_person_stops_and_two_release(ward: Ward, process: str) -> None:
    """Nothing is issued from the stop on, until the second person agreed."""
    visit = ward.visit(HEAD)
    await visit.open()
    assert await ward.say(process, "stop", "--reason", "a strange paper") == ["stopped"]
    assert (await visit.order()).code is Code.WARD_STOPPED
    if process == "clerk":
        await ward.decide("issuing", "release")  # a clerk that is stopped stopped issuing too
    (decision,) = await ward.say(process, "release", "--reason", "looked into")
    assert ward.stops()[process] is Code.WARD_STOPPED
    with pytest.raises(Refused) as refusal:
        await ward.say(process, "agree", decision)
    assert refusal.value.code is Code.SAME_PERSON
    (waiting,) = await ward.say(process, "decisions", operator="bando")
    assert waiting.startswith(f"{decision}  release  looked into  entered by aoki")
    assert await ward.say(process, "agree", decision, operator="bando") == ["carried out"]
    assert await ward.say(process, "agree", decision, operator="bando") == ["carried out"]
    assert ward.stops()[process] is None
    number = {"issuing": 239, "clerk": 339}[process]
    (released,) = [entry for entry in ward.audit(process) if entry.event is AuditEvent(number)]
    assert (released.operators, released.code) == (("aoki", "bando"), Code.WARD_STOPPED)
    again = ward.visit(ALONE, ward.kiosk("K-0002"))
    await again.open()
    assert (await again.order()).document is not None


async def test_what_cannot_be_decided(ward: Ward) -> None:
    """Nothing to release, no reason, an operator who is none, hours beyond the setting, a decision of nobody's."""
    for words, code in (
        (("release", "--reason", "nothing stopped"), Code.CHANGE_INVALID),
        (("retake", "--reason", " "), Code.CHANGE_INVALID),
        (("outage", "--reason", "too long", "--hours", "25"), Code.CHANGE_INVALID),
        (("outage", "--reason", "no time", "--hours", "0"), Code.CHANGE_INVALID),
        (("stop", "--reason", " "), Code.CHANGE_INVALID),
        (("agree", "0000000000000000"), Code.CHANGE_UNKNOWN),
    ):
        with pytest.raises(Refused) as refusal:
            await ward.say("issuing", *words)
        assert refusal.value.code is code, words
    clerk = CallClient(ward.town.run / "clerk-operators.sock", peers=frozenset({os.getuid()}))
    with pytest.raises(Refused) as refusal:
        await DecisionLine(clerk, "Aoki").stop("who?")
    assert refusal.value.code is Code.MALFORMED
    await clerk.close()
    with pytest.raises(Refused) as refusal:
        await ward.say("registry", "outage", "--reason", "not here", "--hours", "1")
    assert refusal.value.code is Code.CHANGE_INVALID


async def test_a_decision_that_was_declined_does_nothing(ward: Ward) -> None:
    """It is on record, and cannot be agreed to any more; a hold's resident stands nowhere in the clear."""
    (decision,) = await ward.say("issuing", "hold", HEAD, "--reason", "a call")
    await ward.say("issuing", "decline", decision, operator="bando")
    with pytest.raises(Refused) as refusal:
        await ward.say("issuing", "agree", decision, operator="bando")
    assert refusal.value.code is Code.CHANGE_UNKNOWN
    assert AuditEvent.DECISION_DECLINED in {event for event, _code in ward.events("issuing")}
    assert HEAD.encode() not in b"".join(row[0] for row in ward.rows("issuing", "SELECT hidden FROM decision"))


async def test_no_decision_that_waits_is_hidden_by_many_others(ward: Ward) -> None:
    """Sixteen of one operator wait and no more; the list has those of all, the newest too."""
    hold = ("hold-part", "kiosk", "K-0002", "--reason", "many")
    entered = [
        (await ward.say("issuing", *hold, operator=operator))[0]
        for operator in ("aoki", "bando", "chiba")
        for _ in range(MOST_WAITING)
    ]
    with pytest.raises(Refused) as refusal:
        await ward.say("issuing", *hold)
    assert refusal.value.code is Code.BUSY
    entered += await ward.say("issuing", *hold, operator="doi")
    assert len(entered) > MOST_LISTED
    listed = await ward.say("issuing", "decisions", operator="endo")
    assert sorted(line.partition(" ")[0] for line in listed) == sorted(entered)
    await ward.say("issuing", "decline", entered[0])
    await ward.say("issuing", *hold)
