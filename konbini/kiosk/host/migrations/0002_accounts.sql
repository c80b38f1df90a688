-- What a kiosk reports of a document that did not pass its checks, and the days of which a ward has its figures.

-- ticketed: when the visit's ticket was given, which names the day that its orders are counted to; Unix seconds.
ALTER TABLE visit ADD COLUMN ticketed INTEGER NOT NULL DEFAULT 0;

-- A MISMATCH is owed to the ward until its MISMATCH_NOTED came; one an order.
CREATE TABLE mismatch (
    visit_id BLOB NOT NULL REFERENCES visit (visit_id),
    ordinal INTEGER NOT NULL,
    signed BLOB NOT NULL,
    final_index INTEGER,
    PRIMARY KEY (visit_id, ordinal)
) STRICT;

-- A day's figures (yyyymmdd) as they were signed for a ward; owed until its FIGURES_NOTED came.
CREATE TABLE day_figures (
    ward TEXT NOT NULL,
    day INTEGER NOT NULL,
    signed BLOB NOT NULL,
    final_index INTEGER,
    PRIMARY KEY (ward, day)
) STRICT;
