-- Which lookup key the keyed hashes are made with (konbini/ward_server/storage/lookup_key.py).
CREATE TABLE lookup_key (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    key_id BLOB NOT NULL CHECK (length(key_id) = 8)
) STRICT;
