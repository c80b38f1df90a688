"""The kiosk's own browser: a process that ends with each visit, and its profile with it."""
