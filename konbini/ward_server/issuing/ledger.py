"""The ledger of visits, issuances, receipts, cases and the stop: each change one transaction with its audit entry.

Invariants: an issuance is in one state and goes forward only (sealing -> issued -> settled, or sealing -> void);
*issued* means the completing transaction, which compares every version on the paper, the serial link, the bars, the
stop and the lease; a final outcome never changes; a number is used once, for ever.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, unique

from konbini.process.rows import Rows
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Outcome
from konbini.protocol.numbers import IssuanceNumber
from konbini.protocol.receipts import Receipt
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.clerk.evidence import Version
from konbini.ward_server.following.rows import FeedRows, position
from konbini.ward_server.residents.dates import to_day
from konbini.ward_server.residents.feed import CardSerial

__all__ = [
    "Completion",
    "Issuance",
    "IssuanceLine",
    "IssuanceState",
    "Ledger",
    "LedgerView",
    "NewOrder",
    "NewReceipt",
    "NewVisit",
    "Overdue",
]


@unique
class IssuanceState(IntEnum):
    """The life of a number."""

    SEALING = 1
    ISSUED = 2
    VOID = 3
    SETTLED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVisit:
    """A visit to be opened; moments are Unix seconds."""

    visit_id: bytes
    visit: bytes
    kiosk: str
    body_hash: bytes
    card: CardSerial
    opened: int
    ends: int
    day_began: int
    most_a_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order that the rules let through, for which a number is reserved."""

    visit: bytes
    ordinal: int
    kiosk: str
    t: bytes
    kind: CertificateKind
    fee: int
    order_hash: bytes
    reserved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What the completing transaction compares and writes. `whole`: the paper says that it shows all the household."""

    number: str
    holder: str
    card: CardSerial
    day: int
    versions: Sequence[Version]
    whole: bool
    document: bytes
    print_by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReceipt:
    """A receipt as a kiosk signed it; `visit` is v, `digest` the hash of the signed bytes."""

    visit: bytes
    kiosk: str
    receipt: Receipt
    signed: bytes
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuance:
    """One issuance (交付) as it stands. `document` is sealed, and gone once it is settled or too late."""

    number: str
    order_hash: bytes
    state: IssuanceState
    refused: int | None
    document: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """An order of which its kiosk must be asked."""

    visit_id: bytes
    visit: bytes
    ordinal: int
    t: bytes
    kiosk: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceLine:
    """One issuance, for the ward's page; it names nobody."""

    number: str
    kiosk: str
    reserved: int
    state: IssuanceState
    refused: Code | None
    outcome: Outcome | None
    fee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """The ledger at one moment: counts, money in yen, the newest issuances."""

    stop_code: Code | None
    printed: int
    fees: int
    unsettled: int
    cases: int
    newest: tuple[IssuanceLine, ...]


