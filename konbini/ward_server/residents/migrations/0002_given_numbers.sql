-- Which individual numbers (個人番号) and resident record codes (住民票コード) were given, each to one resident in all time.
-- number: keyed hash of kind and number, under a key of its own. whose: nothing, sealed under the data key of whoever has it;
-- when that key is destroyed, the number stays given and nobody can tell to whom.
CREATE TABLE given_number (
    number BLOB PRIMARY KEY CHECK (length(number) = 32),
    whose BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER given_number_stays BEFORE UPDATE ON given_number
BEGIN SELECT RAISE(ABORT, 'a number stays with its resident'); END;
CREATE TRIGGER given_number_remains BEFORE DELETE ON given_number
BEGIN SELECT RAISE(ABORT, 'a number stays given'); END;

-- Whether `given_number` holds the numbers of every record: a store from before it is filled at its first start.
ALTER TABLE registry ADD COLUMN numbers_given INTEGER NOT NULL DEFAULT 0;
