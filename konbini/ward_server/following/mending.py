"""What two persons decide about a follower that does not go on by itself: release, re-take, "this was restored".

- *Re-take*: the copy is emptied and applied again from the first entry of the registry's signed feed, under the
  incarnation that the registry has at that moment; nothing of the old copy is merged. The follower then reconciles, and
  follows again if nothing differs.
- *Restored*: this store begins a new life, under numbers that no life used, stopped, and with its copy re-taken.
- *Release*: the stop ends, once what caused it holds no more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from konbini.process.statements import Connection
from konbini.protocol.codec import decode, encode
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import append
from konbini.ward_server.decisions.decision import Decision
from konbini.ward_server.decisions.desk import Agreed
from konbini.ward_server.decisions.stop import keep_stop, lift_stop, stop_code
from konbini.ward_server.following.life import Numbers, begin_life, is_unsaid
from konbini.ward_server.following.reconciling import last_outcome
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.following.standing import break_of
from konbini.ward_server.residents.witness import Told

__all__ = ["Release", "Restored", "Retake"]

_MOST_PREPARED_BYTES = 1024


class Release:
    """The stop ends."""

    def __init__(self, event: AuditEvent) -> None:
        self._event = event

    async def prepare(self, _decision: Decision) -> bytes:
        """Nothing of another process is needed."""
        return b""

    def check(self, connection: Connection, _decision: Decision) -> None:
        """Refuse while the cause stands.

        Raises:
            Refused: `CHANGE_INVALID`: not stopped; `CAUSE_STANDS`: the feed is broken, a restoration was not said, or
                the last reconcile found differences.
        """
        code = stop_code(connection)
        if code is None:
            raise Refused(Code.CHANGE_INVALID, "not stopped")
        outcome = last_outcome(connection)
        if (
            break_of(connection) is not None
            or is_unsaid(connection)
            or (code is Code.COPY_DIFFERS and (outcome is None or outcome.differences))
        ):
            raise Refused(Code.CAUSE_STANDS, "what stopped it still holds")

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """Lift the stop."""
        code = lift_stop(connection)
        append(connection, agreed.entry(self._event, code=code))


class Retake:
    """The copy is emptied and applied again.

    Args:
        feed: what empties it.
        event: under which it is recorded.
        incarnation: asks the registry for its incarnation, verified.
    """

    def __init__(self, feed: FeedRows, event: AuditEvent, incarnation: Callable[[], Awaitable[int]]) -> None:
        self._feed = feed
        self._event = event
        self._incarnation = incarnation

    async def prepare(self, _decision: Decision) -> bytes:
        """Ask which registry is there now."""
        return encode(await self._incarnation())

    def check(self, connection: Connection, _decision: Decision) -> None:
        """Refuse where a restoration was found and not said: its own decision re-takes the copy.

        Raises:
            Refused: `CAUSE_STANDS`.
        """
        if is_unsaid(connection):
            raise Refused(Code.CAUSE_STANDS, "say first that this store was restored")

    def apply(self, connection: Connection, agreed: Agreed, prepared: bytes) -> None:
        """Empty the copy; the follower goes on from there."""
        incarnation = decode(prepared, _MOST_PREPARED_BYTES)
        if not isinstance(incarnation, int):
            raise Refused(Code.MALFORMED, "the registry's incarnation")
        found = break_of(connection)
        code = Code.COPY_DIFFERS if found is None else found.code
        self._feed.forget(connection)
        connection.execute(
            "INSERT INTO followed (only_one, incarnation) VALUES (1, ?)"
            " ON CONFLICT (only_one) DO UPDATE SET incarnation = excluded.incarnation",
            (incarnation,),
        )
        connection.execute(
            "INSERT INTO feed_break (only_one, since, code, retaking) VALUES (1, ?, ?, 1)"
            " ON CONFLICT (only_one) DO UPDATE SET retaking = 1",
            (agreed.moment, code),
        )
        append(connection, agreed.entry(self._event, code=code))


class Restored:
    """This store was restored from a backup.

    Args:
        retake: what empties the copy.
        numbers: what goes on in another range.
        event: under which it is recorded.
        remembered: asks others what they remember: what was told of this store last, and the ranges that anybody used.
    """

    def __init__(
        self,
        retake: Retake,
        numbers: Numbers,
        event: AuditEvent,
        remembered: Callable[[], Awaitable[tuple[Told | None, int]]],
    ) -> None:
        self._retake = retake
        self._numbers = numbers
        self._event = event
        self._remembered = remembered

    async def prepare(self, decision: Decision) -> bytes:
        """Ask what this store forgot."""
        told, used = await self._remembered()
        life, entries, log_hash = (0, 0, b"") if told is None else (told.life, told.entries, told.log_hash)
        return encode([life, entries, log_hash, used, await self._retake.prepare(decision)])

    def check(self, _connection: Connection, _decision: Decision) -> None:
        """Whoever restored a file may say so at any time."""

    def apply(self, connection: Connection, agreed: Agreed, prepared: bytes) -> None:
        """Begin a new life, stopped."""
        match decode(prepared, _MOST_PREPARED_BYTES):
            case [int() as life, int() as entries, bytes() as log_hash, int() as used, bytes() as incarnation]:
                begin_life(connection, max(agreed.moment, life + 1))
                self._numbers.renew(connection, used | self._numbers.used(connection))
            case _:
                raise Refused(Code.MALFORMED, "what is remembered of this store")
        keep_stop(connection, agreed.moment, Code.WARD_RESTORED, "restored from a backup")
        append(
            connection,
            agreed.entry(
                self._event,
                f"{agreed.decision_id} after {entries} entries",
                code=Code.WARD_RESTORED,
                digest=log_hash,
            ),
        )
        self._retake.apply(connection, agreed, incarnation)
