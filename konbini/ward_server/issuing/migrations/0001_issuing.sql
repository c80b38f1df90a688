-- The issuing copy (交付用データ), the visits and the issuances of one ward.
-- Personal fields stand sealed in `sealed` columns; a card serial is looked up through a keyed hash.

CREATE TABLE audit_entry (
    position INTEGER PRIMARY KEY,
    entry BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    leaf BLOB CHECK (length(leaf) = 32),
    CHECK ((length(entry) > 0) = (leaf IS NULL))
) STRICT;

-- What was recorded stays as it was recorded.
CREATE TRIGGER audit_entry_stays BEFORE UPDATE ON audit_entry
WHEN length(NEW.entry) > 0 OR OLD.leaf IS NOT NULL OR NEW.hash <> OLD.hash OR NEW.position <> OLD.position
BEGIN SELECT RAISE(ABORT, 'an audit entry stays'); END;
CREATE TRIGGER audit_entry_remains BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'an audit entry stays'); END;

CREATE TABLE feed_entry (
    number INTEGER PRIMARY KEY,
    incarnation INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

-- The registry's incarnation that this store follows.
CREATE TABLE followed (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    incarnation INTEGER NOT NULL CHECK (incarnation > 0)
) STRICT;

-- How the feed broke, the first way: one row until the copy was re-taken and agreed with. retaking: two persons said so.
CREATE TABLE feed_break (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    since INTEGER NOT NULL,
    code INTEGER NOT NULL,
    retaking INTEGER NOT NULL CHECK (retaking IN (0, 1))
) STRICT;

CREATE TABLE data_key (
    resident TEXT PRIMARY KEY,
    wrapped BLOB NOT NULL
) STRICT;

-- sealed: the record as the registry signed it. Individual numbers are not copied.
CREATE TABLE person (
    resident TEXT PRIMARY KEY,
    household TEXT NOT NULL,
    version INTEGER NOT NULL,
    present INTEGER NOT NULL CHECK (present IN (0, 1)),
    sealed BLOB NOT NULL
) STRICT;
CREATE INDEX person_household ON person (household);

-- sealed: the registration (印鑑登録) as the registry signed it, its impression within; NULL once it is cancelled.
CREATE TABLE seal_registration (
    resident TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    sealed BLOB
) STRICT;

CREATE TABLE card_link (
    serial_hash BLOB PRIMARY KEY,
    resident TEXT NOT NULL,
    version INTEGER NOT NULL,
    counts_from INTEGER NOT NULL,
    ended INTEGER NOT NULL CHECK (ended IN (0, 1)),
    counts_until INTEGER,
    hidden BLOB NOT NULL
) STRICT;
CREATE INDEX card_link_resident ON card_link (resident);

-- A protective measure (kind 3) or a hold (kind 4); whose it is stands as a keyed hash.
CREATE TABLE bar (
    restriction BLOB PRIMARY KEY,
    whose BLOB NOT NULL,
    version INTEGER NOT NULL,
    in_force INTEGER NOT NULL CHECK (in_force IN (0, 1)),
    hidden BLOB NOT NULL
) STRICT;
CREATE INDEX bar_whose ON bar (whose);

-- A hold that two persons set at this process while the registry was away; the reconcile does not know it.
CREATE TABLE local_hold (
    whose BLOB PRIMARY KEY,
    in_force INTEGER NOT NULL CHECK (in_force IN (0, 1))
) STRICT;

-- What two persons decide about this process (konbini/ward_server/decisions). hidden: what it holds beside the reason, under
-- the lookup key.
CREATE TABLE decision (
    decision_id TEXT PRIMARY KEY,
    kind INTEGER NOT NULL,
    reason TEXT NOT NULL,
    hidden BLOB NOT NULL,
    state INTEGER NOT NULL CHECK (state IN (1, 2, 3)),
    entered_by TEXT NOT NULL,
    entered_at INTEGER NOT NULL,
    concluded_by TEXT NOT NULL,
    concluded_at INTEGER NOT NULL,
    CHECK (state <> 2 OR concluded_by <> entered_by)
) STRICT, WITHOUT ROWID;
-- One that is beyond its time is emptied first, and then removed (konbini/ward_server/decisions/ending.py).
CREATE TRIGGER decision_concluded BEFORE UPDATE ON decision
WHEN OLD.state <> 1 AND (length(NEW.hidden) > 0 OR NEW.state <> OLD.state OR NEW.decision_id <> OLD.decision_id)
BEGIN SELECT RAISE(ABORT, 'a concluded decision stays'); END;
CREATE TRIGGER decision_remains BEFORE DELETE ON decision WHEN OLD.state = 1 OR length(OLD.hidden) > 0
BEGIN SELECT RAISE(ABORT, 'a decision stays'); END;

-- The life of this store: when it began, or was said to be restored (Unix milliseconds). unsaid: the registry remembers
-- what this store does not, and nobody has said yet that it was restored.
CREATE TABLE life (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    begun INTEGER NOT NULL,
    unsaid INTEGER NOT NULL CHECK (unsaid IN (0, 1))
) STRICT;

-- The last full reconcile with the registry, and what differed: which kind of row; of whom and in what stands hidden under
-- the lookup key. closed: a later reconcile agreed.
CREATE TABLE reconciled (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    moment INTEGER NOT NULL,
    number INTEGER NOT NULL,
    residents INTEGER NOT NULL,
    differences INTEGER NOT NULL
) STRICT;
CREATE TABLE difference (
    named BLOB PRIMARY KEY,
    since INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    hidden BLOB NOT NULL,
    log_index INTEGER NOT NULL,
    closed INTEGER NOT NULL CHECK (closed IN (0, 1))
) STRICT;

-- Outage mode (縮退運用), as two persons declared it at this process: moments in Unix milliseconds.
-- seals_as_holds: cancellations of seal registrations are entered here as holds. heard: when the registry was heard last.
-- seen: how far its hours have come, as any process of these rows reckoned them.
CREATE TABLE outage (
    number INTEGER PRIMARY KEY,
    decision_id TEXT NOT NULL UNIQUE,
    begun INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    seals_as_holds INTEGER NOT NULL CHECK (seals_as_holds IN (0, 1)),
    seen INTEGER NOT NULL
) STRICT;
CREATE TABLE heard (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    moment INTEGER NOT NULL
) STRICT;

-- A visit's keys, menu and evidence live in memory: a restart destroys the prekeys, and with them the visit.
CREATE TABLE visit (
    visit_id BLOB PRIMARY KEY,
    visit BLOB NOT NULL UNIQUE,
    kiosk TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    card_hash BLOB NOT NULL,
    opened INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    closed INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1))
) STRICT;
CREATE INDEX visit_card ON visit (card_hash, opened);
CREATE INDEX visit_open ON visit (kiosk) WHERE closed = 0;
CREATE INDEX visit_opened ON visit (opened);

