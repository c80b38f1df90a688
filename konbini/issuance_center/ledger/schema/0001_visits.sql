-- One row a visit; moments are Unix seconds. phase: konbini.issuance_center.relay.standing.Phase.
CREATE TABLE visit (
    visit_id       BLOB    NOT NULL PRIMARY KEY CHECK (length(visit_id) = 16),
    kiosk          TEXT    NOT NULL,
    ward           TEXT    NOT NULL,
    -- Of the ward, where it has several; '' otherwise.
    server         TEXT    NOT NULL DEFAULT '',
    -- Null where a receipt came for a visit of before this file.
    ticketed       INTEGER,
    ticket_expires INTEGER NOT NULL,
    opened         INTEGER NOT NULL DEFAULT 0 CHECK (opened IN (0, 1)),
    superseded     INTEGER NOT NULL DEFAULT 0 CHECK (superseded IN (0, 1)),
    phase          INTEGER NOT NULL DEFAULT 1 CHECK (phase BETWEEN 1 AND 5),
    phase_since    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX visit_by_expiry ON visit (ticket_expires);
CREATE INDEX visit_unsettled ON visit (phase, ticket_expires) WHERE phase IN (2, 3, 5);

-- Which kinds of frame passed within a visit, and how often: what kiosk journals and ward logs are counted against.
CREATE TABLE passage (
    visit_id BLOB    NOT NULL REFERENCES visit (visit_id),
    kind     INTEGER NOT NULL,
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    times    INTEGER NOT NULL,
    PRIMARY KEY (visit_id, kind)
) STRICT, WITHOUT ROWID;

-- The latest notice of each ward, as the ward signed it.
CREATE TABLE notice (
    ward   TEXT    NOT NULL PRIMARY KEY,
    serial INTEGER NOT NULL,
    signed BLOB    NOT NULL,
    taken  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- include process/log.sql
-- include process/witness.sql
-- include process/stamps.sql
