"""Every figure that a process of ours gives, as one closed table (docs/metrics.md is compared with it).

Names stay as they are: alert rules name them. A gauge that says yes is 1, one that says no is 0. A code is a number of
docs/failure-codes.md, 0 where nothing is wrong.
"""

from __future__ import annotations

from enum import Enum, unique

from konbini.process.measures.shapes import Label, ServiceName, counter, gauge, histogram, one_of, timing
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind, LeftThings, MessageKind, Outcome

__all__ = ["Metric"]

_GROUPS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)

_EVERY = tuple(ServiceName)
_STORES = _EVERY
_COPIES = (ServiceName.ISSUING, ServiceName.CLERK)
_WARD = (ServiceName.REGISTRY, *_COPIES)
_ISSUING = (ServiceName.ISSUING,)
_CLERK = (ServiceName.CLERK,)
_CENTER = (ServiceName.CENTER,)
_KIOSK = (ServiceName.KIOSK,)
_REGISTRY = (ServiceName.REGISTRY,)

_CODE = one_of("code", Code)
_KIOSKS = Label(name="kiosk", values=None)
_WARDS = Label(name="ward", values=None)
_FOLLOWERS = Label(name="follower", values=None)
_MESSAGE = one_of("kind", MessageKind)
_FRAME_TAKEN = one_of(
    "kind",
    ("open", "order", "ownlist", "receipt", "left", "mismatch", "state", "figures", "counts", "checkpoint", "cosigned"),
)
_PART = one_of("part", ("reader", "printer", "paper", "coins"))
_THING = one_of("thing", LeftThings)
_END = one_of("end", ("kiosk", "ward"))
_CERTIFICATE = one_of("kind", (*CertificateKind, "unread"))
_ORDER_STEP = one_of("step", ("rules", "reserve", "certify", "draw", "seal", "complete"))
_PEER = one_of("peer", ("registry", "clerk"))
_CALL = one_of("outcome", ("answered", "refused", "unreachable", "lost", "late"))


