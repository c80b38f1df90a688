"""The engine of one machine: a SQLite file that belongs to one process."""
