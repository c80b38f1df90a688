"""What holds for every test: no time is asserted, so no property has a deadline on a busy machine."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with whole visits, in whatever order they come: few and long, they shall not be left to one worker."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)
