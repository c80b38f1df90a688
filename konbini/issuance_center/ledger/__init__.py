"""The one room of the center with rows: who was asked, when, and whether it was finished."""

from konbini.issuance_center.ledger.ledger import Ledger, LedgerUnusable, NotStored, Row, TicketTime

__all__ = ["Ledger", "LedgerUnusable", "NotStored", "Row", "TicketTime"]
