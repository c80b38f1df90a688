"""The fee, by coins or at a terminal: held before the order, kept after the last page, given back otherwise.

`means` says how one pays here; `ports` is what the visit and the long-lived process see; `amounts` does the sums
(pure); `frames` is the coin device's line protocol (pure) and `client` speaks it over a UNIX socket; `terminal_frames`
and `terminal` are the same for a cashless terminal; `device_line` asks either; `choosing` picks one of the two.
"""
