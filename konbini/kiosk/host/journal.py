"""The journal: each step before it is taken, each ending with the receipt that it owes, in one transaction.

Invariants: an order has one receipt, signed once; it is owed until the ward's FINAL names it; nothing here names a
person. A visit that the ward opened is told closed by a receipt of ordinal 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from konbini.kiosk.channel.messages import Concluded, Opened, OrderStep, Step
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome
from konbini.protocol.receipts import Receipt

__all__ = ["Journal", "OwedReceipt", "UnsettledOrder", "VisitRow", "owed_receipt", "visit_row"]

CLOSING = 0
"""The ordinal of the receipt that closes a visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRow:
    """A visit as the journal knows it."""

    visit_id: bytes
    visit: bytes
    t: bytes
    ward: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsettledOrder:
    """An order whose end nobody has concluded; `money_unknown`: but that the device with its money fell silent."""

    visit: VisitRow
    step: OrderStep
    money_unknown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedReceipt:
    """A signed receipt, LEFT or MISMATCH of an order, of which the ward's word did not come yet."""

    visit: VisitRow
    ordinal: int
    signed: bytes


class Journal:
    """The journal in the rows of the long-lived process."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def opened(self, opened: Opened) -> None:
        """Write down that the ward opened a visit."""
        await self._rows.write(
            lambda connection: (
                connection.execute(
                    "INSERT INTO visit (visit_id, visit, t, ward, ticketed) VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT DO NOTHING",
                    (opened.visit_id, opened.visit, opened.t, opened.ward, opened.ticketed),
                ).rowcount
            ),
            step="opened",
        )

    async def step(self, step: OrderStep) -> None:
        """Write down a step that is about to be taken.

        Raises:
            Refused: `ORDER_OUT_OF_TURN`: the visit is unknown or over, or the order is concluded.
        """

        def change(connection: Connection) -> None:
            visit_row(connection, step.visit_id, ended=False)
            if _has_receipt(connection, step.visit_id, step.ordinal):
                raise Refused(Code.ORDER_OUT_OF_TURN, "the order is concluded")
            connection.execute(
                "INSERT INTO paper_order (visit_id, ordinal, step, fee, cash_key, number, pages, counter_before)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (visit_id, ordinal) DO UPDATE SET step = excluded.step,"
                " number = excluded.number, pages = excluded.pages, counter_before = excluded.counter_before",
                (
                    *(step.visit_id, step.ordinal, step.step, step.fee, step.cash_key),
                    *(step.number, step.pages, step.counter_before),
                ),
            )

        await self._rows.write(change, step="step")

    async def conclude(self, concluded: Concluded, sign: Callable[[VisitRow, Receipt], bytes]) -> None:
        """Write down how an order ended, with the receipt that is owed for it; the first conclusion stands.

        An order in doubt may be concluded once more.

        Args:
            concluded: what became of paper and money.
            sign: signs the receipt with the device key; called within the transaction.
        """

        def change(connection: Connection) -> None:
            visit = visit_row(connection, concluded.visit_id)
            row = connection.execute(
                "SELECT outcome FROM receipt WHERE visit_id = ? AND ordinal = ?",
                (concluded.visit_id, concluded.ordinal),
            ).fetchone()
            if row is not None and row[0] != Outcome.IN_DOUBT:
                return
            number = connection.execute(
                "SELECT number FROM paper_order WHERE visit_id = ? AND ordinal = ?",
                (concluded.visit_id, concluded.ordinal),
            ).fetchone()
            receipt = _receipt(visit, concluded, None if number is None else number[0])
            _owe(connection, receipt, sign(visit, receipt))
            connection.execute(
                "UPDATE paper_order SET money_unknown = ? WHERE visit_id = ? AND ordinal = ?",
                (int(concluded.money_unknown), concluded.visit_id, concluded.ordinal),
            )

        await self._rows.write(change, step="conclude")

    async def close(self, visit_id: bytes, sign: Callable[[VisitRow, Receipt], bytes]) -> None:
        """End a visit, and owe the ward the receipt of ordinal 0 that says so. Known visits only; safe to repeat."""

        def change(connection: Connection) -> None:
            visit = visit_row(connection, visit_id)
            if _has_receipt(connection, visit_id, CLOSING):
                return
            closing = Concluded(
                visit_id=visit_id,
                ordinal=CLOSING,
                outcome=Outcome.CANCELLED,
                after_page=0,
                counter_before=0,
                counter_after=0,
                taken=0,
                returned=0,
                owed=0,
            )
            receipt = _receipt(visit, closing, None)
            _owe(connection, receipt, sign(visit, receipt))
            connection.execute("UPDATE visit SET ended = 1 WHERE visit_id = ?", (visit_id,))

        await self._rows.write(change, step="close")

    async def unsettled(self) -> tuple[UnsettledOrder, ...]:
        """Give the orders that nobody concluded, and those whose money is unknown, oldest first."""
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT visit.visit_id, visit, t, ward, ordinal, step, fee, cash_key, number, pages, counter_before,"
                " money_unknown FROM paper_order JOIN visit USING (visit_id)"
                " LEFT JOIN receipt USING (visit_id, ordinal) WHERE receipt.signed IS NULL OR money_unknown = 1"
                " ORDER BY paper_order.rowid"
            ).fetchall()
        )
        return tuple(
            UnsettledOrder(
                visit=VisitRow(visit_id=row[0], visit=row[1], t=row[2], ward=row[3]),
                step=OrderStep(
                    step=Step(row[5]),
                    visit_id=row[0],
                    ordinal=row[4],
                    fee=row[6],
                    cash_key=row[7],
                    number=row[8],
                    pages=row[9],
                    counter_before=row[10],
                ),
                money_unknown=bool(row[11]),
            )
            for row in rows
        )

    async def open_visits(self) -> tuple[bytes, ...]:
        """Give the visits that are not closed."""
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT visit_id FROM visit WHERE ended = 0 ORDER BY rowid"
            ).fetchall()
        )
        return tuple(row[0] for row in rows)

    async def owed(self) -> tuple[OwedReceipt, ...]:
        """Give the receipts of which no FINAL came, oldest first."""
        return await self._receipts("final_index IS NULL", ())

    async def receipt_of(self, visit_id: bytes, ordinal: int) -> OwedReceipt | None:
        """Give the receipt of an order, whether or not its FINAL came."""
        found = await self._receipts("visit_id = ? AND ordinal = ?", (visit_id, ordinal))
        return found[0] if found else None

    async def final(self, owed: OwedReceipt, log_index: int) -> None:
        """Write down that the ward has this very receipt; one that followed it meanwhile stays owed."""
        await self._rows.write(
            lambda connection: (
                connection.execute(
                    "UPDATE receipt SET final_index = ? WHERE visit_id = ? AND ordinal = ? AND signed = ?",
                    (log_index, owed.visit.visit_id, owed.ordinal, owed.signed),
                ).rowcount
            ),
            step="final",
        )

    async def is_final(self, visit_id: bytes, ordinal: int) -> bool:
        """Whether the ward has the receipt of an order."""
        row = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT 1 FROM receipt WHERE visit_id = ? AND ordinal = ? AND final_index IS NOT NULL",
                (visit_id, ordinal),
            ).fetchone()
        )
        return row is not None

    async def newest_directory(self) -> int:
        """Give the newest version of the ward directory that was ever seen."""
        row = await self._rows.read(
            lambda connection: connection.execute("SELECT version FROM directory_seen").fetchone()
        )
        return 0 if row is None else int(row[0])

    async def saw_directory(self, version: int) -> None:
        """Write down the version of a directory that was believed."""
        await self._rows.write(
            lambda connection: (
                connection.execute(
                    "INSERT INTO directory_seen (only, version) VALUES (1, ?)"
                    " ON CONFLICT (only) DO UPDATE SET version = max(version, excluded.version)",
                    (version,),
                ).rowcount
            ),
            step="directory",
        )

    async def _receipts(self, condition: str, values: tuple[bytes | int, ...]) -> tuple[OwedReceipt, ...]:
        query = (
            "SELECT visit_id, visit, t, ward, ordinal, signed FROM receipt JOIN visit USING (visit_id)"  # noqa: S608 - the condition is one of the two above
            f" WHERE {condition} ORDER BY receipt.rowid"
        )
        rows = await self._rows.read(lambda connection: connection.execute(query, values).fetchall())
        return tuple(map(owed_receipt, rows))


def owed_receipt(row: tuple[bytes, bytes, bytes, str, int, bytes]) -> OwedReceipt:
    """Give what is owed, of a row of visit id, visit, t, ward, ordinal and signed bytes."""
    visit_id, visit, t, ward, ordinal, signed = row
    return OwedReceipt(visit=VisitRow(visit_id=visit_id, visit=visit, t=t, ward=ward), ordinal=ordinal, signed=signed)


def visit_row(connection: Connection, visit_id: bytes, *, ended: bool = True) -> VisitRow:
    """Find a visit; `ended`: one that is over will do.

    Raises:
        Refused: `ORDER_OUT_OF_TURN`: it was not opened, or is over.
    """
    row = connection.execute(
        "SELECT visit_id, visit, t, ward, ended FROM visit WHERE visit_id = ?", (visit_id,)
    ).fetchone()
    if row is None or (row[4] and not ended):
        raise Refused(Code.ORDER_OUT_OF_TURN, "no such visit is open")
    return VisitRow(visit_id=row[0], visit=row[1], t=row[2], ward=row[3])


def _has_receipt(connection: Connection, visit_id: bytes, ordinal: int) -> bool:
    found = connection.execute(
        "SELECT 1 FROM receipt WHERE visit_id = ? AND ordinal = ?", (visit_id, ordinal)
    ).fetchone()
    return found is not None


def _receipt(visit: VisitRow, concluded: Concluded, number: str | None) -> Receipt:
    return Receipt(
        visit_id=visit.visit_id,
        ordinal=concluded.ordinal,
        t=visit.t,
        number=number,
        outcome=concluded.outcome,
        after_page=concluded.after_page,
        counter_before=concluded.counter_before,
        counter_after=concluded.counter_after,
        taken=concluded.taken,
        returned=concluded.returned,
        owed=concluded.owed,
    )


def _owe(connection: Connection, receipt: Receipt, signed: bytes) -> None:
    connection.execute(
        "INSERT INTO receipt (visit_id, ordinal, outcome, signed) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (visit_id, ordinal) DO UPDATE SET outcome = excluded.outcome, signed = excluded.signed,"
        " final_index = NULL",
        (receipt.visit_id, receipt.ordinal, receipt.outcome, signed),
    )
