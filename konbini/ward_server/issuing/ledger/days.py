"""Days (日計) in rows: what kiosks and the center said of each, what the ledger holds, and how the three stand.

A day that differs is a case; it closes when the day agrees, or when two persons have settled it, and never by itself.

Tables: `day_figures`, `center_day`, `center_count`, `day_account`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, unique
from typing import Annotated, Final

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.accounts import CenterCounts, DayFigures, KioskCount, put_together, span_of
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome
from konbini.protocol.receipts import Receipt
from konbini.protocol.shape import Line, UpTo, from_bytes, to_bytes
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.issuing.accounts import CenterSide, LedgerDay
from konbini.ward_server.issuing.ledger.cases import CaseParty, close_case, open_case
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.ledger.last_words import last_word

__all__ = ["DayAccount", "DayLedger", "DayState", "Told", "about_day", "account_of", "differing_day", "settle_day"]

_MOST_DIFFERENCES: Final = 500
_ORDERS: Final = (
    "SELECT issuance.fee, receipt.outcome, receipt.receipt, settlement.taken,"
    " settlement.returned, settlement.owed FROM visit JOIN receipt ON receipt.visit = visit.visit"
    " LEFT JOIN issuance ON issuance.visit = receipt.visit AND issuance.ordinal = receipt.ordinal"
    " LEFT JOIN settlement ON settlement.visit = receipt.visit AND settlement.ordinal = receipt.ordinal"
    " WHERE visit.kiosk = ? AND visit.ticketed >= ? AND visit.ticketed < ? AND receipt.ordinal > 0"
)
_VISITS: Final = (
    "SELECT count(*), coalesce(sum(CASE WHEN EXISTS"
    " (SELECT 1 FROM issuance WHERE issuance.visit = visit.visit) THEN 1 ELSE 0 END), 0),"
    " coalesce(sum(CASE WHEN EXISTS"
    " (SELECT 1 FROM issuance LEFT JOIN receipt ON receipt.visit = issuance.visit"
    "  AND receipt.ordinal = issuance.ordinal WHERE issuance.visit = visit.visit AND issuance.state = ?"
    "  AND receipt.outcome IS NULL) THEN 1 ELSE 0 END), 0)"
    " FROM visit WHERE kiosk = ? AND ticketed >= ? AND ticketed < ?"
)


@unique
class DayState(IntEnum):
    """How a kiosk's day stands."""

    AGREES = 1
    DIFFERS = 2
    SETTLED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DayAccount:
    """One kiosk's day as it was judged last; `judged` in Unix milliseconds."""

    kiosk: Line
    day: Annotated[int, UpTo(99_991_231)]
    state: DayState
    differences: Annotated[str, UpTo(_MOST_DIFFERENCES)]
    judged: Annotated[int, UpTo(2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was told of one kiosk's day, beside what the ledger holds."""

    figures: DayFigures | None
    center: CenterSide
    ledger: LedgerDay


class DayLedger:
    """The days in the rows of `issuing`."""

    def __init__(self, rows: Rows, ward: str) -> None:
        self._rows = rows
        self._ward = ward

    async def take_figures(self, figures: DayFigures, digest: bytes, entry: AuditEntry) -> int:
        """Keep a kiosk's figures in the place of those before; the same again change nothing.

        Returns:
            Their place in the audit log.
        """

        def change(connection: Connection) -> int:
            key = (figures.kiosk, figures.day)
            known = connection.execute(
                "SELECT digest, log_index FROM day_figures WHERE kiosk = ? AND day = ?", key
            ).fetchone()
            if known is not None and known[0] == digest:
                return int(known[1])
            index = append(connection, entry)
            connection.execute(
                "INSERT INTO day_figures (kiosk, day, figures, digest, log_index) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (kiosk, day) DO UPDATE SET figures = excluded.figures, digest = excluded.digest,"
                " log_index = excluded.log_index",
                (*key, to_bytes(figures), digest, index),
            )
            return index

        return await self._rows.write(change, step="day figures")

    async def take_counts(self, counts: CenterCounts, now: int) -> None:
        """Keep the center's counts of a day in the place of those before; `now` in Unix milliseconds."""
        rows = [(counts.day, one.kiosk, one.ordered, one.finished) for one in counts.kiosks]

        def look(connection: Connection) -> bool:
            known = connection.execute(
                "SELECT day, kiosk, ordered, finished FROM center_count WHERE day = ?", (counts.day,)
            ).fetchall()
            spoken = connection.execute("SELECT 1 FROM center_day WHERE day = ?", (counts.day,)).fetchone()
            return spoken is not None and sorted(tuple(one) for one in known) == sorted(rows)

        def change(connection: Connection) -> None:
            connection.execute("DELETE FROM center_count WHERE day = ?", (counts.day,))
            connection.executemany("INSERT INTO center_count (day, kiosk, ordered, finished) VALUES (?, ?, ?, ?)", rows)
            connection.execute(
                "INSERT INTO center_day (day, moment) VALUES (?, ?)"
                " ON CONFLICT (day) DO UPDATE SET moment = excluded.moment",
                (counts.day, now),
            )

        if not await self._rows.read(look):
            await self._rows.write(change, step="center counts")

    async def kiosks_of(self, day: int) -> frozenset[str]:
        """Give the kiosks of which anybody knows something on a day."""
        begins, ends = span_of(day)

        def look(connection: Connection) -> frozenset[str]:
            found = connection.execute(
                "SELECT DISTINCT kiosk FROM visit WHERE ticketed >= ? AND ticketed < ?"
                " UNION SELECT kiosk FROM day_figures WHERE day = ?"
                " UNION SELECT kiosk FROM center_count WHERE day = ? AND ordered > 0",
                (begins, ends, day, day),
            ).fetchall()
            return frozenset(kiosk for (kiosk,) in found)

        return await self._rows.read(look)

    async def told(self, kiosk: str, day: int) -> Told:
        """Give all that is known of a kiosk's day, at one moment."""
        return await self._rows.read(lambda connection: _told(connection, self._ward, kiosk, day))

    async def conclude(self, kiosk: str, day: int, differences: Iterable[str], now: int) -> None:
        """Keep how a day stands; one that differs is a case, and one that two persons settled stays so."""
        words = "; ".join(differences)[:_MOST_DIFFERENCES]

        def change(connection: Connection) -> None:
            before = account_of(connection, kiosk, day)
            if before is not None and before.differences == words:
                return  # another server has judged it meanwhile
            state = DayState.DIFFERS if words else DayState.AGREES
            _keep(connection, DayAccount(kiosk=kiosk, day=day, state=state, differences=words, judged=now))
            about = about_day(kiosk, day)
            if words:
                differs = AuditEntry(
                    moment=now,
                    event=AuditEvent.COUNT_DIFFERS,
                    about=about,
                    code=Code.COUNT_DIFFERS,
                    digest=hashlib.sha256(words.encode()).digest(),
                )
                open_case(connection, differs, CaseParty(kiosk=kiosk))
            elif before is not None:
                append(connection, AuditEntry(moment=now, event=AuditEvent.DAY_AGREES, about=about))

        before = await self._rows.read(lambda connection: account_of(connection, kiosk, day))
        if before is None or before.differences != words:
            await self._rows.write(change, step="day account")

    async def accounts(self, since: int) -> tuple[DayAccount, ...]:
        """Give how each kiosk's day stands, from a day on, the newest first."""
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT kiosk, day, state, differences, judged FROM day_account WHERE day >= ?"
                " ORDER BY day DESC, kiosk LIMIT 1000",
                (since,),
            ).fetchall()
        )
        return tuple(_account(row) for row in rows)