class Ledger:
    """The ledger in the rows of `issuing`."""

    def __init__(self, rows: Rows, feed: FeedRows, *, ward: str, hash_card: Callable[[CardSerial], bytes]) -> None:
        self._rows = rows
        self._feed = feed
        self._ward = ward
        self._hash_card = hash_card

    async def record(self, entry: AuditEntry) -> None:
        """Write one audit entry."""
        await self._rows.write(lambda connection: append(connection, entry), step="audit")

    async def recover(self, entry: AuditEntry) -> int:
        """Void what a process that died had reserved and not issued; give how many there were."""

        def change(connection: sqlite3.Connection) -> int:
            numbers = connection.execute(
                "SELECT number, visit, ordinal FROM issuance WHERE state = ?", (IssuanceState.SEALING,)
            ).fetchall()
            for number, visit, ordinal in numbers:
                _void(connection, number, Code.INTERNAL)
                append(
                    connection,
                    replace(
                        entry,
                        event=AuditEvent.ORDER_VOIDED,
                        visit=visit,
                        ordinal=ordinal,
                        number=number,
                        code=Code.INTERNAL,
                    ),
                )
            return len(numbers)

        return await self._rows.write(change, step="recover")

    async def check_running(self) -> None:
        """Refuse while the ward is stopped.

        Raises:
            Refused: `WARD_STOPPED`.
        """
        await self._rows.read(_check_running)

    async def stop(self, entry: AuditEntry, reason: str) -> None:
        """Stop all issuing; a second stop leaves the first as it is."""

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO stop (only, since, code, reason) VALUES (1, ?, ?, ?) ON CONFLICT DO NOTHING",
                (entry.moment, entry.code, reason),
            )
            append(connection, entry)

        await self._rows.write(change, step="stop")

    async def body_of(self, visit_id: bytes) -> bytes | None:
        """Give the hash of the OPEN that a visit id stands for, if it came before."""
        row = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT body_hash FROM visit WHERE visit_id = ?", (visit_id,)
            ).fetchone()
        )
        return None if row is None else bytes(row[0])

    async def open_visit(self, visit: NewVisit, entry: AuditEntry) -> None:
        """Open a visit. A kiosk has one visit at a time, so an older one of the same kiosk ends.

        Raises:
            Refused: `VISIT_CONFLICT`, `VISIT_ELSEWHERE`, `DAILY_LIMIT`.
        """

        def change(connection: sqlite3.Connection) -> None:
            card_hash = self._hash_card(visit.card)
            connection.execute("UPDATE visit SET closed = 1 WHERE kiosk = ? AND closed = 0", (visit.kiosk,))
            _check_visit(connection, visit, card_hash)
            connection.execute(
                "INSERT INTO visit (visit_id, visit, kiosk, body_hash, card_hash, opened, ends)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (visit.visit_id, visit.visit, visit.kiosk, visit.body_hash, card_hash, visit.opened, visit.ends),
            )
            append(connection, entry)

        await self._rows.write(change, step="open visit")

    async def issuance(self, visit: bytes, ordinal: int) -> Issuance | None:
        """Give what became of an order."""
        row = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT number, order_hash, state, refused, document FROM issuance WHERE visit = ? AND ordinal = ?",
                (visit, ordinal),
            ).fetchone()
        )
        if row is None:
            return None
        return Issuance(number=row[0], order_hash=row[1], state=IssuanceState(row[2]), refused=row[3], document=row[4])

    async def in_turn(self, visit: bytes, ordinal: int) -> None:
        """Let an order through if its kiosk has spoken of each one before it, and not of itself: one at a time.

        Raises:
            Refused: `ORDER_OUT_OF_TURN`.
        """
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT ordinal FROM receipt WHERE visit = ? AND ordinal BETWEEN 1 AND ? ORDER BY ordinal",
                (visit, ordinal),
            ).fetchall()
        )
        if [spoken_of for (spoken_of,) in rows] != list(range(1, ordinal)):
            raise Refused(Code.ORDER_OUT_OF_TURN, "the order before it has no receipt, or it has one itself")

    async def reserve(self, order: NewOrder, entry: AuditEntry, day: int) -> str:
        """Reserve a number and record the intent: from here on a crash leaves a void, never a lost paper.

        Raises:
            Refused: `WARD_STOPPED`, `ORDER_CONFLICT` (the ordinal is taken), `WARD_NOT_CURRENT` (no incarnation yet).
        """

        def change(connection: sqlite3.Connection) -> str:
            _check_running(connection)
            incarnation = position(connection).incarnation
            if not incarnation:
                raise Refused(Code.WARD_NOT_CURRENT, "the registry has not been heard yet")
            number = str(IssuanceNumber.of(self._ward, to_day(day), incarnation, _next(connection, incarnation)))
            try:
                connection.execute(
                    "INSERT INTO issuance (number, visit, ordinal, kiosk, t, kind, fee, order_hash, reserved, state)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(number, order.visit, order.ordinal, order.kiosk, order.t, order.kind, order.fee),
                        *(order.order_hash, order.reserved, IssuanceState.SEALING),
                    ),
                )
            except sqlite3.IntegrityError as error:
                raise Refused(Code.ORDER_CONFLICT, "this ordinal has been ordered already") from error
            append(connection, replace(entry, number=number))
            return number

        return await self._rows.write(change, step="reserve")

    async def complete(self, completion: Completion, entry: AuditEntry, check_lease: Callable[[], None]) -> None:
        """Issue: compare everything once more and write state, document and audit entry in one transaction.

        Raises:
            Refused: `RECORD_STALE`, `CARD_UNLINKED`, `ASK_AT_COUNTER`, `WARD_STOPPED`, `WARD_NOT_CURRENT`.
        """

        def change(connection: sqlite3.Connection) -> None:
            check_lease()
            _check_running(connection)
            self._check_people(connection, completion)
            changed = connection.execute(
                "UPDATE issuance SET state = ?, document = ?, print_by = ? WHERE number = ? AND state = ?",
                (
                    IssuanceState.ISSUED,
                    completion.document,
                    completion.print_by,
                    completion.number,
                    IssuanceState.SEALING,
                ),
            )
            if changed.rowcount != 1:
                raise Refused(Code.ORDER_CONFLICT, "the number is no longer waiting")
            append(connection, entry)

        await self._rows.write(change, step="complete")

    async def void(self, number: str, entry: AuditEntry) -> None:
        """Void a number whose document was never sent."""

        def change(connection: sqlite3.Connection) -> None:
            _void(connection, number, Code(entry.code))
            append(connection, entry)

        await self._rows.write(change, step="void")

    async def settle(self, new: NewReceipt, entry: AuditEntry) -> int:
        """Take a receipt; the same one again changes nothing.

        Returns:
            Its place in the audit log.
        """
        visit, receipt = new.visit, new.receipt

        def change(connection: sqlite3.Connection) -> int:
            known = connection.execute(
                "SELECT outcome, receipt_hash, log_index FROM receipt WHERE visit = ? AND ordinal = ?",
                (visit, receipt.ordinal),
            ).fetchone()
            if known is not None and known[1] == new.digest:
                return int(known[2])
            if (known is not None and known[0] != Outcome.IN_DOUBT) or not _agrees(connection, new):
                return _open_case(connection, replace(entry, event=AuditEvent.RECEIPT_CONTRADICTED), new.kiosk)
            index = append(connection, entry)
            connection.execute(
                "INSERT INTO receipt (visit, ordinal, outcome, receipt_hash, receipt, log_index)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (visit, ordinal) DO UPDATE SET outcome = excluded.outcome,"
                " receipt_hash = excluded.receipt_hash, receipt = excluded.receipt, log_index = excluded.log_index",
                (visit, receipt.ordinal, receipt.outcome, new.digest, new.signed, index),
            )
            _settle(connection, visit, receipt, entry.moment)
            return index

        return await self._rows.write(change, step="settle")

    async def conflict(self, entry: AuditEntry, kiosk: str) -> None:
        """Open a case: a visit id came again with other bytes."""
        await self._rows.write(lambda connection: _open_case(connection, entry, kiosk), step="conflict")

    async def drop_late(self, moment: int) -> None:
        """Delete documents whose last moment to print has passed (Unix seconds)."""
        await self._rows.write(
            lambda connection: (
                connection.execute(
                    "UPDATE issuance SET document = NULL WHERE document IS NOT NULL AND print_by < ?", (moment,)
                ).rowcount
            ),
            step="drop late",
        )

    async def overdue(self, before: int) -> tuple[Overdue, ...]:
        """Give issued orders whose last moment to print was before `before` and of which no final word came."""
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT visit_id, issuance.visit, ordinal, t, issuance.kiosk FROM issuance"
                " JOIN visit ON visit.visit = issuance.visit WHERE state = ? AND print_by < ?",
                (IssuanceState.ISSUED, before),
            ).fetchall()
        )
        return tuple(Overdue(visit_id=row[0], visit=row[1], ordinal=row[2], t=row[3], kiosk=row[4]) for row in rows)

    async def view(self, most: int) -> LedgerView:
        """Give the ledger as the ward's page shows it, with the newest `most` issuances."""
        return await self._rows.read(lambda connection: _view(connection, most))

    def _check_people(self, connection: sqlite3.Connection, completion: Completion) -> None:
        if self._feed.holder(connection, completion.card, completion.day) != completion.holder:
            raise Refused(Code.RECORD_STALE, "the card stands for somebody else now")
        for version in completion.versions:
            row = connection.execute(
                "SELECT version, present FROM person WHERE resident = ?", (version.resident,)
            ).fetchone()
            if row is None or tuple(row) != (version.version, 1):
                raise Refused(Code.RECORD_STALE, "a record changed meanwhile")
        found = connection.execute(
            "SELECT resident FROM person"
            " WHERE household = (SELECT household FROM person WHERE resident = ?) AND present = 1",
            (completion.holder,),
        ).fetchall()
        household = {resident for (resident,) in found}
        if completion.holder not in household:
            raise Refused(Code.RECORD_STALE, "the holder's record was removed meanwhile")
        shown = {version.resident for version in completion.versions}
        if not shown <= household:
            raise Refused(Code.RECORD_STALE, "the holder and the subjects are no longer of one household")
        if completion.whole and household != shown:
            raise Refused(Code.RECORD_STALE, "the household has grown meanwhile")
        if any(self._feed.barred(connection, resident) for resident in household):
            raise Refused(Code.ASK_AT_COUNTER, "barred meanwhile")


