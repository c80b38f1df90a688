"""A second server at another place (縮退運用環境用サーバー): it follows, and serves in an outage declared there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind
from konbini.protocol.numbers import IssuanceNumber
from tests.integration.ward_server.issuing.test_kinds import text_of
from tests.integration.ward_server.issuing.test_seals import cancel, offered, order
from tests.integration.ward_server.kiosk import Told
from tests.integration.ward_server.people import ALONE, FOREIGNER, HEAD, SPOUSE
from tests.integration.ward_server.ward import Ward

MAIN, SECOND = range(5), range(5, 10)
"""Ranges of numbers of either server."""


def write_configs(ward: Ward) -> None:
    """Write what the second server is told, and tell the registry of its followers."""
    configs = ward.town.configs
    registry = (configs / "registry.toml").read_text(encoding="utf-8")
    names = '["issuing", "clerk", "issuing-2", "clerk-2"]'
    (configs / "registry.toml").write_text(registry.replace('["issuing", "clerk"]', names), encoding="utf-8")
    for process in ("issuing", "clerk"):
        text = (configs / f"{process}.toml").read_text(encoding="utf-8")
        for one, other in (
            (ward.place.uri(process), ward.place.uri(f"{process}-2")),
            ("run/clerk.sock", "run/clerk-2.sock"),
            (f"run/{process}-operators.sock", f"run/{process}-2-operators.sock"),
            (f'name = "{process}"', f'name = "{process}-2"'),
            ("standby = false", "standby = true"),
            ('ranges = "01234"', 'ranges = "56789"'),
            (f"port = {ward.ports.own_machines}\n", "port = 0\n"),
        ):
            text = text.replace(one, other)
        (configs / f"{process}-2.toml").write_text(text, encoding="utf-8")


@pytest.fixture
async def second(ward: Ward) -> AsyncIterator[Ward]:
    """Start the second server beside the ward's own."""
    write_configs(ward)
    await ward.stop("registry")
    await ward.start_registry()
    server = replace(ward, suffix="-2", processes={})
    try:
        await server.start_clerk()
        await server.start_issuing()
        await ward.caught_up()
        await server.caught_up()
        yield server
    finally:
        for process in tuple(server.processes):
            await server.stop(process)


def range_of(told: Told) -> int:
    """Give the range of a paper's number."""
    return IssuanceNumber.parse(told.given_document.number).incarnation


async def test_it_serves_when_the_first_place_is_lost(ward: Ward, second: Ward) -> None:
    """Idle until two persons declare there; then from its own copy, with its own clerk, under its own numbers."""
    assert range_of(await ward.visit(HEAD).one_paper()) in MAIN
    assert (await second.visit(ALONE).one_paper()).code is Code.WARD_CLOSED
    await ward.register.protect(SPOUSE)  # acknowledged when the second server has it too
    await lose_first_place(ward, second)
    told = await second.visit(ALONE).one_paper()
    assert range_of(told) in SECOND
    assert (await second.visit(SPOUSE).one_paper()).code is Code.ASK_AT_COUNTER
    await second.decide("issuing", "end-outage")
    assert (await second.visit(HEAD).one_paper()).code is Code.WARD_CLOSED
    assert second.stops() == {"issuing": None, "clerk": None}


async def lose_first_place(ward: Ward, second: Ward) -> None:
    """End the first place and the registry, and have two persons declare outage mode at the second."""
    for process in ("issuing", "clerk", "registry"):
        await ward.stop(process)
    await second.clock.advance(61)
    for process in ("issuing", "clerk"):
        await second.decide(process, "outage", "--hours", "4")


async def test_seal_certificates_of_the_second_place(ward: Ward, second: Ward) -> None:
    """Once cancellations come as holds at both processes there; as of when; none of a cancelled or reported seal."""
    seal = CertificateKind.SEAL_REGISTRATION
    await cancel(ward, FOREIGNER)  # before the outage: both copies have it
    await lose_first_place(ward, second)
    visit = second.visit(HEAD)
    assert seal not in offered((await visit.open()).given_menu)
    assert (await order(visit)).code is Code.CHANGED_LOOK_AGAIN
    await second.decide("issuing", "seals-as-holds", "on")
    visit = second.visit(HEAD)
    assert seal in offered((await visit.open()).given_menu)
    assert (await order(visit)).code is Code.CHANGED_LOOK_AGAIN  # the clerk there was told nothing
    await second.decide("clerk", "seals-as-holds", "on")
    visit = second.visit(HEAD)
    await visit.open()
    told = await order(visit)
    assert range_of(told) in SECOND
    said = text_of(told.pdf)
    assert "印鑑登録証明書" in said
    assert "令和８年１１月２０日１２時" in said
    await visit.printed(told)
    await visit.settle(visit.goodbye(), ordinal=0)
    await second.decide("clerk", "hold", ALONE)  # whoever takes the report of a lost seal begins at either process
    visit = second.visit(ALONE)
    await visit.open()
    assert (await order(visit)).code is Code.ASK_AT_COUNTER
    await second.decide("issuing", "hold", ALONE)
    assert (await second.visit(ALONE, second.kiosk("K-0002")).open()).code is Code.ASK_AT_COUNTER
    assert seal not in offered((await second.visit(FOREIGNER).open()).given_menu)
    assert second.stops() == {"issuing": None, "clerk": None}
    await ward.start_registry()
    await second.go_on_until(lambda: not second.rows("issuing", "SELECT 1 FROM outage_issue WHERE agrees IS NULL"))
    assert second.rows("issuing", "SELECT resident, agrees FROM outage_issue") == [(HEAD, 1)]


async def test_an_outage_of_the_first_place_is_not_its_own(ward: Ward, second: Ward) -> None:
    """What is declared at one server relaxes nothing at the other; both reconcile with the one registry."""
    for process in ("issuing", "clerk"):
        await ward.decide(process, "outage", "--hours", "4")
        assert await second.say(process, "reconcile") == ["0 differences"]
    assert (await second.visit(ALONE).one_paper()).code is Code.WARD_CLOSED
    assert range_of(await ward.visit(ALONE).one_paper()) in MAIN
    assert ward.rows("registry", "SELECT count(*) FROM follower") == [(4,)]
