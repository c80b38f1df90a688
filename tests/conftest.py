"""What holds for every test: no time is asserted, so no property has a deadline on a busy machine.

What was counted under faults is said at the end.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with whole visits, in whatever order they come: few and long, they shall not be left to one worker."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end what tests of faults have counted (`record_property("faults", ...)`)."""
    reports = (report for found in terminalreporter.stats.values() for report in found)
    counted = [
        f"{report.nodeid.rpartition('::')[2]}: {value}"
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, value in report.user_properties
        if name == "faults"
    ]
    if counted:
        terminalreporter.write_sep("=", "faults")
        terminalreporter.write_line("\n".join(sorted(counted)))
