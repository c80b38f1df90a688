"""What became of each number: its state, and what its kiosk's receipt said. For whoever publishes; it names nobody."""

from __future__ import annotations

from dataclasses import dataclass

from konbini.process.statements import Connection
from konbini.protocol.kinds import Outcome
from konbini.ward_server.issuing.ledger.issuances import IssuanceState

__all__ = ["Settled", "outcomes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One number: its state, and the outcome that a kiosk's receipt gave it."""

    state: IssuanceState
    outcome: Outcome | None


def outcomes(connection: Connection) -> dict[str, Settled]:
    """Give what is known of each number; of one whose history has ended, whether its paper was printed."""
    rows = connection.execute("SELECT number, state, outcome FROM issuance LEFT JOIN receipt USING (visit, ordinal)")
    ended = connection.execute("SELECT number, printed FROM ended_number")
    return {
        number: Settled(state=IssuanceState.SETTLED, outcome=Outcome.PRINTED if printed else Outcome.VOID)
        for number, printed in ended
    } | {
        row[0]: Settled(state=IssuanceState(row[1]), outcome=None if row[2] is None else Outcome(row[2]))
        for row in rows
    }
