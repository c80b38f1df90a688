"""What a kiosk asserts, and this ward cannot check: a case, and that kiosk alone stands still, until three agree.

Only what a device signed is its kiosk's word. Three kiosks of different operators whose word came within ten minutes
stop the ward: one operator, or the center between them, cannot be all three.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from konbini.process.statements import Connection
from konbini.protocol.errors import Code
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.decisions.stop import keep_stop, stop_code
from konbini.ward_server.issuing.ledger.barred import Part, PartScope, bar
from konbini.ward_server.issuing.ledger.cases import CaseParty, open_case, said_before

__all__ = ["AGREEING_MILLISECONDS", "AGREEING_OPERATORS", "hold_against", "hold_against_link"]

AGREEING_OPERATORS: Final = 3
AGREEING_MILLISECONDS: Final = 10 * 60 * 1000


def hold_against(connection: Connection, entry: AuditEntry, party: CaseParty) -> int:
    """Open a case for what a kiosk said, under its own signature, and bar that kiosk; in one transaction.

    The same message again says nothing new: it bars no kiosk that was released since.

    Args:
        connection: the caller's transaction.
        entry: what it said, with the code under which its kiosk stands still.
        party: the kiosk and its operator.

    Returns:
        The entry's place in the audit log.
    """
    before = said_before(connection, entry)
    if before is not None:
        return before
    index = open_case(connection, entry, party)
    _stop_part(connection, entry, Part(scope=PartScope.KIOSK, name=party.kiosk))
    _stop_where_many_agree(connection, entry)
    return index


def hold_against_link(connection: Connection, entry: AuditEntry, link: str) -> int:
    """Open a case for what came over a link and can be no kiosk's word, and bar that link.

    Returns:
        The entry's place in the audit log.
    """
    index = open_case(connection, entry, CaseParty(kiosk=""))
    _stop_part(connection, entry, Part(scope=PartScope.LINK, name=link))
    return index


def _stop_part(connection: Connection, entry: AuditEntry, part: Part) -> None:
    if bar(connection, part, entry.moment, entry.code, entry.event.name):
        append(connection, replace(entry, event=AuditEvent.PART_STOPPED, about=str(part)))


def _stop_where_many_agree(connection: Connection, entry: AuditEntry) -> None:
    (operators,) = connection.execute(
        "SELECT count(DISTINCT operator) FROM ward_case WHERE since > ? AND operator <> ''",
        (entry.moment - AGREEING_MILLISECONDS,),
    ).fetchone()
    if operators < AGREEING_OPERATORS or stop_code(connection) is not None:
        return
    keep_stop(connection, entry.moment, Code.KIOSKS_AGREE, "kiosks of three operators found mismatches")
    append(connection, replace(entry, event=AuditEvent.ISSUING_STOPPED, code=Code.KIOSKS_AGREE))
