"""The question to the card's issuer over HTTP: whatever is not a plain, short, fresh answer is none."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from asn1crypto import core, ocsp

from konbini.protocol.errors import Code, Refused
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.pki.cards import USER_AUTHENTICATION_POLICY
from konbini.ward_server.asking.card import CardIssuer
from konbini.ward_server.issuing.fetching import plain_session
from konbini.ward_server.issuing.revocation import OcspClient
from tests.integration.ward_server.people import CARDS, HEAD
from tests.integration.ward_server.ward import Ward

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def too_long(_request: web.Request) -> web.StreamResponse:
    """Answer at length."""
    return web.Response(body=bytes(17 * 1024), content_type="application/ocsp-response")


async def of_no_length(request: web.Request) -> web.StreamResponse:
    """Answer in chunks, so that nobody knows how much will come."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"\x30\x03\x0a\x01\x00")
    await response.write_eof()
    return response


async def elsewhere(_request: web.Request) -> web.StreamResponse:
    """Send the question on to somebody whom nobody configured."""
    raise web.HTTPTemporaryRedirect("http://127.0.0.1:9/")


async def out_of_order(_request: web.Request) -> web.StreamResponse:
    """Say that something is wrong."""
    return web.Response(status=500, body=b"\x30\x03\x0a\x01\x00")


async def nonsense(_request: web.Request) -> web.StreamResponse:
    """Answer something else."""
    return web.Response(body=b"<html></html>", content_type="text/html")


async def twice_the_nonce(_request: web.Request) -> web.StreamResponse:
    """Answer with one extension two times, which the parser has an error of its own for."""
    moment = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    nonce = {"extn_id": "nonce", "extn_value": bytes(16)}
    about = {
        "cert_id": {
            "hash_algorithm": {"algorithm": "sha1"},
            "issuer_name_hash": bytes(20),
            "issuer_key_hash": bytes(20),
            "serial_number": 1,
        },
        "cert_status": ocsp.CertStatus("good", core.Null()),
        "this_update": moment,
    }
    said = {
        "responder_id": ocsp.ResponderId("by_key", bytes(20)),
        "produced_at": moment,
        "responses": [about],
        "response_extensions": [nonce, nonce],
    }
    basic = {"tbs_response_data": said, "signature_algorithm": {"algorithm": "sha256_ecdsa"}, "signature": b"\0"}
    content = core.ParsableOctetString(ocsp.BasicOCSPResponse(basic).dump())
    held = {"response_type": "basic_ocsp_response", "response": content}
    answer = ocsp.OCSPResponse({"response_status": "successful", "response_bytes": held}).dump()
    return web.Response(body=bytes(answer), content_type="application/ocsp-response")


async def packed(_request: web.Request) -> web.StreamResponse:
    """Answer in few bytes what unpacks to many."""
    body = zlib.compress(bytes(8 << 20), 9)
    assert len(body) < 16 * 1024
    headers = {"Content-Encoding": "deflate"}
    return web.Response(body=body, content_type="application/ocsp-response", headers=headers)


def issuers(ward: Ward) -> tuple[CardIssuer, ...]:
    """Give the ward's pinned issuer."""
    certificate = ward.town.card_authority.authority.certificate_der()
    return (CardIssuer(certificate=certificate, policies=frozenset((USER_AUTHENTICATION_POLICY,))),)


@pytest.fixture
async def serving() -> AsyncIterator[Callable[[Handler], Awaitable[str]]]:
    """Return what serves a responder of a kind, and gives its address."""
    runners: list[web.AppRunner] = []

    async def serve(handler: Handler) -> str:
        app = web.Application()
        app.router.add_post("/", handler)
        runner = web.AppRunner(app, access_log=None)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}/"

    yield serve
    for runner in runners:
        await runner.cleanup()


@pytest.mark.parametrize("handler", [too_long, of_no_length, elsewhere, out_of_order, nonsense, twice_the_nonce])
async def test_what_is_no_answer(ward: Ward, serving: Callable[[Handler], Awaitable[str]], handler: Handler) -> None:
    """Refused by one name, whatever it was."""
    async with aiohttp.ClientSession() as session:
        client = OcspClient(session, await serving(handler), issuers(ward), SeededEntropy(1))
        with pytest.raises(Refused) as caught:
            await client(ward.card(HEAD).auth_certificate)
    assert caught.value.code is Code.REVOCATION_UNKNOWN


async def test_what_is_packed_is_not_unpacked(ward: Ward, serving: Callable[[Handler], Awaitable[str]]) -> None:
    """By whatever session it is asked for."""
    for opened in (plain_session(), aiohttp.ClientSession()):
        async with opened as session:
            client = OcspClient(session, await serving(packed), issuers(ward), SeededEntropy(1))
            with pytest.raises(Refused) as caught:
                await client(ward.card(HEAD).auth_certificate)
            assert caught.value.detail == "the responder answered packed"


async def test_a_right_answer_is_handed_on_as_it_came(ward: Ward) -> None:
    """For the clerk to judge the very bytes."""
    async with aiohttp.ClientSession() as session:
        client = OcspClient(session, ward.responder.url, issuers(ward), SeededEntropy(1))
        answer = await client(ward.card(HEAD).auth_certificate)
    assert answer.startswith(b"\x30")
    assert ward.responder.asked == 1


async def test_an_issuer_that_nobody_pinned_is_not_asked_about(ward: Ward) -> None:
    """No question leaves the ward."""
    foreign = ward.town.foreign_stock().content(CARDS[HEAD])
    async with aiohttp.ClientSession() as session:
        client = OcspClient(session, ward.responder.url, issuers(ward), SeededEntropy(1))
        with pytest.raises(Refused) as caught:
            await client(foreign.auth_certificate)
    assert caught.value.code is Code.CARD_ISSUER_UNKNOWN
    assert ward.responder.asked == 0


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/", "file:///etc/passwd", "responder"])
async def test_an_address_that_is_none(ward: Ward, address: str) -> None:
    """Stops the start."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ValueError, match="address"):
            OcspClient(session, address, issuers(ward), SeededEntropy(1))
