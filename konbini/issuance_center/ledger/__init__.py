"""The one room of the center with rows: who was asked, when, and whether it was finished."""

from konbini.issuance_center.ledger.ledger import Ledger, Row, TicketTime

__all__ = ["Ledger", "Row", "TicketTime"]
