-- What the clerk knows by itself: an index of the registry's records without a single personal field, and what it
-- certified and sealed.

CREATE TABLE audit_entry (
    position INTEGER PRIMARY KEY,
    entry BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- What was recorded stays as it was recorded.
CREATE TRIGGER audit_entry_stays BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'an audit entry stays'); END;
CREATE TRIGGER audit_entry_remains BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'an audit entry stays'); END;

CREATE TABLE feed_entry (
    number INTEGER PRIMARY KEY,
    incarnation INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE TABLE person (
    resident TEXT PRIMARY KEY,
    household TEXT NOT NULL,
    version INTEGER NOT NULL,
    record_hash BLOB NOT NULL,
    present INTEGER NOT NULL CHECK (present IN (0, 1))
) STRICT;
CREATE INDEX person_household ON person (household);

-- A seal registration (印鑑登録) by its hash alone, the impression's among what is hashed.
CREATE TABLE seal_registration (
    resident TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    registration_hash BLOB NOT NULL,
    in_force INTEGER NOT NULL CHECK (in_force IN (0, 1))
) STRICT;

CREATE TABLE card_link (
    serial_hash BLOB PRIMARY KEY,
    resident TEXT NOT NULL,
    version INTEGER NOT NULL,
    counts_from INTEGER NOT NULL,
    ended INTEGER NOT NULL CHECK (ended IN (0, 1)),
    counts_until INTEGER
) STRICT;

-- A protective measure (kind 3) or a hold (kind 4), as the feed numbers them. Whose it is stands as a keyed hash, so
-- that a stolen file does not show who is protected.
CREATE TABLE bar (
    restriction BLOB PRIMARY KEY,
    whose BLOB NOT NULL,
    version INTEGER NOT NULL,
    in_force INTEGER NOT NULL CHECK (in_force IN (0, 1))
) STRICT;
CREATE INDEX bar_whose ON bar (whose) WHERE in_force = 1;

-- Each certified order has its place in the status list of its incarnation, and the signatures of its page seals (64
-- bytes each, one after the other): everything else of a seal is made again from the facts, so that no name is here.
CREATE TABLE certified (
    order_key BLOB PRIMARY KEY,
    visit BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    number TEXT NOT NULL UNIQUE,
    incarnation INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    facts_digest BLOB NOT NULL,
    page_signatures BLOB NOT NULL,
    pdf_hash BLOB,
    suffix BLOB,
    UNIQUE (visit, ordinal),
    UNIQUE (incarnation, status_index)
) STRICT;
CREATE TRIGGER certified_place_stays BEFORE UPDATE OF incarnation, status_index, facts_digest, page_signatures
ON certified
BEGIN SELECT RAISE(ABORT, 'a place in the status list stays'); END;
CREATE TRIGGER certified_remains BEFORE DELETE ON certified
BEGIN SELECT RAISE(ABORT, 'a certified order stays'); END;

-- Counted here and not from the rows, so that a place is never given twice.
CREATE TABLE status_counter (
    incarnation INTEGER PRIMARY KEY CHECK (incarnation BETWEEN 0 AND 9),
    next INTEGER NOT NULL
) STRICT;

CREATE TABLE stop (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    since INTEGER NOT NULL,
    code INTEGER NOT NULL
) STRICT;

-- Who has these rows open, and had: konbini/process/membership.py.
CREATE TABLE member (
    epoch INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    migrations BLOB NOT NULL,
    configuration BLOB NOT NULL,
    topology BLOB NOT NULL,
    seen INTEGER NOT NULL,
    gone INTEGER NOT NULL CHECK (gone IN (0, 1))
) STRICT;

-- That the store was put here from a sealed backup: at which entry of the audit log, when, as of when (Unix milliseconds),
-- and the digest of the backup's manifest. said: two persons have said so since.
CREATE TABLE restoration (
    position INTEGER PRIMARY KEY,
    moment INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    manifest BLOB NOT NULL CHECK (length(manifest) = 32),
    said INTEGER NOT NULL CHECK (said IN (0, 1))
) STRICT;
