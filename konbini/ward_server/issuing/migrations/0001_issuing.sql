-- The issuing copy (交付用データ), the visits and the issuances of one ward.
-- Personal fields stand sealed in `sealed` columns; a card serial is looked up through a keyed hash.

CREATE TABLE audit_entry (
    position INTEGER PRIMARY KEY,
    entry BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- What was recorded stays as it was recorded.
CREATE TRIGGER audit_entry_stays BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'an audit entry stays'); END;
CREATE TRIGGER audit_entry_remains BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'an audit entry stays'); END;

CREATE TABLE feed_entry (
    number INTEGER PRIMARY KEY,
    incarnation INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE TABLE data_key (
    resident TEXT PRIMARY KEY,
    wrapped BLOB NOT NULL
) STRICT;

-- sealed: the record as the registry signed it. Individual numbers are not copied.
CREATE TABLE person (
    resident TEXT PRIMARY KEY,
    household TEXT NOT NULL,
    version INTEGER NOT NULL,
    present INTEGER NOT NULL CHECK (present IN (0, 1)),
    sealed BLOB NOT NULL
) STRICT;
CREATE INDEX person_household ON person (household);

-- sealed: the registration (印鑑登録) as the registry signed it, its impression within; NULL once it is cancelled.
CREATE TABLE seal_registration (
    resident TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    sealed BLOB
) STRICT;

CREATE TABLE card_link (
    serial_hash BLOB PRIMARY KEY,
    resident TEXT NOT NULL,
    version INTEGER NOT NULL,
    counts_from INTEGER NOT NULL,
    ended INTEGER NOT NULL CHECK (ended IN (0, 1)),
    counts_until INTEGER
) STRICT;

-- A protective measure (kind 3) or a hold (kind 4); whose it is stands as a keyed hash.
CREATE TABLE bar (
    restriction BLOB PRIMARY KEY,
    whose BLOB NOT NULL,
    version INTEGER NOT NULL,
    in_force INTEGER NOT NULL CHECK (in_force IN (0, 1))
) STRICT;
CREATE INDEX bar_whose ON bar (whose) WHERE in_force = 1;

-- A visit's keys, menu and evidence live in memory: a restart destroys the prekeys, and with them the visit.
CREATE TABLE visit (
    visit_id BLOB PRIMARY KEY,
    visit BLOB NOT NULL UNIQUE,
    kiosk TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    card_hash BLOB NOT NULL,
    opened INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    closed INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1))
) STRICT;
CREATE INDEX visit_card ON visit (card_hash, opened);
CREATE INDEX visit_open ON visit (kiosk) WHERE closed = 0;

CREATE TABLE number_range (
    incarnation INTEGER PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

-- state: 1 sealing (a number reserved, the intent recorded), 2 issued, 3 void before it was sent,
-- 4 settled by a receipt. outcome: protocol/kinds.py.
CREATE TABLE issuance (
    number TEXT PRIMARY KEY,
    visit BLOB NOT NULL REFERENCES visit (visit),
    ordinal INTEGER NOT NULL,
    kiosk TEXT NOT NULL,
    t BLOB NOT NULL,
    kind INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    order_hash BLOB NOT NULL,
    reserved INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
    refused INTEGER,
    print_by INTEGER,
    document BLOB,
    settled INTEGER,
    UNIQUE (visit, ordinal)
) STRICT;
CREATE INDEX issuance_newest ON issuance (reserved, number);
CREATE INDEX issuance_open ON issuance (state, print_by) WHERE state < 4;

-- One row an order of which a kiosk has spoken, whether or not it reached the ward.
CREATE TABLE receipt (
    visit BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    receipt_hash BLOB NOT NULL,
    receipt BLOB NOT NULL,
    log_index INTEGER NOT NULL,
    PRIMARY KEY (visit, ordinal)
) STRICT;

-- The stop: the completing transaction reads it. One row while issuing is stopped.
CREATE TABLE stop (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    since INTEGER NOT NULL,
    code INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- What a person must look at: contradicting receipts, visit ids used twice. digest: of the message that made it one.
CREATE TABLE open_case (
    number INTEGER PRIMARY KEY,
    since INTEGER NOT NULL,
    kind TEXT NOT NULL,
    kiosk TEXT NOT NULL,
    visit BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    digest BLOB NOT NULL,
    log_index INTEGER NOT NULL,
    UNIQUE (kind, visit, ordinal, digest)
) STRICT;

-- The newest revocation list (CRL) of each address, as its issuer signed it.
CREATE TABLE revocation_list (
    address TEXT PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;
