"""What was issued on a card, for the card's own holder: every number of its visits, whatever a kiosk said of it.

A card stands here as its keyed hash alone, which the rows of its visits keep. Reads; writes the audit entry before.

Tables: `visit`, `issuance`, `receipt`, `withdrawal`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.kinds import CertificateKind, IssuanceFate, Outcome
from konbini.protocol.own_list import MOST_OWN_ISSUANCES
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["IssuedOnCard", "OnCard", "OwnListLedger", "fate_of", "issued_on"]

_NUMBERS: Final = "FROM visit JOIN issuance ON issuance.visit = visit.visit"
_OF_CARD: Final = "WHERE card_hash = ? AND opened >= ?"
_NEWEST: Final = (
    "SELECT issuance.number, kind, reserved, issuance.kiosk, state, receipt.outcome, withdrawal.moment"
    f" {_NUMBERS}"
    " LEFT JOIN receipt ON receipt.visit = issuance.visit AND receipt.ordinal = issuance.ordinal"
    " LEFT JOIN withdrawal ON withdrawal.number = issuance.number"
    f" {_OF_CARD} ORDER BY reserved DESC, issuance.number DESC LIMIT ?"
)
_COUNT: Final = f"SELECT count(*) {_NUMBERS} {_OF_CARD}"
_FATES: Final = {Outcome.PRINTED: IssuanceFate.PRINTED, Outcome.IN_DOUBT: IssuanceFate.IN_DOUBT}


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedOnCard:
    """One number that was given on a card; `reserved` is when, Unix seconds."""

    number: str
    kind: CertificateKind
    reserved: int
    kiosk: str
    fate: IssuanceFate


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCard:
    """The newest numbers of a card, and how many `older` ones there are."""

    newest: tuple[IssuedOnCard, ...]
    older: int


class OwnListLedger:
    """The numbers of a card in the rows of `issuing`."""

    def __init__(self, rows: Rows, *, hash_card: Callable[[CardSerial], bytes]) -> None:
        self._rows = rows
        self._hash_card = hash_card

    async def look(self, card: CardSerial, since: int, entry: AuditEntry) -> OnCard:
        """Give what was issued on a card in visits that began at `since` (Unix seconds) or later; recorded first."""

        def change(connection: Connection) -> OnCard:
            append(connection, entry)
            return issued_on(connection, self._hash_card(card), since)

        return await self._rows.write(change, step="own list")


def issued_on(connection: Connection, card_hash: bytes, since: int) -> OnCard:
    """Read the newest numbers of a card, and count all."""
    rows = connection.execute(_NEWEST, (card_hash, since, MOST_OWN_ISSUANCES)).fetchall()
    (count,) = connection.execute(_COUNT, (card_hash, since)).fetchone()
    newest = tuple(
        IssuedOnCard(
            number=number,
            kind=CertificateKind(kind),
            reserved=reserved,
            kiosk=kiosk,
            fate=fate_of(
                IssuanceState(state), None if outcome is None else Outcome(outcome), withdrawn=withdrawn is not None
            ),
        )
        for number, kind, reserved, kiosk, state, outcome, withdrawn in rows
    )
    return OnCard(newest=newest, older=count - len(newest))


def fate_of(state: IssuanceState, outcome: Outcome | None, *, withdrawn: bool) -> IssuanceFate:
    """Say what became of a number: what nobody has spoken of yet is in doubt, and what was taken back stays so."""
    if withdrawn:
        return IssuanceFate.WITHDRAWN
    if outcome is None:
        return IssuanceFate.VOID if state is IssuanceState.VOID else IssuanceFate.IN_DOUBT
    return _FATES.get(outcome, IssuanceFate.VOID)
