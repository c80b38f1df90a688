-- The witness of others' logs: konbini/process/witnessing.py.
CREATE TABLE witnessed (
    origin TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    note TEXT NOT NULL,
    moment INTEGER NOT NULL
) STRICT;
CREATE TABLE refused_checkpoint (
    origin TEXT NOT NULL,
    digest BLOB NOT NULL,
    code INTEGER NOT NULL,
    moment INTEGER NOT NULL,
    request BLOB NOT NULL,
    PRIMARY KEY (origin, digest)
) STRICT;
CREATE TRIGGER refused_checkpoint_stays BEFORE UPDATE ON refused_checkpoint
BEGIN SELECT RAISE(ABORT, 'a refused checkpoint stays'); END;
CREATE TRIGGER refused_checkpoint_remains BEFORE DELETE ON refused_checkpoint
BEGIN SELECT RAISE(ABORT, 'a refused checkpoint stays'); END;
