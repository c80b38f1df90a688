"""The ledger of `issuing`: visits, issuances, receipts with their cases, and the stop, each with its own tables.

Each change is one transaction with its audit entry. What the parts ask of each other's tables, they ask within a
transaction, by functions of a connection.
"""
