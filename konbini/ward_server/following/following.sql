-- What a follower of the registry holds of the feed beside the records, which each keeps in its own form.

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

-- Which card is whose (CardSerial, as a keyed hash); hidden: what is compared with the registry.
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

-- A protective measure (kind 3) or a hold (kind 4), as the feed numbers them. Whose it is stands as a keyed hash, so
-- that a stolen file does not show who is protected.
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
