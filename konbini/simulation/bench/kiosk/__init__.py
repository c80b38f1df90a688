"""What a kiosk takes of a resident's time and of its machine: taps, start, memory, and growth over visits in a row.

Owns: `konbini bench kiosk`. The whole town runs in processes as in production, and residents by script visit its
kiosk, one after the other. Limits: no browser takes part, so that what drawing a page costs is not in these times.
"""
