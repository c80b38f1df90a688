"""Two servers of issuing on one PostgreSQL: one numbering, one stop, and no word of a server that lost its turn."""

from __future__ import annotations

import asyncio
import copy
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from konbini.process.membership import NotInStep
from konbini.process.tasks import StandingTasks
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome
from konbini.simulation.town.town import Town
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.issuing import config as issuing_config
from konbini.ward_server.issuing import main as issuing_main
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.notices import Notices
from tests.integration.ward_server.apart import Apart, front_of
from tests.integration.ward_server.issuing.test_mismatches import signed_anew
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward, eventually, open_ward
from tests.places import PostgresPlace

SERVERS = 'all = ["a", "b"]'


@pytest.fixture
async def ward(
    town_keys: Town, tmp_path_factory: pytest.TempPathFactory, postgres_place: PostgresPlace
) -> AsyncIterator[Ward]:
    """Open a ward on PostgreSQL, without issuing."""
    async with open_ward(town_keys, tmp_path_factory.mktemp("w"), without="issuing", place=postgres_place) as running:
        yield running


def configure(ward: Ward, server: str, *, servers: str = SERVERS) -> str:
    """Write the configuration of one server and give its file's name."""
    text = (ward.town.configs / "issuing.toml").read_text("utf-8")
    text = text.replace(f"port = {ward.ports.own_machines}\n", "port = 0\n")
    name = f"issuing-{server}.toml"
    (ward.town.configs / name).write_text(f'{text}\n[server]\nname = "{server}"\n{servers}\n', "utf-8")
    return name


async def started(ward: Ward, server: str, *, servers: str = SERVERS) -> Ward:
    """Start one server; give the ward as a kiosk sees it that is at home with it."""
    config = issuing_config.read_config(ward.town.configs / configure(ward, server, servers=servers))
    serving = issuing_main.serve(config, ward.clock, ward.entropy, StandingTasks())
    view = copy.copy(ward)
    view.desk = await ward._start(f"issuing {server}", serving)
    await eventually(lambda: view.desk.prekeys.newest is not None)
    await view.caught_up()
    return view


async def test_both_issue_and_no_number_is_given_twice(ward: Ward) -> None:
    """Two residents at two servers at once, several papers each; the receipts go to the other server."""
    a, b = await started(ward, "a"), await started(ward, "b")
    visits = [a.visit(HEAD), b.visit(ALONE, ward.kiosk("K-0002"))]
    for visit in visits:
        assert (await visit.open()).menu is not None
    for ordinal in range(1, 4):
        told = await asyncio.gather(*(visit.order(ordinal) for visit in visits))
        for visit, one, other in zip(visits, told, (b, a), strict=True):
            own, visit.ward = visit.ward, other
            await visit.printed(one, ordinal)
            visit.ward = own
    numbers = a.rows("issuing", "SELECT number FROM issuance ORDER BY number")
    assert [number[-9:-2] for (number,) in numbers] == [f"{n:07d}" for n in range(1, 7)]
    assert a.rows("issuing", "SELECT count(*) FROM receipt WHERE ordinal > 0") == [(6,)]
    epochs = a.rows("issuing", "SELECT epoch, count(*) FROM issuance GROUP BY epoch ORDER BY epoch")
    members = a.rows("issuing", "SELECT epoch, 3 FROM member WHERE gone = 0 AND epoch > 0 ORDER BY epoch")
    assert len(epochs) == 2
    assert epochs == members
    assert sum(bool(entry.visit) for entry in a.audit("issuing")) == 20


async def test_a_card_that_has_a_visit_at_one_has_none_at_the_other(ward: Ward) -> None:
    """The rows say so, whichever server is asked."""
    a, b = await started(ward, "a"), await started(ward, "b")
    assert (await a.visit(HEAD).open()).menu is not None
    assert (await b.visit(HEAD, ward.kiosk("K-0002")).open()).code is Code.VISIT_ELSEWHERE


async def test_a_stop_and_a_hold_reach_both_within_a_second(ward: Ward) -> None:
    """The stop at the other's next transaction, and in its notice."""
    a, b = await started(ward, "a"), await started(ward, "b")
    visit = b.visit(ALONE)
    await visit.open()
    await ward.register.protect(HEAD)
    assert (await b.visit(HEAD, ward.kiosk("K-0002")).open()).code is Code.ASK_AT_COUNTER
    await a.desk.ledger.stop.set(
        AuditEntry(moment=ward.clock.now(), event=AuditEvent.ISSUING_STOPPED, code=int(Code.SEAL_BROKEN)), "a test"
    )
    begun = time.monotonic()
    key = b.desk.prekeys.newest
    assert key is not None
    assert (await Notices(b.desk, "0").of(key.message_key, b.desk.now())).stopped
    assert (await visit.order()).code in (Code.WARD_STOPPED, Code.CHANGED_LOOK_AGAIN)
    assert time.monotonic() - begun < 1
    assert b.issuances() == []


