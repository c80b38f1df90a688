-- The kiosk's journal: steps, numbers, counters, money. No name of a resident and no key of a visit stands here.

CREATE TABLE visit (
    visit_id BLOB PRIMARY KEY,
    visit BLOB NOT NULL,
    t BLOB NOT NULL,
    ward TEXT NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1))
) STRICT;

-- An order without a receipt is unsettled: whoever finds it asks printer and coin device what became of it. So is one
-- whose money is unknown: its receipt says in doubt, since the device that holds the money fell silent.
CREATE TABLE paper_order (
    visit_id BLOB NOT NULL REFERENCES visit (visit_id),
    ordinal INTEGER NOT NULL,
    step INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    cash_key BLOB NOT NULL,
    number TEXT,
    pages INTEGER NOT NULL,
    counter_before INTEGER NOT NULL,
    money_unknown INTEGER NOT NULL DEFAULT 0 CHECK (money_unknown IN (0, 1)),
    PRIMARY KEY (visit_id, ordinal)
) STRICT;

-- A receipt is owed to the ward until its FINAL came. `outcome` 5 is in doubt: a person settles it.
CREATE TABLE receipt (
    visit_id BLOB NOT NULL REFERENCES visit (visit_id),
    ordinal INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    signed BLOB NOT NULL,
    final_index INTEGER,
    PRIMARY KEY (visit_id, ordinal)
) STRICT;
CREATE INDEX receipt_owed ON receipt (visit_id, ordinal) WHERE final_index IS NULL;

CREATE TABLE directory_seen (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    version INTEGER NOT NULL
) STRICT;

-- What nobody took: thing is one of protocol/kinds.py's LeftThings. since, gone: Unix seconds; told: the shop was told.
-- visit_id, first: whose paper it is, from which of the visit's orders on; NULL where it is of no visit that is known.
CREATE TABLE left_thing (
    number INTEGER PRIMARY KEY,
    thing INTEGER NOT NULL CHECK (thing IN (1, 2, 4)),
    visit_id BLOB,
    first INTEGER NOT NULL,
    since INTEGER NOT NULL,
    told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),
    gone INTEGER
) STRICT;
CREATE UNIQUE INDEX left_thing_open ON left_thing (thing) WHERE gone IS NULL;

-- A LEFT is owed to the ward until its LEFT_NOTED came; the one that says "gone" takes the place of the one before.
CREATE TABLE left_paper (
    visit_id BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    signed BLOB NOT NULL,
    final_index INTEGER,
    PRIMARY KEY (visit_id, ordinal),
    FOREIGN KEY (visit_id, ordinal) REFERENCES receipt (visit_id, ordinal)
) STRICT;

-- What happened at the service page and at the cabinet (konbini/kiosk/maintenance/events.py); moment: Unix seconds.
CREATE TABLE service_event (
    number INTEGER PRIMARY KEY,
    moment INTEGER NOT NULL,
    event INTEGER NOT NULL,
    who TEXT NOT NULL
) STRICT;
CREATE TRIGGER service_event_stays BEFORE UPDATE ON service_event
BEGIN SELECT RAISE(ABORT, 'an entry stays'); END;
CREATE TRIGGER service_event_remains BEFORE DELETE ON service_event
BEGIN SELECT RAISE(ABORT, 'an entry stays'); END;
