"""What others answer over HTTP, of a size that is known before it is read.

Invariant: no more is read than was allowed. An answer that is packed is none: half a megabyte unpacks to half a
gigabyte, and who answers, or stands between, is not trusted until a signature was checked.
"""

from __future__ import annotations

import aiohttp

from konbini.protocol.errors import Code, Refused

__all__ = ["answered", "plain_session"]


def plain_session() -> aiohttp.ClientSession:
    """Open a session that unpacks nothing; within a running loop."""
    return aiohttp.ClientSession(auto_decompress=False, headers={"Accept-Encoding": "identity"})


async def answered(response: aiohttp.ClientResponse, most: int, whose: str) -> bytes:
    """Read an answer of `most` bytes at most.

    Raises:
        Refused: `REVOCATION_UNKNOWN`: another status, no length, a longer one, or a packed answer.
        aiohttp.ClientError, TimeoutError: it does not come whole.
    """
    if response.status != 200:  # noqa: PLR2004 - HTTP's OK
        raise Refused(Code.REVOCATION_UNKNOWN, f"{whose} said {response.status}")
    if "Content-Encoding" in response.headers:
        raise Refused(Code.REVOCATION_UNKNOWN, f"{whose} answered packed")
    if response.content_length is None or response.content_length > most:
        raise Refused(Code.REVOCATION_UNKNOWN, f"{whose} gave an answer of no length, or too long")
    return await response.read()