@unique
class Metric(Enum):
    """The table."""

    # Of every process that keeps rows.
    COMMITS = counter(
        "konbini_commits_total",
        "groups of changes that the writer committed, or lost whole",
        _STORES,
        one_of("outcome", ("durable", "failed")),
    )
    COMMIT_SECONDS = timing("konbini_commit_seconds", "from BEGIN until a group is durable", _STORES)
    COMMIT_CHANGES = histogram("konbini_commit_changes", "changes in a group", _STORES, unit="changes", bounds=_GROUPS)
    WITHHELD = counter(
        "konbini_withheld_total",
        "figures that were given with a label outside its set and are in no other figure: a defect",
        _EVERY,
    )
    UNREAD = counter(
        "konbini_unread_total",
        "times that this process could not read its own gauges when it was asked; they are absent then",
        _EVERY,
    )
    SPANS_DROPPED = counter(
        "konbini_spans_dropped_total",
        "spans that no collector has: too many waited, or it did not take them",
        (ServiceName.ISSUING, ServiceName.CENTER, ServiceName.KIOSK),
        one_of("reason", ("full", "refused")),
    )
    REFUSALS = counter(
        "konbini_refusals_total",
        "refusals by code, and where they were given",
        (*_COPIES, ServiceName.CENTER, ServiceName.KIOSK),
        one_of("at", ("open", "order", "own_list", "frame", "ticket", "certify", "seal", "exchange")),
        _CODE,
    )
    LINK_UP = gauge(
        "konbini_link_up", "whether the link to the center stands", (ServiceName.ISSUING, ServiceName.KIOSK)
    )

    # Of the ward's processes.
    AUDIT_ENTRIES = gauge("konbini_audit_entries", "entries of this process's audit log", _WARD, unit="entries")
    STOP_CODE = gauge("konbini_stop_code", "why this process is stopped", _COPIES, unit="code")
    FEED_ENTRIES = gauge("konbini_feed_entries", "number of the feed's newest entry here", _WARD, unit="entries")
    FEED_LAG_ENTRIES = gauge(
        "konbini_feed_lag_entries",
        "entries that the registry's newest heartbeat spoke of and that are not applied here",
        _COPIES,
        unit="entries",
    )
    FEED_BREAK_CODE = gauge("konbini_feed_break_code", "what broke the feed", _COPIES, unit="code")
    LEASE_SECONDS = gauge(
        "konbini_lease_seconds", "what is left of the registry's lease; 0 where it has run out", _COPIES, unit="seconds"
    )
    OUTAGE = gauge("konbini_outage", "whether outage mode is in force", _COPIES)
    DIFFERENCES = gauge(
        "konbini_copy_differences", "rows of the copy that the last reconcile found to differ", _COPIES, unit="rows"
    )
    RECONCILED_AGE_SECONDS = gauge(
        "konbini_reconciled_age_seconds",
        "since the last full reconcile; absent before the first",
        _COPIES,
        unit="seconds",
    )
    CHECKPOINT_AGE_SECONDS = gauge(
        "konbini_checkpoint_age_seconds",
        "age of the newest published checkpoint of this log on this machine; absent where none is kept",
        _COPIES,
        unit="seconds",
    )
    CALLS = counter("konbini_calls_total", "calls to another process of this ward", _COPIES, _PEER, _CALL)
    CALL_SECONDS = timing(
        "konbini_call_seconds",
        "how long a call took, however it ended; the question for the feed's next entries waits for them",
        _COPIES,
        _PEER,
    )

    # Of issuing.
    VISITS = counter(
        "konbini_visits_total",
        "OPEN messages by what became of them; `again` got the menu of before or a fresh one",
        _ISSUING,
        one_of("outcome", ("opened", "again", "refused")),
    )
    OPEN_VISITS = gauge(
        "konbini_open_visits", "visits whose keys are in memory and whose minutes are not over", _ISSUING, unit="visits"
    )
    ORDERS = counter(
        "konbini_orders_total",
        "ORDER messages by kind of certificate and what became of them; `unread`: before its kind was read",
        _ISSUING,
        _CERTIFICATE,
        one_of("outcome", ("issued", "refused", "void", "again")),
    )
    ORDER_STEP_SECONDS = timing(
        "konbini_order_step_seconds",
        "how long a step of an order took, whether or not it succeeded",
        _ISSUING,
        _ORDER_STEP,
    )
    FRAME_SECONDS = timing(
        "konbini_frame_seconds", "from a frame of a kiosk or of the center to its answer", _ISSUING, _FRAME_TAKEN
    )
    FRAMES_UNDER_WAY = gauge(
        "konbini_frames_under_way",
        "frames that are being answered; at 64 the next is refused as busy",
        _ISSUING,
        unit="frames",
    )
    UNSETTLED_ORDERS = gauge(
        "konbini_unsettled_orders",
        "numbers by what they wait for: the clerk's seal, or the kiosk's final word",
        _ISSUING,
        one_of("state", ("sealing", "issued")),
        unit="orders",
    )
    IN_DOUBT_ORDERS = gauge(
        "konbini_in_doubt_orders", "orders whose kiosk does not know what became of the paper", _ISSUING, unit="orders"
    )
    OPEN_CASES = gauge("konbini_open_cases", "cases that no person has settled", _ISSUING, unit="cases")
    OUTAGE_PAPERS_WAITING = gauge(
        "konbini_outage_papers_waiting",
        "papers of an outage that were not yet held against the registry",
        _ISSUING,
        unit="papers",
    )
    CLERK_SERVES = gauge(
        "konbini_clerk_serves", "whether the clerk could certify and seal now, as `issuing` sees it", _ISSUING
    )
    ALERTS_OWED = gauge("konbini_alerts_owed", "alerts that a receiver was not told yet", _ISSUING, unit="alerts")
    TIME_STAMPS_OWED = gauge(
        "konbini_time_stamps_owed",
        "checkpoints of logs that the time-stamp service has not stamped yet",
        _ISSUING + _CENTER,
        unit="checkpoints",
    )
    KIOSK_PART = gauge(
        "konbini_kiosk_part",
        "a part as the kiosk's last word has it: 0 good, 1 warning, 2 fault, 3 absent",
        _ISSUING,
        _KIOSKS,
        _PART,
    )
    KIOSK_FAULT_CODE = gauge(
        "konbini_kiosk_fault_code",
        "what keeps the kiosk from serving, as its last word has it",
        _ISSUING,
        _KIOSKS,
        unit="code",
    )
    KIOSK_WORD_AGE_SECONDS = gauge(
        "konbini_kiosk_word_age_seconds",
        "since the kiosk's last word; absent where it has said nothing since this process started",
        _ISSUING,
        _KIOSKS,
        unit="seconds",
    )
    KIOSK_LEFT = gauge(
        "konbini_kiosk_left",
        "whether something lies at the kiosk that nobody took, as its last word has it",
        _ISSUING,
        _KIOSKS,
        _THING,
    )

    # Of the clerk.
    CLERK_SECONDS = timing(
        "konbini_clerk_seconds",
        "how long the clerk took to certify or to seal, whether or not it refused",
        _CLERK,
        one_of("step", ("certify", "seal")),
    )
    CLERK_WAITING = gauge(
        "konbini_clerk_waiting", "orders that were certified and not yet sealed", _CLERK, unit="orders"
    )
    TIME_STAMP_AGE_SECONDS = gauge(
        "konbini_time_stamp_age_seconds",
        "since the time-stamp service answered last; absent where papers are not time-stamped, and before the first",
        _CLERK,
        unit="seconds",
    )
    TIME_STAMP_FAILURES = gauge(
        "konbini_time_stamp_failures",
        "times that the time-stamp service failed since it answered last; absent where papers are not time-stamped",
        _CLERK,
        unit="failures",
    )

    # Of the registry.
    CHANGES_WAITING = gauge(
        "konbini_changes_waiting", "changes that were entered and wait for another operator", _REGISTRY, unit="changes"
    )
    FOLLOWER_LAG_ENTRIES = gauge(
        "konbini_follower_lag_entries",
        "entries of the feed that a follower has not said to have applied",
        _REGISTRY,
        _FOLLOWERS,
        unit="entries",
    )

    # Of the center.
    FRAMES = counter(
        "konbini_frames_total", "frames that came, by whose they were and their kind", _CENTER, _END, _MESSAGE
    )
    FRAME_BYTES = counter("konbini_frame_bytes_total", "their bytes", _CENTER, _END, _MESSAGE, unit="bytes")
    TICKETS = counter(
        "konbini_tickets_total",
        "HELLO messages by what became of them; `again` got the ticket of before",
        _CENTER,
        one_of("outcome", ("given", "again", "refused")),
    )
    CONNECTED = gauge("konbini_connected", "links that stand", _CENTER, _END, unit="links")
    LISTED = gauge("konbini_listed", "kiosks and servers of wards that may connect", _CENTER, _END, unit="links")
    WARD_SERVERS = gauge(
        "konbini_ward_servers", "servers of a ward that have a link and a prekey", _CENTER, _WARDS, unit="servers"
    )
    UNSETTLED_VISITS = gauge(
        "konbini_unsettled_visits",
        "visits that the ledger has as not finished or in doubt; counted up to 1000",
        _CENTER,
        unit="visits",
    )

    # Of a kiosk's long-lived process.
    PART = gauge("konbini_part", "a part: 0 good, 1 warning, 2 fault, 3 absent", _KIOSK, _PART)
    FAULT_CODE = gauge("konbini_fault_code", "what keeps this kiosk from serving", _KIOSK, unit="code")
    FAULTS = counter("konbini_faults_total", "times that a fault came, by its code", _KIOSK, _CODE)
    LEFT = gauge("konbini_left", "whether something lies there of which shop and ward were told", _KIOSK, _THING)
    VISITS_ENDED = counter(
        "konbini_visits_ended_total",
        "processes of visits that ended: wiped, or died",
        _KIOSK,
        one_of("ending", ("wiped", "died")),
    )
    OUTCOMES = counter(
        "konbini_outcomes_total",
        "orders by how they were concluded at this kiosk; one in doubt is concluded again",
        _KIOSK,
        one_of("outcome", Outcome),
    )
    EXCHANGE_SECONDS = timing(
        "konbini_exchange_seconds",
        "from a message of this kiosk to its answer, through center and ward",
        _KIOSK,
        one_of("kind", ("hello", "open", "order", "ownlist", "receipt", "left", "mismatch", "figures")),
    )
    VISIT_UNDER_WAY = gauge(
        "konbini_visit_under_way", "whether a visit has the printer, or its end is being settled", _KIOSK
    )
