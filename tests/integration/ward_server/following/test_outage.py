"""Outage mode (縮退運用): the registry is away, two persons declared it at both processes, the lease is relaxed."""

from __future__ import annotations

import asyncio

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Options
from konbini.ward_server.audit.events import AuditEvent
from tests.integration.ward_server.issuing.test_kinds import text_of
from tests.integration.ward_server.people import ALONE, HEAD, PROTECTED, SPOUSE
from tests.integration.ward_server.ward import Ward

_REVIEWED = (AuditEvent.OUTAGE_ISSUE_AGREES, AuditEvent.OUTAGE_ISSUE_DIFFERS)


async def declare(ward: Ward, *processes: str, hours: int = 2) -> None:
    """Have two persons declare outage mode."""
    for process in processes:
        await ward.decide(process, "outage", "--hours", str(hours))


async def lose_registry(ward: Ward) -> None:
    """End the registry, and wait until no lease holds."""
    await ward.stop("registry")
    await ward.clock.advance(61)
    assert not any(current.lease_holds() for current in ward.currents)


async def test_papers_of_an_outage(ward: Ward) -> None:
    """Resident records alone, without individual numbers, as of when; protected and barred as before; then it ends."""
    await lose_registry(ward)
    assert (await ward.visit(ALONE).one_paper()).code is Code.WARD_NOT_CURRENT
    await declare(ward, "issuing", "clerk")
    visit = ward.visit(HEAD)
    menu = (await visit.open()).given_menu
    assert {offer.kind for offer in menu.offers} == {CertificateKind.RESIDENT_RECORD}
    assert not any(Options.INDIVIDUAL_NUMBER in Options(offer.options) for offer in menu.offers)
    told = await visit.order()
    assert "令和８年１１月２０日１２時" in (said := text_of(told.pdf))
    assert "分時点" in said
    await visit.printed(told)
    await visit.settle(visit.goodbye(), ordinal=0)
    assert (await ward.visit(PROTECTED).one_paper()).code is Code.ASK_AT_COUNTER
    assert ward.rows("issuing", "SELECT count(*) FROM outage_issue WHERE agrees IS NULL") == [(1,)]
    await ward.say("issuing", "stop", "--reason", "a stop stays in force")
    assert (await ward.visit(ALONE).one_paper()).code is Code.WARD_STOPPED
    await ward.decide("issuing", "release")
    await ward.set_clock(2 * 60)
    assert (await ward.visit(ALONE).one_paper()).code is Code.WARD_NOT_CURRENT


async def test_a_clock_that_is_set_does_not_lengthen_it(ward: Ward) -> None:
    """Set back it ends after its hours all the same, across a restart too; two persons end it whatever it shows."""
    await lose_registry(ward)
    await declare(ward, "issuing", "clerk")
    assert (await ward.visit(ALONE).one_paper()).document is not None
    await ward.set_clock(-90)
    await ward.clock.advance(3600)
    assert all([await current.check() for current in ward.currents])
    await ward.go_on_until(lambda: ward.rows("clerk", "SELECT (seen - begun) / 3600000 FROM outage") == [(1,)])
    await ward.stop("clerk")
    await ward.start_clerk()
    assert await ward.clerk._current.check() is not None
    await ward.clock.advance(3600)
    for current in ward.currents:
        with pytest.raises(Refused) as refusal:
            await current.check()
        assert refusal.value.code is Code.WARD_NOT_CURRENT
    await declare(ward, "clerk")
    await ward.set_clock(-90)
    assert await ward.clerk._current.check() is not None
    await ward.decide("clerk", "end-outage")
    with pytest.raises(Refused):
        await ward.clerk._current.check()


async def test_a_seal_is_certified_where_cancellations_come_as_holds(ward: Ward) -> None:
    """Refused in an outage until two persons say so at both processes; then it says as of when, and a hold bars it."""
    kind = CertificateKind.SEAL_REGISTRATION
    await lose_registry(ward)
    await declare(ward, "issuing", "clerk")
    visit = ward.visit(HEAD)
    assert kind not in {offer.kind for offer in (await visit.open()).given_menu.offers}
    assert (await visit.send_order(visit.order_body(kind=kind))).code is Code.CHANGED_LOOK_AGAIN
    await ward.decide("issuing", "seals-as-holds", "on")
    visit = ward.visit(HEAD)
    assert kind in {offer.kind for offer in (await visit.open()).given_menu.offers}
    assert (await visit.send_order(visit.order_body(kind=kind))).code is Code.CHANGED_LOOK_AGAIN  # the clerk's own word
    await ward.decide("clerk", "seals-as-holds", "on")
    visit = ward.visit(HEAD)
    await visit.open()
    told = await visit.send_order(visit.order_body(kind=kind))
    said = text_of(told.pdf)
    assert "印鑑登録証明書" in said
    assert "分時点" in said
    await visit.printed(told)
    await visit.settle(visit.goodbye(), ordinal=0)
    for process in ("issuing", "clerk"):
        await ward.decide(process, "hold", ALONE)
    assert (await ward.visit(ALONE).one_paper()).code is Code.ASK_AT_COUNTER


