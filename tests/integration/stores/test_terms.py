"""What `issuing` and the clerk keep for a time, on both engines: judged, disposed of, and what never goes."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from importlib.resources import files

import pytest

from konbini.process.rows import Rows
from konbini.process.statements import Connection, Parameters
from konbini.process.stores import open_rows
from konbini.process.tree_rows import root_at
from konbini.protocol.cose import SigningKey
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import Outcome
from konbini.protocol.numbers import IssuanceNumber
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.clerk.ending import HOLDINGS as CLERKS
from konbini.ward_server.clerk.store import places
from konbini.ward_server.decisions.decision import DecisionKind, DecisionState
from konbini.ward_server.following.ending import ends_of
from konbini.ward_server.following.events import CLERK, ISSUING
from konbini.ward_server.issuing.ledger.ending import HOLDINGS
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.ledger.outcomes import outcomes
from konbini.ward_server.keeping.destroying_again import destroy_again
from konbini.ward_server.keeping.disposal_list import Disposal, open_list
from konbini.ward_server.keeping.disposal_rows import Disposed
from konbini.ward_server.keeping.retention import DisposalPen, RetentionDesk
from konbini.ward_server.settings.calendar import Period
from konbini.ward_server.settings.retention import Kept, Retention, Term
from tests.places import ENGINE_FAULTS, Place, address, rows_of

WARD = "131997"
SINCE = Period(begins=dt.date(2020, 1, 1))
TABLE = tuple(Retention(period=SINCE, kept=kept, term=Term(years=5)) for kept in Kept)
DAY = dt.date(2026, 11, 20)
DUE = dt.date(2031, 11, 21)
BLOCK = 256


def at(day: dt.date, hour: int = 12) -> int:
    """Give an hour of a day in Japan, Unix milliseconds."""
    return int(dt.datetime(day.year, day.month, day.day, hour, tzinfo=JAPAN).timestamp() * 1000)


@dataclass(kw_only=True)
class Office:
    """A store with its desk of retention, and a clock that a test sets."""

    name: str
    place: Place
    rows: Rows
    desk: RetentionDesk
    clock: SettableClock
    key: SigningKey

    async def put(self, statement: str, *rows: Parameters) -> None:
        """Write rows."""
        await self.rows.write(lambda connection: connection.executemany(statement, list(rows)).rowcount)

    async def due(self, day: dt.date) -> dict[Kept, tuple[str, ...]]:
        """Judge on a day, and give what is shown."""
        self.clock.set_wall(at(day))
        await self.desk.judge()
        return {one.kept: one.targets for one in (await self.desk.show("chiba")).due}

    async def dispose(self, kept: Kept) -> Disposed:
        """Enter and approve what is due."""
        return await self.desk.approve("bando", await self.desk.enter("aoki", kept))

    async def listed(self) -> tuple[Disposal, ...]:
        """Check the signed list and give it."""
        return open_list(await self.desk.signed_list(0, 100), self.key.verifying, WARD)

    def count(self, table: str) -> int:
        """Count a table's rows."""
        ((count,),) = rows_of(self.place, self.name, f"SELECT count(*) FROM {table}")  # noqa: S608 - a constant
        return int(count)


def desk_of(name: str, rows: Rows, key: SigningKey, clock: SettableClock) -> RetentionDesk:
    """Give the desk of retention of `issuing` or the clerk."""
    return RetentionDesk(
        rows,
        holdings=HOLDINGS if name == "issuing" else CLERKS,
        retention=lambda: TABLE,
        pen=DisposalPen(key=key, municipality=WARD),
        events=(ISSUING if name == "issuing" else CLERK).retention,
        clock=clock,
        entropy=SeededEntropy(clock.now()),
    )


def office_at(place: Place, name: str) -> Office:
    """Open a store of `issuing` or the clerk."""
    rows = open_rows(address(place, name), files(f"konbini.ward_server.{name}") / "migrations")
    clock, key = SettableClock(at(DAY)), SigningKey.generate()
    desk = desk_of(name, rows, key, clock)
    return Office(name=name, place=place, rows=rows, desk=desk, clock=clock, key=key)


