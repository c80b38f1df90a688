"""Following the registry: its feed applied in order and once, and the lease on its last word.

`issuing` and the clerk each follow for themselves, with a store and a lease of their own.
"""
