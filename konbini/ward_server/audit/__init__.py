"""Every decision of the ward as an entry that nobody changes unseen: the catalogue, and the log."""
