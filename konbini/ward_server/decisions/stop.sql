-- One row while the process issues nothing (konbini/ward_server/decisions/stop.py).
CREATE TABLE stop (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    since INTEGER NOT NULL,
    code INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
