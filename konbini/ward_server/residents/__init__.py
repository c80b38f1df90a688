"""住民記録システム: the authority on the ward's residents, and what its followers read of it.

`record` and `feed` are what leaves this room; `issuing` and the clerk read them and nothing else of it.
"""
