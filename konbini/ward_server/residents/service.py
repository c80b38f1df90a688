"""The registry's answers on its two sockets: arguments checked at this edge, use cases behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from konbini.process.calls import Handler
from konbini.protocol.codec import Value
from konbini.protocol.shape import from_value, to_bytes, to_value
from konbini.ward_server.residents.archive import Archive
from konbini.ward_server.residents.calls import (
    AccessesOf,
    Applied,
    Approve,
    CertifyMessageKey,
    Enter,
    FeedAfter,
    FollowerMethod,
    Follows,
    HeartbeatFor,
    HeldPart,
    HeldRowsOf,
    HistoryOf,
    IndividualNumberOf,
    LookUp,
    OperatorMethod,
    PastRecord,
    Pending,
    Show,
    StateAt,
    StatisticsFor,
    Withdraw,
)
from konbini.ward_server.residents.changes import Change
from konbini.ward_server.residents.comparing import Comparing
from konbini.ward_server.residents.publisher import Publisher
from konbini.ward_server.residents.registry import Registry
from konbini.ward_server.residents.statistics import Statistics

__all__ = ["archive_handlers", "comparing_handlers", "follower_handlers", "operator_handlers"]


def follower_handlers(publisher: Publisher) -> Mapping[int, Handler]:
    """Give the methods of the followers' socket."""

    async def feed_after(arguments: Sequence[Value]) -> Value:
        asked = from_value(FeedAfter, arguments)
        return list(await publisher.feed_after(asked.number, asked.most, asked.wait_seconds))

    async def heartbeat(arguments: Sequence[Value]) -> Value:
        asked = from_value(HeartbeatFor, arguments)
        return await publisher.heartbeat(asked.follower, asked.nonce)

    async def applied(arguments: Sequence[Value]) -> Value:
        told = from_value(Applied, arguments)
        await publisher.applied(told.follower, told.told)
        return None

    async def certify(arguments: Sequence[Value]) -> Value:
        return await publisher.certify_message_key(from_value(CertifyMessageKey, arguments).point)

    async def individual_number(arguments: Sequence[Value]) -> Value:
        asked = from_value(IndividualNumberOf, arguments)
        return await publisher.individual_number(asked.follower, asked.resident, asked.commitment)

    async def told_last(arguments: Sequence[Value]) -> Value:
        told, ranges = await publisher.told(from_value(Follows, arguments).follower)
        return [None if told is None else to_bytes(told), ranges]

    async def state_at(arguments: Sequence[Value]) -> Value:
        asked = from_value(StateAt, arguments)
        return list(await publisher.state_at(asked.resident, asked.moment, asked.number))

    return {
        FollowerMethod.FEED_AFTER: feed_after,
        FollowerMethod.HEARTBEAT: heartbeat,
        FollowerMethod.APPLIED: applied,
        FollowerMethod.CERTIFY_MESSAGE_KEY: certify,
        FollowerMethod.INDIVIDUAL_NUMBER: individual_number,
        FollowerMethod.TOLD: told_last,
        FollowerMethod.STATE_AT: state_at,
    }


def comparing_handlers(comparing: Comparing) -> Mapping[int, Handler]:
    """Give the methods of the followers' socket with which a follower compares."""

    async def tree(arguments: Sequence[Value]) -> Value:
        asked = from_value(HeartbeatFor, arguments)
        return await comparing.tree(asked.follower, asked.nonce)

    async def children(arguments: Sequence[Value]) -> Value:
        asked = from_value(HeldPart, arguments)
        return list(comparing.children(asked.follower, asked.place))

    async def bucket(arguments: Sequence[Value]) -> Value:
        asked = from_value(HeldPart, arguments)
        return [list(one) for one in comparing.bucket(asked.follower, asked.place)]

    async def rows_of(arguments: Sequence[Value]) -> Value:
        return to_bytes(await comparing.rows_of(from_value(HeldRowsOf, arguments).residents))

    return {
        FollowerMethod.HELD_TREE: tree,
        FollowerMethod.HELD_CHILDREN: children,
        FollowerMethod.HELD_BUCKET: bucket,
        FollowerMethod.HELD_ROWS: rows_of,
    }


def operator_handlers(registry: Registry) -> Mapping[int, Handler]:
    """Give the methods of the operators' socket."""

    async def enter(arguments: Sequence[Value]) -> Value:
        asked = from_value(Enter, arguments)
        return await registry.enter(asked.operator, Change.open(asked.change))

    async def approve(arguments: Sequence[Value]) -> Value:
        asked = from_value(Approve, arguments)
        return await registry.approve(asked.operator, asked.change_id)

    async def withdraw(arguments: Sequence[Value]) -> Value:
        asked = from_value(Withdraw, arguments)
        await registry.withdraw(asked.operator, asked.change_id)
        return None

    async def pending(arguments: Sequence[Value]) -> Value:
        asked = from_value(Pending, arguments)
        waiting = await registry.pending(asked.operator, behind=(asked.entered_at, asked.change_id))
        return [to_value(one) for one in waiting]

    async def show(arguments: Sequence[Value]) -> Value:
        asked = from_value(Show, arguments)
        return (await registry.show(asked.operator, asked.change_id)).to_bytes()

    async def look_up(arguments: Sequence[Value]) -> Value:
        asked = from_value(LookUp, arguments)
        return to_bytes(await registry.look_up(asked.operator, asked.resident, asked.reason))

    return {
        OperatorMethod.ENTER: enter,
        OperatorMethod.APPROVE: approve,
        OperatorMethod.WITHDRAW: withdraw,
        OperatorMethod.PENDING: pending,
        OperatorMethod.LOOK_UP: look_up,
        OperatorMethod.SHOW: show,
    }


def archive_handlers(archive: Archive, statistics: Statistics) -> Mapping[int, Handler]:
    """Give the methods of the operators' socket that read the past and count."""

    async def history(arguments: Sequence[Value]) -> Value:
        asked = from_value(HistoryOf, arguments)
        return to_bytes(await archive.history(asked.operator, asked.resident, asked.reason))

    async def past_record(arguments: Sequence[Value]) -> Value:
        asked = from_value(PastRecord, arguments)
        return to_bytes(await archive.past(asked.operator, asked.resident, asked.version, asked.reason))

    async def accesses(arguments: Sequence[Value]) -> Value:
        asked = from_value(AccessesOf, arguments)
        return to_bytes(await archive.accesses(asked.operator, asked.resident, asked.reason))

    async def figures(arguments: Sequence[Value]) -> Value:
        asked = from_value(StatisticsFor, arguments)
        return to_bytes(await statistics.figures(asked.operator, asked.month))

    return {
        OperatorMethod.HISTORY: history,
        OperatorMethod.PAST_RECORD: past_record,
        OperatorMethod.STATISTICS: figures,
        OperatorMethod.ACCESSES: accesses,
    }