def _check_running(connection: sqlite3.Connection) -> None:
    if connection.execute("SELECT 1 FROM stop").fetchone():
        raise Refused(Code.WARD_STOPPED, "issuing is stopped")


def _check_visit(connection: sqlite3.Connection, visit: NewVisit, card_hash: bytes) -> None:
    if connection.execute("SELECT 1 FROM visit WHERE visit_id = ?", (visit.visit_id,)).fetchone():
        raise Refused(Code.VISIT_CONFLICT, "a visit id twice")
    if connection.execute(
        "SELECT 1 FROM visit WHERE card_hash = ? AND closed = 0 AND ends > ?", (card_hash, visit.opened)
    ).fetchone():
        raise Refused(Code.VISIT_ELSEWHERE, "a visit with this card is open at another kiosk")
    (today,) = connection.execute(
        "SELECT count(*) FROM visit WHERE card_hash = ? AND opened >= ?", (card_hash, visit.day_began)
    ).fetchone()
    if today >= visit.most_a_day:
        raise Refused(Code.DAILY_LIMIT)


def _next(connection: sqlite3.Connection, incarnation: int) -> int:
    row = connection.execute(
        "INSERT INTO number_range (incarnation, last) VALUES (?, 1)"
        " ON CONFLICT (incarnation) DO UPDATE SET last = last + 1 RETURNING last",
        (incarnation,),
    ).fetchone()
    return int(row[0])


