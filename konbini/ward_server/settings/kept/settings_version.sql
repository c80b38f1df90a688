-- The texts of settings that were in force here, the newest one now (konbini/ward_server/settings/kept). The first is the
-- file's, without a decision.
CREATE TABLE settings_version (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    content TEXT NOT NULL,
    decision_id TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    agreed_by TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT;
CREATE TRIGGER settings_version_stays BEFORE UPDATE ON settings_version
BEGIN SELECT RAISE(ABORT, 'a version of the settings stays'); END;
CREATE TRIGGER settings_version_remains BEFORE DELETE ON settings_version
BEGIN SELECT RAISE(ABORT, 'a version of the settings stays'); END;
