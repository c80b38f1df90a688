-- What the clerk knows by itself: an index of the registry's records without a single personal field, and what it
-- certified and sealed.

-- include process/log.sql
-- include ward_server/following/following.sql

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

-- include ward_server/decisions/decision.sql

-- include ward_server/signed_acts/signed_act.sql

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
-- What is beyond its time is emptied; its place stays, since the status list names it for ever.
CREATE TRIGGER certified_place_stays BEFORE UPDATE OF incarnation, status_index, facts_digest, page_signatures
ON certified WHEN length(NEW.facts_digest) > 0 OR length(NEW.page_signatures) > 0
OR NEW.incarnation <> OLD.incarnation OR NEW.status_index <> OLD.status_index
BEGIN SELECT RAISE(ABORT, 'a place in the status list stays'); END;
CREATE TRIGGER certified_remains BEFORE DELETE ON certified
BEGIN SELECT RAISE(ABORT, 'a certified order stays'); END;

-- Counted here and not from the rows, so that a place is never given twice.
CREATE TABLE status_counter (
    incarnation INTEGER PRIMARY KEY CHECK (incarnation BETWEEN 0 AND 9),
    next INTEGER NOT NULL
) STRICT;

-- include ward_server/decisions/stop.sql
-- include ward_server/settings/kept/settings_version.sql

-- Ranges of issuance numbers of which this store may have forgotten something: nothing is certified under them.
CREATE TABLE closed_range (
    range INTEGER PRIMARY KEY CHECK (range BETWEEN 0 AND 9)
) STRICT;

-- include ward_server/keeping/disposal.sql
-- include ward_server/storage/lookup_key.sql
-- include process/member.sql
-- include ward_server/keeping/restoration.sql
