"""The fee in coins and notes: escrow before the order, capture after the last page, return otherwise.

`ports` is what the visit and the long-lived process see; `amounts` does the sums (pure); `frames` is the coin
device's line protocol (pure); `client` speaks it over a UNIX socket.
"""
