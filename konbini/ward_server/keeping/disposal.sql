-- What is kept beyond its time, as the last day's judgement found it; since: the first day of that, yyyymmdd.
CREATE TABLE due (
    kept INTEGER NOT NULL,
    target TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (kept, target)
) STRICT, WITHOUT ROWID;

-- What two persons decide to dispose of. state: 1 entered, 2 approved, 3 withdrawn, 4 done. digest: of the list.
CREATE TABLE disposal (
    disposal_id TEXT PRIMARY KEY,
    kept INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
    entered_by TEXT NOT NULL,
    entered_at INTEGER NOT NULL,
    concluded_by TEXT NOT NULL,
    concluded_at INTEGER NOT NULL,
    CHECK (state IN (1, 3) OR concluded_by <> entered_by)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER disposal_concluded BEFORE UPDATE ON disposal WHEN OLD.state > 2
BEGIN SELECT RAISE(ABORT, 'a concluded disposal stays'); END;
CREATE TRIGGER disposal_remains BEFORE DELETE ON disposal BEGIN SELECT RAISE(ABORT, 'a disposal stays'); END;

-- outcome: 0 not yet, 1 destroyed, 2 not due any more or barred when it was judged again.
CREATE TABLE disposal_target (
    disposal_id TEXT NOT NULL REFERENCES disposal (disposal_id),
    target TEXT NOT NULL,
    outcome INTEGER NOT NULL CHECK (outcome IN (0, 1, 2)),
    PRIMARY KEY (disposal_id, target)
) STRICT, WITHOUT ROWID;

-- The list of disposals (廃棄簿): signed entries, each with the hash of the one before.
CREATE TABLE disposal_list (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    signed BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER disposal_list_stays BEFORE UPDATE ON disposal_list
BEGIN SELECT RAISE(ABORT, 'the list of disposals stays'); END;
CREATE TRIGGER disposal_list_remains BEFORE DELETE ON disposal_list
BEGIN SELECT RAISE(ABORT, 'the list of disposals stays'); END;