async def test_proof_at_one_server_stops_the_other_within_a_second(ward: Ward) -> None:
    """What a kiosk hands back to one, and that kiosk's own bar, are rows that both read."""
    a, b = await started(ward, "a"), await started(ward, "b")
    visit = a.visit(ALONE)
    await visit.open()
    told = await visit.order()
    assert told.handed is not None
    await visit.report(told.handed)
    assert (await b.visit(HEAD).open()).code is Code.KIOSK_STOPPED
    other = b.visit(HEAD, ward.kiosk("K-0002"))
    await other.open()
    await visit.report(signed_anew(a, visit, told, replace(told.given_document, fee=1)))
    begun = time.monotonic()
    assert (await other.order()).code is Code.WARD_STOPPED
    assert time.monotonic() - begun < 1


async def test_a_server_of_another_topology_does_not_start(ward: Ward) -> None:
    """It would not know of one of the others."""
    await started(ward, "a")
    with pytest.raises(NotInStep, match="topology"):
        await started(ward, "b", servers='all = ["a", "b", "c"]')


async def test_a_start_voids_nothing_of_a_server_that_is_at_work(ward: Ward) -> None:
    """A number that the other one is sealing under is its own business, until that one is gone."""
    a = await started(ward, "a")
    await a.visit(HEAD).open()
    ward.place.write(
        "issuing",
        "INSERT INTO issuance (number, visit, ordinal, kiosk, t, kind, fee, order_hash, reserved, epoch, state)"
        " SELECT '139999-261120-70000009-1', visit, 1, kiosk, body_hash, 1, 300, body_hash, 1, epoch, 1"
        " FROM visit, member WHERE member.name = 'a'",
    )
    await started(ward, "b")
    assert a.issuances() == [(IssuanceState.SEALING, None)]
    await ward.stop("issuing a")
    b = await started(ward, "b")
    assert b.issuances() == [(IssuanceState.VOID, Code.INTERNAL)]


@pytest.mark.faults
@pytest.mark.long
async def test_a_server_that_lost_its_turn_writes_nothing(ward: Ward) -> None:
    """SIGSTOP until the other has taken it for gone, then SIGCONT: what it is asked then leaves no trace."""
    b = await started(ward, "b")
    apart = Apart(
        "issuing_child.py",
        str(ward.town.configs / configure(ward, "a")),
        str(ward.town.run / "front.sock"),
        str(ward.clock.now()),
    )
    try:
        await apart.start()
        async with front_of(ward):
            visit = ward.visit(HEAD)
            assert (await visit.open()).menu is not None
            before = ward.rows("issuing", "SELECT count(*) FROM audit_entry WHERE position >= 0")
            os.kill(apart.process_id, signal.SIGSTOP)
            async with asyncio.timeout(60):
                while ward.rows("issuing", "SELECT name FROM member WHERE gone = 0 AND epoch > 0") != [("b",)]:  # noqa: ASYNC110 - other processes set no event
                    await asyncio.sleep(0.5)
            os.kill(apart.process_id, signal.SIGCONT)
            with pytest.raises((Refused, ConnectionError, TimeoutError)):
                await visit.order()
        assert ward.rows("issuing", "SELECT count(*) FROM audit_entry WHERE position >= 0") == before
        assert ward.rows("issuing", "SELECT count(*) FROM issuance") == [(0,)]
    finally:
        await apart.end()
    fresh = b.visit(ALONE, ward.kiosk("K-0002"))
    await fresh.open()
    told = await fresh.order()
    await fresh.printed(told)
    assert ward.rows("issuing", "SELECT outcome FROM receipt WHERE ordinal > 0") == [(Outcome.PRINTED,)]


async def test_what_two_persons_steer_reaches_both(ward: Ward) -> None:
    """Said to one server: the other has the settings within a second, and makes its own message key anew."""
    a, b = await started(ward, "a"), await started(ward, "b")
    visit = a.visit(HEAD)
    await visit.open()
    await ward.change_settings("issuing", "yen = 200", "yen = 250")
    assert 250 in {fee.yen for fee in b.desk.settings.fees}
    await ward.go_on_until(lambda: 250 in {fee.yen for fee in a.desk.settings.fees})
    held = [one.desk.prekeys.newest for one in (a, b)]
    await ward.decide("issuing", "renew-message-keys")
    await ward.go_on_until(lambda: all(one.desk.prekeys.newest not in (None, *held) for one in (a, b)))
    newest = [one.desk.prekeys.newest for one in (a, b)]
    assert len({one.message_key.certificate for one in newest if one is not None}) == 2
    assert (await visit.order()).code is Code.VISIT_OVER
    renewed = [one.about for one in ward.audit("issuing") if one.event is AuditEvent.MESSAGE_KEYS_RENEWED]
    assert sorted(renewed) == ["0 visits ended", "1 visits ended"]
