-- Who is told of what, until everybody was told (konbini/ward_server/alerts/outbox.py).

-- How far the audit log was read for alerts.
CREATE TABLE alert_place (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    position INTEGER NOT NULL
) STRICT;

-- An alert that a receiver is owed: position is its entry's in the audit log; due and moment are Unix milliseconds.
CREATE TABLE alert (
    position INTEGER NOT NULL,
    receiver TEXT NOT NULL,
    kind INTEGER NOT NULL,
    kiosk TEXT NOT NULL,
    code INTEGER NOT NULL,
    moment INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due INTEGER NOT NULL,
    PRIMARY KEY (receiver, position)
) STRICT, WITHOUT ROWID;
