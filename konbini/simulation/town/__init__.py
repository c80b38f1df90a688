"""The made-up town: a ward that no map shows, its people, its keys, and the files that services start from.

Nothing here is a real person, place or key. Names of people and places are put together from lists of common parts;
keys are made at run time in a directory that is handed in, and nothing of them is ever committed.
"""
