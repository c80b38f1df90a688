"""Two clerks on one PostgreSQL, each a process of its own: one signature an order, one stop, one count of places."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from konbini.process.calls import CallClient
from konbini.process.config import ConfigRefused
from konbini.process.membership import NotInStep
from konbini.process.tasks import StandingTasks
from konbini.protocol.errors import Code, Refused
from konbini.simulation.town.town import Town
from konbini.ward_server.clerk import config as clerk_config
from konbini.ward_server.clerk import main as clerk_main
from konbini.ward_server.clerk.calls import MOST_CALL_BYTES, ClerkClient
from tests.integration.ward_server.apart import Apart
from tests.integration.ward_server.clerk.test_sealing import draw
from tests.integration.ward_server.clerks import Remembering, evidence_of
from tests.integration.ward_server.people import ALONE, HEAD, SPOUSE
from tests.integration.ward_server.ward import Ward, open_ward
from tests.places import PostgresPlace


@dataclass(slots=True)
class Clerks:
    """The ward's clerks, by the name of their sockets; `issuing` calls the first."""

    ward: Ward
    programs: dict[str, Apart] = field(default_factory=dict)
    clients: dict[str, CallClient] = field(default_factory=dict)

    def __getitem__(self, server: str) -> ClerkClient:
        """Call one of them."""
        return ClerkClient(self.clients[server])

    def configure(self, server: str, name: str, *, servers: str = '["a", "b"]') -> str:
        """Write the configuration of one, and give the file."""
        configs = self.ward.town.configs
        text = (configs / "clerk.toml").read_text("utf-8")
        for socket in ("clerk.sock", "clerk-operators.sock"):
            text = text.replace(f"run/{socket}", f"run/{server}{socket}")
        file = configs / f"clerk-of-{server or 'a-'}{name}.toml"
        file.write_text(f'{text}\n[server]\nname = "{name}"\nall = {servers}\n', "utf-8")
        return str(file)

    async def start(self, server: str, name: str) -> None:
        """Start one under a name."""
        program = Apart("clerk_child.py", self.configure(server, name), str(self.ward.clock.now()))
        self.programs[server] = program
        await program.start()
        socket = self.ward.town.run / f"{server}clerk.sock"
        self.clients[server] = CallClient(socket, peers=frozenset({os.getuid()}), longest=MOST_CALL_BYTES)

    async def end(self) -> None:
        """Hang up, and end them."""
        for client in self.clients.values():
            await client.close()
        for program in self.programs.values():
            await program.end()


A, B = "", "b-"
"""The sockets of the two; the first one's are those that `issuing` calls."""


@pytest.fixture
async def clerks(
    town_keys: Town, tmp_path_factory: pytest.TempPathFactory, postgres_place: PostgresPlace
) -> AsyncIterator[Clerks]:
    """Open a ward on PostgreSQL with two clerks."""
    async with open_ward(town_keys, tmp_path_factory.mktemp("w"), without="clerk", place=postgres_place) as ward:
        await ward.go_on_until(ward.desk.current.lease_holds)
        made = Clerks(ward)
        try:
            await made.start(A, "a")
            await made.start(B, "b")
            yield made
        finally:
            await made.end()


async def test_the_same_order_at_both(clerks: Clerks) -> None:
    """One place and one set of page seals; sealed at both at once it has one signature; other bytes have none."""
    a, b = clerks[A], clerks[B]
    evidence = await evidence_of(clerks.ward, ALONE)
    one, other = await a.certify(evidence), await b.certify(evidence)
    assert one == other
    pdf = draw(clerks.ward, one)
    sealed = await asyncio.gather(a.seal(one.order, pdf), b.seal(one.order, pdf))
    assert sealed[0] == sealed[1] == await a.seal(one.order, pdf)
    assert clerks.ward.rows("clerk", "SELECT count(*), count(suffix) FROM certified") == [(1, 1)]
    with pytest.raises(Refused) as caught:
        await b.seal(one.order, pdf + b"\n")
    assert caught.value.code is Code.SEALED_OTHERWISE
    with pytest.raises(Refused) as caught:
        await a.seal(one.order, pdf)
    assert caught.value.code is Code.WARD_STOPPED  # one stop for both
    assert clerks.ward.audit("clerk")


