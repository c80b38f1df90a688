"""Under which audit events each process records signed acts and its roll of operators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from konbini.ward_server.audit.events import AuditEvent

__all__ = ["CLERK", "ISSUING", "REGISTRY", "SignedEvents"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedEvents:
    """One process's events."""

    taken: AuditEvent
    concluded: AuditEvent
    refused: AuditEvent
    enrolled: AuditEvent
    ended: AuditEvent


REGISTRY: Final = SignedEvents(
    taken=AuditEvent.REGISTRY_PROOF_TAKEN,
    concluded=AuditEvent.REGISTRY_PROOF_CONCLUDED,
    refused=AuditEvent.REGISTRY_PROOF_REFUSED,
    enrolled=AuditEvent.REGISTRY_OPERATOR_ENROLLED,
    ended=AuditEvent.REGISTRY_OPERATOR_ENDED,
)
ISSUING: Final = SignedEvents(
    taken=AuditEvent.PROOF_TAKEN,
    concluded=AuditEvent.PROOF_CONCLUDED,
    refused=AuditEvent.PROOF_REFUSED,
    enrolled=AuditEvent.OPERATOR_ENROLLED,
    ended=AuditEvent.OPERATOR_ENDED,
)
CLERK: Final = SignedEvents(
    taken=AuditEvent.CLERK_PROOF_TAKEN,
    concluded=AuditEvent.CLERK_PROOF_CONCLUDED,
    refused=AuditEvent.CLERK_PROOF_REFUSED,
    enrolled=AuditEvent.CLERK_OPERATOR_ENROLLED,
    ended=AuditEvent.CLERK_OPERATOR_ENDED,
)
