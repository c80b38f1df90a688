"""What differs from one municipality to the next (docs/settings.md): one validated TOML file of dated sections.

`settings`, `hours` and `calendar` are pure values that `issuing` and the clerk hold alike; `reading` alone knows files.
"""