async def test_papers_through_both(clerks: Clerks) -> None:
    """Places in the status list are counted through, and each number has one."""
    ward, honest = clerks.ward, clerks.ward.desk
    for holder, server in ((HEAD, A), (ALONE, B), (SPOUSE, A)):
        ward.desk = replace(honest, clerk=clerks[server])
        visit = ward.visit(holder)
        await visit.open()
        for ordinal in (1, 2):
            told = await visit.order(ordinal)
            assert told.document is not None
            await visit.printed(told, ordinal)
        await visit.settle(visit.goodbye(), ordinal=0)
    found = ward.rows("clerk", "SELECT status_index, number FROM certified ORDER BY status_index")
    assert [place for place, _number in found] == list(range(6))
    assert len({number for _place, number in found}) == 6
    assert ward.stops() == {"issuing": None, "clerk": None}


async def test_a_killed_one_loses_nothing(clerks: Clerks) -> None:
    """What it certified has the same place at the other; what it sealed has the same signature, there and here."""
    ward, remembering = clerks.ward, Remembering(clerks[A])
    ward.desk = replace(ward.desk, clerk=remembering)
    visit = ward.visit(HEAD)
    await visit.open()
    told = await visit.order()
    await visit.printed(told)
    await visit.settle(visit.goodbye(), ordinal=0)
    evidence = await evidence_of(ward, ALONE)
    certified = await clerks[A].certify(evidence)
    os.kill(clerks.programs[A].process_id, signal.SIGKILL)
    assert await clerks.programs[A].died() == -signal.SIGKILL
    assert await clerks[B].certify(evidence) == certified
    assert (await clerks[B].seal(certified.order, draw(ward, certified))).suffix
    order, pdf = remembering.papers[0]
    await clerks[B].certify(remembering.evidence[0])
    assert pdf + (await clerks[B].seal(order, pdf)).suffix == told.pdf
    await clerks.programs[A].start()
    await clerks[A].certify(remembering.evidence[0])
    assert pdf + (await clerks[A].seal(order, pdf)).suffix == told.pdf
    assert ward.stops() == {"issuing": None, "clerk": None}


def certified(ward: Ward) -> int:
    """Count the entries of visits: a clerk that starts writes others of its own."""
    return sum(bool(entry.visit) for entry in ward.audit("clerk"))


@pytest.mark.faults
async def test_one_that_lost_its_turn_certifies_nothing(clerks: Clerks) -> None:
    """Another is started under its name: what it is asked then leaves no trace; the others go on."""
    ward = clerks.ward
    evidence = await evidence_of(ward, ALONE)
    os.kill(clerks.programs[A].process_id, signal.SIGSTOP)
    await clerks.start("c-", "a")
    before = certified(ward)
    os.kill(clerks.programs[A].process_id, signal.SIGCONT)
    with pytest.raises((Refused, ConnectionError)):
        await clerks[A].certify(evidence)
    assert certified(ward) == before
    one, other = await clerks[B].certify(evidence), await clerks["c-"].certify(evidence)
    assert one == other


async def test_one_that_differs_does_not_start(clerks: Clerks) -> None:
    """Another list of servers, a file of settings that the store never had in force."""
    ward = clerks.ward
    settings = ward.town.configs / "other.toml"
    cases: tuple[tuple[type[Exception], str, str, str], ...] = (
        (NotInStep, "topology", '["a", "b", "c"]', ""),
        (ConfigRefused, "not what was in force here", '["a", "b"]', "other.toml"),
    )
    for refused, what, servers, told in cases:
        config = clerk_config.read_config(ward.town.configs / clerks.configure("d-", "b", servers=servers))
        if told:
            settings.write_bytes(config.settings.read_bytes() + b"\n# of another day\n")
            config = replace(config, settings=settings)
        with pytest.raises(refused, match=what):
            async with clerk_main.serve(config, ward.clock, ward.entropy, StandingTasks()):
                pass
