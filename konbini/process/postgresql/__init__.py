"""The engine beyond one machine: a schema of a PostgreSQL database, which several servers of one ward may share."""
