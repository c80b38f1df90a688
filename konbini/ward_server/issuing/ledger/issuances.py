"""Issuances (交付): numbers and their life.

Invariants: an issuance is in one state and goes forward only (sealing -> issued -> settled, or sealing -> void); a
number is used once, for ever; *issued* means the completing transaction, which compares every version on the paper,
the seal registration where the paper shows one, the serial link, the bars, the stop, what stands still (kiosk, link,
kind, ward) and the lease.

Numbers that are not settled have an index of their own: a statement that says `state < 4` does not walk all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, unique

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind
from konbini.protocol.numbers import IssuanceNumber
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.clerk.evidence import Version
from konbini.ward_server.following.current import Current
from konbini.ward_server.following.rows import FeedRows, position
from konbini.ward_server.issuing.ledger.barred import check_not_barred
from konbini.ward_server.issuing.ledger.numbers import next_number
from konbini.ward_server.residents.dates import to_day
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["Completion", "Issuance", "IssuanceLedger", "IssuanceState", "NewOrder", "Overdue", "settle_issuance"]


@unique
class IssuanceState(IntEnum):
    """The life of a number."""

    SEALING = 1
    ISSUED = 2
    VOID = 3
    SETTLED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order that the rules let through, for which a number is reserved.

    `link` is by the name of whoever gave the visit's ticket.
    """

    visit: bytes
    ordinal: int
    kiosk: str
    t: bytes
    kind: CertificateKind
    fee: int
    order_hash: bytes
    reserved: int
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What the completing transaction compares and writes.

    `whole`: the paper says that it shows all the household. `seal_registration`: the version that the paper shows.
    `pdf_hash`: of the sealed paper. `in_outage`: it was begun in outage mode. `link`: as in `NewOrder`.
    """

    number: str
    holder: str
    card: CardSerial
    day: int
    versions: Sequence[Version]
    whole: bool
    seal_registration: Version | None
    document: bytes
    pdf_hash: bytes
    print_by: int
    in_outage: bool
    link: str


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


class IssuanceLedger:
    """The issuances in the rows of `issuing`."""

    def __init__(self, rows: Rows, feed: FeedRows, current: Current, *, ward: str) -> None:
        self._rows = rows
        self._feed = feed
        self._current = current
        self._ward = ward

    async def recover(self, entry: AuditEntry) -> int:
        """Void what a process that is gone had reserved and not issued; give how many there were."""

        def change(connection: Connection) -> int:
            numbers = connection.execute(
                "SELECT number, visit, ordinal FROM issuance WHERE state = ? AND state < 4"
                " AND epoch NOT IN (SELECT epoch FROM member WHERE gone = 0)",
                (IssuanceState.SEALING,),
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

    async def find(self, visit: bytes, ordinal: int) -> Issuance | None:
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

    async def reserve(self, order: NewOrder, entry: AuditEntry, day: int) -> str:
        """Reserve a number and record the intent: from here on a crash leaves a void, never a lost paper.

        Raises:
            Refused: `WARD_STOPPED`, `WARD_NOT_CURRENT`, the code of what broke the feed, `ORDER_CONFLICT` (the ordinal
                is taken), `RANGE_CLOSED` (the range of numbers is used up), or as `check_not_barred`.
        """

        def change(connection: Connection) -> str:
            self._current.check_in(connection)
            check_not_barred(connection, order.kiosk, order.link, order.kind)
            number = str(IssuanceNumber.of(self._ward, to_day(day), *next_number(connection)))
            added = connection.execute(
                "INSERT INTO issuance (number, visit, ordinal, kiosk, t, kind, fee, order_hash, reserved, epoch, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (visit, ordinal) DO NOTHING",
                (
                    *(number, order.visit, order.ordinal, order.kiosk, order.t, order.kind, order.fee),
                    *(order.order_hash, order.reserved, self._rows.epoch, IssuanceState.SEALING),
                ),
            )
            if added.rowcount != 1:
                raise Refused(Code.ORDER_CONFLICT, "this ordinal has been ordered already")
            append(connection, replace(entry, number=number))
            return number

        return await self._rows.write(change, step="reserve")

    async def complete(self, completion: Completion, entry: AuditEntry) -> None:
        """Issue: compare everything once more and write state, document and audit entry in one transaction.

        Raises:
            Refused: `RECORD_STALE`, `CARD_UNLINKED`, `ASK_AT_COUNTER`, `WARD_STOPPED`, `WARD_NOT_CURRENT`, the code of
                what broke the feed, or as `check_not_barred`.
        """

        def change(connection: Connection) -> None:
            outage = self._current.check_in(connection)
            if completion.in_outage is (outage is None):
                raise Refused(Code.CHANGED_LOOK_AGAIN, "an outage began or ended meanwhile")
            self._check_people(connection, completion)
            _check_seal(connection, completion.seal_registration)
            changed = connection.execute(
                "UPDATE issuance SET state = ?, document = ?, pdf_hash = ?, print_by = ? WHERE number = ? AND state = ?"
                " RETURNING kiosk, kind",
                (
                    *(IssuanceState.ISSUED, completion.document, completion.pdf_hash, completion.print_by),
                    *(completion.number, IssuanceState.SEALING),
                ),
            ).fetchone()
            if changed is None:
                raise Refused(Code.ORDER_CONFLICT, "the number is no longer waiting")
            check_not_barred(connection, changed[0], completion.link, CertificateKind(changed[1]))
            append(connection, entry)
            if outage is not None:
                _list_for_review(connection, completion, entry.moment)

        await self._rows.write(change, step="complete")

    async def void(self, number: str, entry: AuditEntry) -> None:
        """Void a number whose document was never sent."""

        def change(connection: Connection) -> None:
            _void(connection, number, Code(entry.code))
            append(connection, entry)

        await self._rows.write(change, step="void")

    async def drop_late(self, moment: int) -> None:
        """Delete documents whose last moment to print has passed (Unix seconds)."""
        await self._rows.write(
            lambda connection: (
                connection.execute(
                    "UPDATE issuance SET document = NULL"
                    " WHERE state = ? AND state < 4 AND document IS NOT NULL AND print_by < ?",
                    (IssuanceState.ISSUED, moment),
                ).rowcount
            ),
            step="drop late",
        )

    async def overdue(self, before: int) -> tuple[Overdue, ...]:
        """Give issued orders whose last moment to print was before `before` and of which no final word came."""
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT visit_id, issuance.visit, ordinal, t, issuance.kiosk FROM issuance"
                " JOIN visit ON visit.visit = issuance.visit WHERE state = ? AND state < 4 AND print_by < ?",
                (IssuanceState.ISSUED, before),
            ).fetchall()
        )
        return tuple(Overdue(visit_id=row[0], visit=row[1], ordinal=row[2], t=row[3], kiosk=row[4]) for row in rows)

    def _check_people(self, connection: Connection, completion: Completion) -> None:
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


def settle_issuance(connection: Connection, visit: bytes, ordinal: int, moment: int) -> None:
    """Settle what was issued, if anything was, within the caller's transaction; `moment` in Unix milliseconds."""
    connection.execute(
        "UPDATE issuance SET state = ?, document = NULL, settled = ? WHERE visit = ? AND ordinal = ? AND state = ?",
        (IssuanceState.SETTLED, moment, visit, ordinal, IssuanceState.ISSUED),
    )


def _list_for_review(connection: Connection, completion: Completion, moment: int) -> None:
    """Keep what was issued in outage mode, to be held against the registry when it is back."""
    applied = position(connection).number
    for version in completion.versions:
        connection.execute(
            "INSERT INTO outage_issue (number, resident, version, issued, applied) VALUES (?, ?, ?, ?, ?)",
            (completion.number, version.resident, version.version, moment, applied),
        )


def _check_seal(connection: Connection, shown: Version | None) -> None:
    if shown is None:
        return
    row = connection.execute(
        "SELECT version FROM seal_registration WHERE resident = ? AND sealed IS NOT NULL", (shown.resident,)
    ).fetchone()
    if row is None or row[0] != shown.version:
        raise Refused(Code.RECORD_STALE, "the seal registration changed meanwhile")


def _void(connection: Connection, number: str, code: Code) -> None:
    connection.execute(
        "UPDATE issuance SET state = ?, refused = ?, document = NULL WHERE number = ? AND state = ?",
        (IssuanceState.VOID, code, number, IssuanceState.SEALING),
    )
