-- The issuing copy (交付用データ), the visits and the issuances of one ward.
-- Personal fields stand sealed in `sealed` columns; a card serial is looked up through a keyed hash.

-- include process/log.sql
-- include ward_server/following/following.sql

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

-- include ward_server/decisions/decision.sql
-- include ward_server/settings/kept/settings_version.sql

-- include ward_server/signed_acts/signed_act.sql

-- A visit's keys, menu and evidence live in memory: a restart destroys the prekeys, and with them the visit.
CREATE TABLE visit (
    visit_id BLOB PRIMARY KEY,
    visit BLOB NOT NULL UNIQUE,
    kiosk TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    card_hash BLOB NOT NULL,
    opened INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    closed INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1)),
    -- What the visit's own entries in the published logs are found with: konbini/protocol/receipt_code.py.
    receipt_code TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX visit_card ON visit (card_hash, opened);
CREATE INDEX visit_open ON visit (kiosk) WHERE closed = 0;
CREATE INDEX visit_opened ON visit (opened);

-- The range of numbers in use now (only one row has in_use), and those of earlier lives: the first digit of the serial.
CREATE TABLE number_range (
    range INTEGER PRIMARY KEY CHECK (range BETWEEN 0 AND 9),
    last INTEGER NOT NULL,
    in_use INTEGER NOT NULL CHECK (in_use IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX number_range_in_use ON number_range (in_use) WHERE in_use = 1;

-- epoch: which opening of the store reserved it (konbini/process/membership.py).
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
    epoch INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
    refused INTEGER,
    print_by INTEGER,
    document BLOB,
    settled INTEGER,
    UNIQUE (visit, ordinal)
) STRICT;
CREATE INDEX issuance_newest ON issuance (reserved, number);
CREATE INDEX issuance_open ON issuance (state, print_by) WHERE state < 4;

-- What was issued in outage mode, and what the registry says of it when it is back: agrees 1, differs 0. applied: the
-- newest entry of the feed in the copy then.
CREATE TABLE outage_issue (
    number TEXT NOT NULL REFERENCES issuance (number),
    resident TEXT NOT NULL,
    version INTEGER NOT NULL,
    issued INTEGER NOT NULL,
    applied INTEGER NOT NULL,
    agrees INTEGER CHECK (agrees IN (0, 1)),
    reviewed INTEGER,
    PRIMARY KEY (number, resident)
) STRICT;
CREATE INDEX outage_issue_open ON outage_issue (issued) WHERE agrees IS NULL;

-- One row an order of which a kiosk has spoken, whether or not it reached the ward; taken: Unix milliseconds, owed: yen.
-- left_since, left_gone: Unix seconds; the paper was left in the kiosk's exit, a remark beside the outcome, which stays.
CREATE TABLE receipt (
    visit BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    receipt_hash BLOB NOT NULL,
    receipt BLOB NOT NULL,
    log_index INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    owed INTEGER NOT NULL,
    left_since INTEGER,
    left_gone INTEGER,
    left_hash BLOB,
    left_index INTEGER,
    PRIMARY KEY (visit, ordinal)
) STRICT;
CREATE INDEX receipt_taken ON receipt (taken);

-- Of an issuance whose history was disposed of: whether its paper was printed, which its status list says for ever.
CREATE TABLE ended_number (
    number TEXT PRIMARY KEY,
    printed INTEGER NOT NULL CHECK (printed IN (0, 1))
) STRICT, WITHOUT ROWID;

-- include ward_server/decisions/stop.sql

-- The newest revocation list (CRL) of each address, as its issuer signed it.
CREATE TABLE revocation_list (
    address TEXT PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;

-- include ward_server/keeping/disposal.sql
-- include ward_server/storage/lookup_key.sql
-- include process/member.sql
-- include ward_server/keeping/restoration.sql
-- include process/witness.sql
-- include process/stamps.sql
