"""The clerk (交付前の審査): reads the finished paper against the record before it seals it.

A process of its own, with the signing key. It is handed evidence, never a name, and believes nobody who hands it:
it verifies each signature itself, follows the registry's feed itself, and reads every page back with another
library than the one that drew it. Two calls reach it: `certify` and `seal`.
"""
