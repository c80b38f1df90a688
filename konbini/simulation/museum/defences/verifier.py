"""What whoever verifies a paper refuses to believe."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defence import Defence

__all__ = ["LIST_EXPIRES"]

LIST_EXPIRES: Final = Defence(
    name="status-list-expires",
    duty="A paper is called valid by a status list alone that has not expired.",
    alterations=(
        Alteration(
            module="konbini.verifier.checking",
            before="    if not listed.is_current(moment):\n        return Reason.STATUS_OUTDATED\n",
            after="",
        ),
    ),
)
