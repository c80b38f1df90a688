"""Restored from last night's backup: registry, issuing or clerk; noticed by itself, never merged, put right by two."""

from __future__ import annotations

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.protocol.numbers import IssuanceNumber
from konbini.ward_server.audit.events import AuditEvent
from tests.integration.ward_server.people import ALONE, HEAD, SPOUSE
from tests.integration.ward_server.ward import Ward


async def issue(ward: Ward, holder: str) -> str:
    """Issue a paper, have it printed, and give its number."""
    visit = ward.visit(holder)
    await visit.open()
    told = await visit.order()
    await visit.printed(told)
    await visit.settle(visit.goodbye(), ordinal=0)
    return told.given_document.number


async def refuses(ward: Ward, process: str, word: str, code: Code) -> None:
    """Have two persons try what cannot be done as things stand."""
    with pytest.raises(Refused) as refusal:
        await ward.decide(process, word)
    assert refusal.value.code is code


async def test_a_registry_that_was_restored(ward: Ward) -> None:
    """Unsaid it is behind what was applied; said, it goes on anew, and each copy is re-taken from it."""
    await ward.back_up("registry")
    await ward.caught_up()
    await ward.register.protect(HEAD)
    await ward.restore("registry")
    for process in ("issuing", "clerk"):
        await ward.go_on_until(lambda process=process: bool(ward.rows(process, "SELECT 1 FROM feed_break")))  # type: ignore[misc] # bound now
        assert ward.rows(process, "SELECT code, retaking FROM feed_break") == [(Code.REGISTRY_BEHIND, 0)]
    assert (await ward.visit(ALONE).open()).code is Code.REGISTRY_BEHIND
    await ward.decide("registry", "restored")
    assert AuditEvent.REGISTRY_RESTORED in {event for event, _code in ward.events("registry")}
    for process in ("issuing", "clerk"):
        await ward.decide(process, "retake")
    await ward.mended("issuing")
    await ward.mended("clerk")
    assert ward.rows("issuing", "SELECT count(*) FROM bar WHERE in_force = 1") == [(1,)]
    assert await ward.say("issuing", "reconcile") == ["0 differences"]
    await ward.register.protect(HEAD)  # what the registry forgot is entered again
    assert (await ward.visit(HEAD).open()).code is Code.ASK_AT_COUNTER
    visit = ward.visit(ALONE, ward.kiosk("K-0002"))
    await visit.open()
    assert (await visit.order()).document is not None


async def test_a_registry_that_says_so_at_once(ward: Ward) -> None:
    """Nothing was lost, and still it is another incarnation: both refuse by that name until two persons agreed."""
    await ward.decide("registry", "restored")
    for process in ("issuing", "clerk"):
        await ward.go_on_until(lambda process=process: bool(ward.rows(process, "SELECT 1 FROM feed_break")))  # type: ignore[misc] # bound now
        assert ward.rows(process, "SELECT code FROM feed_break") == [(Code.REGISTRY_RENEWED,)]
    assert (await ward.visit(ALONE).open()).code is Code.REGISTRY_RENEWED
    for process in ("issuing", "clerk"):
        await ward.decide(process, "retake")
    for process in ("issuing", "clerk"):
        await ward.mended(process)
    await ward.register.protect(HEAD)  # an entry under the new incarnation
    assert (await ward.visit(HEAD).open()).code is Code.ASK_AT_COUNTER
    await issue(ward, ALONE)


async def test_an_issuing_that_was_restored(ward: Ward) -> None:
    """Found by itself: stopped, without a lease; said, it goes on in another range, and no number comes twice."""
    await issue(ward, HEAD)
    await ward.caught_up()
    await ward.back_up("issuing")
    await ward.caught_up()
    lost = IssuanceNumber.parse(await issue(ward, ALONE))
    await ward.clock.advance(6)  # what was issued is told to the registry with the next word
    await ward.go_on_until(
        lambda: (
            ward.rows("registry", "SELECT entries FROM follower WHERE name = 'issuing'")
            == ward.rows("issuing", "SELECT count(*) FROM audit_entry")
        )
    )
    await ward.restore("issuing")
    await ward.go_on_until(lambda: ward.stops()["issuing"] is not None)
    assert ward.stops() == {"issuing": Code.WARD_RESTORED, "clerk": None}
    assert AuditEvent.RESTORATION_FOUND in {event for event, _code in ward.events("issuing")}
    assert not ward.desk.current.lease_holds()
    assert (await ward.visit(SPOUSE).open()).code is Code.WARD_STOPPED
    await refuses(ward, "issuing", "release", Code.CAUSE_STANDS)
    await refuses(ward, "issuing", "retake", Code.CAUSE_STANDS)
    await ward.decide("issuing", "restored")
    await ward.mended("issuing")
    await ward.decide("issuing", "release")
    fresh = IssuanceNumber.parse(await issue(ward, SPOUSE))
    assert fresh.incarnation != lost.incarnation
    both = 1 << lost.incarnation | 1 << fresh.incarnation
    await ward.go_on_until(
        lambda: ward.rows("registry", "SELECT ranges FROM follower WHERE name = 'issuing'") == [(both,)]
    )
    (said,) = [entry for entry in ward.audit("issuing") if entry.event is AuditEvent.STORE_RESTORED]
    assert said.operators == ("aoki", "bando")


async def test_a_file_that_is_lost(ward: Ward) -> None:
    """A new file under a name that the registry knows is no beginning."""
    first = IssuanceNumber.parse(await issue(ward, HEAD))
    await ward.pass_time(6)
    await ward.stop("issuing")
    ward.place.lose("issuing")
    await ward.start_issuing()
    await ward.go_on_until(lambda: ward.stops()["issuing"] is not None)
    assert ward.stops()["issuing"] is Code.WARD_RESTORED
    await ward.decide("issuing", "restored")
    await ward.mended("issuing")
    await ward.decide("issuing", "release")
    assert IssuanceNumber.parse(await issue(ward, ALONE)).incarnation != first.incarnation


async def test_a_clerk_that_was_restored(ward: Ward) -> None:
    """Found by itself; said, it closes the ranges that it used, and certifies again when issuing took another."""
    await issue(ward, HEAD)
    await ward.back_up("clerk")
    await ward.caught_up()
    await issue(ward, ALONE)
    await ward.pass_time(6)
    await ward.go_on_until(
        lambda: (
            ward.rows("registry", "SELECT entries FROM follower WHERE name = 'clerk'")
            == ward.rows("clerk", "SELECT count(*) FROM audit_entry")
        )
    )
    await ward.restore("clerk")
    await ward.go_on_until(lambda: ward.stops()["clerk"] is not None)
    assert ward.stops()["clerk"] is Code.WARD_RESTORED
    await ward.decide("clerk", "restored")
    await ward.mended("clerk")
    await ward.decide("clerk", "release")
    visit = ward.visit(SPOUSE)
    await visit.open()
    assert (await visit.order()).code is Code.INTERNAL  # under a range that the clerk closed
    assert ward.issuances()[-1][1] is Code.RANGE_CLOSED
    await visit.settle(visit.goodbye(), ordinal=0)
    await ward.decide("issuing", "restored")
    await ward.mended("issuing")
    await ward.decide("issuing", "release")
    await issue(ward, SPOUSE)
