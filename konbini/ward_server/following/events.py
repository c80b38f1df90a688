"""Under which audit events each process records what `issuing` and the clerk do in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.decisions.desk import DecisionEvents
from konbini.ward_server.following.life import LifeEvents
from konbini.ward_server.following.outage import OutageEvents
from konbini.ward_server.following.reconciling import ReconcileEvents
from konbini.ward_server.following.standing import FollowerEvents
from konbini.ward_server.keeping.disposal_rows import RetentionEvents
from konbini.ward_server.signed_acts import events as signed_events
from konbini.ward_server.signed_acts.events import SignedEvents

__all__ = ["CLERK", "ISSUING", "ProcessEvents"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEvents:
    """One process's events."""

    stopped: AuditEvent
    released: AuditEvent
    shown: AuditEvent
    follower: FollowerEvents
    life: LifeEvents
    reconcile: ReconcileEvents
    outage: OutageEvents
    decisions: DecisionEvents
    retention: RetentionEvents
    signed: SignedEvents


ISSUING: Final = ProcessEvents(
    stopped=AuditEvent.ISSUING_STOPPED,
    released=AuditEvent.STOP_RELEASED,
    shown=AuditEvent.DIFFERENCES_SHOWN,
    follower=FollowerEvents(
        broken=AuditEvent.FEED_BREAK_FOUND, retaken=AuditEvent.COPY_RETAKEN, mended=AuditEvent.FEED_MENDED
    ),
    life=LifeEvents(
        found=AuditEvent.RESTORATION_FOUND, stopped=AuditEvent.ISSUING_STOPPED, said=AuditEvent.STORE_RESTORED
    ),
    reconcile=ReconcileEvents(
        agreed=AuditEvent.RECONCILED,
        differs=AuditEvent.RECONCILE_DIFFERS,
        difference=AuditEvent.DIFFERENCE_FOUND,
        stopped=AuditEvent.ISSUING_STOPPED,
    ),
    outage=OutageEvents(
        begun=AuditEvent.OUTAGE_BEGUN,
        ended=AuditEvent.OUTAGE_ENDED,
        seals=AuditEvent.OUTAGE_SEALS,
        hold=AuditEvent.OUTAGE_HOLD,
    ),
    decisions=DecisionEvents(
        entered=AuditEvent.DECISION_ENTERED,
        agreed=AuditEvent.DECISION_AGREED,
        declined=AuditEvent.DECISION_DECLINED,
    ),
    retention=RetentionEvents(
        judged=AuditEvent.ISSUING_RETENTION_JUDGED,
        shown=AuditEvent.ISSUING_DUE_SHOWN,
        entered=AuditEvent.ISSUING_DISPOSAL_ENTERED,
        withdrawn=AuditEvent.ISSUING_DISPOSAL_WITHDRAWN,
        approved=AuditEvent.ISSUING_DISPOSAL_APPROVED,
        disposed=AuditEvent.ISSUING_DISPOSED,
        done=AuditEvent.ISSUING_DISPOSAL_DONE,
    ),
    signed=signed_events.ISSUING,
)

CLERK: Final = ProcessEvents(
    stopped=AuditEvent.CLERK_STOPPED,
    released=AuditEvent.CLERK_STOP_RELEASED,
    shown=AuditEvent.CLERK_DIFFERENCES_SHOWN,
    follower=FollowerEvents(
        broken=AuditEvent.CLERK_FEED_BREAK_FOUND,
        retaken=AuditEvent.CLERK_COPY_RETAKEN,
        mended=AuditEvent.CLERK_FEED_MENDED,
    ),
    life=LifeEvents(
        found=AuditEvent.CLERK_RESTORATION_FOUND,
        stopped=AuditEvent.CLERK_STOPPED,
        said=AuditEvent.CLERK_STORE_RESTORED,
    ),
    reconcile=ReconcileEvents(
        agreed=AuditEvent.CLERK_RECONCILED,
        differs=AuditEvent.CLERK_RECONCILE_DIFFERS,
        difference=AuditEvent.CLERK_DIFFERENCE_FOUND,
        stopped=AuditEvent.CLERK_STOPPED,
    ),
    outage=OutageEvents(
        begun=AuditEvent.CLERK_OUTAGE_BEGUN,
        ended=AuditEvent.CLERK_OUTAGE_ENDED,
        seals=AuditEvent.CLERK_OUTAGE_SEALS,
        hold=AuditEvent.CLERK_OUTAGE_HOLD,
    ),
    decisions=DecisionEvents(
        entered=AuditEvent.CLERK_DECISION_ENTERED,
        agreed=AuditEvent.CLERK_DECISION_AGREED,
        declined=AuditEvent.CLERK_DECISION_DECLINED,
    ),
    retention=RetentionEvents(
        judged=AuditEvent.CLERK_RETENTION_JUDGED,
        shown=AuditEvent.CLERK_DUE_SHOWN,
        entered=AuditEvent.CLERK_DISPOSAL_ENTERED,
        withdrawn=AuditEvent.CLERK_DISPOSAL_WITHDRAWN,
        approved=AuditEvent.CLERK_DISPOSAL_APPROVED,
        disposed=AuditEvent.CLERK_DISPOSED,
        done=AuditEvent.CLERK_DISPOSAL_DONE,
    ),
    signed=signed_events.CLERK,
)
