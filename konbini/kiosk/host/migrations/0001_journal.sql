-- The kiosk's journal: steps, numbers, counters, money. No name and no key of a visit stands here.

CREATE TABLE visit (
    visit_id BLOB PRIMARY KEY,
    visit BLOB NOT NULL,
    t BLOB NOT NULL,
    ward TEXT NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1))
) STRICT;

-- An order without a receipt is unsettled: whoever finds it asks printer and coin device what became of it.
CREATE TABLE paper_order (
    visit_id BLOB NOT NULL REFERENCES visit (visit_id),
    ordinal INTEGER NOT NULL,
    step INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    cash_key BLOB NOT NULL,
    number TEXT,
    pages INTEGER NOT NULL,
    counter_before INTEGER NOT NULL,
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
