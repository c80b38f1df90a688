-- Cases, what stands still for them or by two persons' word, orders that two persons settled, papers taken back, and what
-- each day was counted to be.

-- What a person must look at. kind: the audit event that opened it. operator: whose kiosk asserted it; empty where the ward
-- found it itself. times: how often it was said. closed: when two persons closed it, with their finding.
CREATE TABLE ward_case (
    number INTEGER PRIMARY KEY,
    since INTEGER NOT NULL,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    kiosk TEXT NOT NULL,
    operator TEXT NOT NULL,
    visit BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    code INTEGER NOT NULL,
    log_index INTEGER NOT NULL,
    times INTEGER NOT NULL,
    closed INTEGER,
    finding TEXT NOT NULL
) STRICT;
CREATE INDEX ward_case_visit ON ward_case (visit);
CREATE INDEX ward_case_open ON ward_case (kind, visit, ordinal, about) WHERE closed IS NULL;
CREATE INDEX ward_case_since ON ward_case (since);
CREATE INDEX ward_case_entry ON ward_case (log_index) WHERE closed IS NULL;

-- The messages that opened a case or were added to one, so that the same bytes change nothing.
CREATE TABLE case_message (
    kind TEXT NOT NULL,
    visit BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    digest BLOB NOT NULL,
    case_number INTEGER NOT NULL,
    log_index INTEGER NOT NULL,
    PRIMARY KEY (kind, visit, ordinal, digest)
) STRICT, WITHOUT ROWID;

-- What gets nothing: scope 1 a kiosk, 2 a link by the name of who gives tickets on it, 3 a kind of certificate, 4 the whole
-- ward. code: of the mismatch that was asserted; 0 where two persons hold it. Opening, reserving and completing read it.
CREATE TABLE barred (
    scope INTEGER NOT NULL CHECK (scope BETWEEN 1 AND 4),
    name TEXT NOT NULL,
    since INTEGER NOT NULL,
    code INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;

-- SHA-256 of the paper that was sealed, which the DOCUMENT of this number names; NULL where it was issued before this column.
ALTER TABLE issuance ADD COLUMN pdf_hash BLOB;

-- What two persons entered of an order in doubt: final. What its kiosk said stands in `receipt`.
CREATE TABLE settlement (
    visit BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    outcome INTEGER NOT NULL CHECK (outcome IN (2, 3, 4)),
    after_page INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    owed INTEGER NOT NULL,
    moment INTEGER NOT NULL,
    decision_id TEXT NOT NULL,
    PRIMARY KEY (visit, ordinal)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER settlement_stays BEFORE UPDATE ON settlement BEGIN SELECT RAISE(ABORT, 'a settlement stays'); END;

-- Printed certificates that two persons took back, for ever.
CREATE TABLE withdrawal (
    number TEXT PRIMARY KEY,
    moment INTEGER NOT NULL,
    decision_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER withdrawal_stays BEFORE UPDATE ON withdrawal BEGIN SELECT RAISE(ABORT, 'a withdrawal stays'); END;
CREATE TRIGGER withdrawal_remains BEFORE DELETE ON withdrawal BEGIN SELECT RAISE(ABORT, 'a withdrawal stays'); END;

-- When a visit's ticket was given (Unix seconds): it names the day that its orders are counted to, here as at kiosk and center.
ALTER TABLE visit ADD COLUMN ticketed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX visit_ticketed ON visit (ticketed);

-- What a kiosk's journal holds of a day (yyyymmdd), as it said last; digest: of the signed message.
CREATE TABLE day_figures (
    kiosk TEXT NOT NULL,
    day INTEGER NOT NULL,
    figures BLOB NOT NULL,
    digest BLOB NOT NULL,
    log_index INTEGER NOT NULL,
    PRIMARY KEY (kiosk, day)
) STRICT, WITHOUT ROWID;

-- What the center's rows say of a day: visits of a kiosk in which an ORDER passed, and those of them that are finished.
CREATE TABLE center_day (
    day INTEGER PRIMARY KEY,
    moment INTEGER NOT NULL
) STRICT;
CREATE TABLE center_count (
    day INTEGER NOT NULL,
    kiosk TEXT NOT NULL,
    ordered INTEGER NOT NULL,
    finished INTEGER NOT NULL,
    PRIMARY KEY (day, kiosk)
) STRICT, WITHOUT ROWID;

-- How a day's three counts of a kiosk stand: 1 agree, 2 differ, 3 differ and settled by two persons. differences: in words.
CREATE TABLE day_account (
    kiosk TEXT NOT NULL,
    day INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state IN (1, 2, 3)),
    differences TEXT NOT NULL,
    judged INTEGER NOT NULL,
    PRIMARY KEY (kiosk, day)
) STRICT, WITHOUT ROWID;
