"""What crosses between the long-lived process of a kiosk and the process of one visit, and nothing else.

No name, no PIN, no card number and no key crosses here: sealed bytes, hashes, steps, counters and money.
"""
