"""What a process measures of itself, and where it may be read: figures from a closed table, health, readiness.

Rooms are handed a `Measures` and count; nobody but a process's `main` knows whether somebody reads.
"""
