"""The printer is had by one: a visit, a test, or nobody."""

from __future__ import annotations

import pytest
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from konbini.kiosk.host.floor import Floor
from konbini.protocol.errors import Code, Refused


class Having(RuleBasedStateMachine):
    """Visits, settlings and tests in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.floor = Floor()
        self.visit, self.test = True, False

    @rule()
    def hello(self) -> None:
        """A visit asks for its ticket."""
        if self.test:
            with pytest.raises(Refused) as refused:
                self.floor.begin_visit()
            assert refused.value.code is Code.UNDER_MAINTENANCE
        else:
            self.floor.begin_visit()
            self.visit = True

    @rule()
    def visit_ended(self) -> None:
        """Its process is gone, and something may be left of it."""
        self.floor.unsettle()
        self.visit = self.visit or not self.test

    @rule()
    def settled(self) -> None:
        """Everything is settled and the printer at rest."""
        self.floor.settled()
        self.visit = False

    @rule()
    def begin_test(self) -> None:
        """A maintainer asks for the test page."""
        if self.visit or self.test:
            with pytest.raises(Refused) as refused:
                self.floor.begin_test()
            assert refused.value.code is Code.VISIT_UNDER_WAY
        else:
            self.floor.begin_test()
            self.test = True

    @precondition(lambda self: self.test)
    @rule()
    def end_test(self) -> None:
        """The page was taken."""
        self.floor.end_test()
        self.test = False


TestHaving = Having.TestCase
