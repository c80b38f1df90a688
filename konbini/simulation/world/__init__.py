"""The town in a bottle: the production code of every service on one loop of virtual time, with seeded faults.

One process of the operating system, no thread, no socket, no clock but the world's; one seed gives one run.
"""
