-- Checkpoints that are owed a time-stamp or have one: konbini/process/stamping.py. note: the very bytes that it is over;
-- due, stamped: Unix milliseconds; stamp: the token (RFC 3161, DER), empty while it is owed.
CREATE TABLE stamped_checkpoint (
    origin TEXT NOT NULL,
    size INTEGER NOT NULL,
    note TEXT NOT NULL,
    due INTEGER NOT NULL,
    stamp BLOB NOT NULL,
    stamped INTEGER NOT NULL,
    PRIMARY KEY (origin, size)
) STRICT;
CREATE INDEX stamped_checkpoint_owed ON stamped_checkpoint (due, origin, size) WHERE length(stamp) = 0;
CREATE TRIGGER stamped_checkpoint_stays BEFORE UPDATE ON stamped_checkpoint
WHEN length(OLD.stamp) > 0 OR NEW.note <> OLD.note OR NEW.origin <> OLD.origin OR NEW.size <> OLD.size
BEGIN SELECT RAISE(ABORT, 'a time-stamp stays'); END;
CREATE TRIGGER stamped_checkpoint_remains BEFORE DELETE ON stamped_checkpoint
BEGIN SELECT RAISE(ABORT, 'a time-stamp stays'); END;
