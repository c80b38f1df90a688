"""The verifier: what anybody may hold a certificate against, at a desk or on a phone, offline.

Owned by nobody who serves: it asks no ward, draws nothing, signs nothing and keeps nothing. It is handed a file, the
issuer list and a status list, and says in one plain sentence what is proved: content and issuer, and that the paper was
not withdrawn as of the list's date. Never that a sheet is the original.
"""