async def test_each_process_is_told_by_itself(ward: Ward) -> None:
    """`issuing` cannot make the clerk relax anything, and the clerk alone serves nobody."""
    await lose_registry(ward)
    await declare(ward, "issuing")
    assert (await ward.visit(ALONE).one_paper()).code is Code.WARD_NOT_CURRENT  # the clerk's own word
    assert (AuditEvent.CERTIFY_REFUSED, Code.WARD_NOT_CURRENT) in ward.events("clerk")
    await declare(ward, "clerk")
    assert (await ward.visit(SPOUSE).one_paper()).document is not None
    await ward.decide("issuing", "end-outage")
    assert (await ward.visit(HEAD).one_paper()).code is Code.WARD_NOT_CURRENT


async def test_a_broken_feed_is_not_relaxed(ward: Ward) -> None:
    """A registry that forgot what it published: outage mode changes nothing."""
    await ward.back_up("registry")
    await ward.caught_up()
    await ward.register.protect(HEAD)
    await ward.restore("registry")
    for process in ("issuing", "clerk"):
        await ward.go_on_until(lambda process=process: bool(ward.rows(process, "SELECT 1 FROM feed_break")))  # type: ignore[misc] # bound now
    await declare(ward, "issuing", "clerk")
    assert (await ward.visit(ALONE).one_paper()).code is Code.REGISTRY_BEHIND


async def test_holds_that_are_set_here(ward: Ward) -> None:
    """Within the outage alone, each process by itself; they bar until two persons lift them."""
    with pytest.raises(Refused) as refusal:
        await ward.decide("issuing", "hold", ALONE)
    assert refusal.value.code is Code.CHANGE_INVALID
    await lose_registry(ward)
    await declare(ward, "issuing", "clerk")
    await ward.decide("clerk", "hold", ALONE)
    assert (await ward.visit(ALONE).one_paper()).code is Code.ASK_AT_COUNTER  # the clerk's own refusal
    await ward.decide("issuing", "hold", ALONE)
    told = await ward.visit(ALONE).one_paper()
    assert (told.menu, told.code) == (None, Code.ASK_AT_COUNTER)
    assert (await ward.visit(HEAD).one_paper()).document is not None
    await ward.start_registry()
    await ward.caught_up()
    for process in ("issuing", "clerk"):
        await ward.decide(process, "end-outage")
        assert await ward.say(process, "reconcile") == ["0 differences"]
    assert (await ward.visit(ALONE).one_paper()).code is Code.ASK_AT_COUNTER
    for process in ("issuing", "clerk"):
        await ward.decide(process, "lift-hold", ALONE)
    assert (await ward.visit(ALONE).one_paper()).document is not None


async def test_what_was_issued_is_reviewed(ward: Ward) -> None:
    """The ward was cut off from a registry that went on: a paper that it would not have issued is a case."""
    config = ward.town.configs / "registry.toml"
    reached = config.read_text(encoding="utf-8")
    await ward.stop("registry")
    config.write_text(reached.replace("run/registry.sock", "run/elsewhere.sock"), encoding="utf-8")
    await ward.start_registry()
    changing = asyncio.create_task(ward.register.rewrite(ALONE, remarks="訂正"))
    while not changing.done():
        await ward.clock.advance(1)
        await asyncio.sleep(0.02)
    await changing
    await declare(ward, "issuing", "clerk")
    for holder in (ALONE, HEAD):
        assert (await ward.visit(holder).one_paper()).document is not None
    await ward.stop("registry")
    config.write_text(reached, encoding="utf-8")
    await ward.start_registry()
    await ward.go_on_until(lambda: not ward.rows("issuing", "SELECT 1 FROM outage_issue WHERE agrees IS NULL"))
    assert ward.rows("issuing", "SELECT resident, version, agrees FROM outage_issue ORDER BY resident") == [
        (HEAD, 1, 1),
        (ALONE, 1, 0),
    ]
    assert ward.cases() == [("OUTAGE_ISSUE_DIFFERS", "K-0001")]
    reviewed = [entry.event for entry in ward.audit("issuing") if entry.event in _REVIEWED]
    assert sorted(reviewed) == sorted(_REVIEWED)
