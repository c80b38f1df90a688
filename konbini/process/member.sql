-- Who has these rows open, and had: konbini/process/membership.py.
CREATE TABLE member (
    epoch INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    migrations BLOB NOT NULL,
    configuration BLOB NOT NULL,
    topology BLOB NOT NULL,
    seen INTEGER NOT NULL,
    gone INTEGER NOT NULL CHECK (gone IN (0, 1))
) STRICT;