def about_day(kiosk: str, day: int) -> str:
    """Name a kiosk's day, as cases and audit entries do."""
    return f"{kiosk} {day}"


def account_of(connection: Connection, kiosk: str, day: int) -> DayAccount | None:
    """Give how a kiosk's day was judged last, within a transaction."""
    row = connection.execute(
        "SELECT kiosk, day, state, differences, judged FROM day_account WHERE kiosk = ? AND day = ?", (kiosk, day)
    ).fetchone()
    return None if row is None else _account(row)


def differing_day(connection: Connection, kiosk: str, day: int) -> DayAccount:
    """Give a day that differs, within a transaction.

    Raises:
        Refused: `CHANGE_INVALID`: it does not differ.
    """
    account = account_of(connection, kiosk, day)
    if account is None or account.state is not DayState.DIFFERS:
        raise Refused(Code.CHANGE_INVALID, "a day that does not differ")
    return account


def settle_day(connection: Connection, kiosk: str, day: int, moment: int, finding: str) -> tuple[int, ...]:
    """Settle a day that differs, and close its cases, within the caller's transaction.

    Returns:
        The cases' numbers.

    Raises:
        Refused: `CHANGE_INVALID`: it does not differ.
    """
    account = differing_day(connection, kiosk, day)
    _keep(connection, replace(account, state=DayState.SETTLED, judged=moment))
    rows = connection.execute(
        "SELECT number FROM ward_case WHERE kind = ? AND about = ? AND closed IS NULL",
        (AuditEvent.COUNT_DIFFERS.name, about_day(kiosk, day)),
    ).fetchall()
    for (number,) in rows:
        close_case(connection, number, moment, finding)
    return tuple(number for (number,) in rows)


