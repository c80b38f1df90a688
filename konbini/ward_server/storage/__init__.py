"""How the ward keeps what is personal: sealed per record, looked up by keyed hash."""
