"""The console (操作卓): where a ward's people see everything, and change nothing alone.

A process of its own. It holds persons, passkeys, rights, terminals and sessions, and asks registry, issuing and clerk
over their operators' sockets in the name of whoever is signed in. No rule of theirs is repeated here: two persons, own
approvals and stale versions are refused where the change is kept.
"""
