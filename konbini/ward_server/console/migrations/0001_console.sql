-- Who may use the console, with what right, from where, and what they confirmed. Names of staff, reasons, whose record was
-- looked at and what a passkey signed stand hidden under the console's lookup key (columns `hidden`).

-- include process/log.sql
-- include ward_server/storage/lookup_key.sql
-- include ward_server/keeping/disposal.sql
-- include process/member.sql

-- What is beyond its time is emptied first, and then removed (konbini/ward_server/console/ending.py).

-- handle: the id under which an authenticator keeps the person; random, so that it says nothing. An id is never given
-- to another person. left_at: Unix milliseconds, 0 while the person is there. hidden: the name; empty when its time is over.
CREATE TABLE person (
    person TEXT PRIMARY KEY,
    handle BLOB NOT NULL UNIQUE CHECK (length(handle) = 32),
    hidden BLOB NOT NULL,
    begun INTEGER NOT NULL,
    left_at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER person_remains BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'a person stays'); END;

-- One role of one person from day to day, yyyymmdd; withdrawn: the first day without it, 0 where it runs to its end.
CREATE TABLE held_right (
    right_id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (person),
    role INTEGER NOT NULL CHECK (role BETWEEN 1 AND 6),
    begins INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    entered_by TEXT NOT NULL,
    agreed_by TEXT NOT NULL,
    withdrawn INTEGER NOT NULL,
    CHECK (begins <= ends),
    CHECK (entered_by <> person AND agreed_by <> person AND entered_by <> agreed_by)
) STRICT;
CREATE INDEX held_right_person ON held_right (person);
CREATE TRIGGER held_right_stays BEFORE UPDATE ON held_right
WHEN OLD.withdrawn <> 0 OR NEW.person <> OLD.person OR NEW.role <> OLD.role OR NEW.ends <> OLD.ends
BEGIN SELECT RAISE(ABORT, 'a right is withdrawn, never rewritten'); END;
CREATE TRIGGER held_right_remains BEFORE DELETE ON held_right WHEN OLD.withdrawn = 0
BEGIN SELECT RAISE(ABORT, 'a right stays'); END;

-- ended: Unix milliseconds, 0 while it is of use.
CREATE TABLE passkey (
    credential BLOB PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (person),
    public_key BLOB NOT NULL,
    sign_count INTEGER NOT NULL,
    added INTEGER NOT NULL,
    ended INTEGER NOT NULL
) STRICT;
CREATE INDEX passkey_person ON passkey (person);

-- Where one may sign in from: a cookie that only its hash is kept of.
CREATE TABLE terminal (
    terminal TEXT PRIMARY KEY,
    cookie_hash BLOB NOT NULL UNIQUE CHECK (length(cookie_hash) = 32),
    place TEXT NOT NULL,
    enrolled_by TEXT NOT NULL,
    enrolled_at INTEGER NOT NULL,
    ended INTEGER NOT NULL
) STRICT;

-- When each person signed in last and at which terminal, and what failed since: sign-ins with a passkey of theirs, and
-- unlockings. Moments are Unix milliseconds, 0 before the first.
CREATE TABLE sign_in (
    person TEXT PRIMARY KEY REFERENCES person (person),
    at INTEGER NOT NULL,
    terminal TEXT NOT NULL,
    failed INTEGER NOT NULL CHECK (failed >= 0),
    failed_at INTEGER NOT NULL,
    failed_terminal TEXT NOT NULL
) STRICT;

-- A code that works once. purpose: 1 a person's passkey, 2 a terminal, 3 the first person of all. about: the person, or the terminal's place.
-- tries: how often it was typed wrongly; used: Unix milliseconds, 0 while it waits.
CREATE TABLE once_code (
    code_id TEXT PRIMARY KEY,
    hidden BLOB NOT NULL,
    purpose INTEGER NOT NULL CHECK (purpose IN (1, 2, 3)),
    about TEXT NOT NULL,
    given_by TEXT NOT NULL,
    expires INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    used INTEGER NOT NULL
) STRICT;

-- What two persons decide about a third: kind 1 enrol, 2 right, 3 recover. hidden: what it says, and the first half of the
-- code that the person will type; whoever entered it was shown it once. state: 1 entered, 2 agreed, 3 declined.
CREATE TABLE staff_change (
    change_id TEXT PRIMARY KEY,
    kind INTEGER NOT NULL CHECK (kind IN (1, 2, 3)),
    person TEXT NOT NULL,
    hidden BLOB NOT NULL,
    state INTEGER NOT NULL CHECK (state IN (1, 2, 3)),
    entered_by TEXT NOT NULL,
    entered_at INTEGER NOT NULL,
    concluded_by TEXT NOT NULL,
    concluded_at INTEGER NOT NULL,
    CHECK (entered_by <> person),
    CHECK (state <> 2 OR (concluded_by <> entered_by AND concluded_by <> person))
) STRICT;
CREATE TRIGGER staff_change_concluded BEFORE UPDATE ON staff_change
WHEN OLD.state <> 1 AND (length(NEW.hidden) > 0 OR NEW.state <> OLD.state OR NEW.change_id <> OLD.change_id)
BEGIN SELECT RAISE(ABORT, 'a concluded change stays'); END;
CREATE TRIGGER staff_change_remains BEFORE DELETE ON staff_change WHEN length(OLD.hidden) > 0
BEGIN SELECT RAISE(ABORT, 'a change of staff stays'); END;

-- An act that a person confirmed with a passkey. digest: the challenge that it signed. hidden: what it was made of and the
-- assertion itself. state: 1 confirmed, 2 done, 3 refused, 4 in doubt. log_index: of the entry that confirmed it.
CREATE TABLE act (
    act_id TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    about TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    hidden BLOB NOT NULL,
    moment INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
    code INTEGER NOT NULL,
    log_index INTEGER NOT NULL
) STRICT;
CREATE INDEX act_moment ON act (moment);
CREATE TRIGGER act_concluded BEFORE UPDATE ON act
WHEN NEW.digest <> OLD.digest OR NEW.person <> OLD.person
    OR (NEW.hidden <> OLD.hidden AND length(NEW.hidden) > 0)
    OR (OLD.state IN (2, 3) AND (length(NEW.hidden) > 0 OR NEW.state <> OLD.state))
BEGIN SELECT RAISE(ABORT, 'what was confirmed stays'); END;
CREATE TRIGGER act_remains BEFORE DELETE ON act WHEN length(OLD.hidden) > 0
BEGIN SELECT RAISE(ABORT, 'what was confirmed stays'); END;

-- Who looked at which resident, and why. flags: 1 without a number of the matter, 2 out of hours, 4 in numbers; closed by a
-- supervisor or an auditor, with a remark.
CREATE TABLE look_up (
    log_index INTEGER PRIMARY KEY,
    person TEXT NOT NULL,
    moment INTEGER NOT NULL,
    flags INTEGER NOT NULL CHECK (flags BETWEEN 0 AND 7),
    hidden BLOB NOT NULL,
    closed_by TEXT NOT NULL,
    closed_at INTEGER NOT NULL,
    remark TEXT NOT NULL,
    CHECK (closed_by <> person)
) STRICT;
CREATE INDEX look_up_person ON look_up (person, moment);
CREATE INDEX look_up_flagged ON look_up (moment) WHERE flags > 0;
CREATE TRIGGER look_up_remains BEFORE DELETE ON look_up WHEN length(OLD.hidden) > 0
BEGIN SELECT RAISE(ABORT, 'a look-up stays'); END;
