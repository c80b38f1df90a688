"""What holds for every test: no time is asserted, so no property has a deadline on a busy machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