@pytest.fixture
async def issuing(place: Place) -> AsyncIterator[Office]:
    """Open a store of `issuing`."""
    async with AsyncExitStack() as ending:
        office = office_at(place, "issuing")
        ending.push_async_callback(office.rows.close)
        yield office


@pytest.fixture
async def clerk(place: Place) -> AsyncIterator[Office]:
    """Open a store of the clerk."""
    async with AsyncExitStack() as ending:
        office = office_at(place, "clerk")
        ending.push_async_callback(office.rows.close)
        yield office


def number_of(counter: int, day: dt.date = DAY) -> str:
    """Give an issuance number."""
    return str(IssuanceNumber.of(WARD, day, 1, counter))


async def visit(  # noqa: PLR0913 - what a visit is, named
    office: Office,
    one: int,
    *,
    day: dt.date = DAY,
    state: IssuanceState = IssuanceState.SETTLED,
    outcome: Outcome | None = Outcome.PRINTED,
    owed: int = 0,
) -> str:
    """Write a visit with an order and what its kiosk said; give the number."""
    v, moment = bytes([one]) * 32, at(day)
    await office.put(
        "INSERT INTO visit (visit_id, visit, kiosk, body_hash, card_hash, opened, ends, closed)"
        " VALUES (?, ?, 'K-0001', ?, ?, ?, ?, 1)",
        (v[:16], v, v, v, moment // 1000, moment // 1000 + 900),
    )
    await office.put(
        "INSERT INTO issuance (number, visit, ordinal, kiosk, t, kind, fee, order_hash, reserved, epoch, state)"
        " VALUES (?, ?, 1, 'K-0001', ?, 1, 300, ?, ?, 0, ?)",
        (number_of(one, day), v, v, v, moment // 1000, int(state)),
    )
    if outcome is not None:
        await office.put(
            "INSERT INTO receipt (visit, ordinal, outcome, receipt_hash, receipt, log_index, taken, owed)"
            " VALUES (?, 1, ?, ?, ?, 0, ?, ?)",
            (v, int(outcome), v, v, moment, owed),
        )
    return number_of(one, day)


async def test_a_visit_ends_with_its_day_and_its_receipts_after_it(issuing: Office) -> None:
    """Five years from the day after; what the status list says of its numbers stays, and a receipt waits for it."""
    printed, void = await visit(issuing, 1), await visit(issuing, 2, outcome=Outcome.VOID)
    await visit(issuing, 3, day=DAY + dt.timedelta(days=1))
    before = await issuing.rows.read(outcomes)
    assert await issuing.due(DUE - dt.timedelta(days=1)) == {}
    assert await issuing.due(DUE) == {Kept.ISSUE_HISTORY: ("2026-11-20",)}
    assert await issuing.dispose(Kept.ISSUE_HISTORY) == Disposed(destroyed=1, left=0)
    assert [issuing.count(table) for table in ("visit", "issuance", "receipt")] == [1, 1, 3]
    after = await issuing.rows.read(outcomes)
    assert {number: found.outcome for number, found in before.items()} == {
        number: found.outcome for number, found in after.items()
    }
    assert (after[printed].outcome, after[void].outcome) == (Outcome.PRINTED, Outcome.VOID)
    assert await issuing.due(DUE) == {Kept.RECEIPT: ("2026-11-20",)}
    assert await issuing.dispose(Kept.RECEIPT) == Disposed(destroyed=1, left=0)
    assert issuing.count("receipt") == 1
    first, second = await issuing.listed()
    assert (first.kept, first.years, first.operators, first.targets) == (
        Kept.ISSUE_HISTORY,
        5,
        ("aoki", "bando"),
        ("2026-11-20",),
    )
    assert second.kept is Kept.RECEIPT


UNSETTLED: Sequence[dict[str, object]] = (
    {"state": IssuanceState.ISSUED, "outcome": None},
    {"state": IssuanceState.SEALING, "outcome": None},
    {"state": IssuanceState.ISSUED, "outcome": Outcome.IN_DOUBT},
    {"outcome": Outcome.VOID, "owed": 300},
)


@pytest.mark.parametrize("unsettled", UNSETTLED, ids=["issued", "sealing", "in doubt", "owed"])
async def test_what_is_not_settled_never_goes(issuing: Office, unsettled: dict[str, object]) -> None:
    """An order without a last word, a receipt in doubt, a refund that is owed: not after a hundred years."""
    await visit(issuing, 1, **unsettled)  # type: ignore[arg-type] # the cases above
    assert await issuing.due(dt.date(2126, 1, 1)) == {}


@pytest.mark.parametrize("whose", [bytes([1]) * 32, bytes([1]) * 16], ids=["of an order", "of a visit id"])
async def test_what_a_case_is_open_about_never_goes(issuing: Office, whose: bytes) -> None:
    """Visit, order and receipt stay, and so does what the audit log says of it; the others of that day go."""
    await visit(issuing, 1)
    await visit(issuing, 2)
    await fill_log(issuing, 2 * BLOCK)
    await issuing.put(
        "INSERT INTO ward_case (since, kind, about, kiosk, operator, visit, ordinal, code, log_index, times, finding)"
        " VALUES (0, 'x', '', 'K', '', ?, 1, 0, 3, 1, '')",
        (whose,),
    )
    found = await issuing.due(DUE)
    assert found[Kept.ISSUE_HISTORY] == ("2026-11-20",)
    assert found[Kept.AUDIT_LOG] == (f"{BLOCK:012d}-{2 * BLOCK - 1:012d}",)
    await issuing.dispose(Kept.ISSUE_HISTORY)
    assert rows_of(issuing.place, "issuing", "SELECT number FROM issuance") == [(number_of(1),)]
    assert await issuing.due(DUE) | {Kept.AUDIT_LOG: ()} == {Kept.RECEIPT: ("2026-11-20",), Kept.AUDIT_LOG: ()}


@pytest.mark.parametrize(("agrees", "goes"), [(None, False), (0, False), (1, True)])
async def test_an_outage_is_reviewed_first(issuing: Office, agrees: int | None, *, goes: bool) -> None:
    """What was issued in it stays until the registry agreed; then it goes with its visit."""
    number = await visit(issuing, 1)
    await issuing.put(
        "INSERT INTO outage_issue (number, resident, version, issued, applied, agrees) VALUES (?, '1', 1, 0, 0, ?)",
        (number, agrees),
    )
    assert bool(await issuing.due(DUE)) is goes
    if goes:
        await issuing.dispose(Kept.ISSUE_HISTORY)
        assert issuing.count("outage_issue") == 0


async def test_what_was_not_settled_any_more_is_left(issuing: Office) -> None:
    """Judged again in the transaction: a case that was opened since keeps its visit."""
    await visit(issuing, 1)
    await issuing.due(DUE)
    entered = await issuing.desk.enter("aoki", Kept.ISSUE_HISTORY)
    await issuing.put(
        "INSERT INTO ward_case (since, kind, about, kiosk, operator, visit, ordinal, code, log_index, times, finding)"
        " VALUES (0, 'x', '', 'K', '', ?, 1, 0, 0, 1, '')",
        (bytes([1]) * 32,),
    )
    assert await issuing.desk.approve("bando", entered) == Disposed(destroyed=0, left=1)
    assert issuing.count("visit") == 1
    assert await issuing.listed() == ()


async def fill_day(office: Office, visits: int) -> None:
    """Write settled visits of one day, without orders."""
    moment = at(DAY) // 1000
    await office.put(
        "INSERT INTO visit (visit_id, visit, kiosk, body_hash, card_hash, opened, ends, closed)"
        " VALUES (?, ?, 'K-0001', ?, ?, ?, 0, 1)",
        *((n.to_bytes(16), n.to_bytes(32), bytes(32), n.to_bytes(32), moment + n) for n in range(visits)),
    )


async def test_a_day_of_many_visits_goes_in_portions(issuing: Office) -> None:
    """More than a transaction takes: all of them go, the day stands on the list once."""
    await fill_day(issuing, 450)
    await issuing.due(DUE)
    assert await issuing.dispose(Kept.ISSUE_HISTORY) == Disposed(destroyed=1, left=0)
    assert (issuing.count("visit"), len(await issuing.listed())) == (0, 1)


class EndsBetweenPortions(SettableClock):
    """The process ends where it lets others have their turn."""

    async def sleep(self, seconds: float) -> None:
        """End."""
        del seconds
        raise asyncio.CancelledError


async def test_a_day_that_was_left_in_the_middle_is_finished_once(issuing: Office) -> None:
    """A process that ends between two portions goes on at its next start; the list names the day when it is gone."""
    await fill_day(issuing, 450)
    await issuing.due(DUE)
    entered = await issuing.desk.enter("aoki", Kept.ISSUE_HISTORY)
    ending = desk_of("issuing", issuing.rows, issuing.key, EndsBetweenPortions(at(DUE)))
    with pytest.raises(asyncio.CancelledError):
        await ending.approve("bando", entered)
    assert 0 < issuing.count("visit") < 450
    assert await issuing.listed() == ()
    await issuing.desk.go_on()
    await issuing.desk.go_on()
    assert (issuing.count("visit"), len(await issuing.listed())) == (0, 1)


async def test_a_restored_store_destroys_again_what_the_list_names(issuing: Office) -> None:
    """Rows from before a disposal go by the list alone; what was not settled then stays."""
    await visit(issuing, 1)
    await issuing.due(DUE)
    await issuing.dispose(Kept.ISSUE_HISTORY)
    await issuing.put("DELETE FROM ended_number WHERE printed = ?", (1,))
    await visit(issuing, 1, outcome=None)
    await visit(issuing, 2, outcome=None, state=IssuanceState.ISSUED)
    signed, listed = await issuing.desk.signed_list(0, 100), await issuing.listed()
    assert (
        await issuing.rows.write(lambda connection: destroy_again(connection, ends_of(HOLDINGS), signed, listed)) == 1
    )
    assert rows_of(issuing.place, "issuing", "SELECT number FROM issuance") == [(number_of(2),)]


async def fill_log(office: Office, entries: int, day: dt.date = DAY) -> None:
    """Write audit entries."""

    def change(connection: Connection) -> None:
        for _ in range(entries):
            log.append(connection, AuditEntry(moment=at(day), event=AuditEvent.VISIT_OPENED, about="K-0001"))

    await office.rows.write(change)


async def ends(office: Office) -> list[bytes | None]:
    """Give the roots at the first block's ends, as a published checkpoint names one."""

    def look(connection: Connection) -> list[bytes | None]:
        return [root_at(connection, size) for size in (1, BLOCK)]

    return await office.rows.read(look)


@pytest.mark.parametrize("name", ["issuing", "clerk"])
async def test_an_aged_log_is_closed_and_its_tree_holds(place: Place, name: str) -> None:
    """What the entries say is gone from the store; roots, positions and every later entry are as they were."""
    async with AsyncExitStack() as ending:
        office = office_at(place, name)
        ending.push_async_callback(office.rows.close)
        await fill_log(office, BLOCK)
        await fill_log(office, BLOCK, DAY + dt.timedelta(days=1))
        roots = await ends(office)
        assert await office.due(DUE) == {Kept.AUDIT_LOG: (f"{0:012d}-{BLOCK - 1:012d}",)}
        assert await office.dispose(Kept.AUDIT_LOG) == Disposed(destroyed=1, left=0)
        assert await ends(office) == roots
        assert await office.rows.read(log.verify) == office.count("audit_entry")
        assert await office.rows.read(partial(log.entry_at, position=0)) is None
        assert await office.rows.read(partial(log.entry_at, position=BLOCK)) is not None
        emptied = rows_of(place, name, "SELECT count(*), max(length(salt)) FROM audit_entry WHERE length(entry) = 0")
        assert emptied == [(BLOCK, 0)]
        assert Kept.AUDIT_LOG not in await office.due(DUE)
        for statement in (
            "UPDATE audit_entry SET entry = commitment, salt = commitment WHERE position = 0",
            "UPDATE audit_entry SET commitment = commitment WHERE position = 0",
            "UPDATE audit_entry SET commitment = salt WHERE position = 300",
            "DELETE FROM audit_entry WHERE position = 0",
        ):
            with pytest.raises(ENGINE_FAULTS, match="an audit entry stays"):
                place.write(name, statement)


async def test_what_the_clerk_certified_keeps_its_place(clerk: Office) -> None:
    """Digest, page signatures, hash and signature go; the status list names the number at its place as before."""
    for counter, day in ((1, DAY), (2, DAY), (3, DAY + dt.timedelta(days=1))):
        key = bytes([counter]) * 32
        await clerk.put(
            "INSERT INTO certified (order_key, visit, ordinal, number, incarnation, status_index, facts_digest,"
            " page_signatures, pdf_hash, suffix) VALUES (?, ?, 1, ?, 1, ?, ?, ?, ?, ?)",
            (key, key, number_of(counter, day), counter - 1, key, key + key, key, key),
        )
    before = await clerk.rows.read(places)
    assert await clerk.due(DUE) == {Kept.CERTIFIED_ORDER: ("2026-11-20",)}
    assert await clerk.dispose(Kept.CERTIFIED_ORDER) == Disposed(destroyed=1, left=0)
    assert await clerk.rows.read(places) == before
    left = rows_of(
        clerk.place,
        "clerk",
        "SELECT length(facts_digest), length(page_signatures), length(pdf_hash), length(suffix) FROM certified"
        " ORDER BY number",
    )
    assert left == [(0, 0, None, None), (0, 0, None, None), (32, 64, 32, 32)]
    with pytest.raises(ENGINE_FAULTS, match="a place in the status list stays"):
        clerk.place.write("clerk", "UPDATE certified SET facts_digest = order_key")


@pytest.mark.parametrize("held", [True, False])
async def test_decisions_end_unless_they_wait_or_hold_somebody(issuing: Office, *, held: bool) -> None:
    """A concluded one goes; one that waits stays; that somebody is held stays as long as a hold is in force."""
    states = (
        (DecisionKind.RELEASE, DecisionState.AGREED),
        (DecisionKind.RELEASE, DecisionState.ENTERED),
        (DecisionKind.HOLD_SET, DecisionState.AGREED),
    )
    for place, (kind, state) in enumerate(states):
        await issuing.put(
            "INSERT INTO decision (decision_id, kind, reason, hidden, state, entered_by, entered_at, concluded_by,"
            " concluded_at) VALUES (?, ?, 'a reason', ?, ?, 'aoki', ?, 'bando', ?)",
            (str(place), int(kind), bytes(17), int(state), at(DAY), at(DAY)),
        )
    await issuing.put("INSERT INTO local_hold (whose, in_force) VALUES (?, ?)", (bytes(32), int(held)))
    assert await issuing.due(DUE) == {Kept.DECISION: ("2026-11-20",)}
    await issuing.dispose(Kept.DECISION)
    found = rows_of(issuing.place, "issuing", "SELECT decision_id FROM decision ORDER BY decision_id")
    assert found == ([("1",), ("2",)] if held else [("1",)])
    with pytest.raises(ENGINE_FAULTS, match="a decision stays"):
        issuing.place.write("issuing", "DELETE FROM decision")


async def test_differences_end_once_they_are_closed(clerk: Office) -> None:
    """An open one stays, and what the audit log says of it."""
    for name, closed in ((1, 1), (2, 0)):
        await clerk.put(
            "INSERT INTO difference (named, since, kind, hidden, log_index, closed) VALUES (?, ?, 1, ?, 0, ?)",
            (bytes([name]) * 32, at(DAY), bytes(17), closed),
        )
    await fill_log(clerk, BLOCK)
    assert await clerk.due(DUE) == {Kept.DIFFERENCE: ("2026-11-20",)}
    await clerk.dispose(Kept.DIFFERENCE)
    assert rows_of(clerk.place, "clerk", "SELECT closed FROM difference") == [(0,)]
