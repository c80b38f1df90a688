"""The card authority's OCSP responder over HTTP (RFC 6960, appendix A), with the manners of one on a bad day.

A small HTTP server on loopback that serves the authority's revocation list too. Answers are signed by a delegated
responder certificate and produced when they are asked for. `manner` says how it behaves from now on; a test or the
hardware page of the demo sets it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import unquote

from aiohttp import web

from konbini.process.clock import Clock, to_seconds
from konbini.process.entropy import Entropy
from konbini.simulation.town.pki.cards import CARDS_LIST
from konbini.simulation.town.pki.revocations import AnswerMaker

__all__ = ["Behaviour", "Manner", "OcspResponder"]

_MOST_REQUEST_BYTES = 4096
_TYPE = "application/ocsp-response"
_LIST_TYPE = "application/pkix-crl"
_NONCE_BYTES = 16


class Behaviour(Enum):
    """What the responder does with a request."""

    ANSWER = auto()
    DOWN = auto()
    """The connection is cut without an answer."""
    TRY_LATER = auto()
    """The protocol's own word for a busy responder."""
    LATE = auto()
    """A right answer, `seconds` after it was asked for."""
    STALE = auto()
    """An answer that was produced `seconds` ago."""
    OTHER_NONCE = auto()
    """An answer to another request."""
    NO_NONCE = auto()
    """An answer made beforehand, for everybody."""
    SPOILT = auto()
    """One byte of the signature is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """A behaviour, and its seconds where it has any."""

    behaviour: Behaviour = Behaviour.ANSWER
    seconds: float = 0.0


class OcspResponder:
    """The running responder; made by `listen`, ended by `close`.

    `manner` may be set at any time; `asked` counts the requests. `lists` gives the revocation list of a moment (Unix
    seconds), which is served beside the answers; without it there is none. `fetched` counts those that were.
    """

    def __init__(self, maker: AnswerMaker, clock: Clock, entropy: Entropy) -> None:
        self.manner = Manner()
        self.asked = 0
        self.lists: Callable[[int], bytes] | None = None
        self.fetched = 0
        self._maker = maker
        self._clock = clock
        self._entropy = entropy
        application = web.Application(client_max_size=_MOST_REQUEST_BYTES)
        application.router.add_post("/", self._post)
        application.router.add_get(f"/{CARDS_LIST}", self._list)
        application.router.add_get("/{request:.+}", self._get)
        self._runner = web.AppRunner(application, access_log=None)
        self.port = 0

    @classmethod
    async def listen(cls, maker: AnswerMaker, clock: Clock, entropy: Entropy, *, port: int = 0) -> OcspResponder:
        """Listen on loopback.

        Args:
            maker: makes the answers.
            clock: when they were produced.
            entropy: for wrong nonces.
            port: 0 for any free one, see `port`.

        Raises:
            OSError: the port is taken.
        """
        responder = cls(maker, clock, entropy)
        await responder._runner.setup()
        site = web.TCPSite(responder._runner, "127.0.0.1", port)
        await site.start()
        responder.port = responder._runner.addresses[0][1]
        return responder

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self.port}/"

    async def close(self) -> None:
        """Listen no more."""
        await self._runner.cleanup()

    async def _post(self, request: web.Request) -> web.Response:
        return await self._answer(request, await request.read())

    async def _list(self, _request: web.Request) -> web.Response:
        if self.lists is None:
            return web.Response(status=404)
        self.fetched += 1
        return web.Response(body=self.lists(to_seconds(self._clock.now())), content_type=_LIST_TYPE)

    async def _get(self, request: web.Request) -> web.Response:
        try:
            content = base64.b64decode(unquote(request.match_info["request"]), validate=True)
        except binascii.Error:
            content = b""
        return await self._answer(request, content)

    async def _answer(self, request: web.Request, content: bytes) -> web.Response:
        self.asked += 1
        manner = self.manner
        if manner.behaviour is Behaviour.DOWN:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=503)
        if manner.behaviour is Behaviour.LATE:
            await self._clock.sleep(manner.seconds)
        return web.Response(body=self._make(manner, content), content_type=_TYPE)

    def _make(self, manner: Manner, content: bytes) -> bytes:
        if manner.behaviour is Behaviour.TRY_LATER:
            return self._maker.error("try_later")
        past = round(manner.seconds) if manner.behaviour is Behaviour.STALE else 0
        moment = to_seconds(self._clock.now()) - past
        change = self._nonces().get(manner.behaviour)
        answer = self._maker.answer(content, moment, change) if change else self._maker.answer(content, moment)
        return self._maker.spoilt(answer) if manner.behaviour is Behaviour.SPOILT else answer

    def _nonces(self) -> dict[Behaviour, Callable[[bytes | None], bytes | None]]:
        return {
            Behaviour.OTHER_NONCE: lambda _: self._entropy.token(_NONCE_BYTES),
            Behaviour.NO_NONCE: lambda _: None,
        }
