"""Every input of the corpus again: genuine ones, those that once reached new code, and whatever ever broke a target."""

from __future__ import annotations

import pytest

from tests.fuzz.target import spend
from tests.fuzz.targets import TARGETS, kept, load

_SLACK = 20
"""Times an input's bound of seconds: the tests share their machine."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TARGETS)
def test_no_input_that_was_kept_breaks_its_target(name: str) -> None:
    """Each is taken or refused as its decoder declares, within its bounds of time and memory."""
    target, files = load(name), kept(name)
    assert files
    target.run(files[0].read_bytes())  # what is made once is no input's
    for path in files:
        spent = spend(target, path.read_bytes())
        assert spent.seconds < _SLACK * target.seconds, path.name