def _keep(connection: Connection, account: DayAccount) -> None:
    connection.execute(
        "INSERT INTO day_account (kiosk, day, state, differences, judged) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (kiosk, day) DO UPDATE SET state = excluded.state, differences = excluded.differences,"
        " judged = excluded.judged",
        (account.kiosk, account.day, account.state, account.differences, account.judged),
    )


def _account(row: tuple[str, int, int, str, int]) -> DayAccount:
    return DayAccount(kiosk=row[0], day=row[1], state=DayState(row[2]), differences=row[3], judged=row[4])


def _told(connection: Connection, ward: str, kiosk: str, day: int) -> Told:
    figures = connection.execute("SELECT figures FROM day_figures WHERE kiosk = ? AND day = ?", (kiosk, day)).fetchone()
    counts = connection.execute(
        "SELECT ordered, finished FROM center_count WHERE day = ? AND kiosk = ?", (day, kiosk)
    ).fetchone()
    center = connection.execute("SELECT 1 FROM center_day WHERE day = ?", (day,)).fetchone()
    return Told(
        figures=None if figures is None else from_bytes(DayFigures, bytes(figures[0])),
        center=CenterSide(
            spoke=center is not None,
            counts=None if counts is None else KioskCount(kiosk=kiosk, ordered=counts[0], finished=counts[1]),
        ),
        ledger=_ledger_day(connection, ward, kiosk, day),
    )


def _ledger_day(connection: Connection, ward: str, kiosk: str, day: int) -> LedgerDay:
    span = span_of(day)
    visits, ordered, unsettled = connection.execute(_VISITS, (IssuanceState.ISSUED, kiosk, *span)).fetchone()
    orders = [_Order.of(row) for row in connection.execute(_ORDERS, (kiosk, *span)).fetchall()]
    final = [order for order in orders if order.outcome is not Outcome.IN_DOUBT]
    said = [order.said for order in orders if order.said is not None]
    return LedgerDay(
        visits=visits,
        ordered=ordered,
        unsettled=unsettled,
        kept=sum(order.kept for order in final),
        fees=sum(order.fee for order in final if order.outcome is Outcome.PRINTED),
        said=put_together(kiosk, ward, day, visits, said),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """One order's last word: of its kiosk, or of two persons."""

    outcome: Outcome
    fee: int
    kept: int
    said: Receipt | None

    @classmethod
    def of(cls, row: tuple[int | None, int, bytes, int | None, int | None, int | None]) -> _Order:
        """Read a row."""
        fee, outcome, signed, taken, returned, owed = row
        last = last_word(signed, taken, returned, owed)
        return cls(outcome=Outcome(outcome), fee=fee or 0, kept=last.kept, said=last.said)
