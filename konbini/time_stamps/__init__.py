"""Time-stamps of a third party (RFC 3161): asked of a service, and judged under pinned authorities.

Papers and checkpoints of logs carry them. `judging` asks nobody and needs no network; `asking` does.
"""
