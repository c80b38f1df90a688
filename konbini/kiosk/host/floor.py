"""Who has the printer: a visit, a maintainer's test, or nobody. One at a time, so that no counter is read between two.

A visit has it from its HELLO until everything of it is settled and the printer is at rest; before that first rest of a
process nobody has looked, so that nobody has it and nobody may.
"""

from __future__ import annotations

from enum import Enum, auto, unique

from konbini.protocol.errors import Code, Refused

__all__ = ["Floor"]


@unique
class _Has(Enum):
    NOBODY = auto()
    VISIT = auto()
    TEST = auto()


class Floor:
    """Gives the printer out; one event loop, so that no two can ask at once."""

    def __init__(self) -> None:
        self._has = _Has.VISIT

    @property
    def has_visit(self) -> bool:
        """Whether a visit has it, or its end is being settled."""
        return self._has is _Has.VISIT

    def begin_visit(self) -> None:
        """Take it for the visit that asks for its ticket; again in the same visit.

        Raises:
            Refused: `UNDER_MAINTENANCE`: a test is under way.
        """
        if self._has is _Has.TEST:
            raise Refused(Code.UNDER_MAINTENANCE, "a test is being printed")
        self._has = _Has.VISIT

    def unsettle(self) -> None:
        """Take it until what is left of visits is settled; a test under way keeps it."""
        if self._has is not _Has.TEST:
            self._has = _Has.VISIT

    def settled(self) -> None:
        """Give back what visits had."""
        if self._has is not _Has.TEST:
            self._has = _Has.NOBODY

    def begin_test(self) -> None:
        """Take it for a test.

        Raises:
            Refused: `VISIT_UNDER_WAY`: somebody has it.
        """
        if self._has is not _Has.NOBODY:
            raise Refused(Code.VISIT_UNDER_WAY)
        self._has = _Has.TEST

    def end_test(self) -> None:
        """Give back what the test had."""
        self._has = _Has.NOBODY
