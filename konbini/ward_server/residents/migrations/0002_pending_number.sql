-- The individual number of a change that waits for its second person, sealed as in `individual_number`; the change itself
-- holds the commitment. The row goes when the change is concluded.
CREATE TABLE pending_number (
    change_id TEXT PRIMARY KEY REFERENCES change (change_id),
    wrapped BLOB NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
