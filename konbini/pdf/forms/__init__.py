"""The forms: where each cell stands, how text is set in it, and the pages that come of it."""
