"""Which people stand on which page of a set: the one rule that drawing, reading back and the paper seal share."""

from __future__ import annotations

__all__ = ["people_of_pages"]


def people_of_pages(people: int, a_page: int) -> tuple[range, ...]:
    """Divide people into pages.

    Args:
        people: how many, at least one.
        a_page: how many a page of the form holds.

    Returns:
        The places of each page's people, from 0 on, in the order of the household; no page is empty.

    Raises:
        ValueError: nobody, or a page that holds nobody: our own defect.
    """
    if people < 1 or a_page < 1:
        raise ValueError("a page shows somebody")
    return tuple(range(first, min(first + a_page, people)) for first in range(0, people, a_page))
