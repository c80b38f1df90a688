"""The cabinet's door: shut, open with a maintainer signed in, or forced. Pure.

A forced cabinet stays forced until it is shut and a maintainer has looked: what somebody did inside is not undone by
shutting it. One that a maintainer opened is forced too once nobody is signed in any more while it stands open.
"""

from __future__ import annotations

from enum import Enum, unique

from konbini.protocol.errors import Code

__all__ = ["Cabinet", "after", "code_of", "confirmed"]


@unique
class Cabinet(Enum):
    """How the cabinet is."""

    SHUT = "shut"
    SERVICED = "serviced"
    """Open, and a maintainer is signed in."""
    FORCED = "forced"


def after(cabinet: Cabinet, *, is_open: bool, attended: bool) -> Cabinet:
    """Give how the cabinet is after one look at its switch; `attended`: a maintainer is signed in."""
    if cabinet is Cabinet.FORCED:
        return cabinet
    if not is_open:
        return Cabinet.SHUT
    return Cabinet.SERVICED if attended else Cabinet.FORCED


def confirmed(cabinet: Cabinet, *, is_open: bool) -> Cabinet:
    """Give how it is after a signed-in maintainer said that all is well: nothing is well while it stands open."""
    return cabinet if is_open or cabinet is not Cabinet.FORCED else Cabinet.SHUT


def code_of(cabinet: Cabinet) -> Code | None:
    """Give why the kiosk does not serve; None where the cabinet is no reason."""
    return {Cabinet.FORCED: Code.CABINET_OPEN, Cabinet.SERVICED: Code.UNDER_MAINTENANCE}.get(cabinet)
