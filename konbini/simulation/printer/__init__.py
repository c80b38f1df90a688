"""The printer of the simulated town: a real IPP server with a simulated marking engine behind it.

The IPP side is `ippeveprinter` (CUPS), which nobody here wrote; its print command hands every document to `engine`,
which puts pages into a tray, counts impressions and jams, runs out of paper or dawdles when it is told to.
"""
