-- That the store was put here from a sealed backup: at which entry of the audit log, when, as of when (Unix milliseconds),
-- and the digest of the backup's manifest. said: two persons have said so since.
CREATE TABLE restoration (
    position INTEGER PRIMARY KEY,
    moment INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    manifest BLOB NOT NULL CHECK (length(manifest) = 32),
    said INTEGER NOT NULL CHECK (said IN (0, 1))
) STRICT;
