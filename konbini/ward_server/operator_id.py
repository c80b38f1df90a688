"""How a person of the ward is called wherever one acts: one plain word, which can be written in one way. Pure.

Every message to an operators' socket names its operator by this type, so that no room behind a socket meets another
spelling, and two ids that are equal to an eye are equal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final

__all__ = ["OPERATOR_ID", "OperatorId", "Spelled"]

OPERATOR_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
"""A small ASCII letter, then at most 31 letters, digits and hyphens."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """A bound of a text: all of it matches `pattern`."""

    pattern: re.Pattern[str]

    @property
    def span(self) -> None:
        """It is more than a length."""
        return None

    def holds(self, value: Any) -> bool:  # noqa: ANN401 - any of the wire's types
        """Say whether the value keeps the bound."""
        return self.pattern.fullmatch(value) is not None


OperatorId = Annotated[str, Spelled(OPERATOR_ID)]
"""An operator's id; what is spelled otherwise is `MALFORMED`."""
