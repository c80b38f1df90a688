"""The closed catalogue of audit events (docs/audit-events.md; a test compares the two).

Numbers are stable and never used again for something else. An event's name says what was decided or done; the entry
around it (`konbini.ward_server.audit.log`) says when, by whom and about which order or change, never about whom.
"""

from __future__ import annotations

from enum import IntEnum, unique

__all__ = ["AuditEvent"]


@unique
class AuditEvent(IntEnum):
    """What a ward records. Hundreds are the process that writes it: 1 registry, 2 issuing, 3 clerk."""

    REGISTRY_CREATED = 101
    """A registry began, under a new incarnation."""
    CHANGE_ENTERED = 102
    """One operator entered a change of the register; nothing is in force yet."""
    CHANGE_APPROVED = 103
    """Another operator approved it; state, feed entry and this entry are one transaction."""
    CHANGE_WITHDRAWN = 104
    """An entered change was taken back, or turned down, before anybody approved it."""
    RECORD_LOOKED_UP = 105
    """An operator read a resident's record (照会)."""
    TOWN_IMPORTED = 106
    """A whole town was taken over, all or nothing."""
    MESSAGE_KEY_CERTIFIED = 107
    """The identity key certified a message key of `issuing` for a day."""
    INDIVIDUAL_NUMBER_HANDED_OUT = 108
    """`issuing` was given an individual number, for a paper that prints it."""
