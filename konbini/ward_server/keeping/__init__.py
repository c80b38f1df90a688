"""How long a ward keeps what it holds, and how: keys that are rotated and destroyed, backups, retention (保存期間).

Nothing here knows what a row says: the rooms that own rows declare which of their columns hold wrapped keys, what is
due, and how it is destroyed.
"""
