-- What two persons decide about this process (konbini/ward_server/decisions). hidden: what it holds beside the reason, under
-- the lookup key.
CREATE TABLE decision (
    decision_id TEXT PRIMARY KEY,
    kind INTEGER NOT NULL,
    reason TEXT NOT NULL,
    hidden BLOB NOT NULL,
    state INTEGER NOT NULL CHECK (state IN (1, 2, 3)),
    entered_by TEXT NOT NULL,
    entered_at INTEGER NOT NULL,
    concluded_by TEXT NOT NULL,
    concluded_at INTEGER NOT NULL,
    CHECK (state <> 2 OR concluded_by <> entered_by)
) STRICT, WITHOUT ROWID;
-- One that is beyond its time is emptied first, and then removed (konbini/ward_server/decisions/ending.py).
CREATE TRIGGER decision_concluded BEFORE UPDATE ON decision
WHEN OLD.state <> 1 AND (length(NEW.hidden) > 0 OR NEW.state <> OLD.state OR NEW.decision_id <> OLD.decision_id)
BEGIN SELECT RAISE(ABORT, 'a concluded decision stays'); END;
CREATE TRIGGER decision_remains BEFORE DELETE ON decision WHEN OLD.state = 1 OR length(OLD.hidden) > 0
BEGIN SELECT RAISE(ABORT, 'a decision stays'); END;