-- The range of numbers in use now (only one row has in_use), and those of earlier lives: the first digit of the serial.
CREATE TABLE number_range (
    range INTEGER PRIMARY KEY CHECK (range BETWEEN 0 AND 9),
    last INTEGER NOT NULL,
    in_use INTEGER NOT NULL CHECK (in_use IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX number_range_in_use ON number_range (in_use) WHERE in_use = 1;

-- epoch: which opening of the store reserved it (konbini/process/membership.py).
-- state: 1 sealing (a number reserved, the intent recorded), 2 issued, 3 void before it was sent,
-- 4 settled by a receipt. outcome: protocol/kinds.py.
CREATE TABLE issuance (
    number TEXT PRIMARY KEY,
    visit BLOB NOT NULL REFERENCES visit (visit),
    ordinal INTEGER NOT NULL,
    kiosk TEXT NOT NULL,
    t BLOB NOT NULL,
    kind INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    order_hash BLOB NOT NULL,
    reserved INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
    refused INTEGER,
    print_by INTEGER,
    document BLOB,
    settled INTEGER,
    UNIQUE (visit, ordinal)
) STRICT;
CREATE INDEX issuance_newest ON issuance (reserved, number);
CREATE INDEX issuance_open ON issuance (state, print_by) WHERE state < 4;

-- What was issued in outage mode, and what the registry says of it when it is back: agrees 1, differs 0. applied: the
-- newest entry of the feed in the copy then.
CREATE TABLE outage_issue (
    number TEXT NOT NULL REFERENCES issuance (number),
    resident TEXT NOT NULL,
    version INTEGER NOT NULL,
    issued INTEGER NOT NULL,
    applied INTEGER NOT NULL,
    agrees INTEGER CHECK (agrees IN (0, 1)),
    reviewed INTEGER,
    PRIMARY KEY (number, resident)
) STRICT;
CREATE INDEX outage_issue_open ON outage_issue (issued) WHERE agrees IS NULL;

-- One row an order of which a kiosk has spoken, whether or not it reached the ward; taken: Unix milliseconds, owed: yen.
-- left_since, left_gone: Unix seconds; the paper was left in the kiosk's exit, a remark beside the outcome, which stays.
CREATE TABLE receipt (
    visit BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    receipt_hash BLOB NOT NULL,
    receipt BLOB NOT NULL,
    log_index INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    owed INTEGER NOT NULL,
    left_since INTEGER,
    left_gone INTEGER,
    left_hash BLOB,
    left_index INTEGER,
    PRIMARY KEY (visit, ordinal)
) STRICT;
CREATE INDEX receipt_taken ON receipt (taken);

-- Of an issuance whose history was disposed of: whether its paper was printed, which its status list says for ever.
CREATE TABLE ended_number (
    number TEXT PRIMARY KEY,
    printed INTEGER NOT NULL CHECK (printed IN (0, 1))
) STRICT, WITHOUT ROWID;

-- The stop: the completing transaction reads it. One row while issuing is stopped.
CREATE TABLE stop (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    since INTEGER NOT NULL,
    code INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- What a person must look at: contradicting receipts, visit ids used twice. digest: of the message that made it one.
CREATE TABLE open_case (
    number INTEGER PRIMARY KEY,
    since INTEGER NOT NULL,
    kind TEXT NOT NULL,
    kiosk TEXT NOT NULL,
    visit BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    digest BLOB NOT NULL,
    log_index INTEGER NOT NULL,
    UNIQUE (kind, visit, ordinal, digest)
) STRICT;
CREATE INDEX open_case_visit ON open_case (visit);

-- The newest revocation list (CRL) of each address, as its issuer signed it.
CREATE TABLE revocation_list (
    address TEXT PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;

-- What is kept beyond its time, as the last day's judgement found it; since: the first day of that, yyyymmdd.
CREATE TABLE due (
    kept INTEGER NOT NULL,
    target TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (kept, target)
) STRICT, WITHOUT ROWID;

-- What two persons decide to dispose of. state: 1 entered, 2 approved, 3 withdrawn, 4 done. digest: of the list.
CREATE TABLE disposal (
    disposal_id TEXT PRIMARY KEY,
    kept INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
    entered_by TEXT NOT NULL,
    entered_at INTEGER NOT NULL,
    concluded_by TEXT NOT NULL,
    concluded_at INTEGER NOT NULL,
    CHECK (state IN (1, 3) OR concluded_by <> entered_by)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER disposal_concluded BEFORE UPDATE ON disposal WHEN OLD.state > 2
BEGIN SELECT RAISE(ABORT, 'a concluded disposal stays'); END;
CREATE TRIGGER disposal_remains BEFORE DELETE ON disposal BEGIN SELECT RAISE(ABORT, 'a disposal stays'); END;

-- outcome: 0 not yet, 1 destroyed, 2 not due any more or barred when it was judged again.
CREATE TABLE disposal_target (
    disposal_id TEXT NOT NULL REFERENCES disposal (disposal_id),
    target TEXT NOT NULL,
    outcome INTEGER NOT NULL CHECK (outcome IN (0, 1, 2)),
    PRIMARY KEY (disposal_id, target)
) STRICT, WITHOUT ROWID;

-- The list of disposals (廃棄簿): signed entries, each with the hash of the one before.
CREATE TABLE disposal_list (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    signed BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER disposal_list_stays BEFORE UPDATE ON disposal_list
BEGIN SELECT RAISE(ABORT, 'the list of disposals stays'); END;
CREATE TRIGGER disposal_list_remains BEFORE DELETE ON disposal_list
BEGIN SELECT RAISE(ABORT, 'the list of disposals stays'); END;

-- Which lookup key the keyed hashes are made with (konbini/ward_server/storage/lookup_key.py).
CREATE TABLE lookup_key (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    key_id BLOB NOT NULL CHECK (length(key_id) = 8)
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
