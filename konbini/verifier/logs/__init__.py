"""Checks published logs from files alone: tree, signatures, co-signatures, and what is in them of one visit."""
