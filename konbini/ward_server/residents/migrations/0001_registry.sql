-- The registry's rows. Ids, versions and states stand in the clear; whatever says something of a person is sealed
-- (columns `sealed`), and who is protected is found through a keyed hash alone.

CREATE TABLE registry (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    municipality TEXT NOT NULL,
    incarnation INTEGER NOT NULL CHECK (incarnation > 0)
) STRICT;

-- Whoever's `wrapped` is emptied can be read no more, in this file or in a copy of its rows; individual numbers apart.
-- Beside residents there is a key for the accesses of each month, '/access/2026-09' (docs/retention.md).
CREATE TABLE data_key (
    resident TEXT PRIMARY KEY,
    wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE change (
    change_id TEXT PRIMARY KEY,
    resident TEXT NOT NULL REFERENCES data_key (resident),
    state INTEGER NOT NULL,
    entered_by TEXT NOT NULL,
    entered_at INTEGER NOT NULL,
    concluded_by TEXT NOT NULL,
    concluded_at INTEGER NOT NULL,
    number INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    CHECK (state IN (1, 2, 3)),
    CHECK (state <> 2 OR concluded_by <> entered_by)
) STRICT, WITHOUT ROWID;

CREATE INDEX change_waiting ON change (entered_at) WHERE state = 1;
CREATE INDEX change_approved ON change (concluded_at, change_id) WHERE state = 2;
CREATE INDEX change_resident ON change (resident);

CREATE TABLE record (
    resident TEXT NOT NULL REFERENCES data_key (resident),
    version INTEGER NOT NULL CHECK (version > 0),
    household TEXT NOT NULL,
    change_id TEXT NOT NULL REFERENCES change (change_id),
    sealed BLOB NOT NULL,
    PRIMARY KEY (resident, version)
) STRICT, WITHOUT ROWID;

-- A household's members: those whose newest version stands in it.
CREATE INDEX record_household ON record (household);

-- What is kept of a resident beyond the record; it never leaves the registry. Versions count apart from the record's.
CREATE TABLE entry (
    resident TEXT NOT NULL REFERENCES data_key (resident),
    version INTEGER NOT NULL CHECK (version > 0),
    change_id TEXT NOT NULL REFERENCES change (change_id),
    sealed BLOB NOT NULL,
    PRIMARY KEY (resident, version)
) STRICT, WITHOUT ROWID;

-- Its data key stands beside it, wrapped by another key than all others.
CREATE TABLE individual_number (
    resident TEXT NOT NULL,
    commitment BLOB NOT NULL CHECK (length(commitment) = 32),
    wrapped BLOB NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (resident, commitment)
) STRICT, WITHOUT ROWID;

-- The individual number of a change that waits for its second person, sealed as in `individual_number`; the change itself
-- holds the commitment. The row goes when the change is concluded.
CREATE TABLE pending_number (
    change_id TEXT PRIMARY KEY REFERENCES change (change_id),
    wrapped BLOB NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The rows of a bulk list; the change itself holds their digest.
CREATE TABLE bulk_row (
    change_id TEXT NOT NULL REFERENCES change (change_id),
    place INTEGER NOT NULL CHECK (place > 0),
    resident TEXT NOT NULL REFERENCES data_key (resident),
    sealed BLOB NOT NULL,
    PRIMARY KEY (change_id, place)
) STRICT, WITHOUT ROWID;

-- `card` is the keyed hash of (issuer key id, serial): one row for each card in all time.
CREATE TABLE card_link (
    card BLOB PRIMARY KEY CHECK (length(card) = 32),
    resident TEXT NOT NULL REFERENCES data_key (resident),
    version INTEGER NOT NULL CHECK (version > 0),
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX card_link_resident ON card_link (resident);

-- `whose` and `restriction` are keyed hashes of the resident, and of (resident, kind, name).
CREATE TABLE restriction (
    restriction BLOB PRIMARY KEY CHECK (length(restriction) = 32),
    whose BLOB NOT NULL CHECK (length(whose) = 32),
    version INTEGER NOT NULL CHECK (version > 0),
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX restriction_whose ON restriction (whose);

-- 印鑑登録, a row a version; in force or cancelled, and what it shows, stands in `sealed`. A number is given once in all time.
CREATE TABLE seal_registration (
    resident TEXT NOT NULL REFERENCES data_key (resident),
    version INTEGER NOT NULL CHECK (version > 0),
    number TEXT NOT NULL,
    change_id TEXT NOT NULL REFERENCES change (change_id),
    sealed BLOB NOT NULL,
    PRIMARY KEY (resident, version)
) STRICT, WITHOUT ROWID;

CREATE INDEX seal_registration_number ON seal_registration (number);

-- A block's signed head; `hash` is that of its last entry.
CREATE TABLE feed_block (
    last INTEGER PRIMARY KEY,
    first INTEGER NOT NULL CHECK (first BETWEEN 1 AND last),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    head BLOB NOT NULL
) STRICT;

-- An entry that brings a record names its version and holds nothing more: the record stands in its own table.
-- digest: of the entry as it was signed over, so that a word can be signed on it when nobody can open it any more.
CREATE TABLE feed (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    resident TEXT NOT NULL REFERENCES data_key (resident),
    record INTEGER,
    sealed BLOB,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    CHECK ((record IS NULL) <> (sealed IS NULL))
) STRICT;

-- What each follower told last of how far it is; one that comes back behind it was restored from a backup.
CREATE TABLE follower (
    name TEXT PRIMARY KEY,
    life INTEGER NOT NULL,
    number INTEGER NOT NULL,
    newest BLOB NOT NULL,
    entries INTEGER NOT NULL,
    log_hash BLOB NOT NULL,
    ranges INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- include ward_server/decisions/decision.sql
-- include ward_server/settings/kept/settings_version.sql
-- include ward_server/signed_acts/signed_act.sql
-- include process/log.sql

-- sealed: whose record was looked up and why, under the key of that month.
CREATE TABLE access (
    position INTEGER PRIMARY KEY REFERENCES audit_entry (position),
    month TEXT NOT NULL REFERENCES data_key (resident),
    sealed BLOB NOT NULL
) STRICT;
CREATE INDEX access_month ON access (month);

-- include ward_server/keeping/disposal.sql

-- The registry's signed word on each feed entry that nobody can read any more; the entry itself stays where it stood.
CREATE TABLE feed_disposed (
    number INTEGER PRIMARY KEY REFERENCES feed (number),
    word BLOB NOT NULL
) STRICT;
CREATE TRIGGER feed_disposed_stays BEFORE UPDATE ON feed_disposed
BEGIN SELECT RAISE(ABORT, 'a disposed entry stays'); END;
CREATE TRIGGER feed_disposed_remains BEFORE DELETE ON feed_disposed
BEGIN SELECT RAISE(ABORT, 'a disposed entry stays'); END;

-- include ward_server/keeping/restoration.sql

CREATE TRIGGER feed_stays BEFORE UPDATE ON feed BEGIN SELECT RAISE(ABORT, 'a feed entry stays'); END;
CREATE TRIGGER feed_remains BEFORE DELETE ON feed BEGIN SELECT RAISE(ABORT, 'a feed entry stays'); END;
CREATE TRIGGER feed_block_stays BEFORE UPDATE ON feed_block BEGIN SELECT RAISE(ABORT, 'a feed block stays'); END;
CREATE TRIGGER feed_block_remains BEFORE DELETE ON feed_block BEGIN SELECT RAISE(ABORT, 'a feed block stays'); END;
CREATE TRIGGER record_stays BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'a version of a record stays'); END;
CREATE TRIGGER record_remains BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'a version of a record stays'); END;
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'a version of an entry stays'); END;
CREATE TRIGGER entry_remains BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'a version of an entry stays'); END;
CREATE TRIGGER seal_registration_stays BEFORE UPDATE ON seal_registration
BEGIN SELECT RAISE(ABORT, 'a version of a seal registration stays'); END;
CREATE TRIGGER seal_registration_remains BEFORE DELETE ON seal_registration
BEGIN SELECT RAISE(ABORT, 'a version of a seal registration stays'); END;
CREATE TRIGGER bulk_row_stays BEFORE UPDATE ON bulk_row BEGIN SELECT RAISE(ABORT, 'a row of a list stays'); END;
CREATE TRIGGER bulk_row_remains BEFORE DELETE ON bulk_row BEGIN SELECT RAISE(ABORT, 'a row of a list stays'); END;
CREATE TRIGGER card_link_remains BEFORE DELETE ON card_link BEGIN SELECT RAISE(ABORT, 'a card link stays'); END;
CREATE TRIGGER change_concluded BEFORE UPDATE ON change WHEN OLD.state <> 1
BEGIN SELECT RAISE(ABORT, 'a concluded change stays'); END;
CREATE TRIGGER change_remains BEFORE DELETE ON change BEGIN SELECT RAISE(ABORT, 'a change stays'); END;

-- include ward_server/storage/lookup_key.sql
-- include process/member.sql
