-- A process's log and its tree (konbini/process/tree_rows.py), and its checkpoints (konbini/process/log_keeping.py).
CREATE TABLE audit_entry (
    position INTEGER PRIMARY KEY,
    salt BLOB NOT NULL,
    entry BLOB NOT NULL,
    commitment BLOB NOT NULL CHECK (length(commitment) = 32),
    CHECK (length(salt) = 32 AND length(entry) > 0 OR length(salt) = 0 AND length(entry) = 0)
) STRICT;
CREATE TABLE audit_tile (
    level INTEGER NOT NULL CHECK (level > 0),
    place INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE log_checkpoint (
    size INTEGER PRIMARY KEY,
    origin TEXT NOT NULL,
    moment INTEGER NOT NULL,
    note TEXT NOT NULL,
    cosigned INTEGER NOT NULL CHECK (cosigned IN (0, 1))
) STRICT;

-- What was recorded stays as it was recorded.
CREATE TRIGGER audit_entry_stays BEFORE UPDATE ON audit_entry
WHEN length(NEW.entry) > 0 OR length(OLD.entry) = 0 OR NEW.commitment <> OLD.commitment
    OR NEW.position <> OLD.position
BEGIN SELECT RAISE(ABORT, 'an audit entry stays'); END;
CREATE TRIGGER audit_entry_remains BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'an audit entry stays'); END;
CREATE TRIGGER audit_tile_stays BEFORE UPDATE ON audit_tile
BEGIN SELECT RAISE(ABORT, 'a tile of the audit log stays'); END;
CREATE TRIGGER audit_tile_remains BEFORE DELETE ON audit_tile
BEGIN SELECT RAISE(ABORT, 'a tile of the audit log stays'); END;
