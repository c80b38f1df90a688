"""The settings that a process keeps: numbered versions in its rows, the newest in force (ADR 0023).

The first is the file that the process was started with; each other one took two persons, at this very process: one
entered it and another agreed, or they had it take its file while it was stopped. Which they were stays readable: what
was issued was issued under one of them.
"""