def _void(connection: sqlite3.Connection, number: str, code: Code) -> None:
    connection.execute(
        "UPDATE issuance SET state = ?, refused = ?, document = NULL WHERE number = ? AND state = ?",
        (IssuanceState.VOID, code, number, IssuanceState.SEALING),
    )


def _agrees(connection: sqlite3.Connection, new: NewReceipt) -> bool:
    """Say whether a receipt can be true of what the ward knows: whose visit, which number, the money, the paper."""
    receipt = new.receipt
    opened = connection.execute("SELECT visit_id, kiosk FROM visit WHERE visit = ?", (new.visit,)).fetchone()
    if opened is not None and opened != (receipt.visit_id, new.kiosk):
        return False
    row = connection.execute(
        "SELECT number, t, fee, state FROM issuance WHERE visit = ? AND ordinal = ?", (new.visit, receipt.ordinal)
    ).fetchone()
    number, t, fee, state = (None, receipt.t, 0, IssuanceState.VOID) if row is None else row
    if receipt.number not in (None, number) or receipt.t != t:
        return False
    if receipt.outcome is Outcome.PRINTED and state != IssuanceState.ISSUED:
        return False
    try:
        receipt.balanced(fee)
    except Refused:
        return False
    return True


def _settle(connection: sqlite3.Connection, visit: bytes, receipt: Receipt, moment: int) -> None:
    if receipt.ordinal == 0:
        connection.execute("UPDATE visit SET closed = 1 WHERE visit = ?", (visit,))
    if receipt.outcome is not Outcome.IN_DOUBT:
        connection.execute(
            "UPDATE issuance SET state = ?, document = NULL, settled = ? WHERE visit = ? AND ordinal = ? AND state = ?",
            (IssuanceState.SETTLED, moment, visit, receipt.ordinal, IssuanceState.ISSUED),
        )


def _open_case(connection: sqlite3.Connection, entry: AuditEntry, kiosk: str) -> int:
    """Open a case for the message that an entry is about; the same message again opens no second one.

    Returns:
        The entry's place in the audit log.
    """
    message = (entry.event.name, entry.visit, entry.ordinal, entry.digest)
    known = connection.execute(
        "SELECT log_index FROM open_case WHERE kind = ? AND visit = ? AND ordinal = ? AND digest = ?", message
    ).fetchone()
    if known is not None:
        return int(known[0])
    index = append(connection, entry)
    connection.execute(
        "INSERT INTO open_case (kind, visit, ordinal, digest, since, kiosk, log_index) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*message, entry.moment, kiosk, index),
    )
    return index


def _view(connection: sqlite3.Connection, most: int) -> LedgerView:
    stop = connection.execute("SELECT code FROM stop").fetchone()
    printed, fees = connection.execute(
        "SELECT count(*), coalesce(sum(fee), 0) FROM issuance JOIN receipt USING (visit, ordinal) WHERE outcome = ?",
        (Outcome.PRINTED,),
    ).fetchone()
    (unsettled,) = connection.execute(
        "SELECT count(*) FROM issuance WHERE state IN (?, ?)", (IssuanceState.SEALING, IssuanceState.ISSUED)
    ).fetchone()
    (cases,) = connection.execute("SELECT count(*) FROM open_case").fetchone()
    rows = connection.execute(
        "SELECT number, kiosk, reserved, state, refused, outcome, fee FROM issuance"
        " LEFT JOIN receipt USING (visit, ordinal) ORDER BY issuance.rowid DESC LIMIT ?",
        (most,),
    ).fetchall()
    return LedgerView(
        stop_code=None if stop is None else Code(stop[0]),
        printed=printed,
        fees=fees,
        unsettled=unsettled,
        cases=cases,
        newest=tuple(
            IssuanceLine(
                number=row[0],
                kiosk=row[1],
                reserved=row[2],
                state=IssuanceState(row[3]),
                refused=None if row[4] is None else Code(row[4]),
                outcome=None if row[5] is None else Outcome(row[5]),
                fee=row[6],
            )
            for row in rows
        ),
    )
