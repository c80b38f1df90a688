"""Outage mode (縮退運用): issuing from a copy while its registry is away, as two persons declared it at this process.

It relaxes the lease and nothing else: a broken feed, a stop, and every measure and hold that the copy knows stay in
force. It ends by itself after the hours that were declared, or by two persons. While it lasts only 住民票の写し and
印鑑登録証明書 are issued, without individual numbers; the latter only while cancellations of seal registrations are
declared to be entered here as holds. Papers say as of when: the moment at which the registry was last heard with
everything applied.

Each process has a declaration of its own, taken at its own operators' socket: `issuing` cannot make the clerk relax
anything. Source: 障害時対策 (Shinjuku), 縮退運用環境用サーバー (Meguro).

Its hours are reckoned on wall clock and monotonic clock together (`konbini.ward_server.following.hours`); how far they
have come is kept every few seconds, so that a restart does not begin them anew.

Tables: `outage`, `heard`, `local_hold`, in `following/following.sql`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.process.rows import NotStored, Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import CertificateKind, Options
from konbini.protocol.shape import Line, UpTo, from_bytes
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import append
from konbini.ward_server.decisions.decision import Decision, DecisionKind
from konbini.ward_server.decisions.desk import Agreed, Effect
from konbini.ward_server.following.hours import Reckoned, reckon
from konbini.ward_server.following.life import is_unsaid
from konbini.ward_server.following.rows import FeedRows

__all__ = [
    "MOST_HOURS",
    "HoldOn",
    "Hours",
    "Outage",
    "OutageEvents",
    "Outages",
    "Switch",
    "outage_effects",
]

_HOUR_MILLISECONDS: Final = 3_600_000
_MILLISECONDS: Final = 1000
MOST_HOURS: Final = 24 * 7
"""No outage is declared for longer, whatever is set."""
_KEEP_SECONDS: Final = 10.0

_log = logger("konbini.ward_server.following")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """An outage that is in force; moments in Unix milliseconds."""

    number: int
    begun: int
    ends: int
    as_of: int
    seals_as_holds: bool

    def allows(self, kind: CertificateKind) -> bool:
        """Say whether a kind of certificate is issued in it."""
        if kind is CertificateKind.SEAL_REGISTRATION:
            return self.seals_as_holds
        return kind is CertificateKind.RESIDENT_RECORD

    def check(self, kind: CertificateKind, options: Options) -> None:
        """Refuse what is not issued in an outage.

        Raises:
            Refused: `CHANGED_LOOK_AGAIN`: a menu that is made now does not offer it.
        """
        if not self.allows(kind) or Options.INDIVIDUAL_NUMBER in options:
            raise Refused(Code.CHANGED_LOOK_AGAIN, "not issued in outage mode")

    @property
    def as_of_moment(self) -> dt.datetime:
        """As of when papers are, in Japan's time."""
        return dt.datetime.fromtimestamp(self.as_of / _MILLISECONDS, JAPAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """What a declaration says beside its reason: for how many hours."""

    hours: Annotated[int, UpTo(MOST_HOURS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Whether cancellations of seal registrations are entered here as holds."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOn:
    """Whom a hold is on."""

    resident: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageEvents:
    """Under which events a process records its outages."""

    begun: AuditEvent
    ended: AuditEvent
    seals: AuditEvent
    hold: AuditEvent


class Outages:
    """The outages of one process; each of them is the newest declaration, while its hours last.

    Args:
        rows: the process's.
        clock: whose hours.
    """

    def __init__(self, rows: Rows, clock: Clock) -> None:
        self._rows = rows
        self._clock = clock
        self._reckoned: Reckoned | None = None

    async def now(self) -> Outage | None:
        """Give the outage that is in force."""
        return await self._rows.read(self.in_force)

    def in_force(self, connection: Connection) -> Outage | None:
        """Give the outage that is in force, within a transaction."""
        row = connection.execute(
            "SELECT number, begun, ends, seals_as_holds, (SELECT moment FROM heard), seen FROM outage"
            " ORDER BY number DESC LIMIT 1"
        ).fetchone()
        if row is None or self._moment(row[0], row[5]) >= row[2]:
            return None
        return Outage(number=row[0], begun=row[1], ends=row[2], seals_as_holds=bool(row[3]), as_of=row[4])

    async def run(self) -> None:
        """Keep every few seconds how far the hours have come."""
        while True:
            try:
                await self.keep()
            except NotStored as error:
                _log.warning("outage hours not kept", error=type(error).__name__)
            await self._clock.sleep(_KEEP_SECONDS)

    async def keep(self) -> None:
        """Keep how far the hours have come, up to their end; it never goes back."""

        def change(connection: Connection) -> int:
            number, moment = self._come_to(connection)
            return connection.execute(
                "UPDATE outage SET seen = ?1 WHERE number = ?2 AND seen < ?1", (moment, number)
            ).rowcount

        if (await self._rows.read(self._come_to))[0]:
            await self._rows.write(change, step="outage hours")

    def _come_to(self, connection: Connection) -> tuple[int, int]:
        """Give the newest outage and the moment that is to be kept of it; nought where everything is kept."""
        row = connection.execute("SELECT number, ends, seen FROM outage ORDER BY number DESC LIMIT 1").fetchone()
        if row is None or row[2] >= row[1]:
            return 0, 0
        number, ends, seen = row
        return number, min(self._moment(number, seen), ends)

    def _moment(self, number: int, seen: int) -> int:
        monotonic = self._clock.monotonic()
        self._reckoned = reckon(self._reckoned, number=number, seen=seen, wall=self._clock.now(), monotonic=monotonic)
        return self._reckoned.now(monotonic)


def outage_effects(
    outages: Outages,
    feed: FeedRows,
    events: OutageEvents,
    look_at_witness: Callable[[], Awaitable[None]],
    *,
    most_hours: int,
) -> dict[DecisionKind, Effect]:
    """Give what the decisions about outages do at a process.

    Args:
        outages: the process's.
        feed: where holds go.
        events: under which they are recorded.
        look_at_witness: holds the store against what was published of it, and stops it where it forgot something.
        most_hours: that may be declared.
    """
    return {
        DecisionKind.OUTAGE: _Begins(events.begun, look_at_witness, most_hours),
        DecisionKind.OUTAGE_ENDS: _Ends(events.ended),
        DecisionKind.SEALS_AS_HOLDS: _Seals(events.seals, outages),
        DecisionKind.HOLD_SET: _Hold(feed, events.hold, outages, in_force=True),
        DecisionKind.HOLD_LIFTED: _Hold(feed, events.hold, outages, in_force=False),
    }


class _Plain:
    """An effect that needs nothing of other processes."""

    def __init__(self, event: AuditEvent) -> None:
        self._event = event

    async def prepare(self, _decision: Decision) -> bytes:
        """Nothing of another process is needed."""
        return b""

    def _record(self, connection: Connection, agreed: Agreed, about: str) -> None:
        append(connection, agreed.entry(self._event, about))


class _Begins(_Plain):
    """An outage begins."""

    def __init__(self, event: AuditEvent, look_at_witness: Callable[[], Awaitable[None]], most_hours: int) -> None:
        super().__init__(event)
        self._look_at_witness = look_at_witness
        self._most_hours = most_hours

    async def prepare(self, _decision: Decision) -> bytes:
        """Ask the witness that is there without the registry."""
        await self._look_at_witness()
        return b""

    def check(self, connection: Connection, decision: Decision) -> None:
        """Refuse more hours than the setting allows, a copy that was never current, and a store that forgot something.

        Raises:
            Refused: `CHANGE_INVALID`; `CAUSE_STANDS`: it was restored from a backup, and nobody has said so.
        """
        if is_unsaid(connection):
            raise Refused(Code.CAUSE_STANDS, "this store was restored from a backup, and nobody has said so")
        hours = from_bytes(Hours, decision.content).hours
        if not 1 <= hours <= self._most_hours:
            raise Refused(Code.CHANGE_INVALID, f"1 to {self._most_hours} hours")
        if connection.execute("SELECT 1 FROM heard").fetchone() is None:
            raise Refused(Code.CHANGE_INVALID, "this copy was never current")

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """Declare it; one that is in force ends with it."""
        _end(connection, agreed.moment)
        hours = from_bytes(Hours, agreed.decision.content).hours
        connection.execute(
            "INSERT INTO outage (decision_id, begun, ends, seals_as_holds, seen) VALUES (?1, ?2, ?3, 0, ?2)",
            (agreed.decision_id, agreed.moment, agreed.moment + hours * _HOUR_MILLISECONDS),
        )
        self._record(connection, agreed, f"{agreed.decision_id} {hours} hours")


class _Ends(_Plain):
    """The outage ends."""

    def check(self, connection: Connection, _decision: Decision) -> None:
        """Refuse where none was declared."""
        if connection.execute("SELECT 1 FROM outage").fetchone() is None:
            raise Refused(Code.CHANGE_INVALID, "no outage was declared")

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """End it now; one that ended by itself stays as it ended."""
        _end(connection, agreed.moment)
        self._record(connection, agreed, agreed.decision_id)


class _Seals(_Plain):
    """Cancellations of seal registrations are, or are not, entered here as holds."""

    def __init__(self, event: AuditEvent, outages: Outages) -> None:
        super().__init__(event)
        self._outages = outages

    def check(self, _connection: Connection, decision: Decision) -> None:
        """Refuse what does not say on or off."""
        from_bytes(Switch, decision.content)

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """Switch, for the outage in force.

        Raises:
            Refused: `CHANGE_INVALID`: none is in force.
        """
        on = from_bytes(Switch, agreed.decision.content).on
        outage = self._outages.in_force(connection)
        if outage is None:
            raise Refused(Code.CHANGE_INVALID, "no outage is in force")
        connection.execute("UPDATE outage SET seals_as_holds = ? WHERE number = ?", (on, outage.number))
        self._record(connection, agreed, f"{agreed.decision_id} {'on' if on else 'off'}")


class _Hold(_Plain):
    """A hold is set here, or lifted; it is set within an outage alone."""

    def __init__(self, feed: FeedRows, event: AuditEvent, outages: Outages, *, in_force: bool) -> None:
        super().__init__(event)
        self._feed = feed
        self._outages = outages
        self._in_force = in_force

    def check(self, _connection: Connection, decision: Decision) -> None:
        """Refuse a decision about nobody."""
        if not from_bytes(HoldOn, decision.content).resident:
            raise Refused(Code.CHANGE_INVALID, "a hold is on somebody")

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """Set or lift it.

        Raises:
            Refused: `CHANGE_INVALID`: no outage is in force (a registry that is there takes holds itself).
        """
        if self._in_force and self._outages.in_force(connection) is None:
            raise Refused(Code.CHANGE_INVALID, "no outage is in force: the registry takes the hold")
        resident = from_bytes(HoldOn, agreed.decision.content).resident
        self._feed.set_local_hold(connection, resident, in_force=self._in_force)
        self._record(connection, agreed, f"{agreed.decision_id} {'set' if self._in_force else 'lifted'}")


def _end(connection: Connection, moment: int) -> None:
    """End the newest outage by now, whatever the wall clock says: no reckoned moment is before its beginning."""
    connection.execute(
        "UPDATE outage SET ends = CASE WHEN begun < ?1 THEN ?1 ELSE begun END"
        " WHERE number = (SELECT max(number) FROM outage) AND ends > ?1",
        (moment,),
    )
