"""The coin device of the simulated town: a process of its own with a count of its own, and hands to feed and break it.

`coins` and `machine` are pure; `memory` keeps the machine's state; `device` is the process with its two sockets, one
for the kiosk and one for the hands of a person (`hands`); `running` starts and ends it.
"""
