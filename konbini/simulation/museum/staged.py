"""What one run of a mutant came to, as the child tells it and the command reads it: one line of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

__all__ = ["Staged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """One run.

    Attributes:
        visits: that began.
        papers: sheets that came out.
        wrong: sheets that showed the wrong person, or what should not have been issued.
        found_after: visits until the first of these; None where there was none.
        cpu_seconds: of the process, its imports among them.
        endings: how visits ended, by their last screen.
        unaltered: altered modules that the run never imported: their fault was not in.
    """

    visits: int
    papers: int
    wrong: int
    found_after: int | None
    cpu_seconds: float
    endings: dict[str, int]
    unaltered: tuple[str, ...] = ()

    def to_line(self) -> str:
        """Write it."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Read what `to_line` wrote.

        Raises:
            ValueError: it is something else.
        """
        told: Any = json.loads(line)
        try:
            return cls(**{**told, "unaltered": tuple(told["unaltered"])})
        except (TypeError, KeyError) as error:
            raise ValueError("not what a run tells") from error
