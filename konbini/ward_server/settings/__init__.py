"""What differs from one municipality to the next (docs/settings.md): one validated TOML text of dated sections.

`settings`, `hours` and `calendar` are pure values that `issuing` and the clerk hold alike; `reading` alone knows files,
and `kept` alone rows: which text is in force at a process, and which were before.
"""
