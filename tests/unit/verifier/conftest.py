"""A made-up municipality's keys, and the lists that it publishes."""

from __future__ import annotations

import pytest

from konbini.pdf.paper_seal.status import Status
from konbini.verifier.lists import Lists, open_lists
from tests.papers import Municipality

STATUSES = (Status.VALID, Status.VOID, Status.WITHDRAWN, Status.UNSETTLED)
"""By status index."""


@pytest.fixture(scope="session")
def municipality() -> Municipality:
    """Fresh keys."""
    return Municipality.make()


@pytest.fixture(scope="session")
def lists(municipality: Municipality) -> Lists:
    """Lists in force."""
    return open_lists(municipality.authority.verifying, municipality.issuers(), [municipality.statuses(STATUSES)], None)
