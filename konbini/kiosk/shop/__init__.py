"""The shop's staff, told by a small device at the till: what lies at the kiosk that nobody took, an opened cabinet."""
