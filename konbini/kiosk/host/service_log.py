"""What happened at the service page and at the cabinet, in the journal's rows; entries stay, as a trigger holds."""

from __future__ import annotations

from collections.abc import Sequence

from konbini.kiosk.channel.messages import Step
from konbini.kiosk.maintenance.events import Entry, ServiceEvent
from konbini.kiosk.maintenance.ports import OrderLine
from konbini.process.clock import Clock, to_seconds
from konbini.process.rows import Rows
from konbini.protocol.kinds import Outcome

__all__ = ["ServiceRows"]


class ServiceRows:
    """A `ServiceLog`, and the journal as a maintainer may see it."""

    def __init__(self, rows: Rows, clock: Clock) -> None:
        self._rows = rows
        self._clock = clock

    async def record(self, event: ServiceEvent, who: str = "") -> None:
        """See `ServiceLog`."""
        moment = to_seconds(self._clock.now())
        await self._rows.write(
            lambda connection: (
                connection.execute(
                    "INSERT INTO service_event (moment, event, who) VALUES (?, ?, ?)", (moment, event, who)
                ).rowcount
            ),
            step="service",
        )

    async def newest(self, most: int) -> Sequence[Entry]:
        """See `ServiceLog`."""
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT moment, event, who FROM service_event ORDER BY number DESC LIMIT ?", (most,)
            ).fetchall()
        )
        return tuple(Entry(moment=row[0], event=ServiceEvent(row[1]), who=row[2]) for row in rows)

    async def last_of(self, *events: ServiceEvent) -> ServiceEvent | None:
        """See `ServiceLog`."""
        marks = ", ".join("?" * len(events))
        row = await self._rows.read(
            lambda connection: connection.execute(
                f"SELECT event FROM service_event WHERE event IN ({marks}) ORDER BY number DESC LIMIT 1",  # noqa: S608 - marks alone
                events,
            ).fetchone()
        )
        return None if row is None else ServiceEvent(row[0])

    async def failures(self) -> int:
        """See `ServiceLog`."""
        row = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT count(*) FROM service_event WHERE event = ? AND number >"
                " coalesce((SELECT max(number) FROM service_event WHERE event = ?), 0)",
                (ServiceEvent.SIGN_IN_REFUSED, ServiceEvent.SIGNED_IN),
            ).fetchone()
        )
        return 0 if row is None else int(row[0])

    async def orders(self, most: int) -> tuple[OrderLine, ...]:
        """Give the newest orders, without number, visit, ward or key."""
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT paper_order.rowid, ordinal, step, outcome, pages, counter_before, fee, final_index"
                " FROM paper_order LEFT JOIN receipt USING (visit_id, ordinal)"
                " ORDER BY paper_order.rowid DESC LIMIT ?",
                (most,),
            ).fetchall()
        )
        return tuple(
            OrderLine(
                row=row[0],
                ordinal=row[1],
                step=Step(row[2]).name,
                outcome="" if row[3] is None else Outcome(row[3]).name,
                pages=row[4],
                counter_before=row[5],
                fee=row[6],
                told=row[7] is not None,
            )
            for row in rows
        )

    async def counts(self) -> tuple[tuple[str, int], ...]:
        """Count the journal: visits, orders by their end, what is not settled, what is owed to wards."""
        ends = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT outcome, count(*) FROM receipt WHERE ordinal > 0 GROUP BY outcome ORDER BY outcome"
            ).fetchall()
        )
        sums = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT (SELECT count(*) FROM visit), (SELECT count(*) FROM visit WHERE ended = 0),"
                " (SELECT count(*) FROM paper_order LEFT JOIN receipt USING (visit_id, ordinal) WHERE signed IS NULL),"
                " (SELECT count(*) FROM receipt WHERE final_index IS NULL),"
                " (SELECT count(*) FROM left_paper WHERE final_index IS NULL)"
            ).fetchone()
        )
        names = ("visits", "visits_open", "unsettled", "receipts_owed", "remarks_owed")
        counted = tuple(zip(names, sums or (0,) * len(names), strict=True))
        return (*counted, *((Outcome(outcome).name.lower(), count) for outcome, count in ends))
