"""Fills the numbers that were given, in a store from before they were kept, at its first start.

One transaction: a store is filled or it is not, whatever ends the process. Every version of every record that can be
read is looked through, so that a number that was changed since stays taken.

Limits: what was disposed of before is not known any more. Where two residents have one number already, the first by
their ids has it; the other record stands, is counted in the audit log, and gets a number of its own by a change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from konbini.process.log import logger
from konbini.process.statements import Connection
from konbini.protocol.shape import from_bytes
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.residents.record import IndividualNumberPart, unchecked_record
from konbini.ward_server.residents.sealed_rows import Vault
from konbini.ward_server.residents.store import NumberKind
from konbini.ward_server.residents.transaction import RegistryTransaction

__all__ = ["fill_given"]

_AT_ONCE: Final = 500

_log = logger("konbini.ward_server.residents.filling")


def fill_given(connection: Connection, vault: Vault, moment: int) -> None:
    """Fill, where nobody has; `moment` in Unix milliseconds.

    Raises:
        Refused: `SEAL_BROKEN`: a row does not open. Nothing is filled then, and the registry does not start.
    """
    row = connection.execute("SELECT numbers_given FROM registry").fetchone()
    if row is None or row[0]:
        return
    rows = RegistryTransaction(connection, vault)
    given, twice = 0, 0
    after = ""
    while batch := rows.records_after(after, _AT_ONCE):
        for resident in (one.resident for one in batch):
            for kind, number in _numbers(connection, rows, resident):
                rows.give_number(kind, number, resident)
                taken = rows.number_taken(kind, number, resident)
                given, twice = given + (not taken), twice + taken
        after = batch[-1].resident
    connection.execute("UPDATE registry SET numbers_given = 1")
    about = f"{given} given, {twice} of another resident"
    append(connection, AuditEntry(moment=moment, event=AuditEvent.NUMBERS_FILLED, about=about))
    _log.info("numbers filled", count=given)
    if twice:
        _log.error("numbers of two residents", count=twice)


def _numbers(connection: Connection, rows: RegistryTransaction, resident: str) -> Iterator[tuple[NumberKind, str]]:
    codes = {unchecked_record(one.data).resident_code for one in rows.versions(resident)}
    yield from ((NumberKind.RESIDENT_CODE, code) for code in sorted(code for code in codes if code is not None))
    found = connection.execute("SELECT commitment FROM individual_number WHERE resident = ?", (resident,)).fetchall()
    for (commitment,) in found:
        data = rows.number_part(resident, bytes(commitment))
        if data is not None:
            yield NumberKind.INDIVIDUAL_NUMBER, from_bytes(IndividualNumberPart, data).number
