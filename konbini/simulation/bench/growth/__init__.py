"""What an issue costs as things grow: residents, wards, kiosks, the log, days of history; each axis in three sizes.

`ward` fills stores of `issuing` and lets `konbini.simulation.bench.ward` order from them; `center` relays the messages
of visits in a center of so many kiosks or wards; `running` lets sizes take turns; `report` says what came out.
"""
