-- Each certified order has its place in the status list of its incarnation, and the signatures of its page seals (64
-- bytes each, one after the other): everything else of a seal is made again from the facts, so that no name is here.

ALTER TABLE certified ADD COLUMN incarnation INTEGER;
ALTER TABLE certified ADD COLUMN status_index INTEGER;
ALTER TABLE certified ADD COLUMN facts_digest BLOB;
ALTER TABLE certified ADD COLUMN page_signatures BLOB;
CREATE UNIQUE INDEX certified_status ON certified (incarnation, status_index);

-- Counted here and not from the rows, so that a place is never given twice.
CREATE TABLE status_counter (
    incarnation INTEGER PRIMARY KEY CHECK (incarnation BETWEEN 0 AND 9),
    next INTEGER NOT NULL
) STRICT;

CREATE TRIGGER certified_place_stays BEFORE UPDATE OF incarnation, status_index, facts_digest, page_signatures
ON certified
BEGIN SELECT RAISE(ABORT, 'a place in the status list stays'); END;
CREATE TRIGGER certified_remains BEFORE DELETE ON certified
BEGIN SELECT RAISE(ABORT, 'a certified order stays'); END;
