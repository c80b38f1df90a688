"""A sheet between two machines: printed, looked at, scanned, printed again. Pure; chance is handed in."""
