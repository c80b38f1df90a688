-- One resident's record, issues and accesses on their way to a receiver (開示請求). hidden: of whom, why, to which
-- certificate. state: 1 entered, 2 approved, 3 sealed, 4 declined. sealed: what leaves, encrypted to the receiver; empty before,
-- and again when it is beyond its time.
CREATE TABLE disclosure (
    disclosure_id TEXT PRIMARY KEY,
    hidden BLOB NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
    entered_by TEXT NOT NULL,
    entered_at INTEGER NOT NULL,
    concluded_by TEXT NOT NULL,
    concluded_at INTEGER NOT NULL,
    counts TEXT NOT NULL,
    sealed BLOB NOT NULL,
    CHECK (state NOT IN (2, 3) OR concluded_by <> entered_by),
    CHECK (state = 3 OR length(sealed) = 0)
) STRICT;
CREATE INDEX disclosure_entered ON disclosure (entered_at);
CREATE TRIGGER disclosure_stays BEFORE UPDATE ON disclosure
WHEN (NEW.hidden <> OLD.hidden AND length(NEW.hidden) > 0) OR NEW.entered_by <> OLD.entered_by OR NEW.state < OLD.state
    OR (OLD.state = 4 AND length(NEW.hidden) > 0)
    OR (OLD.state = 3 AND length(NEW.sealed) > 0 AND length(NEW.hidden) > 0)
BEGIN SELECT RAISE(ABORT, 'what was entered and what left stay'); END;
-- One that is beyond its time is emptied first, and then removed (konbini/ward_server/console/ending.py).
CREATE TRIGGER disclosure_remains BEFORE DELETE ON disclosure WHEN length(OLD.hidden) > 0
BEGIN SELECT RAISE(ABORT, 'a disclosure stays'); END;
