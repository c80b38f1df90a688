"""The one room of the center with rows: who was asked, when, and whether it was finished."""

from konbini.issuance_center.ledger.ledger import (
    Ledger,
    LedgerAddress,
    LedgerUnusable,
    NotStored,
    Row,
    TicketTime,
    ledger_file,
)

__all__ = ["Ledger", "LedgerAddress", "LedgerUnusable", "NotStored", "Row", "TicketTime", "ledger_file"]
