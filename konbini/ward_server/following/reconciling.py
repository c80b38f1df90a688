"""The full reconcile (全件照合): what this process holds, compared with what the registry holds, row by row.

1. the registry's tree, its root signed; 2. ours; 3. down the branches that differ, each checked against the hash above
it; 4. the residents that differ, row by row, read on both sides at the same position of the feed; 5. the outcome, the
cases and the stop in one transaction.

Invariants: every difference that is left is named, with its kind, whose it is and in what; a difference stops this
process (`COPY_DIFFERS`) until it was re-taken or agrees, and two persons release it; a reconcile that could not be
finished is no agreement.

Limits: it reads and compares, and mends nothing: what is wrong is re-taken whole (`DecisionKind.RETAKE`). More than
10,000 differences are counted and not named.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.codec import decode, encode
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.decisions.stop import keep_stop
from konbini.ward_server.following.rows import FeedRows, position
from konbini.ward_server.following.standing import break_of
from konbini.ward_server.residents.comparing import MOST_ROWS_OF, HeldTree, RowsOf, root_of
from konbini.ward_server.residents.feed import FeedKind
from konbini.ward_server.residents.held import HeldRow, leaf_of, rows_differ
from konbini.ward_server.residents.tree import Tree, children_differ, tree_hash
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["Difference", "HeldRegistry", "Outcome", "ReconcileEvents", "Reconciling", "last_outcome"]

_CHUNK: Final = 500
_NONCE_BYTES: Final = 16
_ROUNDS: Final = 40
_PAUSE_SECONDS: Final = 0.5
_MOST_NAMED: Final = 10_000
_MOST_HIDDEN_BYTES: Final = 1024
_TABLE: Final = "difference"

SignedRows = Callable[[Connection, str], tuple[HeldRow, ...]]
"""Reads the rows of a resident's record and seal registration, as this process holds them."""


