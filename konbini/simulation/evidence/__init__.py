"""Looking for what must not be there: in the memory of processes, and in files written or unlinked meanwhile."""
