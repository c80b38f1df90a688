-- Whose passkeys this process believes (konbini/ward_server/signed_acts/roll.py), and the proofs that it was handed
-- (konbini/ward_server/signed_acts/rows.py). Moments are Unix milliseconds; until is a day, yyyymmdd.
CREATE TABLE operator_key (
    credential BLOB PRIMARY KEY CHECK (length(credential) > 0),
    person TEXT NOT NULL,
    public_key BLOB NOT NULL UNIQUE,
    until INTEGER NOT NULL,
    sign_count INTEGER NOT NULL,
    entered_by TEXT NOT NULL,
    agreed_by TEXT NOT NULL CHECK (agreed_by <> entered_by),
    enrolled_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER operator_key_stays BEFORE UPDATE ON operator_key
WHEN NEW.credential <> OLD.credential OR NEW.person <> OLD.person OR NEW.public_key <> OLD.public_key
OR NEW.until <> OLD.until OR NEW.sign_count < OLD.sign_count
OR OLD.ended_at > 0
BEGIN SELECT RAISE(ABORT, 'a key of the roll stays as it was enrolled'); END;
CREATE TRIGGER operator_key_remains BEFORE DELETE ON operator_key
BEGIN SELECT RAISE(ABORT, 'a key of the roll stays'); END;

-- challenge: what the passkey signed. evidence: the bytes of `Proof`; nothing of it is a resident's.
CREATE TABLE signed_act (
    challenge BLOB PRIMARY KEY CHECK (length(challenge) = 32),
    person TEXT NOT NULL,
    method INTEGER NOT NULL,
    call BLOB NOT NULL CHECK (length(call) = 32),
    evidence BLOB NOT NULL,
    moment INTEGER NOT NULL,
    log_index INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX signed_act_moment ON signed_act (moment);
-- One that is beyond its time is emptied first, and then removed (konbini/ward_server/signed_acts/rows.py).
CREATE TRIGGER signed_act_stays BEFORE UPDATE ON signed_act
WHEN NEW.challenge <> OLD.challenge OR NEW.person <> OLD.person OR NEW.method <> OLD.method OR NEW.call <> OLD.call
OR NEW.moment <> OLD.moment OR NEW.log_index <> OLD.log_index OR length(NEW.evidence) > 0
BEGIN SELECT RAISE(ABORT, 'what was signed stays'); END;
CREATE TRIGGER signed_act_remains BEFORE DELETE ON signed_act WHEN length(OLD.evidence) > 0
BEGIN SELECT RAISE(ABORT, 'what was signed stays'); END;
