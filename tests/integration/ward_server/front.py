"""Where the messages of kiosks go in at the ward: into the use cases, here or in a process of their own."""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Protocol

from konbini.process.calls import CallClient
from konbini.protocol.codec import Value
from konbini.protocol.kinds import MessageKind
from konbini.ward_server.issuing.days import Days
from konbini.ward_server.issuing.desk import Desk, Reply
from konbini.ward_server.issuing.mismatching import Mismatches
from konbini.ward_server.issuing.opening import Openings
from konbini.ward_server.issuing.ordering import Orders
from konbini.ward_server.issuing.own_list import OwnLists
from konbini.ward_server.issuing.settling import Receipts

__all__ = ["DeskFront", "Front", "FrontMethod", "SocketFront"]


@unique
class FrontMethod(IntEnum):
    """The calls of a front that is reached over a socket; each answers [kind, body], PREKEY the bytes alone."""

    OPEN = 1
    ORDER = 2
    RECEIPT = 3
    PREKEY = 4
    MISMATCH = 5
    FIGURES = 6
    OWN_LIST = 7


class Front(Protocol):
    """Takes each kind of message."""

    @property
    def prekey(self) -> bytes:
        """The newest PREKEY."""

    async def open(self, kiosk: str, visit_id: bytes, body: bytes) -> Reply:
        """Take an OPEN."""

    async def order(self, kiosk: str, body: bytes) -> Reply:
        """Take an ORDER."""

    async def own_list(self, kiosk: str, body: bytes) -> Reply:
        """Take an OWNLIST."""

    async def receipt(self, kiosk: str, body: bytes) -> Reply:
        """Take a RECEIPT."""

    async def mismatch(self, kiosk: str, body: bytes) -> Reply:
        """Take a MISMATCH."""

    async def figures(self, kiosk: str, body: bytes) -> Reply:
        """Take FIGURES."""


class DeskFront:
    """The use cases over a desk of this process."""

    def __init__(self, desk: Desk) -> None:
        """Take the desk."""
        self._desk = desk

    @property
    def prekey(self) -> bytes:
        """The newest PREKEY."""
        held = self._desk.prekeys.newest
        assert held is not None
        return held.signed

    async def open(self, kiosk: str, visit_id: bytes, body: bytes) -> Reply:
        """Take an OPEN."""
        return await Openings(self._desk).take(kiosk, visit_id, body)

    async def order(self, kiosk: str, body: bytes) -> Reply:
        """Take an ORDER."""
        return await Orders(self._desk).take(kiosk, body)

    async def own_list(self, kiosk: str, body: bytes) -> Reply:
        """Take an OWNLIST."""
        return await OwnLists(self._desk).take(kiosk, body)

    async def receipt(self, kiosk: str, body: bytes) -> Reply:
        """Take a RECEIPT."""
        return await Receipts(self._desk).take(kiosk, body)

    async def mismatch(self, kiosk: str, body: bytes) -> Reply:
        """Take a MISMATCH."""
        return await Mismatches(self._desk).take(kiosk, body)

    async def figures(self, kiosk: str, body: bytes) -> Reply:
        """Take FIGURES."""
        return await Days(self._desk).take_figures(kiosk, body)


class SocketFront:
    """The use cases of another process, over its socket; a process that dies is a `ConnectionError`."""

    def __init__(self, client: CallClient, prekey: bytes) -> None:
        """Take the line, and the prekey that the process published."""
        self._client, self._prekey = client, prekey

    @property
    def prekey(self) -> bytes:
        """The newest PREKEY."""
        return self._prekey

    async def open(self, kiosk: str, visit_id: bytes, body: bytes) -> Reply:
        """Take an OPEN."""
        return await self._call(FrontMethod.OPEN, kiosk, visit_id, body)

    async def order(self, kiosk: str, body: bytes) -> Reply:
        """Take an ORDER."""
        return await self._call(FrontMethod.ORDER, kiosk, body)

    async def own_list(self, kiosk: str, body: bytes) -> Reply:
        """Take an OWNLIST."""
        return await self._call(FrontMethod.OWN_LIST, kiosk, body)

    async def receipt(self, kiosk: str, body: bytes) -> Reply:
        """Take a RECEIPT."""
        return await self._call(FrontMethod.RECEIPT, kiosk, body)

    async def mismatch(self, kiosk: str, body: bytes) -> Reply:
        """Take a MISMATCH."""
        return await self._call(FrontMethod.MISMATCH, kiosk, body)

    async def figures(self, kiosk: str, body: bytes) -> Reply:
        """Take FIGURES."""
        return await self._call(FrontMethod.FIGURES, kiosk, body)

    async def _call(self, method: FrontMethod, *arguments: Value) -> Reply:
        answer = await self._client.call(method, *arguments, within=20)
        match answer:
            case [int() as kind, bytes() as body]:
                return Reply(kind=MessageKind(kind), body=body)
            case _:
                raise TypeError("not an answer of a front")
