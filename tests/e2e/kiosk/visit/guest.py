"""A person at the real kiosk who goes as far as a test wants, and the books that are looked into afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from konbini.process.clock import SystemClock
from konbini.protocol.errors import Code
from konbini.protocol.kinds import Outcome
from konbini.simulation.demo.robot import Seen
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.faults.visitor import Visitor
from konbini.simulation.town.people import Townsperson

__all__ = ["Books", "Guest", "fresh", "says"]

_SECONDS = 120.0
"""Until the books are closed, on a machine that many share."""
_USED: set[tuple[Path, str]] = set()


Guest = Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What ward, kiosk and coin device have written down."""

    town: RunningTown

    def rows(self, book: str, query: str) -> list[tuple[object, ...]]:
        """Read one of the books."""
        path: Path = self.town.town.data / f"{book}.db"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def last_outcome(self) -> int:
        """Give the outcome of the last order that the kiosk concluded."""
        query = "SELECT outcome FROM receipt WHERE ordinal > 0 ORDER BY rowid DESC LIMIT 1"
        return int(str(self.rows("K-0001", query)[0][0]))

    def outcomes(self) -> list[Outcome]:
        """Give the outcomes of the orders of the newest visit, in their order."""
        query = (
            "SELECT outcome FROM receipt WHERE ordinal > 0"
            " AND visit_id = (SELECT visit_id FROM visit ORDER BY rowid DESC LIMIT 1) ORDER BY ordinal"
        )
        return [Outcome(int(str(outcome))) for (outcome,) in self.rows("K-0001", query)]

    def numbers(self) -> list[str]:
        """Give the numbers that were printed in the newest visit by the ward's books, in the order of its orders."""
        query = (
            "SELECT number, outcome FROM issuance JOIN receipt USING (visit, ordinal)"
            " WHERE visit = (SELECT visit FROM issuance ORDER BY rowid DESC LIMIT 1) ORDER BY ordinal"
        )
        return [str(number) for number, outcome in self.rows("issuing", query) if outcome == Outcome.PRINTED]

    def orders(self) -> int:
        """Count the orders that the kiosk began."""
        return int(str(self.rows("K-0001", "SELECT count(*) FROM paper_order")[0][0]))

    async def settled(self) -> None:
        """Wait until every order has its receipt and every receipt its FINAL."""
        owed = "SELECT count(*) FROM receipt WHERE final_index IS NULL"
        open_orders = (
            "SELECT count(*) FROM paper_order LEFT JOIN receipt USING (visit_id, ordinal) WHERE receipt.signed IS NULL"
        )
        open_visits = "SELECT count(*) FROM visit WHERE ended = 0"
        async with asyncio.timeout(_SECONDS):
            while any(self.rows("K-0001", query)[0][0] for query in (owed, open_orders, open_visits)):  # noqa: ASYNC110 - a book in another process has no bell
                await asyncio.sleep(0.1)

    async def balance(self) -> None:
        """Hold the coin device's count against the ward's ledger.

        Kept are the fees of what was printed, and of what is in doubt until a person settles it.
        """
        state = await self.town.cash(SystemClock()).state()
        fees = self.rows("issuing", "SELECT outcome, fee FROM issuance JOIN receipt USING (visit, ordinal)")
        kept = (int(str(fee)) for outcome, fee in fees if outcome in (Outcome.PRINTED, Outcome.IN_DOUBT))
        assert state.counts.kept == sum(kept)
        assert state.counts.escrow == 0

    def last_issuance(self) -> tuple[int, int | None]:
        """Give state and outcome of the ward's newest number."""
        query = (
            "SELECT state, outcome FROM issuance LEFT JOIN receipt USING (visit, ordinal)"
            " ORDER BY issuance.rowid DESC LIMIT 1"
        )
        ((state, outcome),) = self.rows("issuing", query)
        return int(str(state)), None if outcome is None else int(str(outcome))


def fresh(town: RunningTown, *, least: int = 1, most: int = 4) -> Townsperson:
    """Give a resident whom nothing stops and whom no test has sent yet.

    Raises:
        LookupError: none is left.
    """
    population = town.town.population
    sizes = {members[0].record.household: len(members) for members in population.households()}
    for person in population.plain_holders(most_members=most):
        mark = (town.logs, person.record.resident)
        if sizes[person.record.household] >= least and mark not in _USED:
            _USED.add(mark)
            return person
    raise LookupError("no resident of that kind is left")


def says(seen: Seen, code: Code) -> bool:
    """Say whether a screen names this code."""
    return str(int(code)) in " ".join(seen.text)
