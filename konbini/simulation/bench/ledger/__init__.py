"""What a durable commit costs: two inserts, in the ways that a ledger may be written, on both engines, in turns."""
