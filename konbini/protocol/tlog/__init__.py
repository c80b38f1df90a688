"""Logs that others can check: signed notes, checkpoints, co-signatures, tiles and proofs, as C2SP specifies them."""