class HeldRegistry(Protocol):
    """The registry, as whoever compares calls it; each may raise `Refused` or `ConnectionError`."""

    async def held_tree(self, nonce: bytes) -> bytes:
        """Have the registry's tree built, and give its signed root."""

    async def held_children(self, place: bytes) -> tuple[bytes, ...]:
        """Give the children of the root or of a branch."""

    async def held_bucket(self, place: bytes) -> tuple[tuple[str, bytes], ...]:
        """Give a bucket's residents with their leaves."""

    async def held_rows(self, residents: Sequence[str]) -> RowsOf:
        """Give what the registry holds of some residents now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileEvents:
    """Under which events a process records a reconcile."""

    agreed: AuditEvent
    differs: AuditEvent
    difference: AuditEvent
    stopped: AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One row that differs: which kind, of whom, and in what."""

    kind: FeedKind
    resident: str
    what: str
    since: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A reconcile: when (Unix milliseconds), at which entry of the feed, over how many residents, how much differed."""

    moment: int
    number: int
    residents: int
    differences: int


class Reconciling:
    """Compares one follower's copy with the registry."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        municipality: str,
        key: VerifyingKey,
        registry: HeldRegistry,
        rows: Rows,
        feed: FeedRows,
        signed_rows: SignedRows,
        hashes: KeyedHash,
        events: ReconcileEvents,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._municipality = municipality
        self._key = key
        self._registry = registry
        self._rows = rows
        self._feed = feed
        self._signed_rows = signed_rows
        self._hashes = hashes
        self._events = events
        self._clock = clock
        self._entropy = entropy

    async def run(self, catch_up: Callable[[], Awaitable[object]], operator: str = "") -> Outcome:
        """Compare everything, once.

        Args:
            catch_up: has this process apply what is new.
            operator: who asked for it; empty where nobody did.

        Raises:
            Refused: `FEED_NOT_SIGNED`: a branch that does not hash up to the signed root; `BUSY`: the register changed
                so fast that the rows of somebody were never read at one position.
            ConnectionError, TimeoutError: the registry is not there.
        """
        nonce = self._entropy.token(_NONCE_BYTES)
        signed = await self._registry.held_tree(nonce)
        root = HeldTree.open(signed, self._key, self._municipality, nonce).root
        ours, count = await self._tree()
        suspects = await self._suspects(ours, root)
        found = [
            one
            for start in range(0, len(suspects), MOST_ROWS_OF)
            for one in await self._judge(suspects[start : start + MOST_ROWS_OF], catch_up)
        ]
        strays = await self._rows.read(self._feed.strays)
        if strays:
            found.append(Difference(kind=FeedKind.MEASURE, resident="", what=f"{strays} that belong to nobody here"))
        return await self._rows.write(
            lambda connection: self._conclude(connection, found, count, root, operator), step="reconciled"
        )

    async def last(self) -> Outcome | None:
        """Give the last outcome."""
        return await self._rows.read(last_outcome)

    async def differences(self, operator: str, event: AuditEvent) -> tuple[Difference, ...]:
        """Read what differs, for an operator; recorded first."""
        entry = AuditEntry(moment=self._clock.now(), event=event, operators=(operator,))

        def change(connection: Connection) -> tuple[Difference, ...]:
            append(connection, entry)
            found = connection.execute("SELECT named, kind, hidden, since FROM difference WHERE closed = 0")
            return tuple(self._kept(*row) for row in found)

        return await self._rows.write(change, step="differences shown")

    async def _tree(self) -> tuple[Tree, int]:
        tree, count, after = Tree(), 0, ""
        while chunk := await self._rows.read(partial(self._leaves, after=after)):
            for resident, leaf in chunk:
                tree.add(resident, leaf)
            count, after = count + len(chunk), chunk[-1][0]
        return tree, count

    async def _suspects(self, ours: Tree, root: bytes) -> list[str]:
        """Go down the branches that differ, and give the residents whose leaves do."""
        if await root_of(ours) == root:
            return []
        children = await self._children(b"", root)
        suspects: list[str] = []
        for branch in children_differ(b"", ours.children(b""), children):
            buckets = await self._children(branch, children[branch[-1]])
            for place in children_differ(branch, ours.children(branch), buckets):
                theirs = dict(await self._bucket(place, buckets[place[-1]]))
                mine = dict(ours.bucket(place))
                suspects += sorted(one for one in mine.keys() | theirs.keys() if mine.get(one) != theirs.get(one))
        return suspects

    async def _children(self, place: bytes, above: bytes) -> tuple[bytes, ...]:
        children = await self._registry.held_children(place)
        if tree_hash(children) != above:
            raise Refused(Code.FEED_NOT_SIGNED, "a branch that is not the signed tree's")
        return children

    async def _bucket(self, place: bytes, above: bytes) -> tuple[tuple[str, bytes], ...]:
        bucket = await self._registry.held_bucket(place)
        if tree_hash([leaf for _resident, leaf in bucket]) != above:
            raise Refused(Code.FEED_NOT_SIGNED, "a bucket that is not the signed tree's")
        return bucket

    async def _judge(self, residents: Sequence[str], catch_up: Callable[[], Awaitable[object]]) -> list[Difference]:
        """Compare row by row, at one position of the feed; where the feed is broken there is no such position."""
        for _ in range(_ROUNDS):
            theirs = await self._registry.held_rows(residents)
            number, broken, mine = await self._rows.read(lambda connection: self._look(connection, residents))
            if number == theirs.number or broken:
                registry = {held.resident: held.rows for held in theirs.held}
                return [
                    Difference(kind=kind, resident=resident, what=what)
                    for resident in residents
                    for kind, what in rows_differ(mine[resident], registry.get(resident, ()))
                ]
            await catch_up()
            await self._clock.sleep(_PAUSE_SECONDS)
        raise Refused(Code.BUSY, "the register changes too fast to be compared now")

    def _leaves(self, connection: Connection, after: str) -> list[tuple[str, bytes]]:
        residents = self._feed.residents_after(connection, after, _CHUNK)
        return [(resident, leaf_of(self._held(connection, resident))) for resident in residents]

    def _look(
        self, connection: Connection, residents: Sequence[str]
    ) -> tuple[int, bool, Mapping[str, tuple[HeldRow, ...]]]:
        found = break_of(connection)
        broken = found is not None and not found.retaking
        rows = {resident: self._held(connection, resident) for resident in residents}
        return position(connection).number, broken, rows

    def _held(self, connection: Connection, resident: str) -> tuple[HeldRow, ...]:
        return (*self._signed_rows(connection, resident), *self._feed.held(connection, resident))

    def _conclude(
        self, connection: Connection, found: Sequence[Difference], residents: int, root: bytes, operator: str
    ) -> Outcome:
        now = self._clock.now()
        outcome = Outcome(moment=now, number=position(connection).number, residents=residents, differences=len(found))
        connection.execute(
            "INSERT INTO reconciled (only_one, moment, number, residents, differences) VALUES (1, ?, ?, ?, ?)"
            " ON CONFLICT (only_one) DO UPDATE SET moment = excluded.moment, number = excluded.number,"
            " residents = excluded.residents, differences = excluded.differences",
            (outcome.moment, outcome.number, outcome.residents, outcome.differences),
        )
        entry = AuditEntry(
            moment=now,
            event=self._events.differs if found else self._events.agreed,
            operators=(operator,) if operator else (),
            about=f"{residents} residents, {len(found)} differences",
            code=Code.COPY_DIFFERS if found else 0,
            digest=root,
        )
        append(connection, entry)
        connection.execute("UPDATE difference SET closed = 1")
        for one in found[:_MOST_NAMED]:
            self._keep(connection, one, now)
        if found:
            keep_stop(connection, now, Code.COPY_DIFFERS, "the copy is not what the registry holds")
            append(connection, AuditEntry(moment=now, event=self._events.stopped, code=Code.COPY_DIFFERS))
        return outcome

    def _keep(self, connection: Connection, one: Difference, now: int) -> None:
        content = encode([one.resident, one.what])
        named = self._hashes.difference(int(one.kind), one.resident, one.what)
        about = f"{one.kind.name}: {one.what}"[:64]
        entry = AuditEntry(moment=now, event=self._events.difference, about=about, code=Code.COPY_DIFFERS, digest=named)
        index = append(connection, entry)
        connection.execute(
            "INSERT INTO difference (named, since, kind, hidden, log_index, closed) VALUES (?, ?, ?, ?, ?, 0)"
            " ON CONFLICT (named) DO UPDATE SET closed = 0",
            (named, now, int(one.kind), self._hashes.hide(_TABLE, named, content), index),
        )

    def _kept(self, named: bytes, kind: int, hidden: bytes, since: int) -> Difference:
        match decode(self._hashes.reveal(_TABLE, bytes(named), bytes(hidden)), _MOST_HIDDEN_BYTES):
            case [str() as resident, str() as what]:
                return Difference(kind=FeedKind(kind), resident=resident, what=what, since=since)
        raise Refused(Code.SEAL_BROKEN, "a difference that is not what was kept")


def last_outcome(connection: Connection) -> Outcome | None:
    """Give the last outcome, within a transaction."""
    row = connection.execute("SELECT moment, number, residents, differences FROM reconciled").fetchone()
    return None if row is None else Outcome(moment=row[0], number=row[1], residents=row[2], differences=row[3])
